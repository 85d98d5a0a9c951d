//! The planner: chooses `k` and the widths of the banks by a cost model.

use crate::{
    builder::{Builder, Widths},
    cost::{self, Cost},
    error::CircuitError,
    layout::{self, Layout, UNUSABLE_ROWS},
    ops,
    statement::StatementLayout,
    wired::{Wired, choose},
};
use hallmark_model::{QOp, QuantizedGraph};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// What a layout is chosen for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Least proving time.
    #[default]
    Fast,
    /// Few columns: small proofs that are cheap to verify on an EVM chain.
    Evm,
}

/// Options of planning. Together with the graph they determine the circuit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanOptions {
    /// What the layout is chosen for.
    pub target: Target,
    /// Whether inputs are hidden behind a commitment.
    pub private_input: bool,
}

/// Smallest and largest `k` that are tried.
pub const K_RANGE: std::ops::RangeInclusive<u32> = 8..=20;

/// A planned circuit.
#[derive(Clone)]
pub struct Plan {
    graph: Arc<QuantizedGraph>,
    options: PlanOptions,
    layout: Arc<Layout>,
    cost: Cost,
}

impl Plan {
    /// Plans a circuit: the cheapest layout by the cost model.
    ///
    /// # Errors
    /// What cannot be laid out in one way is laid out in another. If none is left: [`CircuitError::TooLarge`] if no allowed size holds
    /// the graph, [`CircuitError::Unsupported`] if it has an operation in a form without a circuit. [`CircuitError::Inconsistent`]
    /// for a graph that [`QuantizedGraph::validate`] refuses.
    pub fn new(graph: Arc<QuantizedGraph>, options: &PlanOptions) -> Result<Self, CircuitError> {
        // That no value wraps the field rests on the graph's intervals.
        graph.validate().map_err(|error| CircuitError::Inconsistent {
            place: graph.name.clone(),
            reason: error.to_string(),
        })?;
        let mut failed = Vec::new();
        let mut first = |candidates: Vec<Candidate>| {
            candidates.into_iter().find_map(|(cost, k, widths)| {
                let plan = Self::with_widths(Arc::clone(&graph), options, k, widths, cost);
                plan.map_err(|error| failed.push(error)).ok()
            })
        };
        let plan = match options.target {
            Target::Evm => first(choose::candidates(&graph, options)?),
            Target::Fast => {
                let mut cheapest = candidates(&graph, options, true)?;
                cheapest.truncate(1);
                // Which of the others were given up depends on threads, and a plan must not.
                match first(cheapest) {
                    Some(plan) => Some(plan),
                    None => first(candidates(&graph, options, false)?),
                }
            }
        };
        plan.ok_or_else(|| CircuitError::most_helpful(failed))
    }

    /// The cheapest layout of exactly 2^k rows, if there is one; for experiments and tests of the planner. A layout for contracts
    /// has as few rows as it needs, so for that target there is one `k` only.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_rows(
        graph: Arc<QuantizedGraph>,
        options: &PlanOptions,
        k: u32,
    ) -> Result<Option<Self>, CircuitError> {
        if options.target == Target::Evm {
            let plan = Self::new(graph, options)?;
            return Ok((plan.k() == k).then_some(plan));
        }
        let mut stopped = Vec::new();
        for forms in operand_forms(&graph) {
            let (mut found, failed) = fit(&graph, options, k, forms, None);
            stopped.extend(failed);
            found.sort_by(|(a, ..), (b, ..)| a.score.total_cmp(&b.score));
            for (cost, k, widths) in found {
                match Self::with_widths(Arc::clone(&graph), options, k, widths, cost) {
                    Ok(plan) => return Ok(Some(plan)),
                    Err(error) => stopped.push(error),
                }
            }
        }
        match stopped.is_empty() {
            true => Ok(None),
            false => Err(CircuitError::most_helpful(stopped)),
        }
    }

    fn with_widths(
        graph: Arc<QuantizedGraph>,
        options: &PlanOptions,
        k: u32,
        widths: Widths,
        cost: Cost,
    ) -> Result<Self, CircuitError> {
        let rows = match options.target {
            Target::Fast => usable(k),
            Target::Evm => choose::ROWS,
        };
        let layout = Arc::new(Layout::new(lowered(&graph, options, widths, rows)?, k)?);
        Ok(Self {
            graph,
            options: options.clone(),
            layout,
            cost,
        })
    }

    /// Plans with given `k` and widths, for experiments and tests of the planner.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn forced(
        graph: Arc<QuantizedGraph>,
        options: &PlanOptions,
        k: u32,
        widths: Widths,
    ) -> Result<Self, CircuitError> {
        let cost = match options.target {
            Target::Fast => cost::estimate(&lowered(&graph, options, widths, usable(k))?, k),
            Target::Evm => {
                let builder = lowered(&graph, options, widths, choose::ROWS)?;
                cost::of_wired(&builder, &Wired::new(&builder)?, k)
            }
        };
        Self::with_widths(graph, options, k, widths, cost)
    }

    /// `log2` of the number of rows.
    pub fn k(&self) -> u32 {
        self.layout.k
    }

    /// The planned graph.
    pub fn graph(&self) -> &Arc<QuantizedGraph> {
        &self.graph
    }

    /// The options that it was planned with.
    pub fn options(&self) -> &PlanOptions {
        &self.options
    }

    /// The circuit.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What the instance columns hold.
    pub fn statement(&self) -> &StatementLayout {
        &self.layout.statement
    }

    /// The estimate by which the layout was chosen.
    pub fn cost(&self) -> &Cost {
        &self.cost
    }

    /// Values of the fixed columns, from row 0.
    pub fn fixed_columns(&self) -> impl Iterator<Item = &[i64]> {
        self.layout.fixed_values.iter().map(|c| c.values.as_slice())
    }
}

/// Rows that constraints cover.
fn usable(k: u32) -> usize {
    (1usize << k) - UNUSABLE_ROWS
}

/// Most summands of the coefficients of a row: each is a node of a gate's expression.
const MAX_MONOMIALS: usize = 4096;

/// Most rows of all lookup tables together: they take columns of their own.
const MAX_TABLE_ROWS: usize = 1 << 24;

/// Lowers a graph for given widths.
pub(crate) fn lowered<'g>(
    graph: &'g QuantizedGraph,
    options: &PlanOptions,
    widths: Widths,
    usable: usize,
) -> Result<Builder<'g>, CircuitError> {
    let wired = options.target == Target::Evm;
    let instance = if wired { 1 } else { widths.instance };
    let mut builder = Builder::new(graph, Widths { instance, ..widths }, usable);
    builder.private_input = options.private_input;
    builder.wired = wired;
    // Contracts pay for columns: nothing is gained by sharing rows there.
    builder.has_images = !wired && graph.nodes.iter().any(|n| matches!(n.op, QOp::Conv { .. }));
    if widths.operands && !wired {
        builder.dots.pitch = ops::linear::pitch(graph);
    }
    ops::lower(&mut builder)?;
    let monomials = |p: &crate::accumulator::Pattern| p.lanes.iter().map(|(_, m)| m.len()).sum::<usize>();
    let most = builder
        .accumulators
        .patterns
        .iter()
        .map(monomials)
        .max()
        .unwrap_or(0);
    if most > MAX_MONOMIALS {
        return Err(CircuitError::TooLarge {
            reason: format!(
                "one row of cells is read by {most} positions, at most {MAX_MONOMIALS} are supported"
            ),
            max_k: *K_RANGE.end(),
        });
    }
    let entries = builder.tables.rows();
    if entries > MAX_TABLE_ROWS {
        return Err(CircuitError::TooLarge {
            reason: format!(
                "its lookup tables have {entries} entries together, at most {MAX_TABLE_ROWS} are supported; round tensors to fewer \
                 bits before functions, ReLUs and max-pools"
            ),
            max_k: *K_RANGE.end(),
        });
    }
    Ok(builder)
}

/// A cost, and the `k` and widths that have it.
type Candidate = (Cost, u32, Widths);

/// All layouts that can be had, the cheapest first; of those with the same cost, the one with the fewest rows.
/// With `cheapest`, those that cannot be the cheapest are left out.
fn candidates(
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
fn fit(
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
fn operand_forms(graph: &QuantizedGraph) -> &'static [&'static [bool]] {
    let several = graph.nodes.iter().any(|n| {
        let shape = &graph.tensors[n.output.0].shape;
        matches!(n.op, QOp::Linear { .. }) && !ops::linear::is_single_row(shape)
    });
    let has_images = |n: &hallmark_model::QNode| {
        matches!(n.op, QOp::Conv { .. }) && graph.tensors[n.output.0].shape.first() > Some(&1)
    };
    match several {
        false => &[&[false]],
        true if graph.nodes.iter().any(has_images) => &[&[true], &[false]],
        true => &[&[false, true]],
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
    let compared = ops::arg_max::lanes(graph, limb_bits);
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
        if layout::rows_needed(&builder) <= usable {
            return Ok(Some((widths, builder)));
        }
        let tall = |bank| builder.heights.get(&bank).copied().unwrap_or(0) as f64 / usable as f64;
        let grow = |width: usize, ratio: f64, unit: usize| match ratio > 1.0 {
            true => ((width as f64 * ratio / unit as f64).ceil() as usize * unit).max(width + unit),
            false => width,
        };
        use crate::block::Bank;
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
