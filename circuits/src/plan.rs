//! The planner: chooses `k` and the widths of the banks by a cost model.

use crate::{
    builder::Widths,
    cost::Cost,
    error::CircuitError,
    frame::Frame,
    layout::Layout,
    lowering::lowered,
    machine::{self, Arranged, MachineLayout},
    options::{K_RANGE, PlanOptions, Target},
    statement::StatementLayout,
    strips::{self, Strips, cost::Figures, usable},
};
use hallmark_model::QuantizedGraph;
use std::{ops::RangeInclusive, sync::Arc};

/// A planned circuit.
#[derive(Clone)]
pub struct Plan {
    graph: Arc<QuantizedGraph>,
    options: PlanOptions,
    layout: Arc<Layout>,
    widths: Widths,
    cost: Cost,
    lowerings: usize,
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
        match options.target {
            Target::Fast => Self::in_strips(&graph, options, K_RANGE),
            Target::Evm => Self::in_machine(&graph, options),
        }
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
        match Self::in_strips(&graph, options, k..=k) {
            Ok(plan) => Ok(Some(plan)),
            Err(CircuitError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn in_strips(
        graph: &Arc<QuantizedGraph>,
        options: &PlanOptions,
        sizes: RangeInclusive<u32>,
    ) -> Result<Self, CircuitError> {
        let chosen = strips::choose::cheapest(graph, options, sizes)?;
        let widths = chosen.builder.widths;
        let strips = Strips::new(chosen.builder, chosen.k)?;
        Ok(Self {
            graph: Arc::clone(graph),
            options: options.clone(),
            layout: Arc::new(Layout::Strips(Box::new(strips))),
            widths,
            cost: chosen.cost,
            lowerings: chosen.lowerings,
        })
    }

    fn in_machine(graph: &Arc<QuantizedGraph>, options: &PlanOptions) -> Result<Self, CircuitError> {
        let chosen = machine::choose::cheapest(graph, options)?;
        let widths = chosen.builder.widths;
        let machine = MachineLayout::new(chosen.builder, chosen.arranged, chosen.k)?;
        Ok(Self {
            graph: Arc::clone(graph),
            options: options.clone(),
            layout: Arc::new(Layout::Machine(Box::new(machine))),
            widths,
            cost: chosen.cost,
            lowerings: chosen.lowerings,
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
        let (layout, cost) = match options.target {
            Target::Fast => {
                let builder = lowered(&graph, options, widths, usable(k))?;
                let cost = Figures::of(&builder, k).cost();
                (Layout::Strips(Box::new(Strips::new(builder, k)?)), cost)
            }
            Target::Evm => {
                let builder = lowered(&graph, options, widths, machine::choose::ROWS)?;
                let arranged = Arranged::new(&builder)?;
                let cost = machine::cost::estimate(&builder, &arranged, k);
                let machine = MachineLayout::new(builder, arranged, k)?;
                (Layout::Machine(Box::new(machine)), cost)
            }
        };
        Ok(Self {
            graph,
            options: options.clone(),
            layout: Arc::new(layout),
            widths,
            cost,
            lowerings: 1,
        })
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

    /// How many times the graph was lowered to find the layout, not counting lowerings that only count.
    pub fn lowerings(&self) -> usize {
        self.lowerings
    }

    /// Values of the fixed columns, from row 0.
    pub fn fixed_columns(&self) -> impl Iterator<Item = &[i64]> {
        self.frame().fixed_values.iter().map(|c| c.values.as_slice())
    }
}
