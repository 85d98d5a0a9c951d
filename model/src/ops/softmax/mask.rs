//! Constants that are added before a softmax: what they add to elements that count, and which ones do not.

use super::super::affine::Affine;
use super::super::lowering::{Lowering, NodeView};
use super::super::scale::Scale;
use super::super::scales::quantize_value;
use super::definition::Forms;
use crate::fixed_point::times_power_of_two;
use crate::shape::{self, strides};
use crate::{ElementKind, FloatTensor, IntTensor, ModelError, TensorId};

/// What a constant means for the rows of a softmax. Only differences within a row matter, so it is taken relative to its greatest one.
///
/// An element does not count where its exponential would round to zero whatever the input is: its part of the sum is then exactly zero, and
/// its scale does not have to hold the constant.
#[derive(Default)]
pub(in crate::ops) struct Mask {
    /// What is added, at the input's scale: to elements that count, and instead of the others.
    added: Option<IntTensor>,
    /// One for elements that count, zero for others.
    counts: Option<IntTensor>,
    /// Greatest amount by which the constant lowers an element that counts, at the input's scale.
    lowers: i64,
}

impl Mask {
    /// That of a constant along an axis of `x`. Elements count that it lowers by less than `negligible` and the length of the interval of x.
    pub fn new<O: Forms>(
        to: &Lowering<'_, O>,
        node: NodeView<'_>,
        (mask, axis): (&FloatTensor, usize),
        (x, negligible): (TensorId, f64),
    ) -> Result<Self, ModelError> {
        let nothing = Self::default();
        let tensor = to.tensor(x);
        let axis = (axis + mask.ndim()).checked_sub(tensor.shape.len());
        // Without the axis it is the same for all elements of a row.
        let Some(axis) = axis.filter(|axis| mask.shape()[*axis] > 1) else {
            return Ok(nothing);
        };
        let (low, high) = tensor.interval;
        let scale = to.scale(x);
        let span = times_power_of_two((high - low) as f64, -scale);
        let relative = relative_to_row(mask, axis);
        let counts = |lower: &f64| *lower >= -negligible - span;
        let added: Result<Vec<i64>, String> = relative
            .iter()
            .map(|lower| match counts(lower) {
                true => quantize_value(*lower, scale),
                false => Ok(0),
            })
            .collect();
        let added = added.map_err(|reason| to.error(node, reason))?;
        let lowers = added.iter().copied().min().unwrap_or(0).saturating_neg();
        let all = relative.iter().all(counts);
        if all && lowers == 0 {
            return Ok(nothing);
        }
        let tensor = |integers: Vec<i64>| {
            shape::tensor(mask.shape(), integers).map_err(|reason| to.error(node, reason))
        };
        let counted = relative.iter().map(|lower| i64::from(counts(lower))).collect();
        Ok(Self {
            added: Some(tensor(added)?),
            counts: if all { None } else { Some(tensor(counted)?) },
            lowers,
        })
    }

    /// The input with what is added to elements that count; others are the least value of the input's interval, which no maximum is below, and
    /// `others`. Also, how many values differences to the maximum of a row can have.
    pub fn apply<O: Forms>(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        x: TensorId,
        others: i64,
    ) -> Result<(TensorId, i64), ModelError> {
        let (low, high) = to.tensor(x).interval;
        let differences = (high - low).saturating_add(self.lowers).saturating_add(1);
        let Some(added) = &self.added else {
            return Ok((x, differences));
        };
        let (shape, kind) = (to.tensor(x).shape.clone(), to.tensor(x).kind);
        let kind = ElementKind::real(kind.scale_bits().unwrap_or(0));
        let mut added = added.mapv(|a| a + low);
        if let Some(counts) = &self.counts {
            added.zip_mut_with(counts, |added, counts| *added += (1 - counts) * others);
        }
        // Above the least value, so that what does not count can be made zero.
        let above = constant(
            to,
            node,
            (vec![x], vec![1]),
            (".above", kind),
            ndarray::arr0(-low).into_dyn(),
            &shape,
        )?;
        let counted = match &self.counts {
            Some(factor) => {
                let op = Scale {
                    factor: factor.clone(),
                };
                to.emit(node, (op, vec![above]), (".counted", kind), &shape)?
            }
            None => above,
        };
        let masked = constant(
            to,
            node,
            (vec![counted], vec![1]),
            (".masked", kind),
            added,
            &shape,
        )?;
        Ok((masked, differences))
    }

    /// Exponentials, zero where elements do not count.
    pub fn without_others<O: Forms>(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        exponentials: TensorId,
    ) -> Result<TensorId, ModelError> {
        let Some(factor) = self.counts.clone() else {
            return Ok(exponentials);
        };
        let (shape, kind) = (
            to.tensor(exponentials).shape.clone(),
            to.tensor(exponentials).kind,
        );
        to.emit(
            node,
            (Scale { factor }, vec![exponentials]),
            (".exponential.counted", kind),
            &shape,
        )
    }
}

/// Adds a constant to a combination of tensors.
pub(super) fn constant<O: Forms>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    (inputs, coefficients): (Vec<TensorId>, Vec<i64>),
    output: (&str, ElementKind),
    constant: IntTensor,
    shape: &[usize],
) -> Result<TensorId, ModelError> {
    let op = Affine {
        coefficients,
        constant: Some(constant),
    };
    to.emit(node, (op, inputs), output, shape)
}

/// A constant relative to its greatest value along an axis.
fn relative_to_row(mask: &FloatTensor, axis: usize) -> Vec<f64> {
    let (length, step) = (mask.shape()[axis], strides(mask.shape())[axis] as usize);
    let values: Vec<f64> = mask.iter().copied().map(f64::from).collect();
    let first = |place: usize| place - (place / step) % length * step;
    let greatest = |place: usize| {
        let row = (0..length).map(|i| values[first(place) + i * step]);
        row.fold(f64::NEG_INFINITY, f64::max)
    };
    (0..values.len())
        .map(|place| values[place] - greatest(place))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, IxDyn};

    #[test]
    fn constants_are_relative_to_their_row() {
        let mask = ArrayD::from_shape_vec(IxDyn(&[2, 2, 1]), vec![1., -3., -1e4, 2.]).unwrap();
        assert_eq!(relative_to_row(&mask, 1), [0., -4., -10002., 0.]);
        assert_eq!(relative_to_row(&mask, 0), [0., -5., -10001., 0.]);
    }
}
