//! Shapes, broadcasting and strided reading.

use crate::limits;
use ndarray::{ArrayD, IxDyn};
use std::borrow::Cow;

/// A borrowed row-major tensor.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    pub shape: &'a [usize],
    pub data: &'a [T],
}

impl<'a, T: Copy> View<'a, T> {
    /// The tensor's contents in row-major order, borrowed where they lie so already.
    pub fn contents(tensor: &'a ArrayD<T>) -> Cow<'a, [T]> {
        match tensor.as_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(tensor.iter().copied().collect()),
        }
    }
}

/// Makes a tensor of a row-major vector whose length is the shape's product (as every op's result is).
pub(crate) fn tensor<T: Copy>(shape: &[usize], data: Vec<T>) -> Result<ArrayD<T>, String> {
    let got = data.len();
    ArrayD::from_shape_vec(IxDyn(shape), data)
        .map_err(|_| format!("{got} elements cannot have shape {shape:?}"))
}

/// Number of elements, within the limits of rank and size; zero-length axes are refused.
pub(crate) fn elements(shape: &[usize]) -> Result<usize, String> {
    if shape.len() > limits::MAX_RANK {
        return Err(format!(
            "rank {} is over the limit of {}",
            shape.len(),
            limits::MAX_RANK
        ));
    }
    let mut product = 1usize;
    for &axis in shape {
        product = product
            .checked_mul(axis)
            .filter(|&p| p <= limits::MAX_TENSOR_ELEMENTS)
            .ok_or_else(|| {
                format!(
                    "shape {shape:?} has more than {} elements",
                    limits::MAX_TENSOR_ELEMENTS
                )
            })?;
    }
    if product == 0 {
        return Err(format!("shape {shape:?} has an axis of length 0"));
    }
    Ok(product)
}

/// Row-major strides.
pub(crate) fn strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1isize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

/// Coordinates of a row-major index.
pub(crate) fn coordinates(shape: &[usize], mut index: usize) -> Vec<usize> {
    let mut result = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        result[axis] = index % shape[axis];
        index /= shape[axis];
    }
    result
}

/// NumPy broadcasting of several shapes.
pub(crate) fn broadcast(shapes: &[&[usize]]) -> Result<Vec<usize>, String> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut result = vec![1; rank];
    for shape in shapes {
        for (axis, &length) in result[rank - shape.len()..].iter_mut().zip(shape.iter()) {
            if *axis == 1 {
                *axis = length;
            } else if length != 1 && length != *axis {
                return Err(format!("shapes {shapes:?} do not broadcast"));
            }
        }
    }
    Ok(result)
}

/// Strides that read a tensor of shape `from` as if it had the shape `to` that it broadcasts to.
fn broadcast_strides(from: &[usize], to: &[usize]) -> Vec<isize> {
    let mut result = vec![0; to.len()];
    let offset = to.len() - from.len();
    for (axis, stride) in strides(from).into_iter().enumerate() {
        if from[axis] != 1 {
            result[offset + axis] = stride;
        }
    }
    result
}

/// The contents of `view` broadcast to `shape`; the caller has checked that it does.
pub(crate) fn expand<'a, T: Copy>(view: View<'a, T>, shape: &[usize]) -> Cow<'a, [T]> {
    if view.data.len() == shape.iter().product::<usize>() {
        return Cow::Borrowed(view.data);
    }
    Cow::Owned(gather(view.data, 0, shape, &broadcast_strides(view.shape, shape)))
}

/// Reads `data[start + Σ index[axis]·strides[axis]]` for every index of `shape`, in row-major order.
///
/// Every such position must be within `data`, and `shape` without zeros.
pub(crate) fn gather<T: Copy>(data: &[T], start: usize, shape: &[usize], strides: &[isize]) -> Vec<T> {
    let (Some((&length, outer)), Some(&step)) = (shape.split_last(), strides.last()) else {
        return vec![data[start]];
    };
    let mut result = Vec::with_capacity(shape.iter().product());
    let mut counters = vec![0usize; outer.len()];
    let mut base = start as isize;
    loop {
        match step {
            1 => result.extend_from_slice(&data[base as usize..base as usize + length]),
            0 => result.extend(std::iter::repeat_n(data[base as usize], length)),
            _ => result.extend((0..length as isize).map(|i| data[(base + i * step) as usize])),
        }
        let mut axis = outer.len();
        loop {
            if axis == 0 {
                return result;
            }
            axis -= 1;
            counters[axis] += 1;
            base += strides[axis];
            if counters[axis] < outer[axis] {
                break;
            }
            base -= strides[axis] * outer[axis] as isize;
            counters[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_follows_numpy() {
        assert_eq!(broadcast(&[&[2, 1, 3], &[4, 1]]).unwrap(), [2, 4, 3]);
        assert_eq!(broadcast(&[&[], &[2]]).unwrap(), [2]);
        assert!(broadcast(&[&[2], &[3]]).is_err());
        let view = View {
            shape: &[2, 1],
            data: &[5, 6],
        };
        assert_eq!(*expand(view, &[2, 3]), [5, 5, 5, 6, 6, 6]);
        assert_eq!(
            *expand(
                View {
                    shape: &[1, 2],
                    data: &[5, 6]
                },
                &[2, 2]
            ),
            [5, 6, 5, 6]
        );
    }

    #[test]
    fn gather_reads_negative_steps() {
        let data: Vec<i64> = (0..12).collect();
        assert_eq!(gather(&data, 11, &[3, 2], &[-4, -2]), [11, 9, 7, 5, 3, 1]);
        assert_eq!(gather(&data, 7, &[], &[]), [7]);
    }

    #[test]
    fn hostile_shapes_are_refused() {
        assert!(elements(&[usize::MAX, usize::MAX]).is_err());
        assert!(elements(&[0, 1]).is_err());
        assert!(elements(&[1; 13]).is_err());
        assert_eq!(elements(&[]).unwrap(), 1);
        assert_eq!(coordinates(&[2, 3, 4], 23), [1, 2, 3]);
    }
}
