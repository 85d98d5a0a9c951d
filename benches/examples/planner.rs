//! Measures layouts around the planner's choice: which is the fastest, and which rates of the cost model fit them.
//!
//! ```sh
//! cargo run --release -p hallmark-benches --example planner -- NAME=MODEL.onnx,INPUT ...
//! ```
//!
//! Every layout is proven `RUNS` times by Hallmark's engine, in turns; the least processor time counts, divided by the
//! threads. Markdown for `docs/benchmarks.md` goes to standard output.

#![allow(clippy::print_stdout, reason = "prints its report")]

use hallmark_benches::files::{Model, load};
use hallmark_benches::{Problem, fit};
use hallmark_circuits::Cost;
use hallmark_circuits::internals::builder::Widths;
use hallmark_circuits::{CircuitError, Plan, PlanOptions, Target, Witness};
use hallmark_model::{QuantizedGraph, Trace};
use hallmark_prover::PRECOMPUTED_BYTES;
use hallmark_prover::engine::{Backend, EngineKey, Run, SrsBases, Structure};
use hallmark_prover::extract;
use hallmark_prover::srs::Srs;
use hallmark_prover::transcript::ProofWriter;
use hallmark_verifier::TranscriptKind;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const RUNS: usize = 10;

/// A layout with its figures.
struct Measured {
    model: String,
    k: u32,
    what: String,
    cost: Cost,
    prove_ms: f64,
    keygen_ms: f64,
}

/// A layout that is ready to prove.
struct Ready {
    what: String,
    plan: Arc<Plan>,
    engine: EngineKey,
    keygen_ms: f64,
    prove_ms: f64,
}

fn main() -> Result<(), Problem> {
    let mut all = Vec::new();
    for argument in std::env::args().skip(1) {
        let Model { name, graph, trace } = load(&argument)?;
        all.extend(neighbours(&name, &graph, &trace)?);
    }
    report_neighbours(&all);
    report_rates(&all);
    Ok(())
}

/// The planner's choice, its best layouts for other numbers of rows, and other widths. They take turns, so that what slows
/// the machine down for a while slows all of them down.
fn neighbours(name: &str, graph: &Arc<QuantizedGraph>, trace: &Arc<Trace>) -> Result<Vec<Measured>, Problem> {
    let mut srs = BTreeMap::new();
    let mut ready = Vec::new();
    for (what, plan) in layouts(graph)? {
        ready.push(prepare(what, plan, &mut srs)?);
    }
    for _ in 0..RUNS {
        for layout in &mut ready {
            layout.prove(trace)?;
        }
    }
    Ok(ready
        .into_iter()
        .map(|layout| Measured {
            model: name.to_owned(),
            k: layout.plan.k(),
            what: layout.what,
            cost: layout.plan.cost().clone(),
            prove_ms: layout.prove_ms,
            keygen_ms: layout.keygen_ms,
        })
        .collect())
}

fn layouts(graph: &Arc<QuantizedGraph>) -> Result<Vec<(String, Plan)>, Problem> {
    let options = PlanOptions {
        target: Target::Fast,
        ..PlanOptions::default()
    };
    let chosen = Plan::new(Arc::clone(graph), &options)?;
    let (k, widths) = (chosen.k(), chosen.widths());
    let mut layouts = vec![("chosen".to_owned(), chosen)];
    for other in [k - 1, k + 1] {
        if let Some(plan) = Plan::with_rows(Arc::clone(graph), &options, other)? {
            layouts.push((format!("best with 2^{other} rows"), plan));
        }
    }
    for (what, widths) in variants(widths) {
        match Plan::forced(Arc::clone(graph), &options, k, widths) {
            Ok(plan) => layouts.push((what, plan)),
            Err(CircuitError::TooLarge { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // A bank that a model does not use has no width.
    let mut seen = BTreeSet::new();
    layouts.retain(|(_, plan)| {
        let cost = plan.cost();
        seen.insert((
            plan.k(),
            cost.small_columns,
            cost.full_columns,
            cost.fixed_columns,
        ))
    });
    Ok(layouts)
}

/// Other widths of one bank at a time.
fn variants(w: Widths) -> Vec<(String, Widths)> {
    let wider = |width: usize, unit: usize| (width + (width / 4).max(unit)).next_multiple_of(unit);
    let narrower = |width: usize, unit: usize| {
        (width - (width / 4).max(unit).min(width))
            .next_multiple_of(unit)
            .max(unit)
    };
    let mut all = vec![
        (
            "wider single lanes",
            Widths {
                single: wider(w.single, 4),
                ..w
            },
        ),
        (
            "narrower single lanes",
            Widths {
                single: narrower(w.single, 4),
                ..w
            },
        ),
        (
            "wider pair lanes",
            Widths {
                pair: wider(w.pair, 1),
                ..w
            },
        ),
        (
            "narrower pair lanes",
            Widths {
                pair: narrower(w.pair, 1),
                ..w
            },
        ),
        (
            "wider weights",
            Widths {
                weights: wider(w.weights, 4),
                ..w
            },
        ),
        (
            "narrower weights",
            Widths {
                weights: narrower(w.weights, 4),
                ..w
            },
        ),
        (
            "wider limbs",
            Widths {
                limb_bits: w.limb_bits + 2,
                ..w
            },
        ),
        (
            "narrower limbs",
            Widths {
                limb_bits: w.limb_bits - 2,
                ..w
            },
        ),
    ];
    all.retain(|(_, other)| *other != w);
    all.into_iter()
        .map(|(what, widths)| (what.to_owned(), widths))
        .collect()
}

fn prepare(what: String, plan: Plan, srs: &mut BTreeMap<u32, Arc<SrsBases>>) -> Result<Ready, Problem> {
    let plan = Arc::new(plan);
    let bases = match srs.entry(plan.k()) {
        Entry::Occupied(found) => Arc::clone(found.get()),
        Entry::Vacant(place) => {
            let bases = SrsBases::new(Srs::development(plan.k())?.params(), Backend::detect())?;
            Arc::clone(place.insert(Arc::new(bases)))
        }
    };
    let structure = Arc::new(Structure::new(&plan)?);
    let mut keygen_ms = f64::INFINITY;
    let mut key = None;
    for _ in 0..2 {
        let start = processor_ms()?;
        let commitments = structure.commit(&bases)?;
        key = Some(structure.verifying_key(&commitments)?);
        keygen_ms = keygen_ms.min(processor_ms()? - start);
    }
    let protocol = extract::protocol(&key.ok_or("no key")?)?;
    let engine = EngineKey::new(protocol, structure, bases)?;
    engine.precompute(PRECOMPUTED_BYTES);
    Ok(Ready {
        what,
        engine,
        plan,
        keygen_ms,
        prove_ms: f64::INFINITY,
    })
}

impl Ready {
    fn prove(&mut self, trace: &Arc<Trace>) -> Result<(), Problem> {
        let start = processor_ms()?;
        let witness = Witness::new(&self.plan, trace, [0; 32])?;
        let mut writer = ProofWriter::new(TranscriptKind::Blake2b);
        let mut run = Run {
            rng: &mut rand_core::OsRng,
            strips: 1,
            progress: &|_| (),
        };
        self.engine.prove(&witness, &mut writer, &mut run)?;
        self.prove_ms = self.prove_ms.min(processor_ms()? - start);
        Ok(())
    }
}

/// Processor time of all threads so far, divided by their number.
fn processor_ms() -> Result<f64, Problem> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text
            .split(' ')
            .next()
            .ok_or("schedstat is empty")?
            .parse::<f64>()?;
    }
    let threads = std::thread::available_parallelism()?.get();
    Ok(nanoseconds / 1e6 / threads as f64)
}

fn report_neighbours(all: &[Measured]) {
    println!("| model | layout | k | small | full | fixed | measured | estimated | against the choice |");
    println!("| --- | --- | --: | --: | --: | --: | --: | --: | --: |");
    let mut chosen = f64::NAN;
    for m in all {
        if m.what == "chosen" {
            chosen = m.prove_ms;
        }
        println!(
            "| {} | {} | {} | {} | {} | {} | {:.1} ms | {:.1} ms | {:+.0} % |",
            m.model,
            m.what,
            m.k,
            m.cost.small_columns,
            m.cost.full_columns,
            m.cost.fixed_columns,
            m.prove_ms,
            m.cost.prove_ms,
            100.0 * (m.prove_ms / chosen - 1.0)
        );
    }
}

const FEATURES: [&str; 6] = ["SMALL", "FIXED", "WEIGHTS", "BASE", "COLUMN", "PROOF"];

/// What a column of field elements takes more than one of small integers, and what a copied column takes, per thousand rows:
/// from profiles, because layouts hardly differ in these.
const FULL_SURPLUS: f64 = 0.3;
const COPIED: f64 = 0.1;

/// Columns times thousands of rows, columns, and one.
fn features(m: &Measured) -> Vec<f64> {
    let c = &m.cost;
    let count = |n: usize| n as f64;
    let advice = count(c.small_columns + c.full_columns);
    vec![
        advice * m.thousands(),
        count(c.fixed_columns - c.weight_columns) * m.thousands(),
        count(c.weight_columns) * m.thousands(),
        m.thousands(),
        advice,
        1.0,
    ]
}

impl Measured {
    /// Thousands of rows.
    fn thousands(&self) -> f64 {
        f64::from(1u32 << self.k) / 1000.0
    }

    /// Proving time less what is known without a fit.
    fn unexplained_ms(&self) -> f64 {
        let (full, copied) = (self.cost.full_columns as f64, self.cost.copied_columns as f64);
        self.prove_ms - (FULL_SURPLUS * full + COPIED * copied) * self.thousands()
    }
}

fn report_rates(all: &[Measured]) {
    let features: Vec<Vec<f64>> = all.iter().map(features).collect();
    for (what, observed) in [
        (
            "prove",
            all.iter().map(Measured::unexplained_ms).collect::<Vec<_>>(),
        ),
        ("keys", all.iter().map(|m| m.keygen_ms).collect()),
    ] {
        let rates = fit::rates(&features, &observed);
        let words: Vec<String> = FEATURES
            .iter()
            .zip(&rates)
            .map(|(n, r)| format!("{n} {r:.3}"))
            .collect();
        println!(
            "\nrates for {what} (ms per column and thousand rows; per column; once): {}",
            words.join(", ")
        );
        let errors: Vec<f64> = features
            .iter()
            .zip(&observed)
            .map(|(row, seen)| row.iter().zip(&rates).map(|(f, r)| f * r).sum::<f64>() / seen - 1.0)
            .collect();
        let largest = errors.iter().map(|e| e.abs()).fold(0.0, f64::max);
        let mean = errors.iter().map(|e| e.abs()).sum::<f64>() / errors.len().max(1) as f64;
        println!(
            "relative error: mean {:.0} %, largest {:.0} %",
            100.0 * mean,
            100.0 * largest
        );
    }
}
