//! Parameters, and the one door through which they get into fixed columns.
//!
//! A *parameter* is what its author chose: the model says which tensors of an operator are ([`QOp::parameters`](hallmark_model::QOp::parameters)). All else in a
//! key is architecture. Lowering never handles a parameter's values: it names elements ([`Entry`], [`Run`], [`Spread`]), and [`Door`]
//! alone turns names into numbers when a layout's fixed columns are written, and keeps account of which cell holds what ([`Held`]).
//!
//! Two kinds of cells hold parameters: weight lanes of the dot section (what multiplies: weights, factors; and biases of single rows)
//! and offsets of stored cells (what is added: biases, constants). What a key shows of a parameter beside these cells is in
//! `docs/circuits.md`.

mod door;
mod element;
#[cfg(test)]
mod tests;
mod values;

pub use door::{Door, Held};
pub use element::{Constants, Element, Entry, MAX_UNIFORM, ParameterId, Place, Run, Spread};
pub use hallmark_model::ops::ParameterRole;
pub use values::Parameters;
