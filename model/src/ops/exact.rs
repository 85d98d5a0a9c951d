//! Arithmetic on integers that is not rounded.

use super::lowering::Lowering;
use super::scales::whole_numbers;
use crate::{ElementKind, FloatTensor, ModelError, Node, QOp, TensorId, ValueId, Whole};

impl Lowering<'_> {
    /// Whether arithmetic gives integers exactly: the node's value is of an integer type, what it computes with are tensors of
    /// integers and constants of integers.
    pub fn is_exact(&self, node: &Node) -> bool {
        let whole = |id: &ValueId| match &self.graph.values[id.0].constant {
            Some(constant) => whole_numbers(constant).is_some(),
            None => self.tensor_of(*id).is_some_and(|tensor| tensor.kind.is_whole()),
        };
        self.graph.values[node.output().0].whole.is_some() && node.inputs.iter().all(whole)
    }

    /// The integers of a constant among the inputs of a node that is exact.
    pub fn integers(&self, node: &Node, constant: &FloatTensor) -> Result<Vec<i64>, ModelError> {
        whole_numbers(constant).ok_or_else(|| self.error(node, "a constant is no integer".to_owned()))
    }

    /// Adds arithmetic that gives integers exactly, and is not rounded: the results are those of the node's value, or what `suffix`
    /// says. Refuses results that the value's type would not hold.
    pub fn emit_exact(
        &mut self,
        node: &Node,
        op: (QOp, Vec<TensorId>),
        suffix: &str,
        shape: &[usize],
    ) -> Result<TensorId, ModelError> {
        let tensor = self.emit(node, op, (suffix, ElementKind::Integer), shape)?;
        let (low, high) = self.tensor(tensor).interval;
        match self.graph.values[node.output().0].whole {
            Some(Whole { kind, .. }) if low < kind.holds.0 || high > kind.holds.1 => {
                let reason = format!(
                    "its results are of type {}, and can reach {low} to {high} for inputs in the ranges that are accepted: they would \
                     wrap, which is not modelled; cast the operands to a wider type before this node",
                    kind.name
                );
                Err(self.error(node, reason))
            }
            _ => Ok(tensor),
        }
    }
}
