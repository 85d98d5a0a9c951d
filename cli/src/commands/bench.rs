//! `hallmark bench`.

use crate::args::{BenchArgs, EngineArg, KernelsArg};
use crate::commands::compile::named;
use crate::commands::floor::FloorFigures;
use crate::config::Config;
use crate::failure::Failure;
use crate::machine;
use crate::median::median;
use crate::memory;
use crate::output::{grouped, milliseconds, size};
use hallmark::project::{
    Contents, Project, build, compare, open, read_file, read_samples, run_batch, run_integers, scaled_copies,
};
use hallmark::{Model, Surroundings};
use hallmark_model::{FloatTensor, Trace};
use hallmark_prover::engine::Floor;
use hallmark_prover::observer::Silent;
use hallmark_prover::{ProveOptions, Proved, Prover};
use hallmark_verifier::{Form, verify};
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Largest factor first: the scales have to cover it.
const SCALED_COPIES: [f32; 4] = [1.0, 0.75, 0.5, 0.25];
/// Verifications that are timed for each proof.
const VERIFY_REPEATS: u32 = 5;

/// The figures. Times are medians over the runs; memory is decimal.
#[derive(Debug, Serialize)]
struct Figures {
    model: String,
    params: u64,
    bits: u32,
    target: String,
    visibility: &'static str,
    engine: &'static str,
    k: u32,
    advice_columns: usize,
    fixed_columns: usize,
    runs: u32,
    threads: usize,
    /// Inputs that one proof is about.
    executions: usize,
    /// `prove_ms` over `executions`.
    prove_ms_per_execution: f64,
    machine: String,
    srs: String,
    /// Import, quantisation and planning of all circuits; `null` for a compiled model.
    compile_ms: Option<f64>,
    /// Keys of this circuit; `null` for a compiled model, whose keys come from the cache or are made as needed.
    keygen_ms: Option<f64>,
    /// Getting the keys of a compiled model.
    load_keys_ms: Option<f64>,
    /// Bringing the keys into the engine's form, and what is precomputed, once per process.
    prepare_ms: f64,
    witness_ms: f64,
    prove_ms: f64,
    prove_ms_min: f64,
    prove_ms_max: f64,
    /// Processor time of one proof with its witness, of all threads and with what they spend waiting for each other.
    processor_ms: Option<f64>,
    verify_ms: f64,
    proof_bytes: usize,
    vk_bytes: usize,
    /// Of memory: what the own engine keeps between proofs.
    key_bytes: usize,
    /// Of the whole process, key generation included.
    peak_rss_mb: Option<f64>,
    /// From the moment that keys are in memory, where the system can tell.
    prove_peak_rss_mb: Option<f64>,
    /// What proving was expected to take, as printed before it.
    expected_rss_mb: Option<f64>,
    max_abs_error: f64,
    argmax_match: bool,
    /// The least that this machine takes for the network's cells; `null` if it was not measured.
    floor: Option<FloorFigures>,
}

struct Subject {
    project: Project,
    prover: Prover,
    compile_ms: Option<f64>,
    keygen_ms: Option<f64>,
    load_keys_ms: Option<f64>,
}

impl Subject {
    fn executions(&self) -> usize {
        self.prover.keys().circuit_key().executions()
    }

    /// Executes the model on `sample`, in a batch together with as many of `others` as it takes.
    fn run(&self, sample: &[FloatTensor], others: &[Vec<FloatTensor>]) -> Result<Arc<Trace>, Failure> {
        let model = &self.project.graph;
        Ok(match self.executions() {
            1 => run_integers(model, sample)?,
            executions => {
                let mut samples = vec![sample.to_vec()];
                samples.extend(others.iter().take(executions - 1).cloned());
                run_batch(model, self.prover.circuit().graph(), executions, &samples)?
            }
        })
    }
}

/// Measures and prints.
pub fn run(args: &BenchArgs, config: &Config) -> Result<ExitCode, Failure> {
    let mut subject = if args.model.is_dir() {
        compiled(args, config)?
    } else {
        fresh(args, config)?
    };
    if args.kernels != KernelsArg::Auto {
        subject.prover = subject.prover.with_backend(args.kernels.into())?;
    }
    let samples = read_samples(&args.input, &subject.project.float)?;
    let start = Instant::now();
    subject.prover.prepare(args.engine.into())?;
    if args.engine == EngineArg::Own {
        memory::precompute(&subject.prover, args.precompute, args.memory)?;
    }
    let prepare_ms = start.elapsed().as_secs_f64() * 1000.0;
    let mut prove_options = ProveOptions {
        engine: args.engine.into(),
        ..ProveOptions::default()
    };
    let expected = memory::limit(&subject.prover, &mut prove_options, args.memory)?;
    let before = machine::peak_rss_mb();
    let reset = machine::reset_peak_rss();
    let mut proofs = Vec::new();
    let mut witness_ms = Vec::new();
    let processor_before = machine::processor_ms();
    for (_, sample) in (0..args.runs).zip(samples.iter().cycle()) {
        let start = Instant::now();
        let trace = subject.run(sample, &samples)?;
        let interpreted_ms = start.elapsed().as_secs_f64() * 1000.0;
        let proved = subject.prover.prove(&trace, &prove_options, &config.console)?;
        witness_ms.push(interpreted_ms + proved.timings.witness_ms);
        proofs.push(proved);
    }
    let processor = processor_before.zip(machine::processor_ms());
    let after = machine::peak_rss_mb();
    let floors = match args.no_floor || args.engine != EngineArg::Own {
        true => Vec::new(),
        false => floors(&subject, &samples, proofs.len())?,
    };
    let (mut max_abs_error, mut argmax_match) = (0f64, true);
    for sample in &samples {
        let trace = run_integers(&subject.project.graph, sample)?;
        let comparison = compare(&subject.project.float, &subject.project.graph, sample, &trace)?;
        max_abs_error = max_abs_error.max(comparison.max_abs_error);
        argmax_match &= comparison.argmax_match;
    }
    let mut figures = figures(
        args,
        &subject,
        &proofs,
        &witness_ms,
        verify_times(&subject, &proofs)?,
    )?;
    figures.peak_rss_mb = before.zip(after).map(|(before, after)| before.max(after));
    figures.prove_peak_rss_mb = after.filter(|_| reset);
    figures.expected_rss_mb = expected.map(|expected| expected.peak_bytes as f64 / 1e6);
    figures.prepare_ms = prepare_ms;
    figures.processor_ms = processor.map(|(before, after)| (after - before) / f64::from(args.runs));
    (figures.max_abs_error, figures.argmax_match) = (max_abs_error, argmax_match);
    figures.floor = FloorFigures::of(&floors, figures.prove_ms, &subject.prover);
    config.console.result(&figures, || in_words(&figures))?;
    Ok(ExitCode::SUCCESS)
}

/// Compiles the ONNX model with scales from the input itself.
fn fresh(args: &BenchArgs, config: &Config) -> Result<Subject, Failure> {
    let start = Instant::now();
    let onnx = read_file(&args.model, Contents::Model)?;
    let data = read_file(&args.input, Contents::Inputs)?;
    let model = Model::from_onnx_with(onnx, &args.shapes.input_shapes(), Some(&data))
        .map_err(|error| error.at(&args.model))?;
    let model = named(model, args.options.name.as_deref(), config)?;
    let samples = model.samples(&data).map_err(|error| error.at(&args.input))?;
    let calibration = scaled_copies(model.graph(), &samples, &SCALED_COPIES);
    let import_ms = start.elapsed().as_secs_f64() * 1000.0;
    let mut options = args.options.clone();
    // One circuit is measured.
    options.public_only = true;
    let calibrated = model.calibrate_as(calibration, "the input and scaled copies")?;
    let built = build(
        calibrated,
        &options.compile_options(false)?,
        &config.surroundings(),
    )?;
    let (compile_ms, keygen_ms) = (built.compile_ms, built.compiled.keygen_ms);
    let quiet = Surroundings {
        progress: &Silent,
        ..config.surroundings()
    };
    let (project, prover) = built.into_prover(&quiet)?;
    let (compile_ms, keygen_ms) = (Some(import_ms + compile_ms), Some(keygen_ms));
    Ok(Subject {
        project,
        prover,
        compile_ms,
        keygen_ms,
        load_keys_ms: None,
    })
}

fn compiled(args: &BenchArgs, config: &Config) -> Result<Subject, Failure> {
    let project = Project::load(&args.model)?;
    let start = Instant::now();
    let prover = open(&project, Form::PUBLIC, &config.surroundings())?;
    let load_keys_ms = Some(start.elapsed().as_secs_f64() * 1000.0);
    Ok(Subject {
        project,
        prover,
        compile_ms: None,
        keygen_ms: None,
        load_keys_ms,
    })
}

fn verify_times(subject: &Subject, proofs: &[Proved]) -> Result<Vec<f64>, Failure> {
    let key = &subject.project.key;
    let mut times = Vec::new();
    for proved in proofs {
        for _ in 0..VERIFY_REPEATS {
            let start = Instant::now();
            verify(key, &key.model_id(), &proved.bundle)?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(times)
}

fn figures(
    args: &BenchArgs,
    subject: &Subject,
    proofs: &[Proved],
    witness_ms: &[f64],
    verify_ms: Vec<f64>,
) -> Result<Figures, Failure> {
    let Subject { project, prover, .. } = subject;
    let key = prover.keys().circuit_key();
    let prove_ms: Vec<f64> = proofs.iter().map(|proved| proved.timings.prove_ms).collect();
    let proof = proofs
        .first()
        .ok_or_else(|| Failure::internal("no proof was made"))?;
    Ok(Figures {
        model: project.settings.name.clone(),
        params: project.key.model().parameters,
        bits: project.settings.bits,
        target: project.settings.target.clone(),
        visibility: key.form.name(),
        engine: match args.engine {
            EngineArg::Own => "own",
            EngineArg::Stock => "stock",
        },
        k: key.protocol.log_rows,
        advice_columns: key.protocol.advice_columns(),
        fixed_columns: key.protocol.fixed_columns(),
        runs: args.runs,
        threads: machine::threads(),
        executions: subject.executions(),
        prove_ms_per_execution: median(&prove_ms) / subject.executions() as f64,
        machine: machine::cpu_model(),
        srs: project.key.srs().provenance().to_string(),
        compile_ms: subject.compile_ms,
        keygen_ms: subject.keygen_ms,
        load_keys_ms: subject.load_keys_ms,
        prepare_ms: 0.0,
        witness_ms: median(witness_ms),
        prove_ms: median(&prove_ms),
        prove_ms_min: prove_ms.iter().copied().fold(f64::INFINITY, f64::min),
        prove_ms_max: prove_ms.iter().copied().fold(0.0, f64::max),
        processor_ms: None,
        verify_ms: median(&verify_ms),
        proof_bytes: proof.bundle.proof.len(),
        vk_bytes: project.key.to_bytes().len(),
        key_bytes: prover.key_bytes()?,
        peak_rss_mb: None,
        prove_peak_rss_mb: None,
        expected_rss_mb: None,
        max_abs_error: 0.0,
        argmax_match: true,
        floor: None,
    })
}

/// Floors of as many executions as there were proofs.
fn floors(subject: &Subject, samples: &[Vec<FloatTensor>], count: usize) -> Result<Vec<Floor>, Failure> {
    (0..count)
        .zip(samples.iter().cycle())
        .map(|(_, sample)| Ok(subject.prover.floor(&subject.run(sample, samples)?)?))
        .collect()
}

fn in_words(figures: &Figures) -> String {
    let maybe = |value: Option<f64>, text: &dyn Fn(f64) -> String| value.map_or_else(|| "–".to_owned(), text);
    let time = |value: Option<f64>| maybe(value, &milliseconds);
    let memory = |value: Option<f64>| maybe(value, &|mb| size((mb * 1e6) as u64));
    let lines = [
        (
            "model",
            format!(
                "{}, {} parameters, {} bits",
                figures.model,
                grouped(figures.params),
                figures.bits
            ),
        ),
        (
            "circuit",
            format!(
                "2^{} rows, {} advice and {} fixed columns ({})",
                figures.k, figures.advice_columns, figures.fixed_columns, figures.target
            ),
        ),
        ("compile", time(figures.compile_ms)),
        ("keys", time(figures.keygen_ms.or(figures.load_keys_ms))),
        ("witness", milliseconds(figures.witness_ms)),
        (
            "prove",
            format!(
                "{} (median of {}; {} to {})",
                milliseconds(figures.prove_ms),
                figures.runs,
                milliseconds(figures.prove_ms_min),
                milliseconds(figures.prove_ms_max)
            ),
        ),
        ("floor", FloorFigures::in_words(figures.floor.as_ref())),
        ("beyond it", FloorFigures::beyond_in_words(figures.floor.as_ref())),
        ("verify", milliseconds(figures.verify_ms)),
        ("proof", size(figures.proof_bytes as u64)),
        ("verifying key", size(figures.vk_bytes as u64)),
        ("proving key", size(figures.key_bytes as u64)),
        (
            "peak memory",
            format!(
                "{}; proving {}, expected {}",
                memory(figures.peak_rss_mb),
                memory(figures.prove_peak_rss_mb),
                memory(figures.expected_rss_mb)
            ),
        ),
        (
            "accuracy",
            format!(
                "largest error {:.6}, {}",
                figures.max_abs_error,
                if figures.argmax_match {
                    "same arg-max"
                } else {
                    "ANOTHER arg-max than the float model"
                }
            ),
        ),
        (
            "machine",
            format!("{}, {} threads", figures.machine, figures.threads),
        ),
    ];
    lines
        .iter()
        .map(|(name, text)| format!("{name:<14} {text}\n"))
        .collect()
}
