//! One suite per integer operator: small graphs that together use every operation and every form of storage, with narrow
//! banks. `tests/operators.rs` runs every check of [`crate::checks`] on each of them.

use crate::graph_builder::GraphBuilder;
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::{QuantizedGraph, Trace};
use std::sync::Arc;

/// What is tested of one operator.
pub struct Suite {
    /// The operator's name, as its file has it.
    pub name: &'static str,
    /// Graphs that use it. A few checks that take long are made with the first one only.
    pub cases: &'static [Make],
    /// More cases in which constraints may turn out to be needed that these cases have, but give no public value to attack.
    pub necessity_with: &'static [Make],
    /// How many things the checks find to check.
    pub at_least: AtLeast,
}

/// Least counts of what is checked, so that no check passes for want of anything to do.
pub struct AtLeast {
    /// Cases that can be executed on other inputs.
    pub executions: usize,
    /// Changes of a weight that give another model.
    pub models: usize,
    /// Witnesses put together from two executions.
    pub mixtures: usize,
    /// Cases with a batch axis.
    pub batches: usize,
    /// Forgeries of unread cells, which MockProver accepts too.
    pub mock_accepted: usize,
    /// Forgeries that MockProver rejects too.
    pub mock_rejected: usize,
}

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
    ALL.iter().flat_map(|suite| suite.cases).copied().collect()
}

/// The name of an operator's files: `max_pool` of `MaxPool`.
pub fn snake_case(operator: &str) -> String {
    let mut name = String::new();
    for letter in operator.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// Declares the operators' modules and lists them.
macro_rules! suites {
    ($($name:ident)*) => {
        $(pub mod $name;)*

        /// The suites of all operators.
        pub const ALL: &[&Suite] = &[$(&$name::SUITE,)*];

        /// Calls a macro with the names of all operators.
        #[macro_export]
        macro_rules! for_every_operator {
            ($call:ident) => {
                $call! { $($name)* }
            };
        }
    };
}

suites! {
    conv
    linear
    mat_mul
    affine
    scale
    mul
    floor_div
    isqrt
    sum_pool
    requantize
    lookup
    max_pool
    arg_max
    reshape
    transpose
    concat
    slice
    split
    pad
    gather
}
