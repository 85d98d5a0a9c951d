//! Two operands of a node at one scale, for results that are found from their difference.

use super::affine::{Affine, MAX_ALIGNMENT};
use super::lowering::{Lowering, NodeView, Operation, symmetric};
use super::requantize::Requantize;
use super::scales::quantize_value;
use crate::fixed_point::shift_half_up;
use crate::limits::MAX_REQUANTIZED_BITS;
use crate::shape;
use crate::{ElementKind, IntTensor, ModelError, TensorId};

/// Bits that a constant keeps below the last bit of the result.
const GUARD_BITS: i32 = 4;

/// One operand at the common scale.
enum Operand {
    /// A tensor, and the power of two that brings it there.
    Computed(TensorId, i64),
    Constant(IntTensor),
}

/// The operands.
pub(super) struct Operands {
    operands: [Operand; 2],
    /// What combinations of them hold.
    pub kind: ElementKind,
}

/// The hull of an operand's elements at the common scale.
type Ends = (i128, i128);

impl Operands {
    /// The inputs at two places of a node. Their scale is that of the finer one; where the difference would have more than
    /// 2^`most_bits` values, a coarser one, to which the finer operand is rounded.
    pub fn of<O: Operation>(
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        places: [usize; 2],
        most_bits: u32,
    ) -> Result<Self, ModelError> {
        let is_exact = to.is_exact(node);
        let scale = match is_exact {
            true => 0,
            false => common_scale(to, node, places, most_bits)?,
        };
        if length(to, node, places, scale)? > 1 << most_bits {
            let reason = format!(
                "its operands lie so far apart that their difference has more than 2^{most_bits} values, in steps of 2^{}; calibrate \
                 with smaller integers, or bring the operands nearer to each other in size",
                -scale
            );
            return Err(to.error(node, reason));
        }
        Ok(Self {
            operands: [
                at_scale(to, node, places[0], scale)?,
                at_scale(to, node, places[1], scale)?,
            ],
            kind: match is_exact {
                true => ElementKind::Integer,
                false => ElementKind::real(scale),
            },
        })
    }

    /// A tensor, and a constant that is in place of the other operand.
    pub fn with_constant(x: TensorId, constant: IntTensor, kind: ElementKind) -> Self {
        let operands = [Operand::Computed(x, 1), Operand::Constant(constant)];
        Self { operands, kind }
    }

    /// `factors[0]·A + factors[1]·B + other + added`, at the common scale; something of it is computed.
    pub fn combined<O: Operation + From<Affine>>(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        (factors, other, added): ([i64; 2], Option<(TensorId, i64)>, i64),
        suffix: &str,
    ) -> Result<TensorId, ModelError> {
        let (mut inputs, mut coefficients): (Vec<_>, Vec<_>) = other.into_iter().unzip();
        let mut constant = (added != 0).then(|| ndarray::arr0(added).into_dyn());
        for (operand, factor) in self.operands.iter().zip(factors).filter(|(_, f)| *f != 0) {
            match operand {
                Operand::Computed(tensor, aligned) => {
                    inputs.push(*tensor);
                    coefficients.push(factor * aligned);
                }
                Operand::Constant(own) => constant = Some(own.mapv(|c| factor * c + added)),
            }
        }
        let own = constant.as_ref().map(|constant| constant.shape());
        let shapes: Vec<&[usize]> = inputs
            .iter()
            .map(|id| to.tensor(*id).shape.as_slice())
            .chain(own)
            .collect();
        let shape = shape::broadcast(&shapes).map_err(|reason| to.error(node, reason))?;
        let op = Affine {
            coefficients,
            constant,
        };
        to.emit(node, (op, inputs), (suffix, self.kind), &shape)
    }

    /// `A − B`, where both are constant.
    pub fn constant_difference(&self) -> Option<IntTensor> {
        let [Operand::Constant(a), Operand::Constant(b)] = &self.operands else {
            return None;
        };
        let shape = shape::broadcast(&[a.shape(), b.shape()]).ok()?;
        Some(&a.broadcast(shape.as_slice())? - &b.broadcast(shape.as_slice())?)
    }

    /// Rounds a combination, which lies between `ends`, to the tensor of the node's value. Integers are not rounded: their interval is
    /// cut to what they can be, where the combination's is wider.
    pub fn chosen<O: Operation>(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        (result, ends): (TensorId, Ends),
    ) -> Result<TensorId, ModelError> {
        let whole = to.values[node.output().0].whole;
        let Some(whole) = whole.filter(|_| self.kind.is_whole()) else {
            return to.requantize(node, result);
        };
        let bits = (1..=MAX_REQUANTIZED_BITS).find(|bits| ends.1 - ends.0 < 1 << bits);
        let Some(bits) = bits else {
            let reason = format!(
                "its results lie in [{}, {}], which is more than 2^{MAX_REQUANTIZED_BITS} integers; calibrate with smaller integers",
                ends.0, ends.1
            );
            return Err(to.error(node, reason));
        };
        // Not beyond what the type holds.
        let most = i128::from(whole.kind.holds.1) - ((1 << bits) - 1);
        let low = ends.0.min(most) as i64;
        let op = (Requantize { shift: 0 }, vec![result]);
        let interval = (low, low + ((1 << bits) - 1));
        Ok(to.emit_within(node, op, ("", ElementKind::Integer), &to.shape(node), interval))
    }

    /// Of both the least and the greatest integer, at the common scale.
    pub fn ends<O: Operation>(&self, to: &Lowering<'_, O>) -> [Ends; 2] {
        let ends = |operand: &Operand| match operand {
            Operand::Computed(tensor, factor) => {
                let (low, high) = to.tensor(*tensor).interval;
                (
                    i128::from(low) * i128::from(*factor),
                    i128::from(high) * i128::from(*factor),
                )
            }
            Operand::Constant(constant) => hull(constant.iter().map(|&c| c.into())),
        };
        [ends(&self.operands[0]), ends(&self.operands[1])]
    }
}

fn hull(values: impl Iterator<Item = i128>) -> Ends {
    let hull = values.fold(None, |hull: Option<Ends>, value| {
        let (low, high) = hull.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    });
    hull.unwrap_or_default()
}

/// The scale of reals: as fine as the operands, if that is not too fine for the coarser one or for the difference.
fn common_scale<O: Operation>(
    to: &Lowering<'_, O>,
    node: NodeView<'_>,
    places: [usize; 2],
    most_bits: u32,
) -> Result<i32, ModelError> {
    let mut own = Vec::new();
    for place in places {
        if to.constant(node, place).is_none() {
            own.push(to.scale(to.input(node, place)?));
        }
    }
    let (target, _) = to.target(node.output(), i32::MAX);
    let (Some(&finest), Some(&coarsest)) = (own.iter().max(), own.iter().min()) else {
        return Ok(target + GUARD_BITS);
    };
    let wanted = match own.len() {
        1 => finest.max(target + GUARD_BITS),
        _ => finest,
    };
    let mut scale = wanted.min(coarsest + MAX_ALIGNMENT);
    while scale > coarsest && length(to, node, places, scale)? > 1 << most_bits {
        scale -= 1;
    }
    Ok(scale)
}

/// Number of values of the difference, at a scale.
fn length<O: Operation>(
    to: &Lowering<'_, O>,
    node: NodeView<'_>,
    places: [usize; 2],
    scale: i32,
) -> Result<i128, ModelError> {
    let mut length = 1;
    for place in places {
        let (low, high) = match to.constant(node, place) {
            Some(constant) => {
                let integers: Result<Vec<i128>, String> = constant
                    .iter()
                    .map(|&c| quantize_value(c.into(), scale).map(i128::from))
                    .collect();
                hull(integers.map_err(|reason| to.error(node, reason))?.into_iter())
            }
            None => {
                let x = to.input(node, place)?;
                let (low, high) = to.tensor(x).interval;
                match scale - to.scale(x) {
                    finer @ 0.. => (i128::from(low) << finer, i128::from(high) << finer),
                    coarser => (
                        shift_half_up(low, coarser.unsigned_abs().min(61)).into(),
                        shift_half_up(high, coarser.unsigned_abs().min(61)).into(),
                    ),
                }
            }
        };
        length += high - low;
    }
    Ok(length)
}

/// An operand at the common scale: as it is, or rounded to it.
fn at_scale<O: Operation>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    place: usize,
    scale: i32,
) -> Result<Operand, ModelError> {
    if let Some(constant) = to.constant(node, place) {
        let integers: Result<Vec<i64>, String> = constant
            .iter()
            .map(|&c| quantize_value(c.into(), scale))
            .collect();
        let tensor = integers.and_then(|integers| shape::tensor(constant.shape(), integers));
        return Ok(Operand::Constant(
            tensor.map_err(|reason| to.error(node, reason))?,
        ));
    }
    let x = to.input(node, place)?;
    let own = to.scale(x);
    if scale >= own {
        return Ok(Operand::Computed(x, 1 << (scale - own)));
    }
    let (shift, tensor) = ((own - scale).unsigned_abs(), to.tensor(x));
    let (interval, shape) = (tensor.interval, tensor.shape.clone());
    let fits = |bits: &u32| {
        let (low, high) = symmetric(*bits);
        shift < 62 && low <= shift_half_up(interval.0, shift) && shift_half_up(interval.1, shift) <= high
    };
    let Some(bits) = (2..=MAX_REQUANTIZED_BITS).find(fits) else {
        let reason = format!("the operands' scales {own} and {scale} lie too far apart");
        return Err(to.error(node, reason));
    };
    let op = (Requantize { shift }, vec![x]);
    let kind = ElementKind::real(scale);
    let aligned = to.emit_within(node, op, (".aligned", kind), &shape, symmetric(bits));
    Ok(Operand::Computed(aligned, 1))
}
