//! Sums: float addition and subtraction, and the integer affine combination that both become.

use super::bound::{Bound, check_bias, check_magnitude, check_weights};
use super::check::{arithmetic_kind, arity, corners, is_whole};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{Arithmetic, FloatOp, IntOp, Ranged, Ranks, Shaped};
use super::parameter::{Parameter, ParameterRole};
use super::scales::quantize_value;
use crate::movement::expand;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, FloatTensor, IntTensor, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[A, B] → A + B`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Add;

/// `[A, B] → A − B`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sub;

/// `[X_0, X_1, …] → constant + Σ coefficients[i]·X_i`, NumPy broadcasting to the output shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// One integer factor per input.
    pub coefficients: Vec<i64>,
    /// Added constant; broadcasts.
    pub constant: Option<IntTensor>,
}

/// Bits that an added constant keeps below the last bit of the result.
const GUARD_BITS: i32 = 4;

/// Operands are aligned by at most this many bits; finer operands lose what lies below.
pub(super) const MAX_ALIGNMENT: i32 = 38;

/// Affine, then Requantize: `A + sign·B`. Of integers Affine alone.
fn add<O: Operation + From<Affine>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    sign: i64,
) -> Result<TensorId, ModelError> {
    if to.is_exact(node) {
        return add_integers(to, node, sign);
    }
    match (to.constant(node, 0), to.constant(node, 1)) {
        (Some(constant), _) => add_constant(to, node, 1, sign, (constant, 1)),
        (None, Some(constant)) => add_constant(to, node, 0, 1, (constant, sign)),
        (None, None) => add_tensors(to, node, sign),
    }
}

/// Affine alone: `A + sign·B` of integers.
fn add_integers<O: Operation + From<Affine>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    sign: i64,
) -> Result<TensorId, ModelError> {
    let (mut inputs, mut coefficients, mut added) = (Vec::new(), Vec::new(), None);
    for (index, sign) in [(0, 1), (1, sign)] {
        match to.constant(node, index) {
            None => {
                inputs.push(to.input(node, index)?);
                coefficients.push(sign);
            }
            Some(constant) => {
                let integers = to.integers(node, constant)?.into_iter().map(|c| sign * c);
                let tensor = shape::tensor(constant.shape(), integers.collect());
                added = Some(tensor.map_err(|reason| to.error(node, reason))?);
            }
        }
    }
    let op = Affine {
        coefficients,
        constant: added,
    };
    to.emit(node, (op, inputs), ("", ElementKind::Integer), &to.shape(node))
}

fn add_tensors<O: Operation + From<Affine>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    sign: i64,
) -> Result<TensorId, ModelError> {
    let (a, b) = (to.input(node, 0)?, to.input(node, 1)?);
    let scales = [to.scale(a), to.scale(b)];
    let common = scales[0].max(scales[1]);
    let [factor_a, factor_b] = scales.map(|scale| common - scale);
    if factor_a.max(factor_b) > MAX_ALIGNMENT {
        return Err(to.error(node, format!("the operands' scales {scales:?} lie too far apart")));
    }
    let op = Affine {
        coefficients: vec![1 << factor_a, sign << factor_b],
        constant: None,
    };
    affine(to, node, (op, vec![a, b]), common)
}

fn add_constant<O: Operation + From<Affine>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    input: usize,
    coefficient: i64,
    (constant, sign): (&FloatTensor, i64),
) -> Result<TensorId, ModelError> {
    let x = to.input(node, input)?;
    let scale = to.scale(x);
    let (target, _) = to.target(node.output(), i32::MAX);
    let common = scale.max((target + GUARD_BITS).min(scale + MAX_ALIGNMENT));
    let integers: Result<Vec<i64>, String> = constant
        .iter()
        .map(|&c| quantize_value(f64::from(c) * sign as f64, common))
        .collect();
    let constant = integers
        .and_then(|integers| shape::tensor(constant.shape(), integers))
        .map_err(|reason| to.error(node, reason))?;
    let coefficients = vec![coefficient << (common - scale)];
    affine(
        to,
        node,
        (
            Affine {
                coefficients,
                constant: Some(constant),
            },
            vec![x],
        ),
        common,
    )
}

fn affine<O: Operation + From<Affine>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    op: (impl Into<O>, Vec<TensorId>),
    scale: i32,
) -> Result<TensorId, ModelError> {
    let sums = to.emit(node, op, (".sum", ElementKind::real(scale)), &to.shape(node))?;
    to.requantize(node, sums)
}

/// Applies a function to two broadcast float tensors.
pub(super) fn zip(inputs: &[View<f32>], output: &[usize], f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    let (a, b) = (expand(inputs[0], output), expand(inputs[1], output));
    a.iter().zip(b.iter()).map(|(&a, &b)| f(a, b)).collect()
}

impl Shaped for Add {
    fn name(&self) -> &'static str {
        "Add"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Add {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        zip(inputs, output, |a, b| a + b)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic {
            float: |a, b| a + b,
            integer: |a, b| Some(a + b),
        })
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        corners(inputs, |a, b| a + b)
    }
}

impl<O: Operation + From<Affine>> Quantize<O> for Add {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        add(to, node, 1)
    }
}

impl Shaped for Sub {
    fn name(&self) -> &'static str {
        "Sub"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Sub {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        zip(inputs, output, |a, b| a - b)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic {
            float: |a, b| a - b,
            integer: |a, b| Some(a - b),
        })
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        corners(inputs, |a, b| a - b)
    }
}

impl<O: Operation + From<Affine>> Quantize<O> for Sub {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        add(to, node, -1)
    }
}

impl Shaped for Affine {
    fn name(&self) -> &'static str {
        "Affine"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        arity(inputs, 1..=usize::MAX)?;
        if self.coefficients.len() != inputs.len() {
            return Err(format!(
                "{} coefficients for {} inputs",
                self.coefficients.len(),
                inputs.len()
            ));
        }
        let constant = self.constant.as_ref().map(|c| c.shape());
        if let Some(constant) = constant {
            shape::elements(constant)?;
        }
        shape::broadcast(&inputs.iter().copied().chain(constant).collect::<Vec<_>>())
    }
    fn work_per_element(&self, inputs: &[&[usize]]) -> u128 {
        inputs.len() as u128
    }
}

impl IntOp for Affine {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        check_weights(&self.coefficients, self.coefficients.len())?;
        let mut result = Bound::point(0);
        if let Some(constant) = &self.constant {
            let constant = View::contents(constant);
            check_bias(&constant)?;
            result = Bound::of(&constant);
        }
        let mut magnitude = result.magnitude();
        for (&(input, _), &coefficient) in inputs.iter().zip(&self.coefficients) {
            let term = input.times(Bound::point(coefficient));
            magnitude += term.magnitude();
            result = result.plus(term);
        }
        check_magnitude(magnitude)?;
        Ok(Some(result))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        // The coefficients align the scales; which ones they stand for is free.
        arithmetic_kind(inputs, |_| None, output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let mut result = match &self.constant {
            Some(constant) => {
                let contents = View::contents(constant);
                expand(
                    View {
                        shape: constant.shape(),
                        data: &contents,
                    },
                    output,
                )
                .into_owned()
            }
            None => vec![0; output.iter().product()],
        };
        for (&input, &coefficient) in inputs.iter().zip(&self.coefficients) {
            for (sum, &x) in result.iter_mut().zip(expand(input, output).iter()) {
                *sum = sum.wrapping_add(x.wrapping_mul(coefficient));
            }
        }
        result
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.integers(&self.coefficients);
        sink.number(usize::from(self.constant.is_some()));
        self.constant.iter().for_each(|c| sink.tensor(c));
    }
    fn parameters(&self) -> Vec<Parameter<'_>> {
        let constant = self.constant.iter();
        constant
            .map(|c| Parameter::tensor(ParameterRole::Constant, c))
            .collect()
    }
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match &self.constant {
            _ if !ranks.are_equal() => Err("broadcasting"),
            Some(constant) if !is_whole(constant, ranks) => Err("the constant"),
            _ => Ok(()),
        }
    }
    fn words(&self) -> String {
        "sum".to_owned()
    }
}
