//! Matrix products.

use super::conv::{doubles, quantize_bias};
use super::lower::Lowering;
use super::scales::quantize_channels;
use crate::ops::integer::{Affine, Linear, Transpose};
use crate::{FloatTensor, ModelError, Node, QOp, TensorId, shape};

impl Lowering<'_> {
    /// Linear or MatMul, then Requantize.
    pub(super) fn mat_mul(&mut self, node: &Node) -> Result<TensorId, ModelError> {
        match (self.constant(node, 0), self.constant(node, 1)) {
            (_, Some(weight)) => self.constant_right(node, weight),
            (Some(weight), None) => self.constant_left(node, weight),
            (None, None) => self.two_tensors(node),
        }
    }

    /// A Linear operator of a row-major `(rows, columns)` matrix, and the accumulator's scale.
    fn linear(
        &self,
        node: &Node,
        x: TensorId,
        (weights, rows, columns): (Vec<f64>, usize, usize),
        bias: Option<&FloatTensor>,
    ) -> Result<(QOp, i32), ModelError> {
        let bits = (self.options.weight_bits, self.options.channel_spread_bits);
        quantize_channels(&weights, columns, |p| p % columns, bits)
            .and_then(|(integers, weight_scale)| {
                let scale = self.tensor(x).scale_bits + weight_scale;
                let bias = quantize_bias(bias, columns, scale)?;
                Ok((
                    QOp::Linear(Linear {
                        weight: shape::tensor(&[rows, columns], integers)?,
                        bias,
                    }),
                    scale,
                ))
            })
            .map_err(|reason| self.error(node, reason))
    }

    fn constant_right(&mut self, node: &Node, weight: &FloatTensor) -> Result<TensorId, ModelError> {
        let x = self.input(node, 0)?;
        let [rows, columns] = matrix(weight);
        let (op, scale) = self.linear(node, x, (doubles(weight), rows, columns), self.constant(node, 2))?;
        let mut shape = self.tensor(x).shape.clone();
        shape.pop();
        shape.push(columns);
        let sums = self.emit(node, (op, vec![x]), (".sum", scale), &shape)?;
        let stored = self.requantize(node, sums)?;
        self.reshaped(node, stored)
    }

    /// `A·X = (Xᵀ·Aᵀ)ᵀ`.
    fn constant_left(&mut self, node: &Node, weight: &FloatTensor) -> Result<TensorId, ModelError> {
        let [rows, columns] = matrix(weight);
        let values = doubles(weight);
        let turned: Vec<f64> = (0..columns)
            .flat_map(|k| (0..rows).map(move |m| m * columns + k))
            .map(|p| values[p])
            .collect();
        let x = self.input(node, 1)?;
        let x = self.last_axes_swapped(node, x, ".columns")?;
        let (op, scale) = self.linear(node, x, (turned, columns, rows), None)?;
        let mut shape = self.tensor(x).shape.clone();
        shape.pop();
        shape.push(rows);
        let mut sums = self.emit(node, (op, vec![x]), (".turned.sum", scale), &shape)?;
        if let Some(bias) = self.constant(node, 2) {
            // The bias belongs to the product's columns, which are rows here.
            sums = self.biased(node, sums, bias, &[bias.len(), 1])?;
        }
        let stored = self.requantize_as(node, sums, ".turned")?;
        let stored = self.last_axes_swapped(node, stored, "")?;
        self.reshaped(node, stored)
    }

    fn two_tensors(&mut self, node: &Node) -> Result<TensorId, ModelError> {
        let (a, b) = (self.input(node, 0)?, self.input(node, 1)?);
        let scale = self.tensor(a).scale_bits + self.tensor(b).scale_bits;
        let shape = self.graph.values[node.output.0].shape.clone();
        let mut sums = self.emit(node, (QOp::MatMul, vec![a, b]), (".sum", scale), &shape)?;
        if let Some(bias) = self.constant(node, 2) {
            sums = self.biased(node, sums, bias, &[bias.len()])?;
        }
        self.requantize(node, sums)
    }

    /// Adds a bias of the given shape to an accumulator.
    fn biased(
        &mut self,
        node: &Node,
        sums: TensorId,
        bias: &FloatTensor,
        bias_shape: &[usize],
    ) -> Result<TensorId, ModelError> {
        let (scale, shape) = (self.tensor(sums).scale_bits, self.tensor(sums).shape.clone());
        let constant = quantize_bias(Some(bias), bias.len(), scale)
            .and_then(|integers| shape::tensor(bias_shape, integers))
            .map_err(|reason| self.error(node, reason))?;
        let op = QOp::Affine(Affine {
            coefficients: vec![1],
            constant: Some(constant),
        });
        self.emit(node, (op, vec![sums]), (".biased", scale), &shape)
    }

    fn last_axes_swapped(&mut self, node: &Node, x: TensorId, suffix: &str) -> Result<TensorId, ModelError> {
        let tensor = self.tensor(x);
        let (mut shape, scale) = (tensor.shape.clone(), tensor.scale_bits);
        let rank = shape.len();
        let mut perm: Vec<usize> = (0..rank).collect();
        shape.swap(rank - 2, rank - 1);
        perm.swap(rank - 2, rank - 1);
        self.emit(
            node,
            (QOp::Transpose(Transpose { perm }), vec![x]),
            (suffix, scale),
            &shape,
        )
    }

    /// Gives a result the shape of the node's value, which can have more leading axes of length 1.
    fn reshaped(&mut self, node: &Node, x: TensorId) -> Result<TensorId, ModelError> {
        let shape = self.graph.values[node.output.0].shape.clone();
        let tensor = self.tensor(x);
        if tensor.shape == shape {
            return Ok(x);
        }
        let scale = tensor.scale_bits;
        self.emit(node, (QOp::Reshape, vec![x]), ("", scale), &shape)
    }
}

/// The last two axes of a constant with no others of length over 1.
fn matrix(weight: &FloatTensor) -> [usize; 2] {
    let shape = weight.shape();
    [shape[shape.len() - 2], shape[shape.len() - 1]]
}
