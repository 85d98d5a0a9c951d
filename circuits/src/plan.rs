//! The planner: chooses `k` and the widths of the banks by a cost model.

use crate::{
    builder::Widths,
    choice::{Choice, Progress},
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
        Self::observed(graph, options, &|_| ())
    }

    /// As [`Self::new`], and says now and then how much of the search is done: growing parts, from 0 to 1.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn observed(
        graph: Arc<QuantizedGraph>,
        options: &PlanOptions,
        progress: Progress<'_>,
    ) -> Result<Self, CircuitError> {
        validated(&graph)?;
        match options.target {
            Target::Fast => Self::in_strips(&graph, options, K_RANGE, progress),
            Target::Evm => Self::in_machine(&graph, options, progress),
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
        match Self::in_strips(&graph, options, k..=k, &|_| ()) {
            Ok(plan) => Ok(Some(plan)),
            Err(CircuitError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn in_strips(
        graph: &Arc<QuantizedGraph>,
        options: &PlanOptions,
        sizes: RangeInclusive<u32>,
        progress: Progress<'_>,
    ) -> Result<Self, CircuitError> {
        let chosen = strips::choose::cheapest(graph, options, sizes, progress)?;
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

    fn in_machine(
        graph: &Arc<QuantizedGraph>,
        options: &PlanOptions,
        progress: Progress<'_>,
    ) -> Result<Self, CircuitError> {
        let chosen = machine::choose::cheapest(graph, options, progress)?;
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

    /// The layout that an earlier search decided on: lowers once and searches nothing. What comes from a file may hold anything; which
    /// layout is meant says the choice, whether it is the one of a key has to be seen by the result.
    ///
    /// # Errors
    /// [`CircuitError::Choice`] if no search comes to this choice, or it does not hold the graph; and as [`Self::new`].
    pub fn kept(
        graph: Arc<QuantizedGraph>,
        options: &PlanOptions,
        choice: &Choice,
    ) -> Result<Self, CircuitError> {
        validated(&graph)?;
        possible(&graph, options, choice).map_err(|reason| CircuitError::Choice { reason })?;
        match Self::forced(graph, options, choice.k, choice.widths) {
            Err(CircuitError::TooLarge { reason, .. }) => Err(CircuitError::Choice { reason }),
            other => other,
        }
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

    /// What the search decided: [`Self::kept`] makes this layout of it again.
    pub fn choice(&self) -> Choice {
        Choice {
            k: self.k(),
            widths: self.widths,
        }
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

/// That no value wraps the field rests on the graph's intervals.
fn validated(graph: &QuantizedGraph) -> Result<(), CircuitError> {
    graph.validate().map_err(|error| CircuitError::Inconsistent {
        place: graph.name.clone(),
        reason: error.to_string(),
    })
}

/// Whether a search could have come to this choice, as far as that can be said before anything is lowered: of other widths lowering
/// knows nothing, and memory grows with them. If not, why.
fn possible(graph: &QuantizedGraph, options: &PlanOptions, choice: &Choice) -> Result<(), String> {
    if !K_RANGE.contains(&choice.k) {
        let (least, most) = (K_RANGE.start(), K_RANGE.end());
        return Err(format!(
            "2^{} rows, where 2^{least} to 2^{most} are possible",
            choice.k
        ));
    }
    let wrong = match options.target {
        Target::Fast => strips::choose::impossible(graph, choice),
        Target::Evm => machine::choose::impossible(graph, &choice.widths),
    };
    wrong.map_or(Ok(()), |(what, value)| Err(format!("{what} cannot be {value}")))
}
