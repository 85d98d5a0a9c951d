//! Shapes and broadcasting.

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

/// The shape that shapes broadcast to, as NumPy has it; axes of length 0 included.
///
/// # Errors
/// The reason, where they do not.
pub fn broadcast(shapes: &[&[usize]]) -> Result<Vec<usize>, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_follows_numpy() {
        assert_eq!(broadcast(&[&[2, 1, 3], &[4, 1]]).unwrap(), [2, 4, 3]);
        assert_eq!(broadcast(&[&[], &[2]]).unwrap(), [2]);
        assert!(broadcast(&[&[2], &[3]]).is_err());
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
