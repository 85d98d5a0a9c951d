//! Layout planner, strips, gadgets and the halo2 circuit of a quantised model.
//!
//! # How a model becomes a circuit
//!
//! 1. Every stored tensor is laid in a [`block`](block::Block) of small, range-checked advice cells (halo2 phase 0).
//! 2. Linear algebra is never done in cells. Each layer contributes one polynomial identity between *evaluations*
//!    of tensors at random challenges; a [`functional`](functional::Functional) says which challenge power each element gets.
//! 3. An evaluation is compiled to Horner steps over the rows of a block ([`evaluations`]), in an accumulator column.
//! 4. Products with weights and sums of evaluations are rows of the [`dot`] section.
//! 5. Range checks and activation functions are logUp lookups ([`table`]).
//!
//! [`plan::Plan`] chooses widths and `k`; [`circuit::ModelCircuit`] is the halo2 circuit; [`witness::Witness`] fills it.
//! The soundness argument is in `docs/circuits.md`.

mod limbs;
mod polynomial;
mod scalar;

/// What circuits are made of: for the crate itself, for tests that change cells and forge witnesses, and for reports that look inside.
/// **Not an interface**: it changes with every change of a circuit, and whoever goes past [`Plan`] and [`Witness`] goes past their checks.
#[doc(hidden)]
#[path = "."]
pub mod internals {
    pub mod arrangement;
    pub mod block;
    pub mod builder;
    pub mod cell;
    pub mod census;
    pub mod challenges;
    pub mod choice;
    pub mod circuit;
    pub mod columns;
    pub mod cost;
    pub mod dot;
    pub mod error;
    pub mod evaluations;
    pub mod expression;
    pub mod frame;
    pub mod functional;
    pub mod gate;
    pub mod index;
    pub mod inspect;
    pub mod layout;
    pub mod lowering;
    pub mod machine;
    pub mod ops;
    pub mod options;
    pub mod outline;
    pub mod parameter;
    pub mod plan;
    pub mod poseidon;
    pub mod statement;
    pub mod strips;
    pub mod table;
    pub mod witness;
}

use internals::{
    arrangement, block, builder, cell, census, challenges, choice, circuit, columns, cost, dot, error,
    evaluations, expression, frame, functional, gate, index, inspect, layout, lowering, machine, ops,
    options, outline, parameter, plan, poseidon, statement, strips, table, witness,
};

pub use cell::CellAt;
pub use challenges::Challenges;
pub use choice::{Choice, Progress};
pub use circuit::ModelCircuit;
pub use cost::Cost;
pub use error::CircuitError;
pub use inspect::{ColumnGroup, ColumnKind, EmptyCells, LayoutSummary, ParameterSummary, ParametersSummary};
pub use layout::Layout;
pub use options::{PlanOptions, Target, UnknownTarget};
pub use plan::Plan;
pub use poseidon::commitment;
pub use scalar::Fr;
pub use statement::{EntryKind, StatementEntry, StatementLayout};
pub use strips::UNUSABLE_ROWS;
pub use witness::Witness;
