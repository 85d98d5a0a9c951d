//! Several executions of a model as one execution of a wider one.
//!
//! The first axis of every tensor becomes the batch: execution `e` of `n` is the e-th of n equal parts of every tensor, in
//! row-major order. That is so if the first axis of every tensor has length one and no operation mixes it with another; then
//! each operation of the wider graph computes, part by part, what the model's own operation computes.

use crate::ops::Ranks;
use crate::{IntTensor, ModelError, QNode, QuantizedGraph, TensorId};

impl QuantizedGraph {
    /// The model for `executions` inputs at once.
    ///
    /// # Errors
    /// [`ModelError::InvalidNode`] naming an operation that mixes the first axis with others,
    /// [`ModelError::InvalidGraph`] naming a tensor whose first axis is not one, [`ModelError::TooLarge`].
    pub fn batched(&self, executions: usize) -> Result<Self, ModelError> {
        let mut wide = self.clone();
        if executions == 0 {
            return Err(ModelError::Option {
                option: "batch",
                value: executions.to_string(),
                allowed: "one or more executions".to_owned(),
            });
        }
        for tensor in &mut wide.tensors {
            match tensor.shape.first_mut() {
                Some(first @ 1) => *first = executions,
                _ => {
                    return Err(ModelError::InvalidGraph {
                        place: tensor.name.clone(),
                        reason: format!(
                            "a model can be proven in batches if the first axis of every tensor is 1; this one has shape {:?}",
                            tensor.shape
                        ),
                    });
                }
            }
        }
        for node in &mut wide.nodes {
            self.widen(node, executions)
                .map_err(|reason| ModelError::InvalidNode {
                    node: node.name.clone(),
                    op: node.op.name(),
                    reason,
                })?;
        }
        wide.validate()?;
        Ok(wide)
    }

    /// Adapts a node's constants; an error says why its first axis is no batch.
    fn widen(&self, node: &mut QNode, executions: usize) -> Result<(), String> {
        let rank = |id: TensorId| self.tensors.get(id.0).map_or(0, |tensor| tensor.shape.len());
        let inputs: Vec<usize> = node.inputs.iter().map(|input| rank(*input)).collect();
        let ranks = Ranks {
            inputs: &inputs,
            output: node.outputs.iter().copied().map(rank).max().unwrap_or(0),
        };
        node.op
            .widen(ranks, executions)
            .map_err(|what| format!("{what} mixes the first axis, the batch, with others"))
    }
}

/// Joins inputs of single executions, one tensor per model input, to inputs of [`QuantizedGraph::batched`].
///
/// # Errors
/// [`ModelError::InputCount`] if an execution has another number of inputs than the first, [`ModelError::ShapeMismatch`] if
/// shapes differ.
pub fn stack(executions: &[Vec<IntTensor>]) -> Result<Vec<IntTensor>, ModelError> {
    let count = executions.first().map_or(0, Vec::len);
    if let Some(other) = executions.iter().find(|inputs| inputs.len() != count) {
        return Err(ModelError::InputCount {
            expected: count,
            got: other.len(),
            names: Vec::new(),
        });
    }
    (0..count)
        .map(|index| {
            let parts: Vec<&IntTensor> = executions.iter().filter_map(|inputs| inputs.get(index)).collect();
            let mut shape = parts.first().map_or_else(Vec::new, |part| part.shape().to_vec());
            let elements: Vec<i64> = parts.iter().flat_map(|part| part.iter().copied()).collect();
            if let Some(first) = shape.first_mut() {
                *first *= parts.len();
            }
            IntTensor::from_shape_vec(shape.clone(), elements).map_err(|_| ModelError::ShapeMismatch {
                tensor: format!("input {index}"),
                expected: shape,
                got: parts.last().map_or_else(Vec::new, |part| part.shape().to_vec()),
            })
        })
        .collect()
}
