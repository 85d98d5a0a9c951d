//! What several operators check and derive.

use super::bound::Bound;
use super::operator::{IntOp, Ranged, Ranks, Shaped};
use crate::shape::{self, View};
use crate::{ElementKind, FloatTensor, IntTensor, QTensor};

/// The hull of a function of two integers over two ranges, where the function is monotone or bilinear in each; ends that 64 bits do not
/// hold are the nearest that they do.
pub(super) fn corners(inputs: &[Ranged<'_>], function: impl Fn(i128, i128) -> i128) -> Option<(i64, i64)> {
    let &[a, b] = inputs else { return None };
    let (a, b) = (a.range?, b.range?);
    let ends = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)].map(|(a, b)| function(a.into(), b.into()));
    let clamped = |end: i128| end.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    Some((clamped(ends.into_iter().min()?), clamped(ends.into_iter().max()?)))
}

/// The interval of an operator's outputs, in integers that fit; `None` where the declared one may cut. Shapes have been checked.
pub(crate) fn derived(
    op: &dyn IntOp,
    inputs: &[&QTensor],
    declared: Bound,
) -> Result<Option<(i64, i64)>, String> {
    let bounds: Vec<_> = inputs
        .iter()
        .map(|t| (Bound::new(t.interval.0, t.interval.1), t.shape.as_slice()))
        .collect();
    let Some(bound) = op.bound(&bounds, declared)? else {
        return Ok(None);
    };
    let most = i128::from(crate::limits::MAX_MAGNITUDE);
    if bound.magnitude() >= most {
        return Err("results can reach 2^62; use fewer bits, or smaller integers".to_owned());
    }
    Ok(Some((bound.low as i64, bound.high as i64)))
}

pub(super) fn checked_shapes<T: Shaped + ?Sized>(
    op: &T,
    inputs: &[&[usize]],
) -> Result<Vec<Vec<usize>>, String> {
    // The bound on the inputs keeps the operators' own arithmetic far from overflow.
    for input in inputs {
        shape::elements(input)?;
    }
    let outputs = op.shapes(inputs)?;
    outputs
        .iter()
        .try_for_each(|output| shape::elements(output).map(drop))?;
    Ok(outputs)
}

/// Checks the number of inputs.
pub(super) fn arity<'a, 'b>(
    inputs: &'b [&'a [usize]],
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<&'b [&'a [usize]], String> {
    if !allowed.contains(&inputs.len()) {
        return Err(format!("{} inputs, expected {}", inputs.len(), Counts(allowed)));
    }
    Ok(inputs)
}

struct Counts(std::ops::RangeInclusive<usize>);

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (*self.0.start(), *self.0.end()) {
            (least, most) if least == most => write!(f, "{least}"),
            (least, usize::MAX) => write!(f, "at least {least}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

/// The one input's shape.
pub(super) fn single<'a>(inputs: &[&'a [usize]]) -> Result<&'a [usize], String> {
    arity(inputs, 1..=1)?.first().copied().ok_or_else(String::new)
}

/// The elements of a movement whose shapes have been checked.
pub(super) fn moved<T: Copy>(op: &impl Shaped, inputs: &[View<T>], output: &[usize], fill: T) -> Vec<T> {
    moved_all(op, inputs, &[output], fill).pop().unwrap_or_default()
}

/// As [`moved`], of all outputs.
pub(super) fn moved_all<T: Copy>(
    op: &impl Shaped,
    inputs: &[View<T>],
    outputs: &[&[usize]],
    fill: T,
) -> Vec<Vec<T>> {
    let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape).collect();
    match op.movements(&shapes, outputs) {
        Some(Ok(movements)) => movements
            .iter()
            .map(|movement| movement.apply(inputs, fill))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether input `index` is there, and not constant.
pub(super) fn is_computed(constants: &[Option<&FloatTensor>], index: usize) -> bool {
    matches!(constants.get(index), Some(None))
}

/// Refuses an output of another kind than the expected one.
pub(super) fn same_kind(expected: ElementKind, output: ElementKind) -> Result<(), String> {
    if expected != output {
        return Err(format!("the output holds {output}, the inputs give {expected}"));
    }
    Ok(())
}

/// Checks the kind of what arithmetic gives: reals of the given scale, or of any where that is `None`; or integers, where all inputs are
/// integers or booleans and the scale is none or any. Of quantised numbers there is no arithmetic.
pub(super) fn arithmetic_kind(
    inputs: &[ElementKind],
    scale: impl Fn(&[i32]) -> Option<i32>,
    output: ElementKind,
) -> Result<(), String> {
    let scales: Option<Vec<i32>> = inputs.iter().map(|input| input.scale_bits()).collect();
    let scales = scales.ok_or("arithmetic with quantised numbers; turn them into reals by a table first")?;
    let expected = scale(&scales);
    let whole = inputs.iter().all(|input| input.is_whole()) && expected.unwrap_or(0) == 0;
    match output {
        ElementKind::Integer if whole => Ok(()),
        ElementKind::Real { scale_bits } if expected.is_none_or(|expected| expected == scale_bits) => Ok(()),
        _ => Err(format!(
            "the output holds {output}, the inputs give {}{}",
            match expected {
                Some(expected) => ElementKind::real(expected).to_string(),
                None => "reals".to_owned(),
            },
            if whole { " or integers" } else { "" }
        )),
    }
}

/// Whether a constant is the same for every position along the first axis of the output.
pub(super) fn is_whole(constant: &IntTensor, ranks: Ranks<'_>) -> bool {
    constant.ndim() < ranks.output || constant.shape().first() == Some(&1)
}

/// Lengths of axes in words, for example `8×1×3×3`.
#[must_use]
pub fn dimensions(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "scalar".to_owned();
    }
    let axes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    axes.join("×")
}
