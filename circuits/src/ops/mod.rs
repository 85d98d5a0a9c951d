//! One file per integer operation: how it is laid out and which identity proves it.
//!
//! Operations come in three kinds. *Movement* and *linear* ones are expressions ([`crate::expression::Expression`]): they cost
//! nothing until they are read. *Products* (convolution, matrix product, element-wise product) are identities that only
//! a [`requantize`] reads. *Stored* ones put cells into blocks.

pub mod affine;
pub mod arg_max;
pub mod conv;
mod express;
pub mod floor_div;
pub mod input;
pub mod isqrt;
pub mod linear;
pub mod lookup;
pub mod mat_mul;
pub mod max_pool;
pub mod movement;
pub mod mul;
pub mod output;
mod product;
pub mod relu;
pub mod requantize;
pub mod reshape;
pub mod scale;
pub mod storage;
pub mod sum_pool;

use crate::{
    builder::{Builder, Operator},
    error::CircuitError,
};
use hallmark_model::{QOp, ops::integer};

/// Lowers the whole graph: inputs, nodes in order, outputs.
pub fn lower(builder: &mut Builder<'_>) -> Result<(), CircuitError> {
    input::lower(builder)?;
    for index in 0..builder.graph.nodes.len() {
        builder.node = Some(index);
        builder.operator(index).lower(builder, index)?;
    }
    builder.node = None;
    input::link(builder)?;
    output::lower(builder)
}

/// The operator of an operation.
pub fn operator(op: &QOp) -> &dyn Operator {
    match op {
        QOp::Conv(op) => op,
        QOp::Linear(op) => op,
        QOp::MatMul => &integer::MatMul,
        QOp::Mul => &integer::Mul,
        QOp::FloorDiv => &integer::FloorDiv,
        QOp::Isqrt => &integer::Isqrt,
        QOp::Affine(op) => op,
        QOp::Scale(op) => op,
        QOp::SumPool(op) => op,
        QOp::Requantize(op) => op,
        QOp::Lookup(op) => op,
        QOp::MaxPool(op) => op,
        QOp::ArgMax(op) => op,
        QOp::Reshape => &integer::Reshape,
        QOp::Transpose(_) | QOp::Concat(_) | QOp::Slice(_) | QOp::Split(_) | QOp::Pad(_) | QOp::Gather(_) => {
            &movement::Movement
        }
    }
}
