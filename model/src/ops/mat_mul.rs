//! Matrix product of two tensors; leading axes broadcast.

use super::affine::Affine;
use super::bound::{Bound, check_magnitude, check_terms};
use super::check::{arithmetic_kind, arity, is_computed, moved};
use super::element::Element;
use super::linear::Linear;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::multiply::product;
use super::operator::{FloatOp, IntOp, Ranks, Shaped};
use super::reshape::Reshape;
use super::scales::{doubles, quantize_bias, quantize_channels, quantize_value};
use super::transpose::Transpose;
use crate::movement::expand;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, FloatTensor, ModelError, TensorId};

/// Float: `[A (…,M,K), B (…,K,N), bias (N) constant, optional] → (…,M,N)`; integer: `[A, B] → A·B`; leading axes broadcast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatMul;

/// Products over broadcast leading axes; each row starts at `bias`.
fn batched<E: Element>(a: View<E>, b: View<E>, bias: &[E::Sum], output: &[usize]) -> Vec<E::Sum> {
    let (lead_a, &[m, k]) = split(a.shape) else {
        return Vec::new();
    };
    let (lead_b, &[_, n]) = split(b.shape) else {
        return Vec::new();
    };
    let lead = &output[..output.len() - 2];
    // Which matrix of each side belongs to each batch.
    let numbers = |lead_in: &[usize]| {
        let count = lead_in.iter().product();
        let numbers: Vec<usize> = (0..count).collect();
        expand(
            View {
                shape: lead_in,
                data: &numbers,
            },
            lead,
        )
        .into_owned()
    };
    let mut result = bias.repeat(output.iter().product::<usize>() / n);
    for ((i, j), sums) in numbers(lead_a)
        .into_iter()
        .zip(numbers(lead_b))
        .zip(result.chunks_exact_mut(m * n))
    {
        product(
            &a.data[i * m * k..(i + 1) * m * k],
            &b.data[j * k * n..(j + 1) * k * n],
            k,
            n,
            sums,
        );
    }
    result
}

fn split(shape: &[usize]) -> (&[usize], &[usize]) {
    shape.split_at(shape.len().saturating_sub(2))
}

/// What products of matrices are made of.
trait Products: Operation + From<MatMul> + From<Linear> + From<Affine> + From<Transpose> + From<Reshape> {}

impl<O: Operation + From<MatMul> + From<Linear> + From<Affine> + From<Transpose> + From<Reshape>> Products
    for O
{
}

/// A Linear operator of a row-major `(rows, columns)` matrix, and what the accumulator holds.
fn linear<O: Products>(
    to: &Lowering<'_, O>,
    node: NodeView<'_>,
    x: TensorId,
    (weights, rows, columns): (Vec<f64>, usize, usize),
    bias: Option<&FloatTensor>,
) -> Result<(Linear, ElementKind), ModelError> {
    if to.is_exact(node) {
        let integers: Result<Vec<i64>, String> = weights.iter().map(|&w| quantize_value(w, 0)).collect();
        return integers
            .and_then(|integers| {
                Ok(Linear {
                    weight: shape::tensor(&[rows, columns], integers)?,
                    bias: quantize_bias(bias, columns, 0)?,
                })
            })
            .map(|op| (op, ElementKind::Integer))
            .map_err(|reason| to.error(node, reason));
    }
    let bits = (to.options.weight_bits, to.options.channel_spread_bits);
    quantize_channels(&weights, columns, |p| p % columns, bits)
        .and_then(|(integers, weight_scale)| {
            let scale = to.scale(x) + weight_scale;
            let bias = quantize_bias(bias, columns, scale)?;
            Ok((
                Linear {
                    weight: shape::tensor(&[rows, columns], integers)?,
                    bias,
                },
                ElementKind::real(scale),
            ))
        })
        .map_err(|reason| to.error(node, reason))
}

fn constant_right<O: Products>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    weight: &FloatTensor,
) -> Result<TensorId, ModelError> {
    let x = to.input(node, 0)?;
    let [rows, columns] = matrix(weight);
    let (op, kind) = linear(
        to,
        node,
        x,
        (doubles(weight), rows, columns),
        to.constant(node, 2),
    )?;
    let mut shape = to.tensor(x).shape.clone();
    shape.pop();
    shape.push(columns);
    if kind.is_whole() {
        let suffix = if shape == to.shape(node) { "" } else { ".sum" };
        let sums = to.emit(node, (op, vec![x]), (suffix, kind), &shape)?;
        return reshaped(to, node, sums);
    }
    let sums = to.emit(node, (op, vec![x]), (".sum", kind), &shape)?;
    let stored = to.requantize(node, sums)?;
    reshaped(to, node, stored)
}

/// `A·X = (Xᵀ·Aᵀ)ᵀ`.
fn constant_left<O: Products>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    weight: &FloatTensor,
) -> Result<TensorId, ModelError> {
    let [rows, columns] = matrix(weight);
    let shape = [rows, columns];
    let values = doubles(weight);
    let values = View {
        shape: &shape,
        data: &values,
    };
    let turn = Transpose { perm: vec![1, 0] };
    let turned = moved(&turn, &[values], &[columns, rows], 0.0);
    let x = to.input(node, 1)?;
    let x = last_axes_swapped(to, node, x, ".columns")?;
    let (op, kind) = linear(to, node, x, (turned, columns, rows), None)?;
    let mut shape = to.tensor(x).shape.clone();
    shape.pop();
    shape.push(rows);
    if kind.is_whole() && to.constant(node, 2).is_none() {
        let sums = to.emit(node, (op, vec![x]), (".turned", kind), &shape)?;
        let sums = last_axes_swapped(to, node, sums, "")?;
        return reshaped(to, node, sums);
    }
    let mut sums = to.emit(node, (op, vec![x]), (".turned.sum", kind), &shape)?;
    if let Some(bias) = to.constant(node, 2) {
        // The bias belongs to the product's columns, which are rows here.
        sums = biased(to, node, sums, bias, &[bias.len(), 1])?;
    }
    let stored = to.requantize_as(node, sums, ".turned")?;
    let stored = last_axes_swapped(to, node, stored, "")?;
    reshaped(to, node, stored)
}

fn two_tensors<O: Products>(to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
    let (a, b) = (to.input(node, 0)?, to.input(node, 1)?);
    let scale = to.scale(a) + to.scale(b);
    let shape = to.shape(node);
    if to.is_exact(node) && node.inputs.len() == 2 {
        return to.emit(node, (MatMul, vec![a, b]), ("", ElementKind::Integer), &shape);
    }
    let mut sums = to.emit(
        node,
        (MatMul, vec![a, b]),
        (".sum", ElementKind::real(scale)),
        &shape,
    )?;
    if let Some(bias) = to.constant(node, 2) {
        sums = biased(to, node, sums, bias, &[bias.len()])?;
    }
    to.requantize(node, sums)
}

/// Adds a bias of the given shape to an accumulator.
fn biased<O: Products>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    sums: TensorId,
    bias: &FloatTensor,
    bias_shape: &[usize],
) -> Result<TensorId, ModelError> {
    let (scale, shape) = (to.scale(sums), to.tensor(sums).shape.clone());
    let constant = quantize_bias(Some(bias), bias.len(), scale)
        .and_then(|integers| shape::tensor(bias_shape, integers))
        .map_err(|reason| to.error(node, reason))?;
    let op = Affine {
        coefficients: vec![1],
        constant: Some(constant),
    };
    to.emit(
        node,
        (op, vec![sums]),
        (".biased", ElementKind::real(scale)),
        &shape,
    )
}

fn last_axes_swapped<O: Products>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    x: TensorId,
    suffix: &str,
) -> Result<TensorId, ModelError> {
    let tensor = to.tensor(x);
    let (mut shape, kind) = (tensor.shape.clone(), tensor.kind);
    let rank = shape.len();
    let mut perm: Vec<usize> = (0..rank).collect();
    shape.swap(rank - 2, rank - 1);
    perm.swap(rank - 2, rank - 1);
    to.emit(node, (Transpose { perm }, vec![x]), (suffix, kind), &shape)
}

/// Gives a result the shape of the node's value, which can have more leading axes of length 1.
fn reshaped<O: Products>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    x: TensorId,
) -> Result<TensorId, ModelError> {
    let shape = to.shape(node);
    let tensor = to.tensor(x);
    if tensor.shape == shape {
        return Ok(x);
    }
    let kind = tensor.kind;
    to.emit(node, (Reshape, vec![x]), ("", kind), &shape)
}

/// The last two axes of a constant with no others of length over 1.
fn matrix(weight: &FloatTensor) -> [usize; 2] {
    let shape = weight.shape();
    [shape[shape.len() - 2], shape[shape.len() - 1]]
}

impl Shaped for MatMul {
    fn name(&self) -> &'static str {
        "MatMul"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let inputs = arity(inputs, 2..=3)?;
        let (lead_a, &[m, k]) = split(inputs[0]) else {
            return Err(format!("left side of shape {:?}, expected (…, M, K)", inputs[0]));
        };
        let (lead_b, &[l, n]) = split(inputs[1]) else {
            return Err(format!("right side of shape {:?}, expected (…, K, N)", inputs[1]));
        };
        if k != l {
            return Err(format!(
                "inner lengths of {:?} and {:?} differ",
                inputs[0], inputs[1]
            ));
        }
        if let Some(&bias) = inputs.get(2)
            && bias != [n]
        {
            return Err(format!("bias of shape {bias:?}, expected [{n}]"));
        }
        let mut result = shape::broadcast(&[lead_a, lead_b])?;
        result.extend([m, n]);
        Ok(result)
    }
    fn work_per_element(&self, inputs: &[&[usize]]) -> u128 {
        inputs[0].last().map_or(1, |&k| k as u128)
    }
}

impl FloatOp for MatMul {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let columns = output.last().copied().unwrap_or(1);
        let bias: Vec<f64> = match inputs.get(2) {
            Some(bias) => bias.data.iter().copied().map(f64::from).collect(),
            None => vec![0.0; columns],
        };
        batched(inputs[0], inputs[1], &bias, output)
            .into_iter()
            .map(f32::narrow)
            .collect()
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        let (&[a, b, ..], &[output]) = (inputs, outputs) else {
            return None;
        };
        let columns = output.last().copied().unwrap_or(1);
        let bias = inputs
            .get(2)
            .map_or_else(|| vec![0; columns], |bias| bias.data.to_vec());
        // Sums do not wrap where those of the greatest magnitudes do not.
        let [greatest_a, greatest_b, greatest_bias] = [a.data, b.data, &bias].map(|data| {
            data.iter()
                .map(|x| u128::from(x.unsigned_abs()))
                .max()
                .unwrap_or(0)
        });
        let terms = a.shape.last().map_or(1, |&k| k as u128);
        let products = greatest_a.checked_mul(greatest_b)?.checked_mul(terms)?;
        let greatest = products.checked_add(greatest_bias)?;
        (greatest <= i64::MAX as u128).then(|| vec![batched(a, b, &bias, output)])
    }
    fn unsupported(&self, constants: &[Option<&FloatTensor>]) -> Option<String> {
        let batched = |t: &&FloatTensor| t.len() != t.shape().iter().rev().take(2).product::<usize>();
        let constant = |index: usize| constants.get(index).copied().flatten();
        if is_computed(constants, 2) {
            return Some("the bias must be constant".to_owned());
        }
        constant(0).or(constant(1)).filter(batched).map(|_| {
            "a constant with leading axes (a different matrix per batch) is not supported".to_owned()
        })
    }
}

impl<O: Products> Quantize<O> for MatMul {
    /// Linear where one side is constant, or MatMul; then Requantize.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        match (to.constant(node, 0), to.constant(node, 1)) {
            (_, Some(weight)) => constant_right(to, node, weight),
            (Some(weight), None) => constant_left(to, node, weight),
            (None, None) => two_tensors(to, node),
        }
    }
}

impl IntOp for MatMul {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let &[(a, shape), (b, _)] = inputs else {
            return Err(format!("{} inputs, expected 2", inputs.len()));
        };
        let terms = shape.last().copied().unwrap_or(1);
        check_terms(terms)?;
        let product = a.times(b);
        check_magnitude(product.magnitude())?;
        let count = terms as i128;
        check_magnitude(product.magnitude() * count)?;
        Ok(Some(Bound {
            low: product.low * count,
            high: product.high * count,
        }))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        arithmetic_kind(inputs, |scales| Some(scales.iter().sum()), output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        batched(
            inputs[0],
            inputs[1],
            &vec![0; output.last().copied().unwrap_or(1)],
            output,
        )
    }
    fn encode(&self, _sink: &mut dyn Sink) {}
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        // Leading axes broadcast: only of the same rank does the first one meet the first one.
        match ranks.are_equal() && ranks.output >= 3 {
            true => Ok(()),
            false => Err("a product of two matrices of one image"),
        }
    }
    fn words(&self) -> String {
        "matrix product".to_owned()
    }
}
