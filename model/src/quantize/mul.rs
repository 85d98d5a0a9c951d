//! Products, and quotients by constants.

use super::conv::doubles;
use super::lower::Lowering;
use super::scales::{quantize_value, scale_for};
use crate::ops::integer::Scale;
use crate::{FloatTensor, ModelError, Node, QOp, TensorId, shape};

impl Lowering<'_> {
    /// Mul or Scale, then Requantize.
    pub(super) fn mul(&mut self, node: &Node) -> Result<TensorId, ModelError> {
        match (self.constant(node, 0), self.constant(node, 1)) {
            (Some(constant), _) => self.scale(node, 1, (constant, doubles(constant))),
            (None, Some(constant)) => self.scale(node, 0, (constant, doubles(constant))),
            (None, None) => {
                let (a, b) = (self.input(node, 0)?, self.input(node, 1)?);
                let scale = self.tensor(a).scale_bits + self.tensor(b).scale_bits;
                self.multiplied(node, (QOp::Mul, vec![a, b]), scale)
            }
        }
    }

    /// Scale by the reciprocals, then Requantize.
    pub(super) fn div(&mut self, node: &Node) -> Result<TensorId, ModelError> {
        let divisor = self
            .constant(node, 1)
            .ok_or_else(|| self.error(node, "division by a computed tensor is not supported".to_owned()))?;
        self.scale(
            node,
            0,
            (divisor, doubles(divisor).into_iter().map(|d| 1.0 / d).collect()),
        )
    }

    fn scale(
        &mut self,
        node: &Node,
        input: usize,
        (constant, factors): (&FloatTensor, Vec<f64>),
    ) -> Result<TensorId, ModelError> {
        let x = self.input(node, input)?;
        // One scale for all factors: the spread gives small ones their bits.
        let bits = self.options.weight_bits + self.options.channel_spread_bits;
        let greatest = factors.iter().fold(0f64, |m, f| m.max(f.abs()));
        let factor_scale = scale_for(greatest, bits);
        let (integers, factor_scale) = factors
            .iter()
            .map(|&f| quantize_value(f, factor_scale))
            .collect::<Result<Vec<i64>, String>>()
            .map(|integers| without_common_zeros(integers, factor_scale))
            .map_err(|reason| self.error(node, reason))?;
        let factor = shape::tensor(constant.shape(), integers).map_err(|reason| self.error(node, reason))?;
        let scale = self.tensor(x).scale_bits + factor_scale;
        self.multiplied(node, (QOp::Scale(Scale { factor }), vec![x]), scale)
    }

    fn multiplied(
        &mut self,
        node: &Node,
        op: (QOp, Vec<TensorId>),
        scale: i32,
    ) -> Result<TensorId, ModelError> {
        let shape = self.graph.values[node.output.0].shape.clone();
        let products = self.emit(node, op, (".sum", scale), &shape)?;
        self.requantize(node, products)
    }
}

/// Divides factors by the greatest power of two that divides all of them.
pub(super) fn without_common_zeros(factors: Vec<i64>, scale: i32) -> (Vec<i64>, i32) {
    let zeros = factors.iter().fold(0, |bits, f| bits | f).trailing_zeros();
    if zeros >= i64::BITS {
        return (factors, scale);
    }
    (
        factors.into_iter().map(|f| f >> zeros).collect(),
        scale - zeros as i32,
    )
}
