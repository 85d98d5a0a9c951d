//! Isqrt: `X = y² + r` with `r ≥ 0` and `s = 2y − r ≥ 0` in range-checked limbs.
//!
//! Both ranges together say that `0 ≤ r ≤ 2y`, and so that `y ≥ 0` and `X ≥ 0`, whatever intervals of y and X are proven elsewhere: for a
//! given X there is one such y, `⌊√X⌋`. The square is proven like any [product](super::mul).

use super::{
    bracket::{self, Beside},
    express, storage,
};
use crate::{
    block::Fill,
    builder::{Builder, Map, Operator, Part},
    error::CircuitError,
};
use hallmark_model::{TensorId, ops::integer::Isqrt};
use std::sync::Arc;

impl Operator for Isqrt {
    /// Stores the root, the remainder and how far it is from the next square's, and proves both equations.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let (input, root) = (b.graph.nodes[node].inputs[0], b.graph.nodes[node].output());
        if !b.is_defined(root) {
            storage::store(b, root)?;
        }
        let remainder = store(b, (input, root), "remainder", |_, remainder| remainder);
        let room = store(
            b,
            (input, root),
            "remainder below the next square",
            |root, remainder| 2 * root - remainder,
        );
        let twice = express::part(2, root, Map::Identity);
        let square = express::part(1, input, Map::Identity);
        bracket::prove(b, node, [remainder, room], (twice, square), [root, root])
    }

    fn evaluates(&self) -> bool {
        true
    }
}

/// Stores in limbs a function of root and remainder whose greatest value is twice the greatest root.
fn store(
    b: &mut Builder<'_>,
    (input, root): (TensorId, TensorId),
    name: &'static str,
    value: fn(i64, i64) -> i64,
) -> Vec<Part> {
    let fill: Fill = Arc::new(move |trace| {
        let roots = storage::elements(trace, root);
        let both = storage::elements(trace, input).zip(roots);
        both.map(|(x, root)| value(root, x - root * root)).collect()
    });
    let greatest = b.graph.tensors[root.0].interval.1.max(0) as usize;
    let (low, count) = (0, 2 * greatest + 1);
    let number = Beside {
        name,
        low,
        count,
        fill,
    };
    number.store(b, root)
}
