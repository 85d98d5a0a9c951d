//! One file per integer operation: how it is laid out and which identity proves it.
//!
//! Operations come in three kinds. *Movement* and *linear* ones are expressions ([`Repr`]): they cost
//! nothing until they are read. *Products* (convolution, matrix product, element-wise product) are identities that only
//! a [`requantize`] reads. *Stored* ones put cells into blocks.

pub mod affine;
pub mod arg_max;
pub mod conv;
pub mod input;
pub mod linear;
pub mod lookup;
pub mod mat_mul;
pub mod max_pool;
pub mod movement;
pub mod mul;
pub mod output;
pub mod relu;
pub mod requantize;
pub mod reshape;
pub mod scale;
pub mod storage;
pub mod sum_pool;

use crate::{
    builder::{Builder, Map, Part, Repr, Source},
    error::CircuitError,
    functional::Functional,
};
use hallmark_model::ops::integer::{Affine, ArgMax, Lookup, MaxPool, Requantize, Scale, SumPool};
use hallmark_model::{QOp, TensorId};
use std::rc::Rc;

/// Lowers the whole graph: inputs, nodes in order, outputs.
pub fn lower(builder: &mut Builder<'_>) -> Result<(), CircuitError> {
    input::lower(builder)?;
    for index in 0..builder.graph.nodes.len() {
        builder.node = Some(index);
        lower_node(builder, index)?;
    }
    builder.node = None;
    input::link(builder)?;
    output::lower(builder)
}

fn lower_node(b: &mut Builder<'_>, index: usize) -> Result<(), CircuitError> {
    match &b.graph.nodes[index].op {
        QOp::Conv { .. } | QOp::Linear { .. } | QOp::MatMul | QOp::Mul => requantize::lower_product(b, index),
        QOp::Affine(Affine {
            coefficients,
            constant,
        }) => affine::lower(b, index, coefficients, constant.as_ref()),
        QOp::Scale(Scale { factor }) => scale::lower(b, index, factor),
        QOp::SumPool(SumPool { window }) => sum_pool::lower(b, index, window),
        QOp::Requantize(Requantize { shift }) => requantize::lower(b, index, *shift),
        QOp::Lookup(Lookup { function, table }) => lookup::lower(b, index, function, table),
        QOp::MaxPool(MaxPool { window }) => max_pool::lower(b, index, window),
        QOp::ArgMax(ArgMax { axis, select_last }) => arg_max::lower(b, index, *axis, *select_last),
        QOp::Reshape => reshape::lower(b, index),
        QOp::Transpose(_) | QOp::Concat(_) | QOp::Slice(_) | QOp::Pad(_) => movement::lower(b, index),
    }
}

/// Defines a tensor by an expression, or where that would be nested too deeply or too large to evaluate stores the tensor and
/// proves that it is what the expression says.
fn express(b: &mut Builder<'_>, tensor: TensorId, repr: Repr) -> Result<(), CircuitError> {
    let length = b.length(tensor);
    if b.is_small(&repr, length) {
        b.define(tensor, repr);
        return Ok(());
    }
    let repr = b.composed(repr);
    if b.is_small(&repr, length) {
        b.define(tensor, repr);
        return Ok(());
    }
    storage::number(b, tensor)?;
    let functional = Functional::flat(length);
    let (stored, expressed) = (
        b.evaluate(tensor, &functional)?,
        b.evaluate_repr(&repr, &functional)?,
    );
    b.equate(&stored, &expressed);
    Ok(())
}

/// One summand that reads a tensor.
fn part(coefficient: i64, tensor: TensorId, map: Map) -> Part {
    Part {
        coefficient,
        source: Source::Tensor(tensor),
        map,
    }
}

/// A one-element-each map.
fn gather(index: Vec<u32>) -> Map {
    Map::Gather(Rc::new(index))
}
