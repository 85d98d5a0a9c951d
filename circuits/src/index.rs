//! Row-major index maps of data movement: for every output element, the input element that it is.

use crate::block::NONE;
use hallmark_model::graph::SliceAxis;

/// Row-major strides of a shape.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Calls `visit` with the coordinates of every element in row-major order.
pub fn for_each(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    let total: usize = shape.iter().product();
    let mut at = vec![0; shape.len()];
    for _ in 0..total {
        visit(&at);
        for axis in (0..shape.len()).rev() {
            at[axis] += 1;
            if at[axis] < shape[axis] {
                break;
            }
            at[axis] = 0;
        }
    }
}

/// NumPy broadcasting of `input` to `output`.
pub fn broadcast(input: &[usize], output: &[usize]) -> Vec<u32> {
    let skipped = output.len() - input.len();
    let mut steps = vec![0; output.len()];
    for (axis, stride) in strides(input).into_iter().enumerate() {
        if input[axis] != 1 {
            steps[skipped + axis] = stride;
        }
    }
    collect(output, |at| {
        at.iter().zip(&steps).map(|(i, s)| i * s).sum::<usize>() as u32
    })
}

/// Output axis `i` is input axis `perm[i]`.
pub fn transpose(input: &[usize], perm: &[usize]) -> Vec<u32> {
    let steps = strides(input);
    let output: Vec<usize> = perm.iter().map(|p| input[*p]).collect();
    collect(&output, |at| {
        at.iter().zip(perm).map(|(i, p)| i * steps[*p]).sum::<usize>() as u32
    })
}

/// Chosen elements of every axis.
pub fn slice(input: &[usize], axes: &[SliceAxis]) -> Vec<u32> {
    let steps = strides(input);
    let output: Vec<usize> = axes.iter().map(|a| a.len).collect();
    collect(&output, |at| {
        let index = |(i, a): (&usize, &SliceAxis)| a.start as isize + *i as isize * a.step;
        at.iter()
            .zip(axes)
            .map(index)
            .zip(&steps)
            .map(|(i, s)| i as usize * s)
            .sum::<usize>() as u32
    })
}

/// Elements around the input are [`NONE`].
pub fn pad(input: &[usize], pads: &[(usize, usize)]) -> Vec<u32> {
    let steps = strides(input);
    let output: Vec<usize> = input.iter().zip(pads).map(|(n, p)| p.0 + n + p.1).collect();
    collect(&output, |at| {
        let mut index = 0;
        for (axis, i) in at.iter().enumerate() {
            let Some(inner) = i.checked_sub(pads[axis].0).filter(|i| *i < input[axis]) else {
                return NONE;
            };
            index += inner * steps[axis];
        }
        index as u32
    })
}

/// Where each of several inputs, joined along `axis`, lies in the output: per input, an index map from output
/// elements ([`NONE`] outside the input's part).
pub fn concat(inputs: &[&[usize]], output: &[usize], axis: usize) -> Vec<Vec<u32>> {
    let mut before = 0;
    let mut maps = Vec::with_capacity(inputs.len());
    for shape in inputs {
        let steps = strides(shape);
        let range = before..before + shape[axis];
        maps.push(collect(output, |at| {
            if !range.contains(&at[axis]) {
                return NONE;
            }
            let inner = |(a, i): (usize, &usize)| if a == axis { i - range.start } else { *i };
            at.iter()
                .enumerate()
                .map(inner)
                .zip(&steps)
                .map(|(i, s)| i * s)
                .sum::<usize>() as u32
        }));
        before += shape[axis];
    }
    maps
}

fn collect(shape: &[usize], mut f: impl FnMut(&[usize]) -> u32) -> Vec<u32> {
    let mut all = Vec::with_capacity(shape.iter().product());
    for_each(shape, |at| all.push(f(at)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_small_tensors() {
        assert_eq!(broadcast(&[2, 1], &[2, 3]), vec![0, 0, 0, 1, 1, 1]);
        assert_eq!(broadcast(&[3], &[2, 3]), vec![0, 1, 2, 0, 1, 2]);
        assert_eq!(broadcast(&[], &[2]), vec![0, 0]);
        assert_eq!(transpose(&[2, 3], &[1, 0]), vec![0, 3, 1, 4, 2, 5]);
        let down = SliceAxis {
            start: 2,
            step: -2,
            len: 2,
        };
        assert_eq!(
            slice(
                &[2, 3],
                &[
                    SliceAxis {
                        start: 1,
                        step: 1,
                        len: 1
                    },
                    down
                ]
            ),
            vec![5, 3]
        );
        assert_eq!(pad(&[2], &[(1, 1)]), vec![NONE, 0, 1, NONE]);
        assert_eq!(
            concat(&[&[1, 2], &[1, 1]], &[1, 3], 1),
            vec![vec![0, 1, NONE], vec![NONE, NONE, 0]]
        );
    }
}
