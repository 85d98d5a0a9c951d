//! The cost model: what a layout costs to prove and to verify.

use crate::{
    block::Bank,
    builder::Builder,
    layout::{self, LOOKUPS_PER_HELPER, UNUSABLE_ROWS},
    poseidon,
    wired::{self, Wired},
};
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// Estimated proving time on two cores with AVX-512 IFMA.
    pub prove_ms: f64,
    /// Estimated time of key generation on the same.
    pub keygen_ms: f64,
    /// Estimated proof size.
    pub proof_bytes: usize,
    /// What the planner minimises.
    pub score: f64,
}

/// Milliseconds per thousand rows of a column, two threads with AVX-512 IFMA; fitted to Hallmark's engine by
/// `benches/examples/planner.rs` (see docs/benchmarks.md).
pub(crate) mod rate {
    /// Commitment of small integers, FFTs, gates, evaluation, opening.
    pub const SMALL: f64 = 0.37;
    /// The same for field elements, whose commitment takes longer.
    pub const FULL: f64 = 0.67;
    /// FFTs and gates of a selector or table.
    pub const FIXED: f64 = 0.03;
    /// Sums of small products, for weights.
    pub const WEIGHTS: f64 = 0.006;
    /// A share of a permutation product and a permutation polynomial.
    pub const COPIED: f64 = 0.10;
    /// Quotient pieces, random polynomial, opening.
    pub const BASE: f64 = 7.5;
    /// Per proof, in milliseconds.
    pub const PROOF: f64 = 3.4;
}

/// Milliseconds of key generation, as in [`rate`].
mod key_rate {
    /// Commitment of weights.
    pub const WEIGHTS: f64 = 0.038;
    /// Commitments of selectors, tables and permutation polynomials: their number varies little.
    pub const BASE: f64 = 3.8;
    /// Per advice column: the translation of gates.
    pub const COLUMN: f64 = 0.14;
}

/// What evaluations cost, in milliseconds per thousand rows.
pub fn of_evaluations(b: &Builder<'_>) -> f64 {
    let accumulators = b.accumulators.columns.len();
    (rate::FULL + rate::COPIED) * accumulators as f64 + rate::FIXED * selectors(b) as f64
}

/// What every layout with this many lanes of banks costs at least: what [`estimate`] counts for these and for any proof.
pub fn least(lanes: &BTreeMap<Bank, usize>, k: u32) -> f64 {
    let of = |bank: Bank| lanes.get(&bank).copied().unwrap_or(0);
    let small: usize = lanes.values().sum();
    let helpers =
        of(Bank::Single).div_ceil(LOOKUPS_PER_HELPER) + (of(Bank::Pair) / 2).div_ceil(LOOKUPS_PER_HELPER);
    let row = rate::SMALL * small as f64 + rate::FULL * helpers as f64 + rate::BASE;
    let thousands = (1u64 << k) as f64 / 1000.0;
    thousands * row + rate::PROOF
}

/// Selectors of patterns and steps.
fn selectors(b: &Builder<'_>) -> usize {
    let of = |i: usize| {
        let (patterns, steps) = b.accumulators.selected(i);
        patterns.len() + steps.len()
    };
    (0..b.accumulators.columns.len()).map(of).sum()
}

/// Estimates a lowering with `2^k` rows.
pub fn estimate(b: &Builder<'_>, k: u32) -> Cost {
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
        single + 2 * pair + product + border + layout::operand_lanes(b) + sets + b.committed_lanes;
    let tracks = b.sponge.as_ref().map_or(0, |s| s.tracks);
    let helpers = single.div_ceil(LOOKUPS_PER_HELPER)
        + pair.div_ceil(LOOKUPS_PER_HELPER)
        + sets.div_ceil(LOOKUPS_PER_HELPER)
        + 1;
    let accumulators = b.accumulators.columns.len();
    let full_columns = accumulators + helpers + 3 + poseidon::CELLS * tracks;
    let fixed_columns = b.widths.weights
        + selectors(b)
        + 3 * sets
        + b.gates.len()
        + b.dots.steps().len()
        + 2 * b.dots.several().len()
        + 12
        + 6 * tracks.min(1);
    // The absorbing column and the result's; between tracks, the whole state.
    let copied_sponge = if tracks > 1 {
        poseidon::CELLS * tracks
    } else {
        2 * tracks
    };
    let copied_columns = accumulators + 3 + copied_sponge;
    let count = |columns: usize| columns as f64;
    let (weights, others) = (b.widths.weights, fixed_columns - b.widths.weights);
    let thousands = (1u64 << k) as f64 / 1000.0;
    let row = rate::SMALL * count(small_columns)
        + rate::FULL * count(full_columns)
        + rate::FIXED * count(others)
        + rate::WEIGHTS * count(weights)
        + rate::COPIED * count(copied_columns)
        + rate::BASE;
    let columns = count(small_columns + full_columns);
    let prove_ms = thousands * row + rate::PROOF;
    let key_row = key_rate::WEIGHTS * count(weights) + key_rate::BASE;
    let keygen_ms = thousands * key_row + key_rate::COLUMN * columns;
    let commitments = small_columns + full_columns + copied_columns.div_ceil(3) + 8;
    let evaluations =
        small_columns + full_columns + 2 * accumulators + fixed_columns + 2 * copied_columns + 8;
    let proof_bytes = 32 * (commitments + evaluations);
    Cost {
        small_columns,
        full_columns,
        fixed_columns,
        weight_columns: weights,
        copied_columns,
        prove_ms,
        keygen_ms,
        proof_bytes,
        score: prove_ms,
    }
}

/// What a contract pays, in gas; measured with `benches/examples/evm_report.rs`, see docs/evm.md.
mod gas {
    /// A transaction, the pairing check, reading the key, what does not depend on the circuit.
    pub const BASE: f64 = 170_000.0;
    /// A commitment that is part of the proof: a scalar multiplication, an addition, calldata.
    pub const COMMITMENT: f64 = 7_700.0;
    /// A commitment in the key.
    pub const FIXED: f64 = 6_500.0;
    /// An evaluation: calldata, its part in gates and opening.
    pub const EVALUATION: f64 = 900.0;
    /// A public value.
    pub const INSTANCE: f64 = 440.0;
    /// What a millisecond of proving may cost: a second is worth somewhat more than a commitment.
    pub const PER_MILLISECOND: f64 = 10.0;
}

/// Milliseconds per thousand physical rows of a wired circuit, on the same machine as [`rate`].
mod wired_rate {
    /// A proof.
    pub const PROOF: f64 = 18.0;
    /// Key generation.
    pub const KEYS: f64 = 6.5;
}

/// Estimates a wired circuit of `2^k` rows.
pub fn of_wired(b: &Builder<'_>, wired: &Wired, k: u32) -> Cost {
    let fixed_columns = wired.fixed_columns();
    let thousands = (1u64 << k) as f64 / 1000.0;
    let prove_ms = thousands * wired_rate::PROOF;
    // Two advice columns, a grand product, the random polynomial, the quotient's pieces, the opening's two.
    let commitments = 4 + (wired::DEGREE - 1) + 2;
    // Eight of the advice, both permutation polynomials, the grand product twice, the random polynomial, the selector.
    let evaluations = 8 + 2 + 2 + 1 + 1 + wired.constants.len();
    let score = gas::BASE
        + gas::COMMITMENT * commitments as f64
        + gas::FIXED * (fixed_columns + 2) as f64
        + gas::EVALUATION * evaluations as f64
        + gas::INSTANCE * b.statement.rows() as f64
        + gas::PER_MILLISECOND * prove_ms;
    Cost {
        small_columns: 1,
        full_columns: 1,
        fixed_columns,
        weight_columns: 0,
        copied_columns: 2,
        prove_ms,
        keygen_ms: thousands * wired_rate::KEYS,
        proof_bytes: 64 * commitments + 32 * evaluations,
        score,
    }
}
