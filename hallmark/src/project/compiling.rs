//! From a float model and calibration inputs to a project with keys.

use super::folder::{Project, Settings};
use super::quality::{examine, with_most_bits};
use super::{SrsChoice, get_srs, memory_estimate_bytes};
use crate::error::Error;
use crate::finding::Finding;
use crate::model::CalibratedModel;
use crate::samples::RANDOM_INPUTS;
use crate::surroundings::Surroundings;
use hallmark_circuits::Target;
use hallmark_model::{
    AccuracyReport, FloatTensor, Graph, ModelError, QuantizeOptions, Quantized, QuantizedGraph, quantize,
    report,
};
use hallmark_prover::srs::hex;
use hallmark_prover::{
    Compiled, Description, Event, KeptPlans, Observer, PlannedCircuit, Prover, ProverError, Stage, compile,
    during,
};
use hallmark_verifier::name::unacceptable_character;
use hallmark_verifier::{Form, MAX_ENTRIES, MAX_NAME_BYTES, SrsPolicy};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Instant;

/// What shapes a compiled model.
#[derive(Clone, Debug)]
pub struct CompileOptions {
    /// Bits of activations and weights.
    pub bits: u32,
    /// What the layout is made for.
    pub target: Target,
    /// The SRS of its keys.
    pub srs: SrsChoice,
    /// What that SRS has to be.
    pub srs_policy: SrsPolicy,
    /// Make no circuit for private inputs.
    pub public_only: bool,
    /// Make a circuit for this many executions at once as well.
    pub batch: Option<u32>,
    /// Whether the proving keys go to the cache.
    pub keep_keys: bool,
    /// Whether a model is made although it refuses its calibration data, rounds integers, or has outputs that say nothing.
    pub accept_inaccurate: bool,
    /// What keys and proofs may take, in bytes: a circuit that is expected to need more is refused before its keys are made.
    pub memory_bytes: Option<u64>,
}

impl Default for CompileOptions {
    /// 12 bits, laid out for fast proofs, with the development SRS (INSECURE: for trying things out), for public and private inputs.
    fn default() -> Self {
        Self {
            bits: 12,
            target: Target::Fast,
            srs: SrsChoice::Development,
            srs_policy: SrsPolicy::default(),
            public_only: false,
            batch: None,
            keep_keys: true,
            accept_inaccurate: false,
            memory_bytes: None,
        }
    }
}

/// A compiled model with what it is made of.
pub struct Built {
    /// What is saved.
    pub project: Project,
    /// One per kind of statement.
    pub circuits: Vec<PlannedCircuit>,
    /// The keys.
    pub compiled: Compiled,
    /// How the integers agree with the floats on the calibration data.
    pub accuracy: AccuracyReport,
    /// What is wrong with its answers, or was accepted to be.
    pub findings: Vec<Finding>,
    /// The SRS, by digest and name.
    pub srs: ([u8; 32], String),
    /// Quantising, reporting and planning, in milliseconds.
    pub compile_ms: f64,
}

impl Built {
    /// What is saved, and a prover for each circuit, in their order.
    ///
    /// # Errors
    /// Those of getting the SRS.
    pub fn into_provers(self, surroundings: &Surroundings<'_>) -> Result<(Project, Vec<Prover>), Error> {
        let key = &self.compiled.key;
        let circuits = self.circuits.into_iter().zip(self.compiled.keys);
        let provers = circuits.map(|(circuit, keys)| {
            let srs = get_srs(&self.srs, circuit.k(), surroundings)?;
            Ok(Prover::new(circuit, keys, srs, Arc::clone(key)))
        });
        let provers = provers.collect::<Result<_, ProverError>>()?;
        Ok((self.project, provers))
    }

    /// As [`Self::into_provers`], with the last prover only: that of the model's batches, if it has any.
    ///
    /// # Errors
    /// As [`Self::into_provers`].
    pub fn into_prover(mut self, surroundings: &Surroundings<'_>) -> Result<(Project, Prover), Error> {
        let last = self.circuits.len().saturating_sub(1);
        self.circuits.drain(..last);
        self.compiled.keys.drain(..last);
        let (project, mut provers) = self.into_provers(surroundings)?;
        let form = Form::PUBLIC;
        let prover = provers.pop().ok_or(ProverError::NoSuchCircuit(form))?;
        Ok((project, prover))
    }
}

/// The digest that names calibration data: SHA-256 over the tag `hallmark/calibration/1`, the number of samples, and for each the
/// number of its tensors and, for each of these, rank, axes and elements in row-major order. Numbers have 8 bytes, elements are
/// the 4 bytes of an IEEE float, all little-endian.
#[must_use]
pub fn calibration_digest(samples: &[Vec<FloatTensor>]) -> [u8; 32] {
    let mut hash = Sha256::new().chain_update(b"hallmark/calibration/1");
    let number = |hash: &mut Sha256, value: usize| hash.update((value as u64).to_le_bytes());
    number(&mut hash, samples.len());
    for sample in samples {
        number(&mut hash, sample.len());
        for tensor in sample {
            number(&mut hash, tensor.ndim());
            for axis in tensor.shape() {
                number(&mut hash, *axis);
            }
            for element in tensor {
                hash.update(element.to_le_bytes());
            }
        }
    }
    hash.finalize().into()
}

/// Quantises, plans and makes the keys.
///
/// # Errors
/// Those of every step, and [`Error::Inaccurate`] for a model that is not to be made unless that is asked for.
pub fn build(
    source: CalibratedModel,
    options: &CompileOptions,
    surroundings: &Surroundings<'_>,
) -> Result<Built, Error> {
    let progress = surroundings.progress;
    let start = Instant::now();
    names_fit(source.model().graph())?;
    let calibration = calibration_digest(source.samples());
    let quantized = during(progress, Stage::Quantise, || {
        let wanted = QuantizeOptions::with_bits(options.bits);
        quantize(source.model().graph(), source.samples(), &wanted)
    })?;
    let (accuracy, findings) = during(progress, Stage::Compare, || {
        compare(&source, &quantized, options.bits)
    })?;
    if !options.accept_inaccurate && findings.iter().any(Finding::is_grave) {
        return Err(Error::Inaccurate(findings));
    }
    let graph = Arc::new(quantized.graph);
    let circuits = during(progress, Stage::Plan, || plan(&graph, options, progress))?;
    let compile_ms = start.elapsed().as_secs_f64() * 1000.0;
    if let Some(limit) = options.memory_bytes {
        within_memory(&circuits, limit)?;
    }

    let k = circuits.iter().map(PlannedCircuit::k).max().unwrap_or_default();
    let srs = options.srs.prepare(k, surroundings)?;
    let target = options.target.name();
    let description = Description {
        name: source.model().name(),
        bits: options.bits,
        target,
    };
    let get = |k| {
        let srs = get_srs(&srs, k, surroundings)?;
        options.srs_policy.check(srs.points()).map_err(ProverError::Srs)?;
        Ok(srs)
    };
    let cache = surroundings.cache.filter(|_| options.keep_keys);
    let compiled = compile(&circuits, description, &get, cache, progress)?;

    let private_input = circuits
        .iter()
        .any(|circuit| circuit.form().inputs().are_committed());
    let mut settings = Settings::new(
        source.model().name(),
        options.bits,
        target,
        private_input,
        source.words(),
    );
    settings.calibration_samples = source.samples().len();
    settings.calibration_digest = hex(&calibration);
    settings.model_id = compiled.key.model_id().to_string();
    let (onnx, imported) = source.into_model().into_parts();
    settings.input_shapes = imported.shapes;
    let key = Arc::clone(&compiled.key);
    let plans = Some(KeptPlans::of(&circuits, &compiled));
    let project = Project {
        settings,
        onnx,
        float: imported.graph,
        graph,
        key,
        plans,
    };
    Ok(Built {
        project,
        circuits,
        compiled,
        accuracy,
        findings,
        srs,
        compile_ms,
    })
}

/// Inputs and outputs that a verifying key has room for, beside the nonce.
const MOST_TENSORS: usize = MAX_ENTRIES as usize - 1;

/// Refuses names of inputs and outputs that no key holds, and too many of them, before anything is made for them.
fn names_fit(graph: &Graph) -> Result<(), Error> {
    let found = graph.inputs.len() + graph.outputs.len();
    if found > MOST_TENSORS {
        return Err(Error::Tensors {
            found,
            limit: MOST_TENSORS,
        });
    }
    let ids = graph.inputs.iter().chain(&graph.outputs);
    let mut names = ids
        .filter_map(|id| graph.values.get(id.0))
        .map(|value| value.name.as_str());
    let fits = |name: &&str| {
        !name.is_empty() && name.len() <= MAX_NAME_BYTES as usize && unacceptable_character(name).is_none()
    };
    match names.find(|name| !fits(name)) {
        None => Ok(()),
        Some(name) => Err(Error::TensorName {
            shown: name.chars().take(64).collect(),
            bytes: name.len(),
        }),
    }
}

/// Quantises without making anything: the integer model, how its integers agree with the floats, and what is wrong with that.
///
/// # Errors
/// Those of quantising, and of running the models.
pub(crate) fn assess(
    source: &CalibratedModel,
    bits: u32,
) -> Result<(Quantized, AccuracyReport, Vec<Finding>), ModelError> {
    let wanted = QuantizeOptions::with_bits(bits);
    let quantized = quantize(source.model().graph(), source.samples(), &wanted)?;
    let (accuracy, findings) = compare(source, &quantized, bits)?;
    Ok((quantized, accuracy, findings))
}

/// How the integers agree with the floats, and what is wrong with that.
fn compare(
    source: &CalibratedModel,
    quantized: &Quantized,
    bits: u32,
) -> Result<(AccuracyReport, Vec<Finding>), ModelError> {
    let (imported, samples) = (source.model().imported(), source.samples());
    let accuracy = report(&imported.graph, quantized, samples)?;
    let guessed = source.words() == RANDOM_INPUTS;
    let mut findings = examine(imported, quantized, (&accuracy, samples), (bits, guessed))?;
    with_most_bits(&mut findings, bits, |bits| {
        let quantized = quantize(&imported.graph, samples, &QuantizeOptions::with_bits(bits)).ok()?;
        let accuracy = report(&imported.graph, &quantized, samples).ok()?;
        examine(imported, &quantized, (&accuracy, samples), (bits, guessed)).ok()
    });
    Ok((accuracy, findings))
}

/// Plans a circuit for public inputs and, unless `public_only`, one for private inputs where the planner has one.
fn plan(
    graph: &Arc<QuantizedGraph>,
    options: &CompileOptions,
    progress: &dyn Observer,
) -> Result<Vec<PlannedCircuit>, ProverError> {
    let executions = options.batch.map(|executions| executions as usize);
    let batch = executions.map(|executions| (Form::PUBLIC_BATCH, executions));
    let private = (!options.public_only).then_some((Form::PRIVATE_INPUT, 1));
    let wanted: Vec<_> = [(Form::PUBLIC, 1)]
        .into_iter()
        .chain(private)
        .chain(batch)
        .collect();
    let mut circuits = Vec::with_capacity(wanted.len());
    for (index, kind) in wanted.iter().enumerate() {
        let told = |part: f64| {
            progress.notice(Event::Progress {
                stage: Stage::Plan,
                fraction: (index as f64 + part) / wanted.len() as f64,
            });
        };
        match PlannedCircuit::observed(graph, options.target, *kind, &told) {
            Ok(circuit) => circuits.push(circuit),
            Err(error @ ProverError::NoPrivateInput) if kind.0 == Form::PRIVATE_INPUT => {
                progress.notice(Event::Remark(format!("note: {error}")));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(circuits)
}

/// Refuses circuits whose keys are expected to need more than `limit` bytes.
fn within_memory(circuits: &[PlannedCircuit], limit: u64) -> Result<(), Error> {
    for circuit in circuits {
        let cost = circuit.plan().cost();
        let advice = cost.small_columns + cost.full_columns;
        let needed = memory_estimate_bytes(circuit.k(), advice, cost.fixed_columns);
        if needed > limit {
            return Err(Error::Memory {
                circuit: circuit.form().name(),
                needed,
                limit,
            });
        }
    }
    Ok(())
}
