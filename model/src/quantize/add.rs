//! Sums and differences.

use super::lower::Lowering;
use super::scales::quantize_value;
use crate::ops::integer::Affine;
use crate::{FloatTensor, ModelError, Node, QOp, TensorId, shape};

/// Bits that an added constant keeps below the last bit of the result.
const GUARD_BITS: i32 = 4;

/// Operands are aligned by at most this many bits; finer operands lose what lies below.
const MAX_ALIGNMENT: i32 = 38;

impl Lowering<'_> {
    /// Affine, then Requantize: `A + sign·B`.
    pub(super) fn add(&mut self, node: &Node, sign: i64) -> Result<TensorId, ModelError> {
        match (self.constant(node, 0), self.constant(node, 1)) {
            (Some(constant), _) => self.add_constant(node, 1, sign, (constant, 1)),
            (None, Some(constant)) => self.add_constant(node, 0, 1, (constant, sign)),
            (None, None) => self.add_tensors(node, sign),
        }
    }

    fn add_tensors(&mut self, node: &Node, sign: i64) -> Result<TensorId, ModelError> {
        let (a, b) = (self.input(node, 0)?, self.input(node, 1)?);
        let scales = [self.tensor(a).scale_bits, self.tensor(b).scale_bits];
        let common = scales[0].max(scales[1]);
        let [factor_a, factor_b] = scales.map(|scale| common - scale);
        if factor_a.max(factor_b) > MAX_ALIGNMENT {
            return Err(self.error(node, format!("the operands' scales {scales:?} lie too far apart")));
        }
        let op = QOp::Affine(Affine {
            coefficients: vec![1 << factor_a, sign << factor_b],
            constant: None,
        });
        self.affine(node, (op, vec![a, b]), common)
    }

    fn add_constant(
        &mut self,
        node: &Node,
        input: usize,
        coefficient: i64,
        (constant, sign): (&FloatTensor, i64),
    ) -> Result<TensorId, ModelError> {
        let x = self.input(node, input)?;
        let scale = self.tensor(x).scale_bits;
        let (target, _) = self.target(node.output, i32::MAX);
        let common = scale.max((target + GUARD_BITS).min(scale + MAX_ALIGNMENT));
        let integers: Result<Vec<i64>, String> = constant
            .iter()
            .map(|&c| quantize_value(f64::from(c) * sign as f64, common))
            .collect();
        let constant = integers
            .and_then(|integers| shape::tensor(constant.shape(), integers))
            .map_err(|reason| self.error(node, reason))?;
        let coefficients = vec![coefficient << (common - scale)];
        self.affine(
            node,
            (
                QOp::Affine(Affine {
                    coefficients,
                    constant: Some(constant),
                }),
                vec![x],
            ),
            common,
        )
    }

    fn affine(&mut self, node: &Node, op: (QOp, Vec<TensorId>), scale: i32) -> Result<TensorId, ModelError> {
        let shape = self.graph.values[node.output.0].shape.clone();
        let sums = self.emit(node, op, (".sum", scale), &shape)?;
        self.requantize(node, sums)
    }
}
