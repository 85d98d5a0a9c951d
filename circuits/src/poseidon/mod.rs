//! The hiding commitment to private inputs: Poseidon over the BN254 scalar field, native and as a section of the circuit.
//!
//! The definition, the layout and the argument for soundness are in `docs/commitment.md`.

mod commitment;
mod parameters;
mod permutation;
mod rows;
mod section;

pub use commitment::{Packing, commitment, descriptor, elements, salt};
pub use parameters::{FULL_ROUNDS, PARTIAL_ROUNDS, Parameters, WIDTH};
pub use permutation::Poseidon;
pub use rows::{CELLS, RowKind, SLOT};
pub use section::{Element, Section};

pub(crate) use rows::{AUXILIARY, advance, slot};
