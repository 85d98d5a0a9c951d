//! SumPool: sums of windows, free of cells until they are read.

use super::express;
use crate::{
    builder::{Builder, Expression, Map, Operator},
    error::CircuitError,
};
use hallmark_model::{graph::Window, ops::integer::SumPool};
use std::sync::Arc;

impl Operator for SumPool {
    /// Defines every output element as the sum of its window.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let (starts, items) = window_members(&self.window, b.shape(node.inputs[0]), b.shape(node.output()));
        let map = Map::Many {
            starts: Arc::new(starts),
            items: Arc::new(items),
        };
        let expression = Expression {
            parts: vec![express::part(1, node.inputs[0], map)],
            constants: Vec::new(),
        };
        express::express(b, node.output(), expression)
    }
}

/// Input elements of each window of a `(N,C,H,W)` tensor, padding left out: window `e` has
/// `items[starts[e]..starts[e + 1]]`.
pub fn window_members(window: &Window, input: &[usize], output: &[usize]) -> (Vec<u32>, Vec<u32>) {
    let (mut starts, mut items) = (vec![0], Vec::new());
    crate::index::for_each(output, |at| {
        for dy in 0..window.kernel[0] {
            let y = at[2] * window.strides[0] + dy * window.dilations[0];
            let Some(y) = y.checked_sub(window.pads[0]).filter(|y| *y < input[2]) else {
                continue;
            };
            for dx in 0..window.kernel[1] {
                let x = at[3] * window.strides[1] + dx * window.dilations[1];
                let Some(x) = x.checked_sub(window.pads[1]).filter(|x| *x < input[3]) else {
                    continue;
                };
                items.push((((at[0] * input[1] + at[1]) * input[2] + y) * input[3] + x) as u32);
            }
        }
        starts.push(items.len() as u32);
    });
    (starts, items)
}
