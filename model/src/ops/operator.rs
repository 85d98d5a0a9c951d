//! What an operator is: the traits that its file implements, and what several of them check.

use super::bound::Bound;
use super::lowering::Lowering;
use crate::movement::Movement;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{FloatTensor, IntTensor, ModelError, Node, QTensor, TensorId};

/// What float and integer operators have in common. Errors are reasons; callers add the node's name.
pub(crate) trait Shaped {
    /// The operator's name, as in the enum.
    fn name(&self) -> &'static str;

    /// The output's shape; also checks the number of inputs, the attributes and the constants.
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String>;

    /// Checks the shape that a graph declares for the output.
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
    /// Row-major contents of the output. Shapes have been checked.
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32>;

    /// Why it has no integer form where these inputs are constant.
    fn unsupported(&self, _constants: &[Option<&FloatTensor>]) -> Option<String> {
        None
    }

    /// Adds the integer form of a node with this operator, and returns the tensor of the node's value.
    fn quantize(&self, to: &mut Lowering<'_>, node: &Node) -> Result<TensorId, ModelError>;

    /// Of a movement, the value of elements that come from no input.
    fn fill(&self) -> f32 {
        0.0
    }

    /// Between which integers the results lie where the elements of each input are integers in the given range (both ends
    /// inclusive); `None` where that says nothing.
    fn range(&self, ranges: &[(i64, i64)]) -> Option<(i64, i64)> {
        let hull = |a: (i64, i64), b: (i64, i64)| (a.0.min(b.0), a.1.max(b.1));
        match self.role() {
            Role::Moves => ranges.iter().copied().reduce(hull),
            _ => None,
        }
    }

    /// What it does to two numbers, where it does only that.
    fn arithmetic(&self) -> Option<Arithmetic> {
        None
    }
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
    /// An interval for the outputs, from intervals of the inputs, or `None` where the declared interval may cut.
    /// Fails where a partial sum could reach 2^62. Shapes have been checked.
    fn bound(&self, inputs: &[(Bound, &[usize])], declared: Bound) -> Result<Option<Bound>, String>;

    /// Whether the output's interval is chosen and may cut, instead of being what the inputs give.
    fn cuts(&self) -> bool {
        false
    }

    /// Checks the output's `scale_bits`.
    fn check_scale(&self, inputs: &[i32], output: i32) -> Result<(), String>;

    /// Row-major contents of the output. Shapes and bounds have been checked; `lows` are the lower ends of the
    /// inputs' intervals.
    fn evaluate(&self, inputs: &[View<i64>], lows: &[i64], output: &[usize]) -> Vec<i64>;

    /// Of a movement, the value of elements that come from no input.
    fn fill(&self) -> i64 {
        0
    }

    /// Writes the fields, in the order that docs/semantics.md states; the tag is written before them.
    fn encode(&self, sink: &mut dyn Sink);

    /// Number of constants of the model: weights, biases, factors and added constants (tables are none).
    fn parameters(&self) -> usize {
        0
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

/// The interval of an operator's output, in integers that fit; `None` where the declared one may cut. Shapes have been checked.
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
        return Err("results can reach 2^62; use fewer bits".to_owned());
    }
    Ok(Some((bound.low as i64, bound.high as i64)))
}

pub(super) fn checked_shape<T: Shaped + ?Sized>(op: &T, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    // The bound on the inputs keeps the operators' own arithmetic far from overflow.
    for input in inputs {
        shape::elements(input)?;
    }
    let output = op.shape(inputs)?;
    shape::elements(&output)?;
    Ok(output)
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

/// The four axes of an image tensor.
pub(super) fn image(shape: &[usize]) -> Result<[usize; 4], String> {
    shape
        .try_into()
        .map_err(|_| format!("input of shape {shape:?}, expected (N, C, H, W)"))
}

/// The elements of a movement whose shapes have been checked.
pub(super) fn moved<T: Copy>(op: &impl Shaped, inputs: &[View<T>], output: &[usize], fill: T) -> Vec<T> {
    let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape).collect();
    match op.movement(&shapes, output) {
        Some(Ok(movement)) => movement.apply(inputs, fill),
        _ => Vec::new(),
    }
}

/// Whether input `index` is there, and not constant.
pub(super) fn is_computed(constants: &[Option<&FloatTensor>], index: usize) -> bool {
    matches!(constants.get(index), Some(None))
}

/// Refuses an output scale other than the expected one.
pub(super) fn same_scale(expected: i32, output: i32) -> Result<(), String> {
    if expected != output {
        return Err(format!(
            "the output has scale_bits {output}, the inputs give {expected}"
        ));
    }
    Ok(())
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
