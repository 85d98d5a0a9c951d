//! Product with constant integer factors.

use super::bound::{Bound, check_magnitude, check_weights};
use super::check::{arithmetic_kind, is_whole, single};
use super::lowering::{Lowering, NodeView, Operation};
use super::operator::{IntOp, Ranks, Shaped};
use super::parameter::{Parameter, ParameterRole};
use super::scales::{quantize_value, scale_for, without_common_zeros};
use crate::movement::expand;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, FloatTensor, IntTensor, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X] → X · factor`, NumPy broadcasting to the output shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Integer factors; broadcasts.
    pub factor: IntTensor,
}

/// A tensor times constant factors, which have the shape of `constant`: Scale, then Requantize.
pub(super) fn scaled<O: Operation + From<Scale>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    input: usize,
    (constant, factors): (&FloatTensor, Vec<f64>),
) -> Result<TensorId, ModelError> {
    let x = to.input(node, input)?;
    // One scale for all factors: the spread gives small ones their bits.
    let bits = to.options.weight_bits + to.options.channel_spread_bits;
    let greatest = factors.iter().fold(0f64, |m, f| m.max(f.abs()));
    let factor_scale = scale_for(greatest, bits);
    let (integers, factor_scale) = factors
        .iter()
        .map(|&f| quantize_value(f, factor_scale))
        .collect::<Result<Vec<i64>, String>>()
        .map(|integers| without_common_zeros(integers, factor_scale))
        .map_err(|reason| to.error(node, reason))?;
    let factor = shape::tensor(constant.shape(), integers).map_err(|reason| to.error(node, reason))?;
    let scale = to.scale(x) + factor_scale;
    multiplied(to, node, (Scale { factor }, vec![x]), scale)
}

/// A tensor of integers times a constant of integers: Scale alone.
pub(super) fn scaled_exactly<O: Operation + From<Scale>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    input: usize,
    constant: &FloatTensor,
) -> Result<TensorId, ModelError> {
    let x = to.input(node, input)?;
    let integers = to.integers(node, constant)?;
    let factor = shape::tensor(constant.shape(), integers).map_err(|reason| to.error(node, reason))?;
    to.emit(
        node,
        (Scale { factor }, vec![x]),
        ("", ElementKind::Integer),
        &to.shape(node),
    )
}

/// A product, then Requantize.
pub(super) fn multiplied<O: Operation>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    op: (impl Into<O>, Vec<TensorId>),
    scale: i32,
) -> Result<TensorId, ModelError> {
    let products = to.emit(node, op, (".sum", ElementKind::real(scale)), &to.shape(node))?;
    to.requantize(node, products)
}

impl Shaped for Scale {
    fn name(&self) -> &'static str {
        "Scale"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::elements(self.factor.shape())?;
        shape::broadcast(&[single(inputs)?, self.factor.shape()])
    }
}

impl IntOp for Scale {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let factor = View::contents(&self.factor);
        check_weights(&factor, 1)?;
        let product = inputs[0].0.times(Bound::of(&factor));
        check_magnitude(product.magnitude())?;
        Ok(Some(product))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        // The factor's scale is free.
        arithmetic_kind(inputs, |_| None, output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let contents = View::contents(&self.factor);
        let factor = expand(
            View {
                shape: self.factor.shape(),
                data: &contents,
            },
            output,
        );
        let x = expand(inputs[0], output);
        x.iter()
            .zip(factor.iter())
            .map(|(x, f)| x.wrapping_mul(*f))
            .collect()
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.tensor(&self.factor);
    }
    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![Parameter::tensor(ParameterRole::Factor, &self.factor)]
    }
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match is_whole(&self.factor, ranks) {
            true => Ok(()),
            false => Err("the factor"),
        }
    }
    fn words(&self) -> String {
        "scaling".to_owned()
    }
}
