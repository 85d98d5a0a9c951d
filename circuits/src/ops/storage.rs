//! How a rounded tensor is stored: as its consumer wants it, or as range-checked limbs.

use crate::{
    arrangement::{Arrangement, Section},
    block::{Bank, Field, Fill, Offsets},
    builder::{Builder, Expression, Map, NewBlock, Part, Pieces, Source},
    error::CircuitError,
    limbs::interval_values,
};

use crate::limbs::Limbs;
use hallmark_model::{TensorId, Trace};
use std::{collections::BTreeMap, sync::Arc};

/// Stores a tensor and defines it; where an operator that reads it wants it stored its own way, its output with it.
pub fn store(b: &mut Builder<'_>, tensor: TensorId) -> Result<(), CircuitError> {
    let claims = b.consumers(tensor).iter().copied();
    let claims = claims.filter_map(|node| Some((b.operator(node).claim(b)?, node)));
    match claims.min_by_key(|(claim, _)| *claim) {
        Some((_, node)) => b.operator(node).store_argument(b, tensor, node),
        None => number(b, tensor),
    }
}

/// Stores a tensor as limbs that prove its interval.
///
/// With one limb the table has exactly the interval's length. With several, the proven interval is the least
/// power of two that holds it.
pub fn number(b: &mut Builder<'_>, tensor: TensorId) -> Result<(), CircuitError> {
    let info = &b.graph.tensors[tensor.0];
    let (low, length) = (info.interval.0, interval_length(b, tensor)?);
    let limbs = b.limbs(length);
    let arrangement = arrangement(b, tensor);
    let value: Fill = Arc::new(move |trace| elements(trace, tensor).map(|v| v - low).collect());
    let parts = store_limbs(
        b,
        &info.name,
        b.length(tensor),
        &limbs,
        arrangement,
        Offsets::Uniform(vec![low]),
        value,
    );
    b.define(tensor, Expression::of(parts));
    Ok(())
}

/// Number of integers in a tensor's interval.
pub fn interval_length(b: &Builder<'_>, tensor: TensorId) -> Result<usize, CircuitError> {
    interval_values(&b.graph.tensors[tensor.0])
}

/// The elements of a tensor in a trace, row-major.
pub fn elements(trace: &Trace, tensor: TensorId) -> impl Iterator<Item = i64> + '_ {
    trace.tensors[tensor.0].iter().copied()
}

/// Stores a non-negative value as limbs; the lowest one carries the offsets. Returns `Σ 2^low · limb`.
pub fn store_limbs(
    b: &mut Builder<'_>,
    name: &str,
    length: usize,
    limbs: &Limbs,
    arrangement: Arrangement,
    offsets: Offsets,
    value: Fill,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let last = limbs.parts.len() - 1;
    for (i, (low, values)) in limbs.parts.iter().copied().enumerate() {
        let value = Arc::clone(&value);
        // The top limb is not masked: a value that is too large then fails its lookup instead of being truncated.
        let mask = if i == last { i64::MAX } else { values as i64 - 1 };
        let fill: Fill = Arc::new(move |trace| value(trace).into_iter().map(|v| (v >> low) & mask).collect());
        let table = Some(b.tables.range(values));
        let block = b.store(NewBlock {
            name: if last == 0 {
                name.to_owned()
            } else {
                format!("{name} limb {i}")
            },
            bank: Bank::Single,
            length,
            arrangement: arrangement.clone(),
            unit: 1,
            stride: 1,
            table,
            offsets: if i == 0 {
                offsets.clone()
            } else {
                Offsets::Uniform(vec![0])
            },
            fills: vec![fill],
        });
        let source = Source::Field(Field { block, index: 0 });
        parts.push(Part {
            coefficient: 1 << low,
            source,
            map: Map::Identity,
        });
    }
    parts
}

/// The order in which the elements of a tensor are stored: so that the functionals of its producer and consumers
/// fall into few patterns, and no row mixes channels or columns.
pub fn arrangement(b: &Builder<'_>, tensor: TensorId) -> Arrangement {
    if let Some(groups) = matrix_groups(b, tensor) {
        return Arrangement::groups(groups.clone());
    }
    let (groups, phases) = (b.readings.groups(tensor), b.readings.phases(tensor));
    let is_read_apart = groups.is_some() || phases.is_some();
    if !is_read_apart || matches!(pieces(b, tensor), Pieces::RowsTogether | Pieces::Columns) {
        return made_arrangement(b, tensor);
    }
    let usual = match groups {
        Some(groups) => Arrangement::groups(groups.clone()),
        None => made_arrangement(b, tensor),
    };
    match phases {
        Some(groups) => usual.with_alternative(in_lines(groups.clone(), b.shape(tensor))),
        None => usual,
    }
}

/// Pieces of a tensor, those together whose lines have the same length.
fn in_lines(groups: Vec<Vec<u32>>, shape: &[usize]) -> Vec<Section> {
    let last = shape.last().copied().unwrap_or(1).max(1) as u32;
    let mut by_line: BTreeMap<usize, Vec<Vec<u32>>> = BTreeMap::new();
    for group in groups {
        let mut lines = group.chunk_by(|a, b| a / last == b / last).map(<[u32]>::len);
        let first = lines.next().unwrap_or(1);
        let line = if lines.all(|line| line == first) { first } else { 1 };
        by_line.entry(line).or_default().push(group);
    }
    let section = |(line, groups)| Section {
        line,
        ..Section::of(groups)
    };
    by_line.into_iter().map(section).collect()
}

/// The order that suits what makes a tensor, and products that read it as it is.
fn made_arrangement(b: &Builder<'_>, tensor: TensorId) -> Arrangement {
    let (shape, length) = (b.shape(tensor), b.length(tensor));
    let last = shape.last().copied().unwrap_or(1).max(1);
    let pieces = pieces(b, tensor);
    if length > last && pieces == Pieces::RowsTogether {
        return Arrangement::rows(length / last, last);
    }
    if length > last && pieces == Pieces::Columns {
        let column = |k: usize| (k..length).step_by(last).map(|e| e as u32).collect();
        return Arrangement::groups((0..last).rev().map(column).collect());
    }
    if let &[images, channels, ref plane @ ..] = shape
        && b.are_images(shape)
    {
        return Arrangement::images(images, channels, plane.iter().product(), last);
    }
    match shape {
        [_, _] if length > last => Arrangement::planes(length, last, last),
        [_, _, plane @ ..] if length > last => Arrangement::planes(length, plane.iter().product(), last),
        _ => Arrangement::flat(length),
    }
}

/// The pieces of a matrix that are read at the same time, each on rows of its own; none for images.
pub fn matrix_groups<'b>(b: &'b Builder<'_>, tensor: TensorId) -> Option<&'b Vec<Vec<u32>>> {
    let groups = b.readings.matrices(tensor)?;
    (!b.are_images(b.shape(tensor))).then_some(groups)
}

/// The order in which the remainders of an accumulator are stored: that of the rounded tensor, as far as it is made and not read by
/// convolutions. Columns that have a bias each share no rows.
pub fn remainder_arrangement(b: &Builder<'_>, acc: TensorId) -> Arrangement {
    // Not any consumer: the node being lowered is the one that rounds.
    let rounded = b.node.map_or(acc, |n| b.graph.nodes[n].output());
    match matrix_groups(b, rounded) {
        Some(groups) if made_pieces(b, rounded) != Some(Pieces::Columns) => {
            Arrangement::groups(groups.clone())
        }
        _ => made_arrangement(b, rounded),
    }
}

/// In which pieces products read or make a tensor.
fn pieces(b: &Builder<'_>, tensor: TensorId) -> Pieces {
    let made = made_pieces(b, tensor);
    let read = b.consumers(tensor).iter().filter_map(|node| pieces_of(b, *node));
    let all: Vec<Pieces> = read.chain(made).collect();
    let first = |wanted: Pieces| all.contains(&wanted).then_some(wanted);
    first(Pieces::RowsTogether)
        .or(made.filter(|pieces| *pieces == Pieces::Channels))
        .or_else(|| first(Pieces::Columns))
        .unwrap_or(Pieces::Any)
}

/// Those in which the product makes it that it is rounded from.
fn made_pieces(b: &Builder<'_>, tensor: TensorId) -> Option<Pieces> {
    product_of(b, tensor).and_then(|node| pieces_of(b, node))
}

fn pieces_of(b: &Builder<'_>, node: usize) -> Option<Pieces> {
    b.product(node).map(|product| product.pieces(b, node))
}

/// The node of the accumulator that a rounded tensor is made of.
fn product_of(b: &Builder<'_>, tensor: TensorId) -> Option<usize> {
    let rounded = b.producer(tensor).filter(|n| b.operator(*n).rounds());
    rounded.and_then(|n| b.producer(b.graph.nodes[n].inputs[0]))
}
