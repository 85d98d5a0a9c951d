//! `--memory`: a limit for the whole process, and what a proof is expected to take.

use crate::failure::{Failure, Kind};
use crate::machine;
use crate::output::size;
use hallmark_prover::{PRECOMPUTED_BYTES, ProveOptions, Prover, ProverError};

/// What a process takes before a proof differs by less than this from run to run: the least limit that one run names has to
/// suffice for the next.
const BETWEEN_RUNS_BYTES: u64 = 1_000_000;

/// What proving is expected to take, where the system tells what the process takes already.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Most bytes of the process while it proves.
    pub peak_bytes: u64,
    /// What it takes before.
    pub before_bytes: u64,
}

impl Expected {
    /// For people.
    pub fn words(&self) -> String {
        format!(
            "about {} of memory while proving, {} of it in use already",
            size(self.peak_bytes),
            size(self.before_bytes)
        )
    }
}

/// Makes what several proofs share within `budget` bytes, and within what `limit` leaves beside a proof.
///
/// # Errors
/// Those of the prover.
pub fn precompute(prover: &Prover, budget: Option<u64>, limit: Option<u64>) -> Result<(), Failure> {
    let mut budget = budget.map_or(PRECOMPUTED_BYTES, |bytes| {
        usize::try_from(bytes).unwrap_or(usize::MAX)
    });
    if let Some(limit) = limit {
        let needed =
            machine::rss_bytes().unwrap_or(limit) + prover.memory_bytes(&ProveOptions::default())? as u64;
        budget = budget.min(usize::try_from(limit.saturating_sub(needed)).unwrap_or(usize::MAX));
    }
    prover.precompute(budget)?;
    Ok(())
}

/// Brings the keys into the engine's form, sets the limit of the proof in `options` so that the process stays below `limit`,
/// and says what is expected. `None` where neither the system nor the engine tells.
///
/// # Errors
/// A resource failure that names the least limit that can be kept; those of the prover.
pub fn limit(
    prover: &Prover,
    options: &mut ProveOptions,
    limit: Option<u64>,
) -> Result<Option<Expected>, Failure> {
    prover.prepare(options.engine)?;
    let Some(before_bytes) = machine::rss_bytes() else {
        return match limit {
            Some(_) => Err(Failure {
                kind: Kind::Resource,
                message: "--memory: this system does not tell how much memory the process takes (/proc is missing); prove without"
                    .to_owned(),
            }),
            None => Ok(None),
        };
    };
    if let Some(limit) = limit {
        let allowed = limit.saturating_sub(before_bytes);
        options.memory_bytes = Some(usize::try_from(allowed).unwrap_or(usize::MAX));
    }
    if options.engine == hallmark_prover::Engine::Stock && limit.is_none() {
        return Ok(None);
    }
    match prover.memory_bytes(options) {
        Ok(more) => Ok(Some(Expected {
            peak_bytes: before_bytes + more as u64,
            before_bytes,
        })),
        Err(ProverError::Memory { least_bytes, .. }) => {
            let least = before_bytes + least_bytes as u64 + BETWEEN_RUNS_BYTES;
            Err(Failure {
                kind: Kind::Resource,
                message: format!(
                    "--memory: {} is too little for this model: {} are in use before the proof, which takes at least {} more; the \
                     least limit is {}M",
                    size(limit.unwrap_or_default()),
                    size(before_bytes),
                    size(least_bytes as u64),
                    least.div_ceil(1_000_000)
                ),
            })
        }
        Err(error) => Err(error.into()),
    }
}
