//! The ONNX operators: one file each, one line each in the list of rules. Scalar functions have their rules from the model crate
//! ([`FUNCTIONS`]).

mod function;
mod normalization;
mod reduction;
mod rule;
mod skip_layer_normalization;

use crate::Reason;
use crate::context::{Context, Lowered};
use crate::onnx::proto::{NodeProto, attribute_kind};
use crate::onnx::{CONTRIBUTED_DOMAIN, is_default_domain};
use hallmark_model::ops::functions::{FUNCTIONS, Function, Onnx};
use rule::Rule;

/// Makes the modules of rules and their list.
macro_rules! rules {
    ($($file:ident: $($rule:ident)+,)*) => {
        $(mod $file;)*

        const RULES: &[Rule] = &[$($($file::$rule,)+)*];
    };
}

rules! {
    add: RULE,
    arg_max: RULE,
    arg_min: RULE,
    attention: RULE,
    average_pool: RULE,
    batch_normalization: RULE,
    cast: LIKE RULE,
    center_crop_pad: RULE,
    clip: RULE,
    compare: AND EQUAL GREATER GREATER_OR_EQUAL LESS LESS_OR_EQUAL OR XOR,
    compress: RULE,
    concat: RULE,
    constant: RULE,
    constant_of_shape: RULE,
    conv: RULE,
    conv_transpose: RULE,
    cum_sum: RULE,
    depth_to_space: RULE,
    dft: RULE,
    div: RULE,
    dropout: RULE,
    einsum: RULE,
    expand: RULE,
    eye_like: RULE,
    flatten: RULE,
    gather: RULE,
    gather_elements: RULE,
    gather_nd: RULE,
    gemm: RULE,
    global_average_pool: RULE,
    global_max_pool: RULE,
    group_normalization: RULE,
    hardmax: RULE,
    identity: RULE,
    instance_normalization: RULE,
    is_inf: RULE,
    is_nan: RULE,
    layer_normalization: RULE,
    log_softmax: RULE,
    lp_normalization: RULE,
    lp_pool: RULE GLOBAL,
    lrn: RULE,
    mat_mul: RULE,
    max: RULE,
    max_pool: RULE,
    mean: RULE,
    mean_variance_normalization: RULE,
    min: RULE,
    mod_: RULE,
    mul: RULE,
    neg: RULE,
    negative_log_likelihood_loss: RULE,
    one_hot: RULE,
    p_relu: RULE,
    pad: RULE,
    pow: RULE,
    range: RULE,
    reduce_l1: RULE,
    reduce_l2: RULE,
    reduce_log_sum: RULE,
    reduce_log_sum_exp: RULE,
    reduce_max: RULE,
    reduce_mean: RULE,
    reduce_min: RULE,
    reduce_prod: RULE,
    reduce_sum: RULE,
    reduce_sum_square: RULE,
    reshape: RULE,
    resize: RULE UPSAMPLE,
    reverse_sequence: RULE,
    rms_normalization: RULE SIMPLIFIED,
    scatter: ELEMENTS ND OLD,
    shape: RULE,
    size: RULE,
    slice: RULE,
    softmax: RULE,
    softmax_cross_entropy_loss: RULE,
    space_to_depth: RULE,
    split: RULE,
    squeeze: RULE,
    sub: RULE,
    sum: RULE,
    tile: RULE,
    transpose: RULE,
    trilu: RULE,
    unsqueeze: RULE,
    where_: RULE,
}

/// Operators of onnxruntime's own domain.
const CONTRIBUTED: &[Rule] = &[
    skip_layer_normalization::RULE,
    skip_layer_normalization::SIMPLIFIED,
];

/// What lowers an operator.
#[derive(Clone, Copy)]
pub(crate) enum Lowering {
    /// A file of its own here.
    Rule(&'static Rule),
    /// A scalar function, which says which attributes it has.
    Function(&'static Function, &'static Onnx),
}

impl Lowering {
    /// All that there are.
    fn all() -> impl Iterator<Item = Self> {
        let functions = FUNCTIONS
            .iter()
            .filter_map(|&function| Some(Self::Function(function, function.onnx.as_ref()?)));
        RULES.iter().map(Self::Rule).chain(functions)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.name,
            Self::Function(_, onnx) => onnx.operator,
        }
    }

    fn has_attribute(self, name: &str) -> bool {
        match self {
            Self::Rule(rule) => rule.attributes.contains(&name),
            Self::Function(_, onnx) => onnx.attributes.iter().any(|a| a.name() == name),
        }
    }

    /// Lowers a node.
    pub(crate) fn lower(self, ctx: &mut Context<'_>) -> Lowered {
        match self {
            Self::Rule(rule) => (rule.lower)(ctx),
            Self::Function(function, onnx) => function::lower(ctx, function, onnx),
        }
    }
}

/// Names of the ONNX operators that can be imported, sorted; onnxruntime's own are among them.
pub fn supported_operators() -> Vec<&'static str> {
    let contributed = CONTRIBUTED.iter().map(Lowering::Rule);
    let mut names: Vec<_> = Lowering::all().chain(contributed).map(Lowering::name).collect();
    names.sort_unstable();
    names
}

/// What lowers a node whose operator and attributes are known.
pub(crate) fn lowering(node: &NodeProto) -> Result<Lowering, Reason> {
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
    let is_named = |lowering: &Lowering| lowering.name() == node.op_type;
    let found = match node.domain.as_str() {
        domain if is_default_domain(domain) => Lowering::all().find(is_named),
        CONTRIBUTED_DOMAIN => CONTRIBUTED.iter().map(Lowering::Rule).find(is_named),
        _ => None,
    };
    let lowering = found.ok_or(Reason::Operator)?;
    match node.attribute.iter().find(|a| !lowering.has_attribute(&a.name)) {
        Some(unknown) => Err(Reason::UnknownAttribute {
            attribute: unknown.name.clone(),
        }),
        None => Ok(lowering),
    }
}
