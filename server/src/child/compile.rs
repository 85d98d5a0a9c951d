//! Compiling a model.

use super::cause;
use super::clock::{Compiling, StageClock};
use super::protocol::{ChildConfig, CompileRequest, CompiledFiles, LAYOUT, LAYOUT_SVG};
use super::prove::{storage, write};
use crate::digest::Digest;
use crate::job::{Cause, CauseKind, JobStage, ModelTarget};
use crate::model_summary::{CircuitSummary, ModelSummary, TensorSummary};
use hallmark::project::{Built, build, memory_estimate_bytes, report};
use hallmark::{CalibratedModel, CompileOptions, Error, InputShapes, Model, SrsChoice, Surroundings};
use hallmark_model::QuantizedGraph;
use hallmark_model::quantized::TensorId;
use hallmark_prover::cache::Cache;
use hallmark_prover::element;
use std::fs;
use std::path::Path;

/// Inputs that decide the scales where none were given.
const RANDOM_SAMPLES: usize = 32;

pub(super) fn run(
    request: &CompileRequest,
    config: &ChildConfig,
    clock: &StageClock<'_>,
) -> Result<Box<CompiledFiles>, Cause> {
    clock.enter(JobStage::Importing, None);
    let onnx = fs::read(&request.onnx).map_err(|error| storage("reading", &request.onnx, &error))?;
    let options = &request.options;
    let shapes = InputShapes {
        shapes: options.shapes.clone(),
        dimensions: options.dimensions.clone(),
    };
    let calibrated = calibrated(
        onnx,
        options.name.as_deref(),
        &shapes,
        request.calibration.as_deref(),
    )?;
    let wanted = CompileOptions {
        bits: options.bits,
        target: options.target.into(),
        srs: SrsChoice::parse(&config.srs.source).map_err(|error| cause(&error))?,
        srs_policy: config.srs.policy(),
        public_only: !options.private_input,
        batch: None,
        keep_keys: true,
        accept_inaccurate: options.accept_inaccurate,
        memory_bytes: Some(config.memory_bytes),
    };
    let cache = Cache::new(&config.cache);
    let surroundings = Surroundings {
        cache: Some(&cache),
        progress: &Compiling(clock),
    };
    let built = build(calibrated, &wanted, &surroundings).map_err(|error| cause(&error))?;
    save(&built, request)?;
    Ok(Box::new(CompiledFiles {
        model_id: built.project.key.model_id().to_string(),
        summary: summary(&built, options.target)?,
    }))
}

/// The model with inputs that decide its scales: those of the file, or random ones.
pub(super) fn calibrated(
    onnx: Vec<u8>,
    name: Option<&str>,
    shapes: &InputShapes,
    calibration: Option<&Path>,
) -> Result<CalibratedModel, Cause> {
    let read = |path: &Path| fs::read(path).map_err(|error| storage("reading", path, &error));
    let data = calibration.map(read).transpose()?;
    let model = Model::from_onnx_with(onnx, shapes, data.as_deref()).map_err(|error| cause(&error))?;
    let model = match name {
        Some(name) => model.named(name),
        None => model,
    };
    let calibrated = match data {
        Some(data) => model.samples(&data).and_then(|samples| model.calibrate(samples)),
        None => {
            return model
                .calibrate_on_random_inputs(RANDOM_SAMPLES)
                .map_err(|error| cause(&error));
        }
    };
    calibrated.map_err(|error| calibration_cause(&error))
}

/// Calibration data are a file of their own: an error in them is not one of an input.
fn calibration_cause(error: &Error) -> Cause {
    let mut cause = cause(error);
    cause.kind = CauseKind::InvalidModel;
    cause.detail = format!("calibration: {}", cause.detail);
    cause
}

fn save(built: &Built, request: &CompileRequest) -> Result<(), Cause> {
    built
        .project
        .save(&request.output, false, &report(built))
        .map_err(|error| cause(&error))?;
    let Some(circuit) = built.circuits.first() else {
        return Err(Cause::new(CauseKind::Internal, "no circuit was planned"));
    };
    let layout = serde_json::to_vec(&circuit.plan().summary())
        .map_err(|error| Cause::new(CauseKind::Internal, error.to_string()))?;
    write(&request.output.join(LAYOUT), &layout)?;
    write(&request.output.join(LAYOUT_SVG), circuit.plan().svg().as_bytes())
}

fn summary(built: &Built, target: ModelTarget) -> Result<ModelSummary, Cause> {
    let project = &built.project;
    let (key, settings) = (&project.key, &project.settings);
    let circuits = built
        .circuits
        .iter()
        .zip(&built.compiled.keys)
        .map(|(circuit, keys)| {
            let protocol = &keys.circuit_key().protocol;
            let (advice, fixed) = (protocol.advice_columns(), protocol.fixed_columns());
            CircuitSummary {
                visibility: circuit.form().name().to_owned(),
                k: circuit.k(),
                advice_columns: advice as u64,
                fixed_columns: fixed as u64,
                proof_bytes: protocol.proof_bytes(circuit.transcript()) as u64,
                prove_ms_estimate: circuit.estimate().prove_ms,
                memory_bytes_estimate: memory_estimate_bytes(circuit.k(), advice, fixed),
            }
        });
    Ok(ModelSummary {
        name: settings.name.clone(),
        parameters: key.model().parameters,
        layers: key.model().layers.clone(),
        bits: settings.bits,
        target,
        calibration: settings.calibration.clone(),
        srs_name: key.srs().provenance().to_string(),
        srs_digest: Digest(key.srs().digest()),
        srs_provenance: key.srs().provenance().word().to_owned(),
        insecure_srs: key.srs().is_insecure(),
        inputs: tensors(&project.graph, &project.graph.inputs),
        outputs: tensors(&project.graph, &project.graph.outputs),
        accuracy: serde_json::to_value(&built.accuracy)
            .map_err(|error| Cause::new(CauseKind::Internal, error.to_string()))?,
        circuits: circuits.collect(),
    })
}

fn tensors(graph: &QuantizedGraph, ids: &[TensorId]) -> Vec<TensorSummary> {
    let found = ids.iter().filter_map(|id| graph.tensors.get(id.0));
    found
        .map(|tensor| TensorSummary::new(&tensor.name, &tensor.shape, element(tensor.kind)))
        .collect()
}
