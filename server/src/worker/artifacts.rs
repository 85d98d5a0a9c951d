//! What jobs need and make, between object store and files.

use super::Shared;
use super::scratch::Scratch;
use crate::child::{BUNDLE, OPENING};
use crate::child::{CompileRequest, CompiledFiles, LAYOUT, LAYOUT_SVG, ProveRequest, ProvedFiles, Request};
use crate::digest::Digest;
use crate::job::{
    BundleInfo, Cause, CauseKind, CompileSpec, JobId, JobRecord, JobSpec, ProveResult, ProveSpec,
};
use crate::objects::ObjectError;
use crate::store::{Ending, Model, ModelArtifacts};
use hallmark::project::{GRAPH_FILE, KEY_FILE, ONNX_FILE, PLAN_FILE, PROJECT_FILE, REPORT_FILE};
use hallmark_verifier::Form;
use hallmark_verifier::form::Inputs;
use std::path::{Path, PathBuf};

impl Shared {
    /// Brings what the job needs to `scratch`, and says what the child is to do.
    pub(super) async fn prepare(&self, job: &JobRecord, scratch: &Path) -> Result<Request, Cause> {
        let output = scratch.join("output");
        match &job.spec {
            JobSpec::Prove(spec) => {
                tokio::fs::create_dir(&output).await.map_err(scratch_failed)?;
                let model = self.model_folder(spec).await?;
                let input = scratch.join("input");
                self.fetch_input(job.id, spec, &input).await?;
                Ok(Request::Prove(ProveRequest {
                    model,
                    input,
                    private_input: spec.private_input,
                    nonce: spec.nonce,
                    output,
                }))
            }
            JobSpec::Compile(spec) => {
                let onnx = scratch.join("upload.onnx");
                let bytes = self.objects.get(spec.onnx).await.map_err(object_failed)?;
                tokio::fs::write(&onnx, bytes).await.map_err(scratch_failed)?;
                let mut calibration = None;
                if let Some(digest) = &spec.calibration {
                    let path = scratch.join("calibration");
                    let bytes = self.objects.get(*digest).await.map_err(object_failed)?;
                    tokio::fs::write(&path, bytes).await.map_err(scratch_failed)?;
                    calibration = Some(path);
                }
                Ok(Request::Compile(CompileRequest {
                    onnx,
                    calibration,
                    options: spec.options.clone(),
                    output,
                }))
            }
        }
    }

    async fn fetch_input(&self, job: JobId, spec: &ProveSpec, path: &Path) -> Result<(), Cause> {
        let bytes = match self.objects.input(job).await {
            Ok(bytes) if Digest::of(&bytes) == spec.input => bytes,
            Ok(_) => return Err(object_failed(ObjectError::Damaged(spec.input))),
            Err(error) if error.is_not_found() => {
                return Err(Cause::new(
                    CauseKind::InputErased,
                    "the input was erased before the proof was made; submit it again",
                ));
            }
            Err(error) => return Err(object_failed(error)),
        };
        tokio::fs::write(path, bytes).await.map_err(scratch_failed)
    }

    /// The model's folder on this machine, made from its artifacts if it is not there.
    async fn model_folder(&self, spec: &ProveSpec) -> Result<PathBuf, Cause> {
        let id = spec.model_id;
        let folder = self.scratch.models().join(id.to_string());
        if tokio::fs::try_exists(folder.join(PROJECT_FILE))
            .await
            .unwrap_or(false)
        {
            Scratch::use_model(&folder);
            return Ok(folder);
        }
        self.scratch.forget_unused_models();
        let model = self.database.model(&id).await;
        let model = model.map_err(|error| Cause::new(CauseKind::Storage, error.to_string()))?;
        let model = model.ok_or_else(|| Cause::new(CauseKind::Storage, format!("there is no model {id}")))?;
        self.fits(&model, spec)?;
        let building = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(self.scratch.models());
        let building = building.map_err(scratch_failed)?;
        let files = [
            (GRAPH_FILE, model.artifacts.graph),
            (ONNX_FILE, model.artifacts.onnx),
            (KEY_FILE, model.artifacts.key),
            (PROJECT_FILE, model.artifacts.project),
        ];
        let plan = model.artifacts.plan.map(|digest| (PLAN_FILE, digest));
        for (name, digest) in files.into_iter().chain(plan) {
            let bytes = self.objects.get(digest).await.map_err(object_failed)?;
            tokio::fs::write(building.path().join(name), bytes)
                .await
                .map_err(scratch_failed)?;
        }
        let building = building.keep();
        if let Err(error) = tokio::fs::rename(&building, &folder).await {
            let _ = tokio::fs::remove_dir_all(&building).await;
            // Another slot or worker was quicker: the same bytes.
            if !tokio::fs::try_exists(folder.join(PROJECT_FILE))
                .await
                .unwrap_or(false)
            {
                return Err(scratch_failed(error));
            }
        }
        Ok(folder)
    }

    /// Refuses a proof that cannot fit before it costs anything.
    fn fits(&self, model: &Model, spec: &ProveSpec) -> Result<(), Cause> {
        let form = Form::of_one(Inputs::private_if(spec.private_input));
        let limit = self.options.child.memory_bytes;
        let circuits = model.summary.circuits.iter();
        match circuits
            .into_iter()
            .find(|circuit| circuit.visibility == form.name())
        {
            Some(circuit) if circuit.memory_bytes_estimate > limit => Err(Cause::new(
                CauseKind::TooLarge,
                format!(
                    "a proof of this model needs about {} MB; this worker allows {} MB",
                    circuit.memory_bytes_estimate / 1_000_000,
                    limit / 1_000_000
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Stores a proof and says how the job ends.
    pub(super) async fn keep_proof(&self, files: ProvedFiles, output: &Path) -> Result<Ending, Cause> {
        let bundle = tokio::fs::read(output.join(BUNDLE))
            .await
            .map_err(scratch_failed)?;
        let bytes = bundle.len() as u64;
        let digest = self.objects.put(bundle).await.map_err(object_failed)?;
        let mut opening = None;
        if files.opening {
            let text = tokio::fs::read(output.join(OPENING))
                .await
                .map_err(scratch_failed)?;
            opening = Some(self.objects.put(text).await.map_err(object_failed)?);
        }
        Ok(Ending::Proved(ProveResult {
            outputs: files.outputs,
            bundle: BundleInfo {
                digest,
                bytes,
                proof_bytes: files.proof_bytes,
            },
            opening,
        }))
    }

    /// Stores a model's files and says how the job ends.
    pub(super) async fn keep_model(
        &self,
        files: CompiledFiles,
        spec: &CompileSpec,
        output: &Path,
    ) -> Result<Ending, Cause> {
        let put = async |name: &str| {
            let bytes = tokio::fs::read(output.join(name)).await.map_err(scratch_failed)?;
            self.objects.put(bytes).await.map_err(object_failed)
        };
        let artifacts = ModelArtifacts {
            project: put(PROJECT_FILE).await?,
            onnx: spec.onnx,
            graph: put(GRAPH_FILE).await?,
            key: put(KEY_FILE).await?,
            report: put(REPORT_FILE).await?,
            layout: put(LAYOUT).await?,
            layout_svg: put(LAYOUT_SVG).await?,
            plan: Some(put(PLAN_FILE).await?),
        };
        let model_id = files.model_id.parse().map_err(|_| {
            Cause::new(
                CauseKind::Internal,
                "the child process named the model by what is no id",
            )
        })?;
        Ok(Ending::Compiled(Box::new(Model {
            model_id,
            summary: files.summary,
            artifacts,
            created_ms: 0,
        })))
    }
}

/// Files of this machine failed: another attempt may find more room.
fn scratch_failed(error: std::io::Error) -> Cause {
    Cause::new(
        CauseKind::Storage,
        format!("scratch files of the worker: {error}"),
    )
}

fn object_failed(error: ObjectError) -> Cause {
    Cause::new(CauseKind::Storage, error.to_string())
}
