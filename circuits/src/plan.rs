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
    /// [`CircuitError::Unsupported`] if the graph has an operation without a circuit, [`CircuitError::TooLarge`] if no
    /// allowed size holds it.
    pub fn new(graph: Arc<QuantizedGraph>, options: &PlanOptions) -> Result<Self, CircuitError> {
        // That no value wraps the field rests on the graph's intervals.
        graph.validate().map_err(|error| CircuitError::Inconsistent {
            place: graph.name.clone(),
            reason: error.to_string(),
        })?;
        if options.target == Target::Evm {
            let (cost, k, widths) = choose::cheapest(&graph, options)?;
            return Self::with_widths(graph, options, k, widths, cost);
        }
        let candidates: Vec<u32> = K_RANGE.collect();
        let least = Mutex::new(f64::INFINITY);
        let found: Vec<_> = candidates
            .par_iter()
            .map(|k| fit(&graph, options, *k, &least))
            .collect();
        let mut best: Option<(Cost, u32, Widths)> = None;
        let mut last_error = None;
        for (k, result) in candidates.iter().zip(found) {
            match result {
                Ok(Some((cost, widths))) => {
                    if best.as_ref().is_none_or(|(least, ..)| cost.score < least.score) {
                        best = Some((cost, *k, widths));
                    }
                }
                Ok(None) => {}
                Err(error) => last_error = Some(error),
            }
        }
        let Some((cost, k, widths)) = best else {
            let reason = "no width and number of rows holds all tensors".to_owned();
            return Err(last_error.unwrap_or(CircuitError::TooLarge {
                reason,
                max_k: *K_RANGE.end(),
            }));
        };
        Self::with_widths(graph, options, k, widths, cost)
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
        fit(&graph, options, k, &Mutex::new(f64::INFINITY))?
            .map(|(cost, widths)| Self::with_widths(graph, options, k, widths, cost))
            .transpose()
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
    Ok(builder)
}

/// The narrowest widths with which everything fits into `2^k` rows, for each limb width; the cheapest of them. What cannot be as
/// cheap as `least`, the best score of any size so far, is given up: that saves time and changes no choice.
fn fit(
    graph: &QuantizedGraph,
    options: &PlanOptions,
    k: u32,
    least: &Mutex<f64>,
) -> Result<Option<(Cost, Widths)>, CircuitError> {
    let mut best: Option<(Cost, Widths)> = None;
    let known = || least.lock().map_or(f64::INFINITY, |score| *score);
    // The two are added up in different orders.
    let hopeless = |score: f64| score > 1.001 * known();
    let limbs = [8, 10, 12].into_iter().filter(|bits| *bits <= k + 1);
    let forms = operand_forms(graph);
    for (limb_bits, operands) in limbs.flat_map(|bits| forms.iter().map(move |form| (bits, *form))) {
        let Some((widths, builder)) = narrowest(graph, options, k, (limb_bits, operands), &hopeless)? else {
            continue;
        };
        let cost = cost::estimate(&builder, k);
        if let Ok(mut least) = least.lock() {
            *least = least.min(cost.score);
        }
        if best.as_ref().is_none_or(|(least, _)| cost.score < least.score) {
            best = Some((cost, widths));
        }
    }
    Ok(best)
}

/// Which values of [`Widths::operands`] are worth a try: evaluations of columns of what a convolution made would each take an
/// accumulator.
fn operand_forms(graph: &QuantizedGraph) -> &'static [bool] {
    let several = graph.nodes.iter().any(|n| {
        let shape = &graph.tensors[n.output.0].shape;
        matches!(n.op, QOp::Linear { .. }) && !ops::linear::is_single_row(shape)
    });
    let has_images = |n: &hallmark_model::QNode| {
        matches!(n.op, QOp::Conv { .. }) && graph.tensors[n.output.0].shape.first() > Some(&1)
    };
    match several {
        false => &[false],
        true if graph.nodes.iter().any(has_images) => &[true],
        true => &[false, true],
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
    // An arg-max takes a whole row per element: limbs of two numbers of up to 24 bits, and a bit.
    let compares = graph.nodes.iter().any(|n| matches!(n.op, QOp::ArgMax { .. }));
    let mut widths = Widths {
        single: if compares { 8 } else { 4 },
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
