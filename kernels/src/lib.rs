//! Arithmetic kernels of the proving engine over BN254: columns of field elements, FFTs over many columns, blocks of
//! registers for evaluating expressions, and multi-scalar multiplications that know how wide their scalars are.
//!
//! Every kernel exists twice behind one interface: portable, and for CPUs with AVX-512 IFMA (eight lanes of radix 2^52
//! Montgomery arithmetic). [`Backend::detect`] chooses at run time; both give equal results, element for element and point
//! for point. This is the only crate of the workspace with `unsafe` code, and all of it is in the IFMA half.
//!
//! Arithmetic is not constant-time: running time depends on scalars, as it does in the stock prover.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(unused_variables, reason = "there is only one backend to choose")
)]

mod backend;
mod domain;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod inversion;
mod msm;
mod packed;
mod polynomial;
mod portable;
mod registers;
mod small;

pub use backend::Backend;
pub use domain::Domain;
pub use inversion::batch_invert;
pub use msm::{Bases, Scalars, msm, msm_bytes, msm_many};
pub use packed::{Packed, PackedMut};
pub use polynomial::{divide_by_linear, evaluate, evaluate_many, fold, linear_combination};
pub use registers::{BLOCK, Registers};
pub use small::{SmallColumn, dot_small, linear_combination_small};
