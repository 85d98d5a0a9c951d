//! Small graphs that together use every operation and every form of storage, with narrow banks.

pub mod convolutions;
pub mod functions;
pub mod matrices;
pub mod movement;

use crate::graph_builder::GraphBuilder;
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::{QuantizedGraph, Trace};
use std::sync::Arc;

/// A small graph with an execution, and the bank widths that it is laid out with.
pub struct Case {
    /// What it is for.
    pub name: &'static str,
    /// The graph.
    pub graph: Arc<QuantizedGraph>,
    /// The execution.
    pub trace: Arc<Trace>,
    /// The widths.
    pub widths: Widths,
}

/// Narrow banks, limbs of four bits.
pub const NARROW: Widths = Widths {
    single: 8,
    pair: 2,
    product: 2,
    border: 3,
    weights: 3,
    instance: 1,
    limb_bits: 4,
    operands: true,
};

impl Case {
    /// A case with [`NARROW`] banks.
    pub fn new(name: &'static str, graph: GraphBuilder) -> Self {
        Self::with(name, graph, NARROW)
    }

    /// A case with banks of its own.
    pub fn with(name: &'static str, graph: GraphBuilder, widths: Widths) -> Self {
        let (graph, trace) = graph.finish();
        Self {
            name,
            graph,
            trace: Arc::new(trace),
            widths,
        }
    }
}

/// A way to make a case.
pub type Make = fn() -> Case;

/// All cases.
pub fn all() -> Vec<Make> {
    [convolutions::ALL, functions::ALL, matrices::ALL, movement::ALL].concat()
}
