//! What an operator is: the traits that its file implements, and what several of them check.

use super::bound::Bound;
use super::lowering::Lowering;
use super::number::Number;
use super::parameter::Parameter;
use crate::movement::{Movement, expand};
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, FloatTensor, IntTensor, ModelError, Node, QTensor, TensorId};

/// What float and integer operators have in common. Errors are reasons; callers add the node's name.
pub(crate) trait Shaped {
    /// The operator's name, as in the enum.
    fn name(&self) -> &'static str;

    /// Number of outputs. An operator with several has `shapes`, `movements` and the like instead of `shape`, `movement`.
    fn outputs(&self) -> usize {
        1
    }

    /// The one output's shape; also checks the number of inputs, the attributes and the constants.
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String>;

    /// The shapes of all outputs.
    fn shapes(&self, inputs: &[&[usize]]) -> Result<Vec<Vec<usize>>, String> {
        Ok(vec![self.shape(inputs)?])
    }

    /// Checks the shapes that a graph declares for the outputs.
    fn check_shapes(&self, inputs: &[&[usize]], declared: &[&[usize]]) -> Result<(), String> {
        match declared {
            &[declared] if self.outputs() == 1 => self.check_shape(inputs, declared),
            _ if declared.len() != self.outputs() => {
                Err(format!("{} outputs, expected {}", declared.len(), self.outputs()))
            }
            _ => {
                let expected = self.shapes(inputs)?;
                match expected.iter().map(Vec::as_slice).eq(declared.iter().copied()) {
                    true => Ok(()),
                    false => Err(format!(
                        "inputs {inputs:?} give outputs of shapes {expected:?}, declared are {declared:?}"
                    )),
                }
            }
        }
    }

    /// Checks the shape that a graph declares for the one output.
    fn check_shape(&self, inputs: &[&[usize]], declared: &[usize]) -> Result<(), String> {
        let expected = self.shape(inputs)?;
        if expected != declared {
            return Err(format!(
                "inputs {inputs:?} give an output of shape {expected:?}, declared is {declared:?}"
            ));
        }
        Ok(())
    }

    /// Where the results' elements come from, if the operator only moves elements, or a reason why it cannot move these. Axes of
    /// length 0, which constants at import can have, are allowed; only a reshape asks for the output's shape.
    fn movement(&self, _inputs: &[&[usize]], _output: &[usize]) -> Option<Result<Movement, String>> {
        None
    }

    /// As `movement`, for all outputs.
    fn movements(&self, inputs: &[&[usize]], outputs: &[&[usize]]) -> Option<Result<Vec<Movement>, String>> {
        let movement = self.movement(inputs, outputs.first().copied().unwrap_or_default())?;
        Some(movement.map(|movement| vec![movement]))
    }

    /// Whether an input of this shape is the output as it is.
    fn is_identity(&self, _input: &[usize], _output: &[usize]) -> bool {
        false
    }

    /// What the results are to the inputs.
    fn role(&self) -> Role {
        Role::Computes
    }

    /// Number of basic steps per output element.
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        1
    }
}

/// An operator on floats.
pub(crate) trait FloatOp: Shaped {
    /// Row-major contents of the one output. Shapes have been checked.
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32>;

    /// Row-major contents of all outputs.
    fn evaluate_all(&self, inputs: &[View<f32>], outputs: &[&[usize]]) -> Vec<Vec<f32>> {
        outputs
            .iter()
            .map(|output| self.evaluate(inputs, output))
            .collect()
    }

    /// Why it has no integer form where these inputs are constant.
    fn unsupported(&self, _constants: &[Option<&FloatTensor>]) -> Option<String> {
        None
    }

    /// Adds the integer form of a node with this operator, and returns the tensor of the node's one value.
    fn quantize(&self, to: &mut Lowering<'_>, node: &Node) -> Result<TensorId, ModelError>;

    /// As `quantize`, with the tensors of all values of the node.
    fn quantize_all(&self, to: &mut Lowering<'_>, node: &Node) -> Result<Vec<TensorId>, ModelError> {
        Ok(vec![self.quantize(to, node)?])
    }

    /// Of a movement, the value of elements that come from no input.
    fn fill(&self) -> Number {
        Number::Real(0.0)
    }

    /// Row-major contents of all outputs, where all inputs are integers and the results are integers too: exactly, and not in single
    /// precision. `None` where the operator gives no integers of these, or 64 bits do not hold one. Shapes have been checked.
    fn evaluate_integers(&self, inputs: &[View<i64>], outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        if let (Some(arithmetic), &[a, b], &[output]) = (self.arithmetic(), inputs, outputs) {
            let (a, b) = (expand(a, output), expand(b, output));
            let exact =
                |(&a, &b): (&i64, &i64)| i64::try_from((arithmetic.integer)(a.into(), b.into())?).ok();
            return Some(vec![a.iter().zip(b.iter()).map(exact).collect::<Option<_>>()?]);
        }
        let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape).collect();
        let movements = self.movements(&shapes, outputs)?.ok()?;
        let fill = self.fill().integer();
        Some(
            movements
                .iter()
                .map(|movement| movement.apply(inputs, fill))
                .collect(),
        )
    }

    /// Between which integers the results lie, from the inputs' shapes and, of those whose elements are known to be integers, their
    /// ranges (both ends inclusive); `None` where that says nothing.
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let hull = |a: (i64, i64), b: (i64, i64)| (a.0.min(b.0), a.1.max(b.1));
        let ranges: Option<Vec<_>> = inputs.iter().map(|input| input.range).collect();
        match self.role() {
            Role::Moves => ranges?.into_iter().reduce(hull),
            _ => None,
        }
    }

    /// What it does to two numbers, where it does only that.
    fn arithmetic(&self) -> Option<Arithmetic> {
        None
    }
}

/// What is known of an input.
#[derive(Clone, Copy, Debug)]
pub struct Ranged<'a> {
    /// Its shape.
    pub shape: &'a [usize],
    /// The least and the greatest value that an element can have, where the elements are integers.
    pub range: Option<(i64, i64)>,
}

/// The hull of a function of two integers over two ranges, where the function is monotone or bilinear in each; ends that 64 bits do not
/// hold are the nearest that they do.
pub(super) fn corners(inputs: &[Ranged<'_>], function: impl Fn(i128, i128) -> i128) -> Option<(i64, i64)> {
    let &[a, b] = inputs else { return None };
    let (a, b) = (a.range?, b.range?);
    let ends = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)].map(|(a, b)| function(a.into(), b.into()));
    let clamped = |end: i128| end.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    Some((clamped(ends.into_iter().min()?), clamped(ends.into_iter().max()?)))
}

/// An element-wise operation of two tensors, as a function of two elements.
#[derive(Clone, Copy)]
pub struct Arithmetic {
    /// In real numbers.
    pub float: fn(f64, f64) -> f64,
    /// In integers; `None` where there is no result.
    pub integer: fn(i128, i128) -> Option<i128>,
}

/// What an operator's results are to its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Something computed from them.
    Computes,
    /// Their elements elsewhere, and nothing else.
    Moves,
    /// Something rounded.
    Rounds,
    /// Where they lie: not values but a decision.
    Decides,
}

/// An operator on integers.
pub(crate) trait IntOp: Shaped {
    /// One interval for all outputs, from intervals of the inputs, or `None` where the declared interval may cut.
    /// Fails where a partial sum could reach 2^62. Shapes have been checked.
    fn bound(&self, inputs: &[(Bound, &[usize])], declared: Bound) -> Result<Option<Bound>, String>;

    /// Whether the output's interval is chosen and may cut, instead of being what the inputs give.
    fn cuts(&self) -> bool {
        false
    }

    /// Checks the kind of an output.
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String>;

    /// Row-major contents of the one output. Shapes and bounds have been checked; `lows` are the lower ends of the
    /// inputs' intervals.
    fn evaluate(&self, inputs: &[View<i64>], lows: &[i64], output: &[usize]) -> Vec<i64>;

    /// Row-major contents of all outputs.
    fn evaluate_all(&self, inputs: &[View<i64>], lows: &[i64], outputs: &[&[usize]]) -> Vec<Vec<i64>> {
        outputs
            .iter()
            .map(|output| self.evaluate(inputs, lows, output))
            .collect()
    }

    /// Of a movement, the value of elements that come from no input.
    fn fill(&self) -> i64 {
        0
    }

    /// Writes the fields, in the order that docs/semantics.md states; the tag is written before them.
    fn encode(&self, sink: &mut dyn Sink);

    /// The numbers that the author chose, at most one tensor of each role. What else the operator has is architecture.
    fn parameters(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// Adapts the constants to a first axis of `executions` instead of 1; an error names what mixes that axis with others.
    fn widen(&mut self, ranks: Ranks<'_>, executions: usize) -> Result<(), &'static str>;

    /// The operator with its size in words, for example `convolution 8×1×3×3`.
    fn words(&self) -> String;

    /// What it is called in tables: its name, or that of its function.
    fn label(&self) -> &str {
        self.name()
    }
}

/// Numbers of axes of a node's tensors.
#[derive(Clone, Copy)]
pub(crate) struct Ranks<'a> {
    pub inputs: &'a [usize],
    pub output: usize,
}

impl Ranks<'_> {
    /// Whether no axis of an input is broadcast by its absence.
    pub fn are_equal(self) -> bool {
        self.inputs.iter().all(|&rank| rank == self.output)
    }
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
