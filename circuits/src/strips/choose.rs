//! Which number of rows and which widths a circuit in strips gets.

use super::{UNUSABLE_ROWS, cost, rows_needed};
use crate::{
    block::Bank,
    builder::{Builder, Widths},
    cost::Cost,
    error::CircuitError,
    lowering::{self, lowered},
    ops,
    options::{K_RANGE, PlanOptions},
};
use hallmark_model::{QNode, QuantizedGraph};
use rayon::prelude::*;
use std::{collections::BTreeMap, sync::Mutex};

/// Rows that constraints cover.
pub(crate) fn usable(k: u32) -> usize {
    (1usize << k) - UNUSABLE_ROWS
}

/// A cost, and the `k` and widths that have it.
pub(crate) type Candidate = (Cost, u32, Widths);

/// All layouts that can be had, the cheapest first; of those with the same cost, the one with the fewest rows.
/// With `cheapest`, those that cannot be the cheapest are left out.
pub(crate) fn candidates(
    graph: &QuantizedGraph,
    options: &PlanOptions,
    cheapest: bool,
) -> Result<Vec<Candidate>, CircuitError> {
    let mut failed = Vec::new();
    for forms in operand_forms(graph) {
        let least = cheapest.then(|| Mutex::new(f64::INFINITY));
        let sizes: Vec<u32> = K_RANGE.collect();
        let tried: Vec<_> = sizes
            .par_iter()
            .map(|k| fit(graph, options, *k, forms, least.as_ref()))
            .collect();
        let mut found = Vec::new();
        for (fitting, errors) in tried {
            found.extend(fitting);
            failed.extend(errors);
        }
        if !found.is_empty() {
            found.sort_by(|(a, ..), (b, ..)| a.score.total_cmp(&b.score));
            return Ok(found);
        }
    }
    Err(CircuitError::most_helpful(failed))
}

/// The narrowest widths with which everything fits into `2^k` rows, for each limb width and form; and what stopped those that cannot
/// be lowered at all. What cannot be as cheap as `least`, the best score of any size so far, is given up: that saves time and does not
/// change which one is the cheapest.
pub(crate) fn fit(
    graph: &QuantizedGraph,
    options: &PlanOptions,
    k: u32,
    forms: &[bool],
    least: Option<&Mutex<f64>>,
) -> (Vec<Candidate>, Vec<CircuitError>) {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let known = || {
        least
            .and_then(|least| least.lock().ok())
            .map_or(f64::INFINITY, |score| *score)
    };
    // The two are added up in different orders.
    let hopeless = |score: f64| score > 1.001 * known();
    let limbs = [8, 10, 12].into_iter().filter(|bits| *bits <= k + 1);
    for (limb_bits, operands) in limbs.flat_map(|bits| forms.iter().map(move |form| (bits, *form))) {
        match narrowest(graph, options, k, (limb_bits, operands), &hopeless) {
            Ok(Some((widths, builder))) => {
                let cost = cost::estimate(&builder, k);
                if let Some(Ok(mut least)) = least.map(Mutex::lock) {
                    *least = least.min(cost.score);
                }
                found.push((cost, k, widths));
            }
            Ok(None) => {}
            Err(error) => failed.push(error),
        }
    }
    (found, failed)
}

/// Which values of [`Widths::operands`] are worth a try, and which ones only if none of those can be had: evaluations of columns of
/// what a convolution made would each take an accumulator.
pub(crate) fn operand_forms(graph: &QuantizedGraph) -> &'static [&'static [bool]] {
    let weights = |node: &QNode| {
        ops::operator(&node.op)
            .product()?
            .weights()
            .map(|own| own.weight.ndim())
    };
    let shape = |node: &QNode| graph.tensors[node.output().0].shape.as_slice();
    let of_rows = |node: &&QNode| weights(node) == Some(2) && !ops::linear::is_single_row(shape(node));
    let of_images = |node: &&QNode| weights(node) == Some(4) && shape(node).first() > Some(&1);
    match graph.nodes.iter().find(of_rows) {
        None => &[&[false]],
        Some(_) if graph.nodes.iter().any(|node| of_images(&node)) => &[&[true], &[false]],
        Some(_) => &[&[false, true]],
    }
}

/// Most lanes of any bank.
const MAX_LANES: usize = 2048;

fn narrowest<'g>(
    graph: &'g QuantizedGraph,
    options: &PlanOptions,
    k: u32,
    (limb_bits, operands): (u32, bool),
    hopeless: &dyn Fn(f64) -> bool,
) -> Result<Option<(Widths, Builder<'g>)>, CircuitError> {
    let usable = usable(k);
    if hopeless(cost::least(&BTreeMap::new(), k)) {
        return Ok(None);
    }
    // An arg-max takes a whole row per element.
    let compared = lowering::lanes(graph, limb_bits);
    let mut widths = Widths {
        single: compared.next_multiple_of(4).max(if compared > 0 { 8 } else { 4 }),
        pair: 1,
        product: 1,
        border: 2,
        weights: 8,
        instance: 1,
        limb_bits,
        operands,
    };
    // Each round widens what is too tall, in proportion; a last section that grows with another's width (copies of
    // evaluations) settles within a few rounds.
    for _ in 0..16 {
        let builder = lowered(graph, options, widths, usable)?;
        if rows_needed(&builder) <= usable {
            return Ok(Some((widths, builder)));
        }
        let tall = |bank| builder.heights.get(&bank).copied().unwrap_or(0) as f64 / usable as f64;
        let grow = |width: usize, ratio: f64, unit: usize| match ratio > 1.0 {
            true => ((width as f64 * ratio / unit as f64).ceil() as usize * unit).max(width + unit),
            false => width,
        };
        let next = Widths {
            single: grow(widths.single, tall(Bank::Single), 4),
            pair: grow(widths.pair, tall(Bank::Pair), 1),
            product: grow(widths.product, tall(Bank::Product), 1),
            border: grow(widths.border, tall(Bank::Border), 2),
            weights: grow(widths.weights, builder.dots.len() as f64 / usable as f64, 4),
            instance: grow(
                widths.instance,
                builder.statement.rows() as f64 / usable as f64,
                1,
            ),
            limb_bits,
            operands,
        };
        let largest = next
            .single
            .max(next.pair)
            .max(next.product)
            .max(next.weights)
            .max(next.instance)
            .max(next.border);
        let lanes = [
            (Bank::Single, next.single),
            (Bank::Pair, 2 * next.pair),
            (Bank::Product, 2 * next.product),
            (Bank::Border, next.border),
        ];
        let used = lanes
            .into_iter()
            .filter(|(bank, _)| builder.heights.contains_key(bank));
        if next == widths || largest > MAX_LANES || hopeless(cost::least(&used.collect(), k)) {
            return Ok(None);
        }
        widths = next;
    }
    Ok(None)
}
