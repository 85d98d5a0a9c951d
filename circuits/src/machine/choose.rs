//! Which widths a circuit for contracts gets.
//!
//! It is lowered once for each width of limbs. How many rows it would have with more weights in each follows from a count of rows of
//! weights; what is then expected to be cheapest is lowered.

use super::{
    cells::SEGMENTS,
    cost,
    place::{Arranged, height},
};
use crate::{
    builder::{Builder, Widths},
    census::{self, Census},
    choice::Progress,
    cost::Cost,
    error::CircuitError,
    lowering::{self, lowered},
    options::{K_RANGE, PlanOptions},
};
use hallmark_model::QuantizedGraph;
use rayon::prelude::*;

/// Most rows of the blocks, whose banks are only a way to number cells here.
pub(crate) const ROWS: usize = 1 << 24;

/// Widths of limbs that are tried.
const LIMB_BITS: [u32; 4] = [8, 10, 12, 14];

/// Weights in a row that are tried: more of them cost evaluations and save rows. Those above the first fill whole columns, with
/// functions or without.
const WEIGHTS: [usize; 8] = [2, 3, 4, 7, 8, 16, 32, 64];

/// Rows by which an expected number may be too high: powers of challenges differ with the weights in a row.
const SLACK: usize = 64;

/// The part of the search that counting takes, and the part with one lowering for each width of limbs.
const PARTS: [f64; 2] = [0.3, 0.7];

/// The layout that was chosen.
pub(crate) struct Chosen<'g> {
    /// What it costs.
    pub(crate) cost: Cost,
    /// Rows are 2^k.
    pub(crate) k: u32,
    /// The lowering.
    pub(crate) builder: Builder<'g>,
    /// Its rows.
    pub(crate) arranged: Arranged,
    /// How many lowerings were made to find it, not counting those that only count.
    pub(crate) lowerings: usize,
}

/// The layout of least cost; of those with the same cost, the one with the narrowest limbs and the fewest weights in a row.
///
/// # Errors
/// Those of lowering, if no width of limbs can be lowered; [`CircuitError::TooLarge`] if no allowed number of rows holds everything.
pub(crate) fn cheapest<'g>(
    graph: &'g QuantizedGraph,
    options: &PlanOptions,
    progress: Progress<'_>,
) -> Result<Chosen<'g>, CircuitError> {
    let mut failed = Vec::new();
    let censuses = census::different(graph, options, &LIMB_BITS, &[false], &mut failed);
    progress(PARTS[0]);
    let narrow: Vec<_> = censuses
        .par_iter()
        .map(|census| Expected::made(graph, options, census.limb_bits(), WEIGHTS[0]))
        .collect();
    progress(PARTS[1]);
    let mut lowerings = narrow.len();
    let mut expected = Vec::new();
    for (census, narrow) in censuses.iter().zip(narrow) {
        match narrow {
            Ok(narrow) => expected.extend(narrow.widened(census)),
            Err(error) => failed.push(error),
        }
    }
    if let Some(least) = expected.iter().map(|layout| layout.k).min()
        && !K_RANGE.contains(&least)
    {
        failed.push(CircuitError::TooLarge {
            reason: format!("a circuit for contracts needs 2^{least} rows; compile for the target fast"),
            max_k: *K_RANGE.end(),
        });
    }
    loop {
        let fitting = expected
            .iter()
            .enumerate()
            .filter(|(_, layout)| K_RANGE.contains(&layout.k));
        let cheapest = fitting.min_by(|(_, a), (_, b)| a.cost.score.total_cmp(&b.cost.score));
        let Some(index) = cheapest.map(|(index, _)| index) else {
            return Err(CircuitError::most_helpful(failed));
        };
        let best = expected.remove(index);
        if let Some((builder, arranged)) = best.made {
            progress(1.0);
            return Ok(Chosen {
                cost: best.cost,
                k: best.k,
                builder,
                arranged,
                lowerings,
            });
        }
        // What was expected is made, and takes its place with the rows that it has.
        lowerings += 1;
        match Expected::made(graph, options, best.limb_bits, best.weights) {
            Ok(made) => expected.insert(index, made),
            Err(error) => failed.push(error),
        }
    }
}

/// The widths of a lowering with limbs of so many bits and so many weights in a row.
fn widths(graph: &QuantizedGraph, limb_bits: u32, weights: usize) -> Widths {
    Widths {
        // An arg-max takes a whole row per element.
        single: lowering::lanes(graph, limb_bits).next_multiple_of(4).max(8),
        pair: 1,
        product: 1,
        border: 1,
        weights,
        instance: 1,
        limb_bits,
        operands: false,
    }
}

/// What of given widths this search never comes to, with its value.
pub(crate) fn impossible(graph: &QuantizedGraph, given: &Widths) -> Option<(&'static str, String)> {
    if !LIMB_BITS.contains(&given.limb_bits) {
        return Some(("the width of limbs", given.limb_bits.to_string()));
    }
    if !WEIGHTS.contains(&given.weights) {
        return Some(("the number of weights in a row", given.weights.to_string()));
    }
    let possible = widths(graph, given.limb_bits, given.weights);
    (possible != *given).then(|| ("the widths of the banks", format!("{given:?}")))
}

/// A layout that has been made, or what is expected of one.
struct Expected<'g> {
    limb_bits: u32,
    weights: usize,
    k: u32,
    cost: Cost,
    made: Option<(Builder<'g>, Arranged)>,
}

impl<'g> Expected<'g> {
    fn made(
        graph: &'g QuantizedGraph,
        options: &PlanOptions,
        limb_bits: u32,
        weights: usize,
    ) -> Result<Self, CircuitError> {
        let widths = widths(graph, limb_bits, weights);
        let builder = lowered(graph, options, widths, ROWS)?;
        let arranged = Arranged::new(&builder)?;
        let k = arranged.k().max(*K_RANGE.start());
        Ok(Self {
            limb_bits,
            weights,
            k,
            cost: cost::estimate(&builder, &arranged, k),
            made: Some((builder, arranged)),
        })
    }

    /// A layout, and those with more weights in a row that have fewer rows.
    fn widened(mut self, census: &Census) -> Vec<Self> {
        let mut all = Vec::new();
        if let Some((builder, arranged)) = &self.made {
            let weights_in_row = |weights: usize| weights.min(census.most_weights()).max(2) - 1;
            let constants = arranged.constants.len() - weights_in_row(self.weights);
            // A product with a factor takes a row for the product and one to add it up.
            let rows_of = |weights: usize| {
                let (all, multiplied) = census.weight_rows(weights);
                all + 2 * multiplied
            };
            for weights in WEIGHTS.into_iter().filter(|weights| *weights > self.weights) {
                let saved = rows_of(self.weights).saturating_sub(rows_of(weights));
                let rows = arranged.machine.rows.len().saturating_sub(saved + SLACK);
                let height = height(rows, arranged.others) * SEGMENTS;
                let k = height.trailing_zeros().max(*K_RANGE.start());
                if k < self.k {
                    all.push(Self {
                        limb_bits: self.limb_bits,
                        weights,
                        k,
                        cost: cost::of(constants + weights_in_row(weights), builder.statement.rows(), k),
                        made: None,
                    });
                }
            }
        }
        if !K_RANGE.contains(&self.k) {
            self.made = None;
        }
        all.insert(0, self);
        all
    }
}
