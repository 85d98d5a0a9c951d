//! Elements in other places: along an axis, or anywhere in a tensor. Of constants it is done at once.

use crate::Reason;
use crate::constant::Operand;
use crate::context::Context;
use hallmark_model::ops::Number;
use hallmark_model::ops::float::{Gather, Pad, Slice};
use hallmark_model::{Op, SliceAxis};

impl Context<'_> {
    /// The elements of an axis that are listed, in that order: a slice where their distance is constant.
    pub fn along(&mut self, x: &Operand, axis: usize, indices: Vec<usize>) -> Result<Operand, Reason> {
        let length = x.shape().get(axis).copied().unwrap_or(0);
        if let Some(index) = indices.iter().find(|&&index| index >= length) {
            return Err(Reason::shape(format!(
                "index {index} is outside an axis of length {length}"
            )));
        }
        match run(&indices) {
            Some(chosen) => {
                let mut axes: Vec<_> = x.shape().iter().map(|&len| SliceAxis::whole(len)).collect();
                if let Some(axis) = axes.get_mut(axis) {
                    *axis = chosen;
                }
                self.emit(Op::Slice(Slice { axes }), &[x])
            }
            None if indices.is_empty() && x.data().is_none() => Err(Reason::shape("no indices")),
            None => self.emit(Op::Gather(Gather { axis, indices }), &[x]),
        }
    }

    /// A tensor of this shape whose elements are those of `x` at the given places, row-major; zero where there is none.
    ///
    /// An axis of one element in front, as of batches, stays what it is.
    pub fn placed(
        &mut self,
        x: &Operand,
        places: &[Option<usize>],
        shape: Vec<usize>,
    ) -> Result<Operand, Reason> {
        let elements: usize = x.shape().iter().product();
        let leading = usize::from(x.shape().first() == Some(&1) && shape.first() == Some(&1));
        let mut flat = self.reshape(x, [&vec![1; leading][..], &[elements]].concat())?;
        if places.contains(&None) {
            // One zero behind all elements, which stands wherever none of them does.
            let pads = [&vec![(0, 0); leading][..], &[(0, 1)]].concat();
            let value = Number::Integer(0);
            flat = self.emit(Op::Pad(Pad { pads, value }), &[&flat])?;
        }
        let indices = places.iter().map(|place| place.unwrap_or(elements)).collect();
        let moved = self.along(&flat, leading, indices)?;
        self.reshape(&moved, shape)
    }
}

/// The slice that a list of indices is, if it is one.
fn run(indices: &[usize]) -> Option<SliceAxis> {
    let &start = indices.first()?;
    let step = match indices.get(1) {
        None => 1,
        Some(&second) => second as isize - start as isize,
    };
    let regular = |pair: &[usize]| pair[1] as isize - pair[0] as isize == step;
    (step != 0 && indices.windows(2).all(regular)).then_some(SliceAxis {
        start,
        step,
        len: indices.len(),
    })
}

/// An index that may count from the end of an axis, as ONNX has it.
pub(crate) fn index(index: i64, length: usize) -> Result<usize, Reason> {
    let from_end = if index < 0 {
        index.saturating_add(length as i64)
    } else {
        index
    };
    usize::try_from(from_end)
        .ok()
        .filter(|&index| index < length)
        .ok_or_else(|| Reason::shape(format!("index {index} is outside an axis of length {length}")))
}

/// Number of elements of a shape, if that is a number at all.
pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1_usize, |product, &axis| product.checked_mul(axis))
}

/// The coordinates of every element of a shape, in order. The caller has bounded their number.
pub(crate) fn coordinates(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let count = elements(shape).unwrap_or(0);
    (0..count).map(move |place| {
        let mut rest = place;
        let mut at = vec![0; shape.len()];
        for (index, &length) in at.iter_mut().zip(shape).rev() {
            *index = rest % length;
            rest /= length;
        }
        at
    })
}

/// The row-major place of coordinates.
pub(crate) fn place(shape: &[usize], at: &[usize]) -> usize {
    shape
        .iter()
        .zip(at)
        .fold(0, |place, (&length, &index)| place * length + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_with_a_constant_distance_are_slices() {
        let whole = |start, step, len| Some(SliceAxis { start, step, len });
        assert_eq!(run(&[3]), whole(3, 1, 1));
        assert_eq!(run(&[4, 2, 0]), whole(4, -2, 3));
        assert_eq!(run(&[0, 1, 2]), whole(0, 1, 3));
        assert_eq!(run(&[0, 0]), None);
        assert_eq!(run(&[0, 1, 3]), None);
        assert_eq!(run(&[]), None);
    }

    #[test]
    fn places_and_coordinates_agree() {
        let shape = [2, 3, 4];
        for (number, at) in coordinates(&shape).enumerate() {
            assert_eq!(place(&shape, &at), number);
        }
        assert_eq!(coordinates(&shape).count(), 24);
        assert_eq!(coordinates(&[]).count(), 1);
    }
}
