//! Joining tensors of different scales.

use super::lower::{Lowering, symmetric};
use crate::fixed_point::shift_half_up;
use crate::ops::integer::{Concat, Requantize};
use crate::{ModelError, Node, QOp, TensorId};

impl Lowering<'_> {
    /// Concat, after Requantize of the inputs that are finer than the coarsest.
    pub(super) fn concat(&mut self, node: &Node, axis: usize) -> Result<TensorId, ModelError> {
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for index in 0..node.inputs.len() {
            inputs.push(self.input(node, index)?);
        }
        let scale = inputs
            .iter()
            .map(|id| self.tensor(*id).scale_bits)
            .min()
            .unwrap_or(0);
        for id in &mut inputs {
            let tensor = self.tensor(*id);
            let shift = (tensor.scale_bits - scale) as u32;
            if shift == 0 {
                continue;
            }
            if shift >= 62 {
                return Err(self.error(node, format!("the inputs' scales differ by {shift} bits")));
            }
            let shape = tensor.shape.clone();
            let ends = [tensor.interval.0, tensor.interval.1].map(|end| shift_half_up(end, shift));
            let fits = |bits: &u32| symmetric(*bits).0 <= ends[0] && ends[1] <= symmetric(*bits).1;
            let bits = (2..=24).find(fits).unwrap_or(24);
            let op = (QOp::Requantize(Requantize { shift }), vec![*id]);
            *id = self.emit_within(node, op, (".aligned", scale), &shape, symmetric(bits));
        }
        let shape = self.graph.values[node.output.0].shape.clone();
        self.emit(node, (QOp::Concat(Concat { axis }), inputs), ("", scale), &shape)
    }
}
