//! Linear: a matrix product with constant weights, by Freivalds' identity
//! `Σ_mn σ^m ρ^n Y[m,n] = Σ_k (Σ_m σ^m X[m,k]) · (Σ_n ρ^n W[k,n])`.
//!
//! With one row (`M = 1`) the left factor is the element itself: it is stored once more beside its weights (the operand),
//! linked to the original by evaluation. Several rows, *images*, can be stored so too, side by side: powers of ρ then take the
//! place of those of σ, `pitch` apart, which no row exceeds.

use super::{product, storage};
use crate::{
    block::{Bank, Block, Field, Fill, Offsets, Rows},
    builder::{Builder, Expression, Operator, Pieces, Product, Scalar},
    dot::{DotRow, Multiplier},
    error::CircuitError,
    functional::{Base, Functional, Step},
    parameter::{ParameterId, ParameterRole, Run},
};
use hallmark_model::{TensorId, ops::integer::Linear};
use std::sync::Arc;

/// Whether a `(…,M,N)` tensor has a single row.
pub fn is_single_row(shape: &[usize]) -> bool {
    shape.iter().product::<usize>() == shape.last().copied().unwrap_or(1)
}

/// Most rows of a matrix that are stored beside weights: each takes a column.
const MAX_IMAGES: usize = 512;

/// The number of rows, if there are several and they are stored beside the weights of the node's product.
fn images(b: &Builder<'_>, node: usize) -> Option<usize> {
    let columns = *b.shape(b.graph.nodes[node].output()).last()?;
    let images = b.length(b.graph.nodes[node].output()) / columns.max(1);
    (b.dots.pitch > 0 && (2..=MAX_IMAGES).contains(&images)).then_some(images)
}

/// Powers of ρ from one image to the next, the same for all products with weights of these shapes: no row of a factor or a product of
/// them is longer. Zero if there is none whose powers are sure not to wrap.
pub fn pitch<'a>(matrices: impl Iterator<Item = &'a [usize]>) -> u32 {
    let longest = matrices.flatten().copied().max().unwrap_or(0);
    if longest < MAX_POWERS { longest as u32 } else { 0 }
}

/// Greatest pitch; times [`MAX_IMAGES`] it is a power far below 2^32.
const MAX_POWERS: usize = 1 << 21;

impl Operator for Linear {
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        product::lower(b, node, self)
    }

    fn product(&self) -> Option<&dyn Product> {
        Some(self)
    }
}

impl Product for Linear {
    /// Proves `value` (an expression of the output) to be the product plus bias.
    ///
    /// Where columns are evaluated, the bias must already be part of `value`.
    fn prove(&self, b: &mut Builder<'_>, node: usize, value: &Expression) -> Result<(), CircuitError> {
        let input = b.graph.nodes[node].inputs[0];
        let size = [self.weight.shape()[0], self.weight.shape()[1]];
        let images = images(b, node);
        if images.is_none() && !is_single_row(b.shape(b.graph.nodes[node].output())) {
            return prove_rows(b, node, input, size, value);
        }
        let rows = Operands {
            node,
            input,
            images: images.unwrap_or(1),
            inner: size[0],
            columns: size[1],
        };
        rows.prove(b, value)
    }

    fn proves_bias(&self, b: &Builder<'_>, node: usize) -> bool {
        is_single_row(b.shape(b.graph.nodes[node].output())) || images(b, node).is_some()
    }

    fn pieces(&self, b: &Builder<'_>, node: usize) -> Pieces {
        match images(b, node) {
            Some(_) => Pieces::RowsTogether,
            None => Pieces::Columns,
        }
    }
}

/// A product whose left factor is stored beside its weights.
struct Operands {
    node: usize,
    input: TensorId,
    images: usize,
    inner: usize,
    columns: usize,
}

impl Operands {
    /// `Σ_i ρ^(i·pitch)·Σ_n ρ^n Y[i,n] = Σ_k (Σ_i ρ^(i·pitch)·X[i,k])·Ŵ[k] + (Σ_i ρ^(i·pitch))·Σ_n ρ^n bias[n]`.
    fn prove(&self, b: &mut Builder<'_>, value: &Expression) -> Result<(), CircuitError> {
        let left = self.functional(b.dots.pitch, self.columns);
        if let Some(rounded) = b
            .node
            .map(|n| b.graph.nodes[n].output())
            .filter(|_| self.images > 1)
        {
            b.note_link(rounded, std::slice::from_ref(&left));
        }
        let left = b.evaluate_expression(value, &left)?;
        let link = self.link(b);
        let original = b.evaluate(self.input, &link)?;
        b.note_link(self.input, std::slice::from_ref(&link));
        b.add_scalar(&left, -1, false, false);
        let mut keep = !left.is_empty();
        let own = |role| ParameterId {
            node: self.node,
            role,
        };
        if b.parameters.adds(own(ParameterRole::Bias)) {
            push_weights(b, own(ParameterRole::Bias), 0, self.columns, keep);
            set_last(b, |row| (row.images, row.v) = (self.images, 1));
            keep = true;
        }
        let low = b.graph.tensors[self.input.0].interval.0;
        let mut rows = vec![0u32; self.inner];
        for k in (0..self.inner).rev() {
            let first = k * self.columns;
            push_weights(b, own(ParameterRole::Weight), first, self.columns, keep);
            keep = true;
            rows[k] = b.dots.len() as u32 - 1;
            set_last(b, |row| {
                (row.product, row.images, row.v) = (Multiplier::Operand, self.images, low)
            });
        }
        b.end_equation();
        let copy = self.store(b, low, rows);
        let copied: Scalar = b
            .evaluate_field(copy, link, false)
            .into_iter()
            .map(|atom| (1, atom))
            .collect();
        b.equate(&original, &copied);
        Ok(())
    }

    /// `Σ_i ρ^(i·pitch)·Σ_e ρ^e·x[i,e]`.
    fn functional(&self, pitch: u32, length: usize) -> Functional {
        let image =
            |i: usize| (0..length).map(move |e| ((i * length + e) as u32, i as u32 * pitch + e as u32));
        Functional::new(Base::Rho, (0..self.images).flat_map(image))
    }

    /// The functional that ties the operands to the factor: powers in the order in which the factor is stored.
    fn link(&self, b: &Builder<'_>) -> Functional {
        let (images, shape) = (self.images, b.shape(b.root(self.input)));
        match shape.first() {
            Some(n) if *n == images && b.are_images(shape) => {
                let image = |i: usize| {
                    (0..self.inner).map(move |k| ((i * self.inner + k) as u32, (k * images + i) as u32))
                };
                Functional::new(Base::Rho, (0..images).flat_map(image))
            }
            _ => self.functional(b.dots.pitch, self.inner),
        }
    }

    /// Stores the elements of the factor beside their weights; element `k` of every image in dot row `rows[k]`, which descend.
    fn store(&self, b: &mut Builder<'_>, low: i64, rows: Vec<u32>) -> Field {
        let (input, images, height) = (self.input, self.images, rows.len());
        let fill: Fill = Arc::new(move |trace| storage::elements(trace, input).map(|v| v - low).collect());
        let slots = (0..images).flat_map(|i| (0..height).rev().map(move |row| (row * images + i) as u32));
        let block = b.push_block(Block {
            name: format!("{} beside its weights", b.graph.tensors[input.0].name),
            node: b.node,
            bank: Bank::Operand,
            slot_of: slots.collect(),
            rows: Rows::At(rows.into_iter().rev().collect()),
            slots_per_row: images,
            stride: 1,
            height,
            table: None,
            offsets: Offsets::Uniform(vec![low]),
            fills: vec![fill],
        });
        Field { block, index: 0 }
    }
}

/// Several rows: the factors are evaluations of columns.
fn prove_rows(
    b: &mut Builder<'_>,
    node: usize,
    input: TensorId,
    [inner, columns]: [usize; 2],
    value: &Expression,
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
        factors.push(b.single(&scalar));
    }
    let left = (0..columns)
        .map(|n| b.evaluate_expression(value, &column(columns, n)))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(rounded) = b.node.map(|n| b.graph.nodes[n].output()) {
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
            let weights = Run {
                of: ParameterId {
                    node,
                    role: ParameterRole::Weight,
                },
                first: k * columns + n,
                stride: 1,
                lane: 0,
                count: lanes.min(columns - n),
            };
            b.dots.push(DotRow {
                node: b.node,
                keep: true,
                product: Multiplier::Factor,
                f_from: Some(*factor),
                weights: Some(weights),
                ..DotRow::default()
            });
        }
    }
    b.end_equation();
    Ok(())
}

/// Appends the rows that evaluate `count` consecutive weights at ρ, highest powers first.
fn push_weights(b: &mut Builder<'_>, of: ParameterId, first: usize, count: usize, mut keep: bool) {
    let lanes = b.widths.weights;
    let mut step = None;
    for start in (0..count).step_by(lanes).rev() {
        let weights = Run {
            of,
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
