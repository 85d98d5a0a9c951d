//! From ONNX bytes to keys: what `compile`, `bench` and `demo` share.

use crate::args::{ModelArgs, TargetArg};
use crate::commands::srs::import as import_srs;
use crate::config::Config;
use crate::failure::Failure;
use crate::project::{Project, Settings};
use hallmark_circuits::Target;
use hallmark_import::ImportOptions;
use hallmark_model::{AccuracyReport, FloatTensor, Graph, QuantizeOptions, QuantizedGraph, quantize, report};
use hallmark_prover::srs::{Srs, SrsStore};
use hallmark_prover::{Compiled, Description, Event, Observer, PlannedCircuit, ProverError, Stage, compile};
use hallmark_verifier::Visibility;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The SRS that the user asked for.
#[derive(Clone, Debug)]
pub enum SrsChoice {
    /// The development SRS.
    Development,
    /// One in the cache, by digest.
    Digest([u8; 32]),
    /// A file.
    File(PathBuf),
}

impl SrsChoice {
    /// Understands `--srs`.
    ///
    /// # Errors
    /// A usage failure if it is neither `dev`, nor a digest, nor a file.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text == "dev" {
            return Ok(Self::Development);
        }
        let path = PathBuf::from(text);
        if path.is_file() {
            return Ok(Self::File(path));
        }
        // A digest is written like a model id.
        text.parse::<hallmark_verifier::ModelId>()
            .map(|id| Self::Digest(id.0))
            .map_err(|_| {
                Failure::usage(format!(
                    "--srs: {text:?} is neither a file, nor a digest of 64 hexadecimal digits, nor `dev`"
                ))
            })
    }

    /// Makes sure that the SRS is there for up to 2^k rows, and returns its digest and name.
    ///
    /// # Errors
    /// Those of importing the file.
    fn prepare(&self, k: u32, config: &Config) -> Result<([u8; 32], String), Failure> {
        match self {
            Self::Development => Ok((Srs::development_digest(), "development".to_owned())),
            Self::Digest(digest) => Ok((*digest, "with this digest".to_owned())),
            Self::File(path) => {
                let small = import_srs(path, Some(hallmark_prover::srs::MIN_K), config)?;
                let (digest, name) = (small.digest(), small.name().to_owned());
                let there = config
                    .srs_store()
                    .get(digest, &name, k, &hallmark_prover::observer::Silent)
                    .is_ok();
                if !there {
                    let srs = import_srs(path, Some(k), config)?;
                    if let Err(error) = config.srs_store().put(&srs) {
                        config.console.notice(Event::CacheNotWritten {
                            problem: error.to_string(),
                        });
                    }
                }
                Ok((digest, name))
            }
        }
    }
}

/// A model before its keys are made.
pub struct Source<'a> {
    /// Its name.
    pub name: &'a str,
    /// The file's bytes.
    pub onnx: Vec<u8>,
    /// The float graph.
    pub float: Graph,
    /// Inputs that decide the scales.
    pub calibration: Vec<Vec<FloatTensor>>,
    /// Where they come from, in words.
    pub calibration_words: &'a str,
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
    /// The SRS, by digest and name.
    pub srs: ([u8; 32], String),
    /// Quantising, reporting and planning, in milliseconds.
    pub compile_ms: f64,
}

/// Reads an ONNX file.
///
/// # Errors
/// An input failure that names the file and every node that is not supported.
pub fn import_onnx(path: &Path, bytes: &[u8]) -> Result<Graph, Failure> {
    hallmark_import::import(bytes, &ImportOptions::default())
        .map_err(|error| Failure::from(error).about(path))
}

/// Quantises, plans and makes the keys; `keep_keys` says whether the proving keys go to the cache.
///
/// # Errors
/// Those of every step, by kind.
pub fn build(
    source: Source<'_>,
    options: &ModelArgs,
    keep_keys: bool,
    config: &Config,
) -> Result<Built, Failure> {
    let choice = SrsChoice::parse(&options.srs)?;
    let console = &config.console;
    let start = Instant::now();
    let quantized = console.during("quantising", || {
        quantize(
            &source.float,
            &source.calibration,
            &QuantizeOptions::with_bits(options.bits),
        )
    })?;
    let accuracy = console.during("comparing with floats", || {
        report(&source.float, &quantized, &source.calibration)
    })?;
    let graph = Arc::new(quantized.graph);
    let circuits = console.during(Stage::Plan.words(), || {
        plan(&graph, options.target, options.public_only, config)
    })?;
    let compile_ms = start.elapsed().as_secs_f64() * 1000.0;

    let k = circuits.iter().map(PlannedCircuit::k).max().unwrap_or_default();
    let srs = choice.prepare(k, config)?;
    let target = target_name(options.target);
    let description = Description {
        name: source.name,
        bits: options.bits,
        target,
    };
    let store = config.srs_store();
    let get = |k| get_srs(&store, &srs, k, console);
    let compiled = compile(
        &circuits,
        description,
        &get,
        keep_keys.then_some(&config.cache),
        console,
    )?;

    let private_input = circuits
        .iter()
        .any(|circuit| circuit.visibility() == Visibility::PrivateInput);
    let mut settings = Settings::new(
        source.name,
        options.bits,
        target,
        private_input,
        source.calibration_words,
    );
    settings.model_id = compiled.key.model_id().to_string();
    let key = Arc::clone(&compiled.key);
    let project = Project {
        settings,
        onnx: source.onnx,
        float: source.float,
        graph,
        key,
    };
    Ok(Built {
        project,
        circuits,
        compiled,
        accuracy,
        srs,
        compile_ms,
    })
}

/// The SRS for 2^k rows, as a stage.
///
/// # Errors
/// Those of [`SrsStore::get`].
pub fn get_srs(
    store: &SrsStore,
    (digest, name): &([u8; 32], String),
    k: u32,
    observer: &dyn Observer,
) -> Result<Srs, ProverError> {
    observer.notice(Event::StageStarted {
        stage: Stage::Srs,
        estimate_ms: None,
    });
    let start = Instant::now();
    let srs = store.get(*digest, name, k, observer);
    let elapsed_ms = start.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    observer.notice(Event::StageFinished {
        stage: Stage::Srs,
        elapsed_ms,
    });
    srs
}

/// Plans a circuit for public inputs and, unless `public_only`, one for private inputs where the planner has one.
fn plan(
    graph: &Arc<QuantizedGraph>,
    target: TargetArg,
    public_only: bool,
    config: &Config,
) -> Result<Vec<PlannedCircuit>, ProverError> {
    let new = |visibility| PlannedCircuit::new(graph, circuit_target(target), visibility);
    let mut circuits = vec![new(Visibility::Public)?];
    if !public_only {
        match new(Visibility::PrivateInput) {
            Ok(circuit) => circuits.push(circuit),
            Err(error @ ProverError::NoPrivateInput) => config.console.note(&format!("note: {error}")),
            Err(error) => return Err(error),
        }
    }
    Ok(circuits)
}

fn circuit_target(target: TargetArg) -> Target {
    match target {
        TargetArg::Fast => Target::Fast,
        TargetArg::Evm => Target::Evm,
    }
}

/// The word in settings and keys.
fn target_name(target: TargetArg) -> &'static str {
    match target {
        TargetArg::Fast => "fast",
        TargetArg::Evm => "evm",
    }
}
