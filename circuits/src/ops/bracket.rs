//! What two ranges determine: a remainder `r ≥ 0` and what is left above it, `s`, whose sum is known, and a product that the remainder is
//! missing from. Quotients and square roots are proven so.

use super::{mul, storage};
use crate::{
    block::{Fill, Offsets},
    builder::{Builder, Expression, Part},
    error::CircuitError,
    functional::Functional,
};
use hallmark_model::TensorId;

/// A number beside every element of a tensor.
pub(super) struct Beside {
    /// What it is called, behind the tensor's name.
    pub name: &'static str,
    /// Its least value.
    pub low: i64,
    /// How many values it has.
    pub count: usize,
    /// Less `low`.
    pub fill: Fill,
}

impl Beside {
    /// Stores it in limbs, in the order of the tensor's remainders.
    pub(super) fn store(self, b: &mut Builder<'_>, tensor: TensorId) -> Vec<Part> {
        let limbs = b.limbs(self.count);
        let (length, arrangement) = (b.length(tensor), storage::remainder_arrangement(b, tensor));
        let name = format!("{} {}", b.graph.tensors[tensor.0].name, self.name);
        let offsets = Offsets::Uniform(vec![self.low]);
        storage::store_limbs(b, &name, length, &limbs, arrangement, offsets, self.fill)
    }
}

/// Proves that remainder and rest add up to `sum`, and that `whole` without the remainder is the product of the factors, for every element
/// of a node's output.
pub(super) fn prove(
    b: &mut Builder<'_>,
    node: usize,
    [remainder, rest]: [Vec<Part>; 2],
    (sum, whole): (Part, Part),
    factors: [TensorId; 2],
) -> Result<(), CircuitError> {
    let functional = Functional::flat(b.length(b.graph.nodes[node].output()));
    let parts = Expression::of(remainder.iter().chain(&rest).cloned().collect());
    let (parts, sum) = (
        b.evaluate_expression(&parts, &functional)?,
        b.evaluate_expression(&Expression::of(vec![sum]), &functional)?,
    );
    b.equate(&parts, &sum);

    let mut product = Expression::of(vec![whole]);
    product.parts.extend(remainder.into_iter().map(|part| Part {
        coefficient: -part.coefficient,
        ..part
    }));
    mul::prove_product(b, node, factors, &product)
}
