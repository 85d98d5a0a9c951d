//! SumPool: sums of windows, free of cells until they are read.

use super::express;
use crate::{
    builder::{Builder, Expression, Map, Operator},
    error::CircuitError,
};
use hallmark_model::{Window, WindowAxis, ops::integer::SumPool};
use std::sync::Arc;

/// Most members of all windows together: each takes memory while the layout is made.
const MAX_MEMBERS: usize = 1 << 26;

/// What is wrong with windows that have so many members.
pub fn too_many(members: usize, most: usize) -> String {
    format!(
        "its windows have {members} members together, at most {most} are supported: pool in several steps, or by larger strides"
    )
}

impl Operator for SumPool {
    /// Defines every output element as the sum of its window.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let (input, output) = (b.shape(node.inputs[0]), b.shape(node.output()));
        let (starts, items) = window_members(&self.window, input, output)
            .map_err(|members| b.unsupported(too_many(members, MAX_MEMBERS)))?;
        let map = Map::Many {
            starts: Arc::from(starts),
            items: Arc::from(items),
        };
        let expression = Expression::of(vec![express::part(1, node.inputs[0], map)]);
        express::express(b, node.output(), expression)
    }

    fn is_linear(&self) -> bool {
        true
    }
}

/// Elements along an axis, of the given length, that a window at position `at` has, padding left out.
fn inside(axis: WindowAxis, at: usize, length: usize) -> impl ExactSizeIterator<Item = usize> {
    let WindowAxis {
        kernel,
        stride,
        dilation,
        pads: (before, _),
    } = axis;
    let start = at * stride;
    let first = before.saturating_sub(start).div_ceil(dilation);
    let end = (before + length)
        .saturating_sub(start)
        .div_ceil(dilation)
        .min(kernel);
    (first.min(end)..end).map(move |k| start + k * dilation - before)
}

/// Number of members of all windows.
fn count(window: &Window, input: &[usize], output: &[usize]) -> usize {
    let along = |(axis, (positions, length)): (&WindowAxis, (&usize, &usize))| {
        (0..*positions)
            .map(|at| inside(*axis, at, *length).len())
            .sum::<usize>()
    };
    let axes = window.axes.iter().zip(output[2..].iter().zip(&input[2..]));
    axes.map(along).fold(output[0] * output[1], usize::saturating_mul)
}

/// Input elements of each window of a tensor `(N, C, …)`, padding left out: window `e` has
/// `items[starts[e]..starts[e + 1]]`.
///
/// # Errors
/// The number of members of all windows, if it is above [`MAX_MEMBERS`].
pub fn window_members(
    window: &Window,
    input: &[usize],
    output: &[usize],
) -> Result<(Vec<u32>, Vec<u32>), usize> {
    let members = count(window, input, output);
    if members > MAX_MEMBERS {
        return Err(members);
    }
    let (mut starts, mut items) = (vec![0], Vec::with_capacity(members));
    let (mut own, mut outer) = (Vec::new(), Vec::new());
    crate::index::for_each(output, |at| {
        own.clear();
        own.push(at[0] * input[1] + at[1]);
        for (axis, (at, length)) in window.axes.iter().zip(at[2..].iter().zip(&input[2..])) {
            std::mem::swap(&mut own, &mut outer);
            own.clear();
            for element in &outer {
                own.extend(inside(*axis, *at, *length).map(|place| element * length + place));
            }
        }
        items.extend(own.iter().map(|element| *element as u32));
        starts.push(items.len() as u32);
    });
    Ok((starts, items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_the_elements_that_are_not_padding() {
        let (length, axis) = (5, |kernel, stride, dilation, pad| WindowAxis {
            kernel,
            stride,
            dilation,
            pads: (pad, 9),
        });
        for (kernel, stride, dilation, pad) in [
            (3, 1, 1, 0),
            (3, 2, 2, 3),
            (2, 3, 4, 1),
            (4, 1, 3, 7),
            (1, 5, 1, 2),
        ] {
            for at in 0..5 {
                let places = (0..kernel).map(|k| (at * stride + k * dilation) as i64 - pad as i64);
                let expected: Vec<i64> = places
                    .filter(|place| (0..length as i64).contains(place))
                    .collect();
                let found: Vec<i64> = inside(axis(kernel, stride, dilation, pad), at, length)
                    .map(|place| place as i64)
                    .collect();
                assert_eq!(found, expected, "{kernel} {stride} {dilation} {pad} {at}");
            }
        }
    }

    #[test]
    fn members_are_counted_before_they_are_listed() {
        let window = Window::new([3, 2], [2, 1], [[1, 0], [0, 1]], [1, 2]);
        let (input, output) = ([2, 3, 5, 4], [2, 3, 2, 3]);
        let (starts, items) = window_members(&window, &input, &output).unwrap();
        assert_eq!(count(&window, &input, &output), items.len());
        assert_eq!(starts.len(), 1 + output.iter().product::<usize>());
        // 257² windows of 256² elements each: 17 GB.
        let large = window_members(&Window::of(&[256, 256]), &[1, 1, 512, 512], &[1, 1, 257, 257]);
        assert_eq!(large, Err(257 * 257 * 256 * 256));
    }
}
