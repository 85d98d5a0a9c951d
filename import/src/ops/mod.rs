//! The ONNX operators: one file each, one line each in [`RULES`].

mod add;
mod arg_max;
mod average_pool;
mod batch_normalization;
mod cast;
mod clip;
mod concat;
mod constant;
mod constant_of_shape;
mod conv;
mod div;
mod dropout;
mod einsum;
mod equal;
mod erf;
mod expand;
mod flatten;
mod gather;
mod gelu;
mod gemm;
mod global_average_pool;
mod global_max_pool;
mod hard_sigmoid;
mod hard_swish;
mod identity;
mod leaky_relu;
mod mat_mul;
mod max_pool;
mod mul;
mod neg;
mod p_relu;
mod pad;
mod range;
mod reduce_mean;
mod reduce_prod;
mod relu;
mod reshape;
mod shape;
mod sigmoid;
mod size;
mod slice;
mod split;
mod squeeze;
mod sub;
mod sum;
mod tanh;
mod transpose;
mod unsqueeze;
mod where_;

use crate::Reason;
use crate::context::{Context, Lowered};
use crate::onnx::is_default_domain;
use crate::onnx::proto::{NodeProto, attribute_kind};
use hallmark_model::{Activation, Op};

/// How an ONNX operator of the default domain is lowered.
pub(crate) struct Rule {
    /// The operator's name.
    name: &'static str,
    /// The attributes that the lowering reads, or that have no meaning at inference. Others are refused.
    attributes: &'static [&'static str],
    /// Lowers a node. One function covers all operator set versions.
    pub(crate) lower: fn(&mut Context<'_>) -> Lowered,
}

const RULES: &[Rule] = &[
    add::RULE,
    arg_max::RULE,
    average_pool::RULE,
    batch_normalization::RULE,
    cast::RULE,
    clip::RULE,
    concat::RULE,
    constant::RULE,
    constant_of_shape::RULE,
    conv::RULE,
    div::RULE,
    dropout::RULE,
    einsum::RULE,
    equal::RULE,
    erf::RULE,
    expand::RULE,
    flatten::RULE,
    gather::RULE,
    gelu::RULE,
    gemm::RULE,
    global_average_pool::RULE,
    global_max_pool::RULE,
    hard_sigmoid::RULE,
    hard_swish::RULE,
    identity::RULE,
    leaky_relu::RULE,
    mat_mul::RULE,
    max_pool::RULE,
    mul::RULE,
    neg::RULE,
    p_relu::RULE,
    pad::RULE,
    range::RULE,
    reduce_mean::RULE,
    reduce_prod::RULE,
    relu::RULE,
    reshape::RULE,
    shape::RULE,
    sigmoid::RULE,
    size::RULE,
    slice::RULE,
    split::RULE,
    squeeze::RULE,
    sub::RULE,
    sum::RULE,
    tanh::RULE,
    transpose::RULE,
    unsqueeze::RULE,
    where_::RULE,
];

/// Names of the ONNX operators that can be imported, sorted.
pub fn supported_operators() -> Vec<&'static str> {
    let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names
}

/// The rule for a node whose operator and attributes are known.
pub(crate) fn rule(node: &NodeProto) -> Result<&'static Rule, Reason> {
    let subgraph = |kind: i32| kind == attribute_kind::GRAPH || kind == attribute_kind::GRAPHS;
    if let Some(found) = node
        .attribute
        .iter()
        .find(|a| subgraph(a.kind) || a.g.is_some() || !a.graphs.is_empty())
    {
        return Err(Reason::Subgraph {
            attribute: found.name.clone(),
        });
    }
    let rule = RULES
        .iter()
        .find(|rule| rule.name == node.op_type && is_default_domain(&node.domain));
    let rule = rule.ok_or(Reason::Operator)?;
    match node
        .attribute
        .iter()
        .find(|a| !rule.attributes.contains(&a.name.as_str()))
    {
        Some(unknown) => Err(Reason::UnknownAttribute {
            attribute: unknown.name.clone(),
        }),
        None => Ok(rule),
    }
}

/// A scalar function of the first input.
fn activation(ctx: &mut Context<'_>, function: Activation) -> Lowered {
    let x = ctx.input(0)?;
    Ok(ctx.emit(Op::Activation(function), &[&x])?.into())
}

/// An element-wise operation of two inputs.
fn arithmetic(ctx: &mut Context<'_>, op: Op) -> Lowered {
    let (a, b) = (ctx.input(0)?, ctx.input(1)?);
    Ok(ctx.emit(op, &[&a, &b])?.into())
}
