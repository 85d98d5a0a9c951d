//! Which widths a circuit for contracts gets.

use super::{cost, place::Arranged};
use crate::{
    builder::Widths,
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

/// Cost, `k` and widths.
type Candidate = (Cost, u32, Widths);

/// All layouts that can be had, the cheapest first.
///
/// # Errors
/// Those of lowering, if no width of limbs can be lowered; [`CircuitError::TooLarge`] if no allowed number of rows holds everything.
pub(crate) fn candidates(
    graph: &QuantizedGraph,
    options: &PlanOptions,
) -> Result<Vec<Candidate>, CircuitError> {
    let tried: Vec<Vec<Result<Candidate, CircuitError>>> = LIMB_BITS
        .par_iter()
        .map(|limb_bits| with_limbs(graph, options, *limb_bits))
        .collect();
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for outcome in tried.into_iter().flatten() {
        match outcome {
            Ok(candidate) => found.push(candidate),
            Err(error) => failed.push(error),
        }
    }
    if let Some(least) = found.iter().map(|(_, k, _)| *k).min()
        && !K_RANGE.contains(&least)
    {
        failed.push(CircuitError::TooLarge {
            reason: format!("a circuit for contracts needs 2^{least} rows; compile for the target fast"),
            max_k: *K_RANGE.end(),
        });
    }
    found.retain(|(_, k, _)| K_RANGE.contains(k));
    if found.is_empty() {
        return Err(CircuitError::most_helpful(failed));
    }
    found.sort_by(|(a, ..), (b, ..)| a.score.total_cmp(&b.score));
    Ok(found)
}

/// Layouts with limbs of one width. Where the most weights in a row save no rows to speak of, fewer need not be tried.
fn with_limbs(
    graph: &QuantizedGraph,
    options: &PlanOptions,
    limb_bits: u32,
) -> Vec<Result<Candidate, CircuitError>> {
    let [first, between @ .., last] = WEIGHTS;
    let narrow = estimate(graph, options, limb_bits, first);
    let wide = estimate(graph, options, limb_bits, last);
    if let (Ok(narrow_k), Ok(wide_k)) = (narrow.as_ref().map(|c| c.1), wide.as_ref().map(|c| c.1))
        && narrow_k == wide_k
    {
        return vec![narrow];
    }
    let mut found = vec![narrow];
    for weights in between {
        found.push(estimate(graph, options, limb_bits, weights));
    }
    found.push(wide);
    found
}

fn estimate(
    graph: &QuantizedGraph,
    options: &PlanOptions,
    limb_bits: u32,
    weights: usize,
) -> Result<Candidate, CircuitError> {
    let widths = Widths {
        // An arg-max takes a whole row per element.
        single: lowering::lanes(graph, limb_bits).next_multiple_of(4).max(8),
        pair: 1,
        product: 1,
        border: 1,
        weights,
        instance: 1,
        limb_bits,
        operands: false,
    };
    let builder = lowered(graph, options, widths, ROWS)?;
    let arranged = Arranged::new(&builder)?;
    let k = arranged.k().max(*K_RANGE.start());
    Ok((cost::estimate(&builder, &arranged, k), k, widths))
}
