//! Arithmetic on integers that is not rounded.

use super::lowering::{Lowering, NodeView, Operation};
use super::scales::whole_numbers;
use crate::{ElementKind, FloatTensor, ModelError, ValueId, Whole};

impl<O: Operation> Lowering<'_, O> {
    /// Whether arithmetic gives integers exactly: the node's value is of an integer type, what it computes with are tensors of
    /// integers and constants of integers.
    pub fn is_exact(&self, node: NodeView<'_>) -> bool {
        let whole = |id: &ValueId| match &self.values[id.0].constant {
            Some(constant) => whole_numbers(constant).is_some(),
            None => self.tensor_of(*id).is_some_and(|tensor| tensor.kind.is_whole()),
        };
        self.values[node.output().0].whole.is_some() && node.inputs.iter().all(whole)
    }

    /// The integers of a constant among the inputs of a node that is exact.
    pub fn integers(&self, node: NodeView<'_>, constant: &FloatTensor) -> Result<Vec<i64>, ModelError> {
        whole_numbers(constant).ok_or_else(|| self.error(node, "a constant is no integer".to_owned()))
    }

    /// Refuses integers that the type of a value would not hold: there they wrap.
    pub fn check_holds(
        &self,
        node: NodeView<'_>,
        value: ValueId,
        (kind, (low, high)): (ElementKind, (i64, i64)),
    ) -> Result<(), ModelError> {
        match self.values[value.0].whole {
            Some(Whole { kind: own, .. }) if kind.is_whole() && !own.contains((low, high)) => {
                let reach = format!("can reach {low} to {high}");
                Err(self.error(node, own.wraps(&reach)))
            }
            _ => Ok(()),
        }
    }
}
