//! One file per integer operation: how it is laid out and which identity proves it.
//!
//! Operations come in three kinds. *Movement* and *linear* ones are expressions ([`crate::expression::Expression`]): they cost
//! nothing until they are read. *Products* (convolution, matrix product, element-wise product) are identities that only
//! a [`requantize`] reads. *Stored* ones put cells into blocks.

mod bracket;
mod express;
pub mod input;
pub mod movement;
pub mod output;
mod product;
pub mod relu;
pub mod storage;

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

/// Makes the modules of operations, and what finds an operation's: those with fields, those without, and movements, which have one file.
macro_rules! operators {
    ($($file:ident: $variant:ident,)* ; $($plain_file:ident: $plain:ident,)* ; $($movement:ident,)*) => {
        $(pub mod $file;)*
        $(pub mod $plain_file;)*

        /// The operator of an operation.
        pub fn operator(op: &QOp) -> &dyn Operator {
            match op {
                $(QOp::$variant(op) => op,)*
                $(QOp::$plain => &integer::$plain,)*
                $(QOp::$movement(_) => &movement::Movement,)*
            }
        }
    };
}

operators! {
    affine: Affine,
    arg_max: ArgMax,
    conv: Conv,
    linear: Linear,
    lookup: Lookup,
    max_pool: MaxPool,
    requantize: Requantize,
    scale: Scale,
    sum_pool: SumPool,
    ;
    floor_div: FloorDiv,
    isqrt: Isqrt,
    mat_mul: MatMul,
    mul: Mul,
    reshape: Reshape,
    ;
    Concat,
    Gather,
    Pad,
    Slice,
    Split,
    Transpose,
}
