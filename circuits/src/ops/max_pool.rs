//! MaxPool: `d_i = max − z_i` is range-checked, hence non-negative, and the product of a window's `d_i` is zero, so that
//! `max` bounds every element and equals one. The elements themselves are not stored: `z_i = max − d_i`.
//!
//! A product has at most four factors (the degree of a gate); larger windows are maxima of maxima.

use super::{
    express, storage,
    sum_pool::{too_many, window_members},
};
use crate::{
    arrangement::Arrangement,
    block::{Bank, Field, Fill, Offsets},
    builder::{Builder, Claim, Expression, Map, NewBlock, Operator, Part, Source},
    cell::NONE,
    error::CircuitError,
    functional::Functional,
    gate::{Constraint, Gate, Linear, MAX_FACTORS},
};
use hallmark_model::{TensorId, graph::Window, ops::integer::MaxPool};
use std::sync::Arc;

/// Most pools in a row that are stored as one: their elements are maxima of maxima, whose evaluation is recursive and whose proven
/// intervals add up.
const MAX_POOLS: usize = 8;

/// Most members of all windows together.
const MAX_MEMBERS: usize = 1 << 24;

impl Operator for MaxPool {
    /// Lowers the node where its input is stored otherwise.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let (input, output) = (b.graph.nodes[node].inputs[0], b.graph.nodes[node].output());
        if b.is_defined(output) {
            return Ok(());
        }
        let windows = Windows::new(b, input, node, &self.window)?;
        let members = windows.store(b, input, output)?;
        windows.link(b, input, &members)
    }

    fn claim(&self, b: &Builder<'_>) -> Option<Claim> {
        (b.pools < MAX_POOLS).then_some(Claim::Windows)
    }

    fn store_argument(&self, b: &mut Builder<'_>, tensor: TensorId, node: usize) -> Result<(), CircuitError> {
        b.pools += 1;
        let stored = store(b, tensor, node, &self.window);
        b.pools -= 1;
        stored
    }
}

/// Stores the maxima (as their consumer wants them) and the differences, and defines `tensor` by them.
fn store(b: &mut Builder<'_>, tensor: TensorId, node: usize, window: &Window) -> Result<(), CircuitError> {
    let output = b.graph.nodes[node].output();
    let windows = Windows::new(b, tensor, node, window)?;
    let members = windows.store(b, tensor, output)?;
    if windows.partition {
        let mut position = vec![0u32; b.length(tensor)];
        for (place, element) in windows.members.iter().enumerate() {
            position[*element as usize] = place as u32;
        }
        let part = Part {
            coefficient: 1,
            source: Source::Expression(Arc::new(members)),
            map: express::gather(position),
        };
        b.define(tensor, Expression::of(vec![part]));
        return Ok(());
    }
    storage::number(b, tensor)?;
    windows.link(b, tensor, &members)
}

/// In each group of lanes, the product of the differences is zero.
fn is_attained(size: usize) -> Gate {
    let product = Constraint::product("window {group}", (0..size).map(Linear::lane));
    Gate::of_groups(format!("a maximum of {size} is attained"), size, product)
}

/// How windows, or groups of their members, lie in images.
#[derive(Clone, Copy)]
struct Grid {
    /// Windows of one line.
    line: usize,
    /// Channels of an image.
    channels: usize,
    /// Channels of all images.
    planes: usize,
    /// Images whose rows are shared.
    images: usize,
}

/// The members of all windows, `size` each.
struct Windows {
    /// Member `i` of window `w` is `members[w·size + i]`; windows cut by padding repeat their first member.
    members: Arc<[u32]>,
    size: usize,
    grid: Grid,
    /// Whether every element is a member exactly once.
    partition: bool,
}

impl Windows {
    fn new(b: &Builder<'_>, input: TensorId, node: usize, window: &Window) -> Result<Self, CircuitError> {
        let output = b.shape(b.graph.nodes[node].output());
        let (starts, items) = window_members(window, b.shape(input), output)
            .map_err(|members| b.unsupported(too_many(members, MAX_MEMBERS)))?;
        // The largest window that padding leaves.
        let size = starts
            .windows(2)
            .map(|w| (w[1] - w[0]) as usize)
            .max()
            .unwrap_or(0);
        if (starts.len() - 1).saturating_mul(size) > MAX_MEMBERS {
            return Err(b.unsupported(too_many((starts.len() - 1).saturating_mul(size), MAX_MEMBERS)));
        }
        let mut members = Vec::with_capacity((starts.len() - 1) * size);
        for w in starts.windows(2) {
            let own = &items[w[0] as usize..w[1] as usize];
            let Some(first) = own.first() else {
                return Err(b.unsupported("a pool window lies entirely in the padding"));
            };
            members.extend(own.iter().copied().chain(std::iter::repeat(*first)).take(size));
        }
        let mut count = vec![0u8; b.length(input)];
        members
            .iter()
            .for_each(|e| count[*e as usize] = count[*e as usize].saturating_add(1));
        let partition = count.iter().all(|c| *c == 1);
        Ok(Self {
            members: Arc::from(members),
            size,
            grid: Grid {
                line: output.last().copied().unwrap_or(1),
                channels: output[1],
                planes: output[0] * output[1],
                images: if b.are_images(output) { output[0] } else { 1 },
            },
            partition,
        })
    }

    /// Stores maxima and differences; returns the expression of the members.
    fn store(
        &self,
        b: &mut Builder<'_>,
        input: TensorId,
        output: TensorId,
    ) -> Result<Expression, CircuitError> {
        if !b.is_defined(output) {
            storage::store(b, output)?;
        }
        let members = Arc::clone(&self.members);
        let values: Fill = Arc::new(move |trace| {
            let all: Vec<i64> = storage::elements(trace, input).collect();
            members.iter().map(|e| all[*e as usize]).collect()
        });
        let tops: Fill = Arc::new(move |trace| storage::elements(trace, output).collect());
        let span = storage::interval_length(b, input)?;
        let name = b.graph.tensors[input.0].name.clone();
        let level = Level {
            name,
            span,
            size: self.size,
            grid: self.grid,
            values,
            tops,
        };
        level.store(b, Source::Tensor(output), self.members.len() / self.size)
    }

    /// Equates the members with the elements of the stored input.
    fn link(&self, b: &mut Builder<'_>, input: TensorId, members: &Expression) -> Result<(), CircuitError> {
        let functional = Functional::flat(self.members.len());
        let part = express::part(1, input, Map::Gather(Arc::clone(&self.members)));
        let gathered = Expression::of(vec![part]);
        let (a, c) = (
            b.evaluate_expression(members, &functional)?,
            b.evaluate_expression(&gathered, &functional)?,
        );
        b.equate(&a, &c);
        Ok(())
    }
}

/// `count` groups of `size` members with known maxima.
struct Level {
    name: String,
    /// Number of values that a difference can have.
    span: usize,
    size: usize,
    grid: Grid,
    /// Values of all members.
    values: Fill,
    /// Values of the maxima.
    tops: Fill,
}

impl Level {
    /// Stores the differences to the maxima `top`; returns the expression of the members.
    fn store(self, b: &mut Builder<'_>, top: Source, count: usize) -> Result<Expression, CircuitError> {
        if self.size <= MAX_FACTORS {
            return self.store_differences(b, top, count);
        }
        // Maxima of sub-groups first. All sub-groups are full but perhaps the last: it is a block of its own, because
        // a member that only fills up a product would have to be tied to a real one.
        let (size, groups) = (self.size, self.size.div_ceil(MAX_FACTORS));
        let width = size.div_ceil(groups);
        let values = Arc::clone(&self.values);
        let maxima: Fill = Arc::new(move |trace| {
            let largest = |group: &[i64]| group.iter().copied().max().unwrap_or(i64::MIN);
            values(trace)
                .chunks(size)
                .flat_map(|w| w.chunks(width))
                .map(largest)
                .collect()
        });
        let upper = Level {
            size: groups,
            tops: self.tops,
            values: Arc::clone(&maxima),
            name: self.name.clone(),
            ..self
        };
        let middle = Arc::new(upper.store(b, top, count)?);
        let mut parts = Vec::new();
        for (first, number, width) in [
            (0, groups - 1, width),
            (groups - 1, 1, size - width * (groups - 1)),
        ] {
            let (from, part) = (first * size.div_ceil(groups), number * width);
            let values = Arc::clone(&self.values);
            let maxima = Arc::clone(&maxima);
            let lower = Level {
                name: self.name.clone(),
                span: self.span,
                size: width,
                grid: Grid {
                    line: (self.grid.line * number).max(1),
                    ..self.grid
                },
                values: Arc::new(move |trace| {
                    values(trace)
                        .chunks(size)
                        .flat_map(|w| w[from..from + part].to_vec())
                        .collect()
                }),
                tops: Arc::new(move |trace| {
                    maxima(trace)
                        .chunks(groups)
                        .flat_map(|w| w[first..first + number].to_vec())
                        .collect()
                }),
            };
            let own = (0..count * number)
                .map(|i| ((i / number) * groups + first + i % number) as u32)
                .collect();
            let source = Source::Expression(Arc::clone(&middle));
            let tops = Expression::of(vec![Part {
                coefficient: 1,
                source,
                map: express::gather(own),
            }]);
            let tops = Source::Expression(Arc::new(tops));
            let members = Arc::new(lower.store_differences(b, tops, count * number)?);
            let place = |i: usize| match (i % size).checked_sub(from).filter(|m| *m < part) {
                Some(member) => ((i / size) * part + member) as u32,
                None => NONE,
            };
            let map = express::gather((0..count * size).map(place).collect());
            parts.push(Part {
                coefficient: 1,
                source: Source::Expression(members),
                map,
            });
        }
        Ok(Expression::of(parts))
    }

    fn store_differences(
        self,
        b: &mut Builder<'_>,
        top: Source,
        count: usize,
    ) -> Result<Expression, CircuitError> {
        let (size, length) = (self.size, count * self.size);
        let (values, tops) = (self.values, self.tops);
        let fill: Fill = Arc::new(move |trace| {
            let tops = tops(trace);
            values(trace)
                .iter()
                .enumerate()
                .map(|(i, v)| tops[i / size] - v)
                .collect()
        });
        let table = Some(b.tables.range(self.span));
        let Grid {
            line,
            channels,
            planes,
            images,
        } = self.grid;
        let arrangement = match images {
            2.. => Arrangement::images(images, channels, length / images / channels.max(1), line * size),
            _ => Arrangement::planes(length, length / planes.max(1), line * size),
        };
        let block = b.store(NewBlock {
            name: format!("{} below maximum", self.name),
            bank: Bank::Single,
            length,
            arrangement,
            unit: size,
            stride: 1,
            table,
            offsets: Offsets::Uniform(vec![0]),
            fills: vec![fill],
        });
        b.gate_rows(is_attained(size), block)?;
        let own = (0..length).map(|i| (i / size) as u32).collect();
        let above = Part {
            coefficient: 1,
            source: top,
            map: express::gather(own),
        };
        let below = Part {
            coefficient: -1,
            source: Source::Field(Field { block, index: 0 }),
            map: Map::Identity,
        };
        Ok(Expression::of(vec![above, below]))
    }
}
