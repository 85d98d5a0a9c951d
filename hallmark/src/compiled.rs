//! A model with circuits and keys.

use crate::project::{
    Built, Comparison, Contents, Project, REPORT_FILE, build, compare, open, parse_samples, read_file,
    report, run_batch, run_integers,
};
use crate::{CalibratedModel, CompileOptions, Error, Output, Sample, Surroundings};
use hallmark_model::Trace;
use hallmark_prover::observer::Silent;
use hallmark_prover::{ProveOptions, Proved, Prover, ProverError};
use hallmark_verifier::form::Executions;
use hallmark_verifier::{Form, ModelId, VerifyingKey};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A model that answers with proofs. May be shared between threads.
///
/// ```
/// use hallmark::{CompileOptions, CompiledModel, Model, ProveOptions, Surroundings, Form, digits};
///
/// # fn main() -> Result<(), hallmark::Error> {
/// let model = Model::from_onnx(digits::CNN)?;
/// let typical = model.samples(digits::CALIBRATION)?;
/// let compiled = model.calibrate(typical)?.compile(&CompileOptions::default())?;
/// assert!(compiled.warnings().is_empty());
///
/// // A folder holds all that proving and verifying need.
/// let folder = tempfile::tempdir().unwrap();
/// let place = folder.path().join("digits");
/// compiled.save(&place)?;
/// let compiled = CompiledModel::load(&place)?;
///
/// // What it answers, without a proof: exactly what a proof would show.
/// let image = compiled.samples(digits::TEST)?.swap_remove(0);
/// let answer = compiled.run(&image)?;
/// let digit = answer[0].argmax();
///
/// // A proof that hides the image behind a commitment. What opens the commitment is secret.
/// let (hidden, options) = (Form::PRIVATE_INPUT, ProveOptions::default());
/// let proved = compiled.prove_with(&[image], hidden, &options, &Surroundings::default())?;
/// assert!(proved.verified.inputs.is_empty());
/// assert_eq!(hallmark::Output::from(&proved.verified.outputs[0]).argmax(), digit);
/// let opening = proved.opening.unwrap();
/// assert_eq!(Some(opening.commitment), proved.bundle.values.input_commitment);
/// # Ok(())
/// # }
/// ```
pub struct CompiledModel {
    project: Project,
    report: Value,
    /// Those that were needed so far.
    provers: Mutex<Vec<Arc<Prover>>>,
}

impl CompiledModel {
    pub(crate) fn new(built: Built, surroundings: &Surroundings<'_>) -> Result<Self, Error> {
        let report = report(&built);
        // The SRS was loaded, and told of, when the keys were made.
        let quiet = Surroundings {
            progress: &Silent,
            ..*surroundings
        };
        let (project, provers) = built.into_provers(&quiet)?;
        Ok(Self {
            project,
            report,
            provers: Mutex::new(provers.into_iter().map(Arc::new).collect()),
        })
    }

    /// Reads a folder that [`Self::save`] or `hallmark compile` wrote, and checks that key and model belong together.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let project = Project::load(folder)?;
        let report = read_file(&folder.join(REPORT_FILE), Contents::About).ok();
        let report = report.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(Self {
            project,
            report: report.unwrap_or_default(),
            provers: Mutex::default(),
        })
    }

    /// Writes a new folder, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Exists`] or [`Error::SomethingElse`] if there is something, [`Error::File`] if it cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.project.save(folder, false, &self.report).map(|_| ())
    }

    /// Its id, which commits to weights, scales, arithmetic, circuits and SRS: what the author publishes.
    #[must_use]
    pub fn id(&self) -> ModelId {
        self.project.key.model_id()
    }

    /// What verifiers need besides the id.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.project.key
    }

    /// Accuracy, circuits and times, as `report.json` has them; `null` for a folder without it.
    #[must_use]
    pub fn report(&self) -> &Value {
        &self.report
    }

    /// What is not right about its answers, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<&str> {
        let list = self.report.get("warnings").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What the folder holds.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The samples in a file's bytes, as [`crate::Model::samples`].
    ///
    /// # Errors
    /// [`Error::Input`] that names what is wrong.
    pub fn samples(&self, file: &[u8]) -> Result<Vec<Sample>, Error> {
        parse_samples(file, &self.project.float)
    }

    /// What the integer model answers, without a proof.
    ///
    /// # Errors
    /// [`Error::Model`] with the tensor and element that is out of range, not finite or of another shape.
    pub fn run(&self, sample: &Sample) -> Result<Vec<Output>, Error> {
        let graph = &self.project.graph;
        Ok(Output::of_trace(graph, run_integers(graph, sample)?.as_ref()))
    }

    /// The integer model beside the float model.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn compare(&self, sample: &Sample) -> Result<Comparison, Error> {
        let (float, graph) = (&self.project.float, &self.project.graph);
        compare(float, graph, sample, run_integers(graph, sample)?.as_ref())
    }

    /// Answers with a proof in which the input is public. The proof was verified before it is returned.
    ///
    /// # Errors
    /// As [`Self::run`], and those of the prover.
    pub fn prove(&self, sample: &Sample) -> Result<Proved, Error> {
        let samples = std::slice::from_ref(sample);
        let (options, surroundings) = (ProveOptions::default(), Surroundings::default());
        self.prove_with(samples, Form::PUBLIC, &options, &surroundings)
    }

    /// As [`Self::prove`], for one sample or, with [`Form::PUBLIC_BATCH`], for several at once, bound to a nonce if the options have
    /// one.
    ///
    /// # Errors
    /// As [`Self::prove`]; [`Error::Samples`] and [`Error::BatchSize`] for another number of samples than the circuit takes; and
    /// [`ProverError::NoSuchCircuit`] if the model was compiled without one.
    pub fn prove_with(
        &self,
        samples: &[Sample],
        form: Form,
        options: &ProveOptions,
        surroundings: &Surroundings<'_>,
    ) -> Result<Proved, Error> {
        // The input is checked in milliseconds, before there are keys.
        let trace = self.execute(samples, form)?;
        let prover = self.prover(form, surroundings)?;
        Ok(prover.prove(&trace, options, surroundings.progress)?)
    }

    /// The execution that a proof of this kind is about.
    ///
    /// # Errors
    /// As [`Self::prove_with`].
    pub fn execute(&self, samples: &[Sample], form: Form) -> Result<Arc<Trace>, Error> {
        let model = &self.project.graph;
        match (form.executions(), samples) {
            (Executions::Several, samples) => {
                let circuit = self.key().circuit(form);
                let circuit = circuit.ok_or(ProverError::NoSuchCircuit(form))?;
                let executions = circuit.executions();
                let batch = model.batched(executions).map_err(ProverError::NoBatch)?;
                run_batch(model, &batch, executions, samples)
            }
            (Executions::One, [sample]) => run_integers(model, sample),
            (Executions::One, samples) => Err(Error::Samples(samples.len())),
        }
    }

    /// What proofs of this kind are made with: as it was, or made ready now.
    ///
    /// # Errors
    /// [`Error::Prover`] if the model has no such circuit or the SRS is missing.
    pub fn prover(&self, form: Form, surroundings: &Surroundings<'_>) -> Result<Arc<Prover>, Error> {
        let mut provers = self.provers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = provers.iter().find(|prover| prover.circuit().form() == form);
        if let Some(prover) = known {
            return Ok(Arc::clone(prover));
        }
        let prover = Arc::new(open(&self.project, form, surroundings)?);
        provers.push(Arc::clone(&prover));
        Ok(prover)
    }
}

impl CalibratedModel {
    /// Chooses scales, lays out circuits and makes keys, without a cache and with nobody who looks on.
    ///
    /// ```
    /// use hallmark::{Class, CompileOptions, Model, digits};
    ///
    /// # fn main() -> Result<(), hallmark::Error> {
    /// let model = Model::from_onnx(digits::CNN)?;
    /// let typical = model.samples(digits::CALIBRATION)?;
    /// let options = CompileOptions { bits: 99, ..CompileOptions::default() };
    /// let error = model.calibrate(typical)?.compile(&options).err().unwrap();
    /// assert_eq!(error.class(), Class::Model);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of every step, and [`Error::Inaccurate`] for a model that would not answer what the float model answers, unless
    /// [`CompileOptions::accept_inaccurate`] is set.
    pub fn compile(self, options: &CompileOptions) -> Result<CompiledModel, Error> {
        self.compile_with(options, &Surroundings::default())
    }

    /// As [`Self::compile`], with a cache for SRSs and somebody who is told of progress.
    ///
    /// ```
    /// use hallmark::{Cache, CompileOptions, Event, Model, Stage, Surroundings, digits};
    /// use std::sync::Mutex;
    ///
    /// # fn main() -> Result<(), hallmark::Error> {
    /// let model = Model::from_onnx(digits::CNN)?;
    /// let typical = model.samples(digits::CALIBRATION)?;
    ///
    /// let (folder, seen) = (tempfile::tempdir().unwrap(), Mutex::new(Vec::new()));
    /// let progress = |event: Event| {
    ///     if let Event::StageStarted { stage, .. } = event {
    ///         seen.lock().unwrap().push(stage);
    ///     }
    /// };
    /// let surroundings = Surroundings { cache: Some(&Cache::new(folder.path())), progress: &progress };
    /// let options = CompileOptions { bits: 8, public_only: true, ..CompileOptions::default() };
    /// model.calibrate(typical)?.compile_with(&options, &surroundings)?;
    /// assert_eq!(*seen.lock().unwrap(), [Stage::Quantise, Stage::Compare, Stage::Plan, Stage::Srs, Stage::Keys]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::compile`], and [`Error::NoCache`] for another SRS than the development one where there is no cache.
    pub fn compile_with(
        self,
        options: &CompileOptions,
        surroundings: &Surroundings<'_>,
    ) -> Result<CompiledModel, Error> {
        CompiledModel::new(build(self, options, surroundings)?, surroundings)
    }
}
