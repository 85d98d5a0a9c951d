//! Matrix product of two tensors; leading axes broadcast.

use super::bound::{Bound, check_magnitude};
use super::element::Element;
use super::{FloatOp, IntOp, Ranks, Shaped, arity, same_scale};
use crate::limits;
use crate::shape::{self, View};
use crate::sink::Sink;

/// Float: `[A (…,M,K), B (…,K,N), bias (N) constant, optional] → (…,M,N)`; integer: `[A, B] → A·B`; leading axes broadcast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatMul;

/// Adds `A·B` to `sums`: `a` has rows of length `k`, `b` is `(k, n)`, `sums` has rows of length `n`.
pub(crate) fn product<E: Element>(a: &[E], b: &[E], k: usize, n: usize, sums: &mut [E::Sum]) {
    for (row, target) in a.chunks_exact(k).zip(sums.chunks_exact_mut(n)) {
        for (&x, weights) in row.iter().zip(b.chunks_exact(n)) {
            if E::EXACT && x == E::ZERO {
                continue;
            }
            for (sum, &w) in target.iter_mut().zip(weights) {
                *sum = E::multiply_add(*sum, x, w);
            }
        }
    }
}

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
        shape::expand(
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
}

impl IntOp for MatMul {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let &[(a, shape), (b, _)] = inputs else {
            return Err(format!("{} inputs, expected 2", inputs.len()));
        };
        let terms = shape.last().copied().unwrap_or(1);
        if terms > limits::MAX_TERMS {
            return Err(format!(
                "a dot product of {terms} terms, the limit is {}",
                limits::MAX_TERMS
            ));
        }
        let product = a.times(b);
        check_magnitude(product.magnitude())?;
        let count = terms as i128;
        check_magnitude(product.magnitude() * count)?;
        Ok(Some(Bound {
            low: product.low * count,
            high: product.high * count,
        }))
    }
    fn check_scale(&self, inputs: &[i32], output: i32) -> Result<(), String> {
        same_scale(inputs.iter().sum(), output)
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
