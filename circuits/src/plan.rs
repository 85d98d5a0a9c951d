//! The planner: chooses `k` and the widths of the banks by a cost model.

use crate::{
    builder::Widths,
    cost::Cost,
    error::CircuitError,
    frame::Frame,
    layout::Layout,
    lowering::lowered,
    machine::{self, Arranged, MachineLayout},
    options::{PlanOptions, Target},
    statement::StatementLayout,
    strips::{
        self, Strips,
        choose::{Candidate, candidates, fit, operand_forms, usable},
    },
};
use hallmark_model::QuantizedGraph;
use std::sync::Arc;

/// A planned circuit.
#[derive(Clone)]
pub struct Plan {
    graph: Arc<QuantizedGraph>,
    options: PlanOptions,
    layout: Arc<Layout>,
    widths: Widths,
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
            Target::Evm => first(machine::choose::candidates(&graph, options)?),
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
        let layout = Arc::new(match options.target {
            Target::Fast => {
                let builder = lowered(&graph, options, widths, usable(k))?;
                Layout::Strips(Box::new(Strips::new(builder, k)?))
            }
            Target::Evm => {
                let builder = lowered(&graph, options, widths, machine::choose::ROWS)?;
                Layout::Machine(Box::new(MachineLayout::new(builder, k)?))
            }
        });
        Ok(Self {
            graph,
            options: options.clone(),
            layout,
            widths,
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
            Target::Fast => strips::cost::estimate(&lowered(&graph, options, widths, usable(k))?, k),
            Target::Evm => {
                let builder = lowered(&graph, options, widths, machine::choose::ROWS)?;
                machine::cost::estimate(&builder, &Arranged::new(&builder)?, k)
            }
        };
        Self::with_widths(graph, options, k, widths, cost)
    }

    /// `log2` of the number of rows.
    pub fn k(&self) -> u32 {
        self.frame().k
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

    /// What every layout has.
    pub fn frame(&self) -> &Frame {
        self.layout.frame()
    }

    /// What the instance columns hold.
    pub fn statement(&self) -> &StatementLayout {
        &self.frame().statement
    }

    /// The widths that were chosen.
    pub fn widths(&self) -> Widths {
        self.widths
    }

    /// The estimate by which the layout was chosen.
    pub fn cost(&self) -> &Cost {
        &self.cost
    }

    /// Values of the fixed columns, from row 0.
    pub fn fixed_columns(&self) -> impl Iterator<Item = &[i64]> {
        self.frame().fixed_values.iter().map(|c| c.values.as_slice())
    }
}
