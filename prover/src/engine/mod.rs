//! Hallmark's own proving engine: makes keys and proofs of halo2's format from the neutral `Protocol`, the circuit's
//! fixed columns and a witness of small integers.
//!
//! What it does differently from halo2-axiom's `keygen_pk` and `create_proof`: fixed and stored cells stay the small integers
//! that they are; every identity is evaluated only on as many cosets as its degree needs; wide linear combinations of columns
//! are added up before their FFT; fields, FFTs and multi-scalar multiplications are `hallmark_kernels`'.
//!
//! - `structure`: fixed columns and copies, and the commitments to them; `cycles`: the permutation of copied cells.
//! - `program`, `plan`, `identities`: identities as linear forms of columns and products of such forms, compiled to straight-line code in classes of degrees.
//! - `key`: what proofs of one circuit are made with; `cosets`: what further proofs of it can share; `memory`: how much they take; `prove`: the steps of a proof in halo2's order.
//! - `permutation`, `quotient`, `pieces`, `evaluation`, `opening`: the steps' arithmetic; `polynomial`: sums of polynomials.
//! - `floor`: what the same steps take for nothing but a network's cells in full columns, to compare proofs with.

mod bases;
mod columns;
mod cosets;
mod cycles;
mod error;
mod evaluation;
mod floor;
mod identities;
mod inputs;
mod key;
mod memory;
mod opening;
mod permutation;
mod pieces;
mod plan;
mod polynomial;
mod program;
mod prove;
mod queries;
mod quotient;
mod roots;
mod structure;
#[cfg(test)]
mod tests;

pub use bases::SrsBases;
pub use error::EngineError;
pub use floor::Floor;
pub use hallmark_kernels::Backend;
pub use key::EngineKey;
pub use prove::Run;
pub use structure::{Commitments, Structure};
