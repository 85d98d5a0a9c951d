//! Linear: a matrix product with constant weights, by Freivalds' identity
//! `Σ_mn σ^m ρ^n Y[m,n] = Σ_k (Σ_m σ^m X[m,k]) · (Σ_n ρ^n W[k,n])`.
//!
//! With one row (`M = 1`) the left factor is the element itself: it is stored once more beside its weights (the operand),
//! linked to the original by evaluation.

use super::storage;
use crate::{
    accumulator::Step,
    block::{Bank, Block, Field, Fill, Offsets, Rows},
    builder::{Builder, Repr, Scalar},
    dot::{DotRow, Product, WeightRow, WeightSource},
    error::CircuitError,
    functional::{Base, Functional},
    view::Atom,
};
use hallmark_model::{QOp, TensorId};
use std::sync::Arc;

/// Whether a `(…,M,N)` tensor has a single row.
pub fn is_single_row(shape: &[usize]) -> bool {
    shape.iter().product::<usize>() == shape.last().copied().unwrap_or(1)
}

/// Proves `value` (an expression of the output) to be the product plus bias.
///
/// With several rows the bias must already be part of `value`.
pub fn prove(b: &mut Builder<'_>, node: usize, value: &Repr) -> Result<(), CircuitError> {
    let input = b.graph.nodes[node].inputs[0];
    let QOp::Linear { weight, bias } = &b.graph.nodes[node].op else {
        return Ok(());
    };
    let size = [weight.shape()[0], weight.shape()[1]];
    if is_single_row(b.shape(b.graph.nodes[node].output)) {
        prove_row(b, node, input, size, bias.iter().any(|v| *v != 0), value)
    } else {
        prove_rows(b, node, input, size, value)
    }
}

/// One row: `Σ_n ρ^n Y[n] = Σ_k X[k]·Ŵ[k] + Σ_n ρ^n bias[n]`.
fn prove_row(
    b: &mut Builder<'_>,
    node: usize,
    input: TensorId,
    [rows, columns]: [usize; 2],
    has_bias: bool,
    value: &Repr,
) -> Result<(), CircuitError> {
    let left = b.evaluate_repr(value, &Functional::flat(columns))?;
    let link = Functional::flat(rows);
    let original = b.evaluate(input, &link)?;
    b.note_link(input, std::slice::from_ref(&link));
    b.add_scalar(&left, -1, false, false);
    let mut keep = !left.is_empty();
    if has_bias {
        push_weights(b, node, WeightSource::Bias, 0, columns, keep);
        set_last(b, |row| row.v = 1);
        keep = true;
    }
    let low = b.graph.tensors[input.0].interval.0;
    let mut operand_rows = vec![0u32; rows];
    for k in (0..rows).rev() {
        push_weights(b, node, WeightSource::Weight, k * columns, columns, keep);
        keep = true;
        operand_rows[k] = b.dots.len() as u32 - 1;
        set_last(b, |row| (row.product, row.v) = (Product::Operand, low));
    }
    b.end_equation();
    let copy = store_operands(b, input, low, operand_rows);
    let copied: Scalar = b
        .evaluate_field(copy, link, false)
        .into_iter()
        .map(|atom| (1, atom))
        .collect();
    b.equate(&original, &copied);
    Ok(())
}

/// Stores the elements of `input` beside their weights; element `k` in dot row `rows[k]`, which descend.
fn store_operands(b: &mut Builder<'_>, input: TensorId, low: i64, rows: Vec<u32>) -> Field {
    let height = rows.len();
    let fill: Fill = Arc::new(move |trace| storage::elements(trace, input).map(|v| v - low).collect());
    let block = b.push_block(Block {
        name: format!("{} beside its weights", b.graph.tensors[input.0].name),
        node: b.node,
        bank: Bank::Operand,
        slot_of: (0..height as u32).rev().collect(),
        rows: Rows::At(rows.into_iter().rev().collect()),
        slots_per_row: 1,
        stride: 1,
        height,
        table: None,
        offsets: Offsets::Uniform(vec![low]),
        fills: vec![fill],
    });
    Field { block, index: 0 }
}

/// Several rows: the factors are evaluations of columns.
fn prove_rows(
    b: &mut Builder<'_>,
    node: usize,
    input: TensorId,
    [inner, columns]: [usize; 2],
    value: &Repr,
) -> Result<(), CircuitError> {
    let count = b.length(input) / inner;
    let column = |width: usize, at: usize| {
        Functional::new(
            Base::Sigma,
            (0..count).map(|m| ((m * width + at) as u32, m as u32)),
        )
    };
    let family: Vec<Functional> = (0..inner).map(|k| column(inner, k)).collect();
    b.note_link(input, &family);
    let mut factors = Vec::with_capacity(inner);
    for functional in &family {
        let scalar = b.evaluate(input, functional)?;
        factors.push(single(b, &scalar));
    }
    let left = (0..columns)
        .map(|n| b.evaluate_repr(value, &column(columns, n)))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(rounded) = b.node.map(|n| b.graph.nodes[n].output) {
        let family: Vec<Functional> = (0..columns).map(|n| column(columns, n)).collect();
        b.note_link(rounded, &family);
    }
    let lanes = b.widths.weights;
    for n in (0..columns).rev() {
        let first = n + 1 == columns;
        b.add_scalar(&left[n], -1, false, !first);
        if n % lanes != 0 {
            continue;
        }
        for (k, factor) in factors.iter().enumerate() {
            let Some(factor) = factor else { continue };
            let weights = WeightRow {
                node,
                source: WeightSource::Weight,
                first: k * columns + n,
                stride: 1,
                lane: 0,
                count: lanes.min(columns - n),
            };
            b.dots.push(DotRow {
                node: b.node,
                keep: true,
                product: Product::Factor,
                f_from: Some(*factor),
                weights: Some(weights),
                ..DotRow::default()
            });
        }
    }
    b.end_equation();
    Ok(())
}

/// A scalar as one cell: the atom itself, or a total that adds up several. `None` for zero.
pub fn single(b: &mut Builder<'_>, scalar: &Scalar) -> Option<Atom> {
    match scalar.as_slice() {
        [] => None,
        [(1, atom)] => Some(*atom),
        _ => {
            b.add_scalar(scalar, 1, false, false);
            Some(Atom::Total {
                row: b.dots.len() - 1,
            })
        }
    }
}

/// Appends the rows that evaluate `count` consecutive weights at ρ, highest powers first.
fn push_weights(
    b: &mut Builder<'_>,
    node: usize,
    source: WeightSource,
    first: usize,
    count: usize,
    mut keep: bool,
) {
    let lanes = b.widths.weights;
    let mut step = None;
    for start in (0..count).step_by(lanes).rev() {
        let weights = WeightRow {
            node,
            source,
            first: first + start,
            stride: 1,
            lane: 0,
            count: lanes.min(count - start),
        };
        b.dots.push(DotRow {
            node: b.node,
            keep,
            weights: Some(weights),
            step,
            ..DotRow::default()
        });
        step = Some(Step {
            base: Base::Rho,
            power: lanes as u32,
        });
        keep = true;
    }
}

fn set_last(b: &mut Builder<'_>, set: impl FnOnce(&mut DotRow)) {
    if let Some(row) = b.dots.rows.last_mut() {
        set(row);
    }
}
