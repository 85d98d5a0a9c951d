//! What strips cost to prove and to verify.

use super::{LOOKUPS_PER_HELPER, UNUSABLE_ROWS, columns::operand_lanes};
use crate::{
    block::Bank,
    builder::Builder,
    cost::Cost,
    evaluations::{accumulator::Accumulators, rates},
    poseidon,
};
use std::collections::BTreeMap;

/// Milliseconds of key generation, as in [`rates`].
mod key_rate {
    /// Commitment of weights.
    pub const WEIGHTS: f64 = 0.038;
    /// Commitments of selectors, tables and permutation polynomials: their number varies little.
    pub const BASE: f64 = 3.8;
    /// Per advice column: the translation of gates.
    pub const COLUMN: f64 = 0.14;
}

/// What every layout with this many lanes of banks costs at least: what [`estimate`] counts for these and for any proof.
pub fn least(lanes: &BTreeMap<Bank, usize>, k: u32) -> f64 {
    let of = |bank: Bank| lanes.get(&bank).copied().unwrap_or(0);
    let small: usize = lanes.values().sum();
    let helpers =
        of(Bank::Single).div_ceil(LOOKUPS_PER_HELPER) + (of(Bank::Pair) / 2).div_ceil(LOOKUPS_PER_HELPER);
    let row = rates::SMALL * small as f64 + rates::FULL * helpers as f64 + rates::BASE;
    let thousands = (1u64 << k) as f64 / 1000.0;
    thousands * row + rates::PROOF
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
    let small_columns = single + 2 * pair + product + border + operand_lanes(b) + sets + b.committed_lanes;
    let tracks = b.sponge.as_ref().map_or(0, |s| s.tracks);
    let helpers = single.div_ceil(LOOKUPS_PER_HELPER)
        + pair.div_ceil(LOOKUPS_PER_HELPER)
        + sets.div_ceil(LOOKUPS_PER_HELPER)
        + 1;
    let all = b.evaluations.accumulators();
    let accumulators = all.map_or(0, |all| all.columns.len());
    let selectors = all.map_or(0, Accumulators::selectors_used);
    let full_columns = accumulators + helpers + 3 + poseidon::CELLS * tracks;
    let fixed_columns = b.widths.weights
        + selectors
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
    let row = rates::SMALL * count(small_columns)
        + rates::FULL * count(full_columns)
        + rates::FIXED * count(others)
        + rates::WEIGHTS * count(weights)
        + rates::COPIED * count(copied_columns)
        + rates::BASE;
    let columns = count(small_columns + full_columns);
    let prove_ms = thousands * row + rates::PROOF;
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
