//! Operators that choose among elements or move them: scale and interval stay.

use super::lower::Lowering;
use super::scales::quantize_value;
use crate::ops::integer::{ArgMax, MaxPool, Pad, Slice, Transpose};
use crate::{ModelError, Node, Op, QOp, TensorId};

impl Lowering<'_> {
    /// MaxPool, ArgMax, Reshape, Transpose, Slice and Pad.
    pub(super) fn movement(&mut self, node: &Node, op: &Op) -> Result<TensorId, ModelError> {
        let x = self.input(node, 0)?;
        let mut scale = self.tensor(x).scale_bits;
        let op = match op {
            Op::MaxPool(MaxPool { window }) => QOp::MaxPool(MaxPool {
                window: window.clone(),
            }),
            Op::Reshape => QOp::Reshape,
            Op::Transpose(Transpose { perm }) => QOp::Transpose(Transpose { perm: perm.clone() }),
            Op::Slice(Slice { axes }) => QOp::Slice(Slice { axes: axes.clone() }),
            Op::Pad(Pad { pads, value }) => {
                let value =
                    quantize_value(f64::from(*value), scale).map_err(|reason| self.error(node, reason))?;
                QOp::Pad(Pad {
                    pads: pads.clone(),
                    value,
                })
            }
            Op::ArgMax(ArgMax { axis, select_last }) => {
                scale = 0;
                QOp::ArgMax(ArgMax {
                    axis: *axis,
                    select_last: *select_last,
                })
            }
            other => return Err(self.error(node, format!("{} has no integer form", other.name()))),
        };
        let shape = self.graph.values[node.output.0].shape.clone();
        self.emit(node, (op, vec![x]), ("", scale), &shape)
    }
}
