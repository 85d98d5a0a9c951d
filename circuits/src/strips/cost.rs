//! What strips cost to prove and to verify.

use super::{LOOKUPS_PER_HELPER, usable};
use crate::{
    block::Bank,
    builder::{Builder, Widths},
    census::Census,
    cost::Cost,
    evaluations::{accumulator::Accumulators, rates},
    poseidon,
};

/// Milliseconds of key generation, as in [`rates`].
mod key_rate {
    /// Commitment of weights.
    pub const WEIGHTS: f64 = 0.038;
    /// Commitments of selectors, tables and permutation polynomials: their number varies little.
    pub const BASE: f64 = 3.8;
    /// Per advice column: the translation of gates.
    pub const COLUMN: f64 = 0.14;
    /// Per thousand leaves of the accumulators' gates, which halo2 puts together anew: batches of convolutions have millions.
    pub const LEAVES: f64 = 5.0;
}

/// Proofs for which a key is made at least: what it takes more than others counts with this share.
const PROOFS_PER_KEY: f64 = 32.0;

/// What the cost of a layout depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Rows are 2^k.
    pub k: u32,
    /// Lanes of [`Bank::Single`], if it is used.
    pub single: usize,
    /// Slots of [`Bank::Pair`], if it is used.
    pub pair: usize,
    /// Columns of stored cells that are not looked up.
    pub others: usize,
    /// Sets of columns that the lookup tables take.
    pub sets: usize,
    /// Tracks of the commitment's sponge.
    pub tracks: usize,
    /// Accumulators.
    pub accumulators: usize,
    /// Their selectors.
    pub selectors: usize,
    /// Leaves of their gates.
    pub leaves: f64,
    /// Weight lanes.
    pub weights: usize,
    /// Fixed columns of gates and of the dot section, but for weights.
    pub fixed: usize,
}

impl Figures {
    /// Those of a lowering with `2^k` rows.
    pub fn of(b: &Builder<'_>, k: u32) -> Self {
        let all = b.evaluations.accumulators();
        let copied = b.operand_lanes() + b.committed_lanes;
        let is_used = |bank| b.blocks.iter().any(|block| block.bank == bank);
        Self {
            sets: b.tables.rows().div_ceil(usable(k)),
            tracks: b.sponge.as_ref().map_or(0, |s| s.tracks),
            accumulators: all.map_or(0, |all| all.columns.len()),
            selectors: all.map_or(0, Accumulators::selectors_used),
            leaves: all.map_or(0.0, Accumulators::leaves),
            fixed: b.gate_columns(),
            ..Self::stored(k, &b.widths, copied, is_used)
        }
    }

    /// Those that are expected of a lowering with these widths, but for accumulators and their gates.
    pub(crate) fn expected(census: &Census, k: u32, widths: &Widths) -> Self {
        let usable = usable(k);
        let copied = census.operand_lanes + census.committed_lanes(usable);
        Self {
            sets: census.table_rows.div_ceil(usable),
            tracks: census.tracks(usable),
            fixed: census.fixed,
            ..Self::stored(k, widths, copied, |bank| census.has(bank))
        }
    }

    /// Columns of stored cells with these widths, of which `copied` ones hold copies, and of weights.
    fn stored(k: u32, widths: &Widths, copied: usize, is_used: impl Fn(Bank) -> bool) -> Self {
        let used = |bank: Bank, width: usize| if is_used(bank) { width } else { 0 };
        Self {
            k,
            single: used(Bank::Single, widths.single),
            pair: used(Bank::Pair, widths.pair),
            others: used(Bank::Product, 2 * widths.product) + used(Bank::Border, widths.border) + copied,
            weights: widths.weights,
            ..Self::default()
        }
    }

    /// The estimated cost.
    pub fn cost(&self) -> Cost {
        let Self {
            k,
            single,
            pair,
            sets,
            tracks,
            accumulators,
            weights,
            ..
        } = *self;
        let small_columns = single + 2 * pair + self.others + sets;
        let helpers = single.div_ceil(LOOKUPS_PER_HELPER)
            + pair.div_ceil(LOOKUPS_PER_HELPER)
            + sets.div_ceil(LOOKUPS_PER_HELPER)
            + 1;
        let full_columns = accumulators + helpers + 3 + poseidon::CELLS * tracks;
        let fixed_columns = weights + self.selectors + 3 * sets + self.fixed + 12 + 6 * tracks.min(1);
        // The absorbing column and the result's; between tracks, the whole state.
        let copied_sponge = if tracks > 1 {
            poseidon::CELLS * tracks
        } else {
            2 * tracks
        };
        let copied_columns = accumulators + 3 + copied_sponge;
        let count = |columns: usize| columns as f64;
        let thousands = (1u64 << k) as f64 / 1000.0;
        let row = rates::SMALL * count(small_columns)
            + rates::FULL * count(full_columns)
            + rates::FIXED * count(fixed_columns - weights)
            + rates::WEIGHTS * count(weights)
            + rates::COPIED * count(copied_columns)
            + rates::BASE;
        let columns = count(small_columns + full_columns);
        let prove_ms = thousands * row + rates::PROOF;
        let key_row = key_rate::WEIGHTS * count(weights) + key_rate::BASE;
        let leaves_ms = key_rate::LEAVES * self.leaves / 1000.0;
        let keygen_ms = thousands * key_row + key_rate::COLUMN * columns + leaves_ms;
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
            // What else keys take is nearly the same for all layouts.
            score: prove_ms + leaves_ms / PROOFS_PER_KEY,
        }
    }
}
