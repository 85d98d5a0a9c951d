//! The cost model: what a layout costs to prove and to verify.

use crate::{
    block::Bank,
    builder::Builder,
    layout::{LOOKUPS_PER_HELPER, UNUSABLE_ROWS},
    plan::Target,
    poseidon,
};
use serde::Serialize;

/// Estimated cost of a layout.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// Columns of small integers.
    pub small_columns: usize,
    /// Columns of field elements.
    pub full_columns: usize,
    /// Fixed columns.
    pub fixed_columns: usize,
    /// Those among them that hold weights: they are only added up.
    pub weight_columns: usize,
    /// Columns under copy constraints.
    pub copied_columns: usize,
    /// Estimated proving time with the stock engine on two cores.
    pub prove_ms: f64,
    /// Estimated proof size.
    pub proof_bytes: usize,
    /// What the planner minimises.
    pub score: f64,
}

/// Microseconds per row of a column, two threads; fitted to halo2-axiom's prover (see docs/benchmarks.md).
pub(crate) mod rate {
    /// Commitment of small integers, five FFTs, evaluation.
    pub const SMALL: f64 = 3.3;
    /// The same for field elements.
    pub const FULL: f64 = 6.5;
    /// Four FFTs and evaluation.
    pub const FIXED: f64 = 2.0;
    /// A share of a permutation product and a permutation polynomial.
    pub const COPIED: f64 = 4.5;
    /// Quotient pieces, random polynomial, opening.
    pub const BASE: f64 = 45.0;
}

/// Estimates a lowering with `2^k` rows.
pub fn estimate(b: &Builder<'_>, k: u32, target: Target) -> Cost {
    let usable = (1usize << k) - UNUSABLE_ROWS;
    let sets = b.tables.rows().div_ceil(usable);
    let used = |bank: Bank, width: usize| {
        if b.blocks.iter().any(|x| x.bank == bank) {
            width
        } else {
            0
        }
    };
    let single = used(Bank::Single, b.widths.single);
    let pair = used(Bank::Pair, b.widths.pair);
    let product = used(Bank::Product, 2 * b.widths.product);
    let border = used(Bank::Border, b.widths.border);
    let small_columns =
        single + 2 * pair + product + border + used(Bank::Operand, 1) + sets + b.committed_lanes;
    let tracks = b.sponge.as_ref().map_or(0, |s| s.tracks);
    let helpers = single.div_ceil(LOOKUPS_PER_HELPER)
        + pair.div_ceil(LOOKUPS_PER_HELPER)
        + sets.div_ceil(LOOKUPS_PER_HELPER)
        + 1;
    let accumulators = b.accumulators.columns.len();
    let full_columns = accumulators + helpers + 3 + poseidon::CELLS * tracks;
    let selected: usize = (0..accumulators)
        .map(|i| {
            let (patterns, steps) = b.accumulators.selected(i);
            patterns.len() + steps.len()
        })
        .sum();
    let fixed_columns = b.widths.weights
        + selected
        + 3 * sets
        + b.gates.len()
        + b.dots.steps().len()
        + 12
        + 6 * tracks.min(1);
    // The absorbing column and the result's; between tracks, the whole state.
    let copied_sponge = if tracks > 1 {
        poseidon::CELLS * tracks
    } else {
        2 * tracks
    };
    let copied_columns = accumulators + 3 + copied_sponge;
    let rows = (1u64 << k) as f64;
    let micros = rate::SMALL * small_columns as f64
        + rate::FULL * full_columns as f64
        + rate::FIXED * fixed_columns as f64
        + rate::COPIED * copied_columns as f64
        + rate::BASE;
    let prove_ms = rows * micros / 1000.0;
    let commitments = small_columns + full_columns + copied_columns.div_ceil(3) + 8;
    let evaluations =
        small_columns + full_columns + 2 * accumulators + fixed_columns + 2 * copied_columns + 8;
    let proof_bytes = 32 * (commitments + evaluations);
    let score = match target {
        Target::Fast => prove_ms,
        // About 7,000 gas per commitment (a scalar multiplication and calldata), 1,200 per evaluation; time counts little.
        Target::Evm => {
            7.0 * (commitments + fixed_columns) as f64 + 1.2 * evaluations as f64 + 0.005 * prove_ms
        }
    };
    Cost {
        small_columns,
        full_columns,
        fixed_columns,
        weight_columns: b.widths.weights,
        copied_columns,
        prove_ms,
        proof_bytes,
        score,
    }
}
