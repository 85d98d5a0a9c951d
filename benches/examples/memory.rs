//! Compares what a proof is expected to take with what it takes, without a limit and with the least that is accepted.
//!
//! ```sh
//! cargo run --release -p hallmark-benches --example memory -- NAME=MODEL.onnx,INPUT ...
//! ```
//!
//! Counts what is allocated, so that the figures are the program's alone; `hallmark bench` compares the expected with the
//! resident memory of the whole process. Markdown goes to standard output.

#![allow(clippy::print_stdout, reason = "prints its report")]

use hallmark_benches::Problem;
use hallmark_benches::files::{Model, load};
use hallmark_circuits::Target;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{
    Description, Event, PlannedCircuit, ProveOptions, Prover, ProverError, Stage, compile,
};
use hallmark_verifier::Form;
use peak_alloc::PeakAlloc;
use std::sync::{Arc, Mutex};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() -> Result<(), Problem> {
    println!("| model | limit | key | expected | measured | expected over measured | step by step |");
    println!("| --- | --: | --: | --: | --: | --: | --- |");
    for argument in std::env::args().skip(1) {
        let model = load(&argument)?;
        let prover = prover(&model)?;
        prover.prepare(Default::default())?;
        report(&model, &prover, None)?;
        report(&model, &prover, Some(least(&prover)?))?;
    }
    Ok(())
}

fn prover(model: &Model) -> Result<Prover, Problem> {
    let circuit = PlannedCircuit::new(&model.graph, Target::Fast, Form::PUBLIC)?;
    let description = Description {
        name: &model.name,
        bits: 12,
        target: "fast",
    };
    let only = std::slice::from_ref(&circuit);
    let mut compiled = compile(only, description, &Srs::development, None, &Silent)?;
    let keys = compiled.keys.pop().ok_or("there are no keys")?;
    let srs = Srs::development(circuit.k())?;
    Ok(Prover::new(circuit, keys, srs, compiled.key))
}

/// The least limit that is accepted: what the refusal of one byte says.
fn least(prover: &Prover) -> Result<usize, Problem> {
    let one = ProveOptions {
        memory_bytes: Some(1),
        ..ProveOptions::default()
    };
    match prover.memory_bytes(&one) {
        Err(ProverError::Memory { least_bytes, .. }) => Ok(least_bytes),
        Err(error) => Err(error.into()),
        Ok(_) => Err("a limit of one byte was accepted".into()),
    }
}

fn report(model: &Model, prover: &Prover, limit: Option<usize>) -> Result<(), Problem> {
    let options = ProveOptions {
        memory_bytes: limit,
        ..ProveOptions::default()
    };
    let expected = prover.memory_bytes(&options)?;
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    // The greatest use of each step.
    let steps = Mutex::new(Vec::new());
    let ended = |_: Event| {
        if let Ok(mut steps) = steps.lock() {
            steps.push(HEAP.peak_usage().saturating_sub(before));
        }
        HEAP.reset_peak_usage();
    };
    prover.prove(&Arc::clone(&model.trace), &options, &ended)?;
    ended(Event::Progress {
        stage: Stage::Prove,
        fraction: 1.0,
    });
    let steps = steps.into_inner().unwrap_or_default();
    let measured = steps.iter().copied().max().unwrap_or(0);
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    let words: Vec<String> = steps
        .iter()
        .map(|bytes| format!("{:.1}", megabytes(*bytes)))
        .collect();
    println!(
        "| {} | {} | {:.1} MB | {:.1} MB | {:.1} MB | {:.2} | {} |",
        model.name,
        limit.map_or("none".to_owned(), |bytes| format!("{:.1} MB", megabytes(bytes))),
        megabytes(prover.key_bytes()?),
        megabytes(expected),
        megabytes(measured),
        expected as f64 / measured as f64,
        words.join(" ")
    );
    Ok(())
}
