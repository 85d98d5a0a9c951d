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
        let expression = Expression::of(vec![express::part(1, node.inputs[0], map)]);
        express::express(b, node.output(), expression)
    }
}

/// Input elements of each window of a tensor `(N, C, …)`, padding left out: window `e` has
/// `items[starts[e]..starts[e + 1]]`.
pub fn window_members(window: &Window, input: &[usize], output: &[usize]) -> (Vec<u32>, Vec<u32>) {
    let (mut starts, mut items) = (vec![0], Vec::new());
    let (mut own, mut outer) = (Vec::new(), Vec::new());
    crate::index::for_each(output, |at| {
        own.clear();
        own.push(at[0] * input[1] + at[1]);
        for (axis, (at, length)) in window.axes.iter().zip(at[2..].iter().zip(&input[2..])) {
            std::mem::swap(&mut own, &mut outer);
            own.clear();
            for element in &outer {
                let place = |k: usize| (at * axis.stride + k * axis.dilation).checked_sub(axis.pads.0);
                let inside = (0..axis.kernel).filter_map(place).filter(|place| place < length);
                own.extend(inside.map(|place| element * length + place));
            }
        }
        items.extend(own.iter().map(|element| *element as u32));
        starts.push(items.len() as u32);
    });
    (starts, items)
}
