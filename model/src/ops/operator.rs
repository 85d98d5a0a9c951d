//! What an operator is: the traits that its file implements.

use super::bound::Bound;
use super::number::Number;
use super::parameter::Parameter;
use crate::movement::{Movement, expand};
use crate::shape::View;
use crate::sink::Sink;
use crate::{ElementKind, FloatTensor};

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

    /// Whether results are booleans, whatever the inputs are.
    fn gives_booleans(&self) -> bool {
        false
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
