//! Movements: results whose elements are elements of the inputs, elsewhere.
//!
//! A [`Movement`] says where each element of a result comes from. It is made in one place, the operator's file, and used by
//! everything that moves elements: constant folding at import, both interpreters, and the circuits' expressions.

pub use crate::shape::broadcast as broadcast_shape;
use crate::shape::{self, View};
use ndarray::ArrayD;
use std::borrow::Cow;

/// Where the elements of a result come from: boxes of elements, each read from one input, along every axis at a constant step or
/// from listed places. Elements outside of all boxes are a constant, which the movement does not know. Boxes do not overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    shape: Vec<usize>,
    boxes: Vec<Filled>,
}

/// A box of the result, and where its elements lie in an input. Axes that go on alike on both sides are one.
#[derive(Clone, Debug, PartialEq)]
struct Filled {
    input: usize,
    lengths: Vec<usize>,
    /// Place of the first element in the input, and how places go on along every axis; along the last one at steps.
    from: (isize, Vec<Along>),
    /// Place of the first element in the result, and the step along every axis.
    to: (isize, Vec<isize>),
}

/// How places in an input go on along an axis.
#[derive(Clone, Debug, PartialEq)]
enum Along {
    /// At a constant step.
    Step(isize),
    /// As listed, from the axis's first place on.
    Places(Vec<isize>),
}

impl Along {
    /// The place of an element along the axis.
    fn at(&self, index: usize) -> isize {
        match self {
            Along::Step(step) => step * index as isize,
            Along::Places(places) => places[index],
        }
    }

    /// Whether an axis at steps of `step` and this one of `length` elements within it are one.
    fn continues(&self, step: &Along, length: usize) -> bool {
        matches!((self, step), (Along::Step(inner), Along::Step(outer)) if *outer == inner * length as isize)
    }
}

impl Filled {
    /// Number of elements.
    fn len(&self) -> usize {
        self.lengths.iter().product()
    }

    /// Calls `visit` with the places, in the input and in the result, of the first element of every row (the last axis).
    fn rows(&self, mut visit: impl FnMut(isize, isize)) {
        let outer = self.lengths.len() - 1;
        let mut counters = vec![0usize; outer];
        let first: isize = self.from.1[..outer].iter().map(|axis| axis.at(0)).sum();
        let (mut from, mut to) = (self.from.0 + first, self.to.0);
        loop {
            visit(from, to);
            let mut axis = outer;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                let (along, step) = (&self.from.1[axis], self.to.1[axis]);
                let last = counters[axis];
                counters[axis] += 1;
                if counters[axis] < self.lengths[axis] {
                    from += along.at(last + 1) - along.at(last);
                    to += step;
                    break;
                }
                from -= along.at(last) - along.at(0);
                to -= step * last as isize;
                counters[axis] = 0;
            }
        }
    }

    /// Length of a row, and the steps within it in the input and in the result.
    fn row(&self) -> (usize, isize, isize) {
        match (self.lengths.last(), self.from.1.last(), self.to.1.last()) {
            (Some(&length), Some(&Along::Step(read)), Some(&write)) => (length, read, write),
            _ => (0, 0, 0),
        }
    }
}

/// Appends the row of elements that begins at `from`.
#[inline]
fn read<T: Copy>(data: &[T], from: isize, (length, step): (usize, isize), result: &mut Vec<T>) {
    match step {
        1 => result.extend_from_slice(&data[from as usize..from as usize + length]),
        0 => result.extend(std::iter::repeat_n(data[from as usize], length)),
        _ => result.extend((0..length as isize).map(|i| data[(from + i * step) as usize])),
    }
}

impl Movement {
    /// A result of this shape without boxes. Axes of length 0 are allowed.
    pub(crate) fn new(shape: Vec<usize>) -> Self {
        Movement {
            shape,
            boxes: Vec::new(),
        }
    }

    /// Fills the box of `lengths` that begins at `at` with elements of an input: the first is `start`, a step along an axis
    /// goes `strides` of it further. All of them must lie within input and result.
    pub(crate) fn filled(
        self,
        input: usize,
        place: (&[usize], &[usize]),
        (start, strides): (usize, &[isize]),
    ) -> Self {
        let along = strides.iter().map(|&step| Along::Step(step)).collect();
        self.filled_along(input, place, (start, along))
    }

    /// As [`Movement::filled`], with any places along an axis.
    fn filled_along(
        mut self,
        input: usize,
        (at, lengths): (&[usize], &[usize]),
        (start, along): (usize, Vec<Along>),
    ) -> Self {
        // A result too large to be made has no elements to say something about.
        if lengths.contains(&0) || self.elements().is_none() {
            return self;
        }
        let places = shape::strides(&self.shape);
        // An innermost axis of one element, at steps, which others can continue.
        let mut merged = vec![(1, Along::Step(1), 1)];
        for ((along, &length), &place) in along.into_iter().zip(lengths).zip(&places).rev() {
            let Some((inner, read, write)) = merged.last_mut() else {
                break;
            };
            match along {
                // An axis of one element takes no step, whatever its size.
                Along::Step(_) if length == 1 => {}
                Along::Step(_) if *inner == 1 && matches!(read, Along::Step(_)) => {
                    (*inner, *read, *write) = (length, along, place);
                }
                along if read.continues(&along, *inner) && place == *write * *inner as isize => {
                    *inner *= length
                }
                along => merged.push((length, along, place)),
            }
        }
        merged.reverse();
        let at = at.iter().zip(&places).map(|(&i, step)| i as isize * step).sum();
        let mut filled = Filled {
            input,
            lengths: Vec::new(),
            from: (start as isize, Vec::new()),
            to: (at, Vec::new()),
        };
        for (length, along, place) in merged {
            filled.lengths.push(length);
            filled.from.1.push(along);
            filled.to.1.push(place);
        }
        self.boxes.push(filled);
        self
    }

    /// NumPy broadcasting of a tensor of shape `input` to `output`.
    ///
    /// # Errors
    /// The reason, where `input` does not broadcast to exactly `output`.
    pub fn broadcast(input: &[usize], output: &[usize]) -> Result<Self, String> {
        if shape::broadcast(&[input, output])? != output {
            return Err(format!("shape {input:?} does not broadcast to {output:?}"));
        }
        let mut strides = vec![0; output.len()];
        let missing = output.len() - input.len();
        for (axis, stride) in shape::strides(input).into_iter().enumerate() {
            if input[axis] != 1 {
                strides[missing + axis] = stride;
            }
        }
        let whole = (&vec![0; output.len()][..], output);
        Ok(Self::new(output.to_vec()).filled(0, whole, (0, &strides)))
    }

    /// The elements of the given indices along an axis, in their order.
    ///
    /// # Errors
    /// The reason, where the axis or an index is outside the input.
    pub fn gather(input: &[usize], axis: usize, indices: &[usize]) -> Result<Self, String> {
        let length = *input
            .get(axis)
            .ok_or_else(|| format!("axis {axis} of a tensor with {} axes", input.len()))?;
        if let Some(index) = indices.iter().find(|&&index| index >= length) {
            return Err(format!("index {index} is outside an axis of length {length}"));
        }
        let mut shape = input.to_vec();
        shape[axis] = indices.len();
        let steps = shape::strides(input);
        let picked = indices
            .iter()
            .map(|&index| index as isize * steps[axis])
            .collect();
        let mut along: Vec<Along> = steps.into_iter().map(Along::Step).collect();
        along[axis] = Along::Places(picked);
        let at = vec![0; shape.len()];
        Ok(Self::new(shape.clone()).filled_along(0, (&at, &shape), (0, along)))
    }

    /// The result's shape.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements of the result, if that is a number of elements at all.
    #[must_use]
    pub fn elements(&self) -> Option<usize> {
        let product = |p: usize, &axis: &usize| p.checked_mul(axis);
        let elements = self.shape.iter().try_fold(1, product)?;
        isize::try_from(elements).is_ok().then_some(elements)
    }

    /// Calls `visit` for every element that comes from an input: the input's number, the element's index there, and its index in
    /// the result, all row-major.
    pub fn for_each(&self, mut visit: impl FnMut(usize, usize, usize)) {
        for filled in &self.boxes {
            let (length, read, write) = filled.row();
            filled.rows(|from, to| {
                for i in 0..length as isize {
                    visit(
                        filled.input,
                        (from + i * read) as usize,
                        (to + i * write) as usize,
                    );
                }
            });
        }
    }

    /// Moves the elements of tensors; `fill` is what no input gives.
    ///
    /// # Errors
    /// The reason, where the result is too large. The tensors must have the shapes that the movement was made for.
    pub fn tensor<T: Copy>(&self, inputs: &[&ArrayD<T>], fill: T) -> Result<ArrayD<T>, String> {
        self.elements().ok_or("the result has too many elements")?;
        let contents: Vec<_> = inputs.iter().map(|t| (t.shape(), View::contents(t))).collect();
        let views: Vec<View<T>> = contents
            .iter()
            .map(|(shape, data)| View { shape, data })
            .collect();
        shape::tensor(&self.shape, self.apply(&views, fill))
    }

    /// As [`Movement::tensor`], on row-major slices.
    pub(crate) fn apply<T: Copy>(&self, inputs: &[View<T>], fill: T) -> Vec<T> {
        let elements = self.elements().unwrap_or(0);
        if let Some(rows) = self.rows_in_order(elements) {
            let mut result = Vec::with_capacity(elements);
            match &self.boxes[..] {
                [filled] => {
                    let (length, step, _) = filled.row();
                    let data = inputs[filled.input].data;
                    filled.rows(|from, _| read(data, from, (length, step), &mut result));
                }
                boxes => {
                    let mut sources = Vec::with_capacity(boxes.len());
                    for filled in boxes {
                        let mut starts = Vec::with_capacity(rows);
                        filled.rows(|from, _| starts.push(from));
                        let (length, step, _) = filled.row();
                        sources.push((inputs[filled.input].data, starts, length, step));
                    }
                    for row in 0..rows {
                        for (data, starts, length, step) in &sources {
                            read(data, starts[row], (*length, *step), &mut result);
                        }
                    }
                }
            }
            return result;
        }
        let mut result = vec![fill; elements];
        for filled in &self.boxes {
            let (length, read, write) = filled.row();
            let data = inputs[filled.input].data;
            filled.rows(|from, to| match (read, write) {
                (1, 1) => result[to as usize..to as usize + length]
                    .copy_from_slice(&data[from as usize..from as usize + length]),
                _ => (0..length as isize)
                    .for_each(|i| result[(to + i * write) as usize] = data[(from + i * read) as usize]),
            });
        }
        result
    }

    /// The number of rows of every box, if the first rows of all boxes, then the second ones and so on are the result in order:
    /// so it is with all movements but paddings.
    fn rows_in_order(&self, elements: usize) -> Option<usize> {
        let first = self.boxes.first()?;
        let rows = first.len() / first.row().0;
        let mut next = 0;
        for filled in &self.boxes {
            let (length, _, write) = filled.row();
            let alike = filled.len() / length == rows && write == 1 && filled.to.0 == next;
            let outer = filled.to.1.len() - 1;
            if !alike || filled.to.1[..outer] != first.to.1[..first.to.1.len() - 1] {
                return None;
            }
            next += length as isize;
        }
        // Boxes do not overlap, so that rows of all elements leave no gap.
        (next as usize * rows == elements).then_some(rows)
    }
}

/// The contents of `view` broadcast to `shape`; the caller has checked that it does.
pub(crate) fn expand<'a, T: Copy>(view: View<'a, T>, shape: &[usize]) -> Cow<'a, [T]> {
    if view.data.len() == shape.iter().product::<usize>() {
        return Cow::Borrowed(view.data);
    }
    match (Movement::broadcast(view.shape, shape), view.data) {
        (Ok(movement), [first, ..]) => Cow::Owned(movement.apply(&[view], *first)),
        _ => Cow::Borrowed(view.data),
    }
}

#[cfg(test)]
mod tests;
