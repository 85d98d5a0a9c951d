//! Arithmetic kernels of the proving engine over BN254: columns of field elements, FFTs over many columns, blocks of
//! registers for evaluating expressions, and multi-scalar multiplications that know how wide their scalars are.
//!
//! Every kernel exists twice behind one interface: in 64-bit words, and for vector units, of which AVX-512 IFMA is the first
//! (eight lanes of radix 2^52 Montgomery arithmetic). [`Backend::detect`] chooses at run time; all give equal results, element
//! for element and point for point. This is the only crate of the workspace with `unsafe` code, and all of it is in the
//! vector units' own files.
//!
//! Modules import only from those before them in this list:
//! - `montgomery`, `column`, `offsets`: elements, columns and columns of small integers in memory.
//! - `msm`, `kernels`: multi-scalar multiplication over any point arithmetic; what an arithmetic provides.
//! - `portable`, `vector`: the arithmetics.
//! - `backend`: the choice.
//! - `packed`, `domain`, `registers`, `bases`, `sums`: what the prover uses, with `division` and `inversion`, which stand alone.
//!
//! Arithmetic is not constant-time: running time depends on scalars, as it does in the stock prover.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "what only vector units use, where there is none")
)]

mod backend;
mod bases;
mod column;
mod division;
mod domain;
mod inversion;
mod kernels;
mod montgomery;
mod msm;
mod offsets;
mod packed;
mod portable;
mod registers;
mod sums;
mod vector;

#[cfg(test)]
mod tests;

pub use backend::Backend;
pub use bases::{Bases, msm, msm_many};
pub use division::divide_by_linear;
pub use domain::Domain;
pub use inversion::batch_invert;
pub use kernels::BLOCK;
pub use msm::{Scalars, msm_bytes};
pub use offsets::SmallColumn;
pub use packed::{Packed, PackedMut};
pub use registers::Registers;
pub use sums::{dot_small, evaluate, evaluate_many, fold, linear_combination, linear_combination_small};
