//! Convolutions.

use super::lower::Lowering;
use super::scales::{quantize_channels, quantize_value};
use crate::graph::Window;
use crate::ops::integer::IntConv;
use crate::{FloatTensor, ModelError, Node, QOp, TensorId, shape};

/// A constant as `f64`s, row-major.
pub(super) fn doubles(tensor: &FloatTensor) -> Vec<f64> {
    tensor.iter().copied().map(f64::from).collect()
}

/// The bias at the accumulator's scale; zeros where there is none.
pub(super) fn quantize_bias(
    bias: Option<&FloatTensor>,
    channels: usize,
    scale: i32,
) -> Result<Vec<i64>, String> {
    match bias {
        Some(bias) => bias.iter().map(|&b| quantize_value(b.into(), scale)).collect(),
        None => Ok(vec![0; channels]),
    }
}

impl Lowering<'_> {
    /// Conv, then Requantize.
    pub(super) fn conv(
        &mut self,
        node: &Node,
        window: &Window,
        groups: usize,
    ) -> Result<TensorId, ModelError> {
        let x = self.input(node, 0)?;
        let weight = self
            .constant(node, 1)
            .ok_or_else(|| self.error(node, "the weight must be constant".to_owned()))?;
        let filters = weight.shape()[0];
        let per_filter = weight.len() / filters;
        let bits = (self.options.weight_bits, self.options.channel_spread_bits);
        let made = quantize_channels(&doubles(weight), filters, |p| p / per_filter, bits).and_then(
            |(integers, weight_scale)| {
                let scale = self.tensor(x).scale_bits + weight_scale;
                let bias = quantize_bias(self.constant(node, 2), filters, scale)?;
                let weight = shape::tensor(weight.shape(), integers)?;
                Ok((
                    QOp::Conv(IntConv {
                        weight,
                        bias,
                        window: window.clone(),
                        groups,
                    }),
                    scale,
                ))
            },
        );
        let (op, scale) = made.map_err(|reason| self.error(node, reason))?;
        let shape = self.graph.values[node.output.0].shape.clone();
        let sums = self.emit(node, (op, vec![x]), (".sum", scale), &shape)?;
        self.requantize(node, sums)
    }
}
