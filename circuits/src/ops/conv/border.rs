//! The border: coefficients of a convolution's product that are no outputs.

use super::geometry::Geometry;
use crate::{
    arrangement::{Arrangement, Section},
    block::{Bank, Field, Fill, Offsets},
    builder::{Builder, NewBlock},
    error::CircuitError,
    expression::Atom,
    functional::{Base, Functional},
};
use hallmark_model::{QuantizedGraph, TensorId, Trace, ops::integer::IntConv};
use std::sync::Arc;

/// The block of border coefficients and its evaluation for every output channel.
///
/// Coefficients are stored plus a power of two that exceeds them, so that they are small non-negative integers. That is
/// for speed only: nothing rests on their size.
pub(super) fn store_border(
    b: &mut Builder<'_>,
    node: usize,
    conv: &IntConv,
    geometry: &Geometry,
) -> Result<Vec<Vec<Atom>>, CircuitError> {
    let border = geometry.border();
    let (channels, images, count) = (geometry.filters, geometry.images, border.len());
    if count == 0 {
        return Ok(vec![Vec::new(); channels]);
    }
    // Runs of consecutive positions share rows, so that rows have few patterns.
    let section = |o: usize| Section {
        images,
        stride: count,
        interleaved: true,
        ..Section::of(runs(&border, o * images * count))
    };
    let arrangement = Arrangement::sections((0..channels).rev().map(section).collect());
    let (graph, owned) = (b.graph, Arc::new(geometry.clone()));
    let weight = &conv.weight;
    let Some(offset) = border_bound(graph, node, conv) else {
        return Err(b.unsupported("its partial sums do not fit 62 bits"));
    };
    let (weight, input) = (
        Arc::new(weight.iter().copied().collect::<Vec<i64>>()),
        graph.nodes[node].inputs[0],
    );
    let per_group = weight.len() / channels / geometry.kernel();
    let fill: Fill = Arc::new(move |trace| {
        owned
            .border_values(&weight, per_group, trace, input)
            .iter()
            .map(|v| v + offset)
            .collect()
    });
    let block = b.store(NewBlock {
        name: format!("{} border", graph.nodes[node].name),
        bank: Bank::Border,
        length: channels * images * count,
        arrangement,
        unit: 1,
        stride: 1,
        table: None,
        offsets: Offsets::Uniform(vec![-offset]),
        fills: vec![fill],
    });
    let evaluate = |o: usize| {
        let image = |n: usize| {
            let own = border.iter().zip((o * images + n) * count..);
            own.map(move |(position, element)| (element as u32, geometry.power(n, *position)))
        };
        let functional = Functional::new(Base::Sigma, (0..images).flat_map(image));
        b.evaluate_field(Field { block, index: 0 }, functional, false)
    };
    Ok((0..channels).map(evaluate).collect())
}

/// A power of two above the magnitude of any partial sum of a convolution.
fn border_bound(graph: &QuantizedGraph, node: usize, conv: &IntConv) -> Option<i64> {
    let weight = &conv.weight;
    let (low, high) = graph.tensors[graph.nodes[node].inputs[0].0].interval;
    let largest = low.unsigned_abs().max(high.unsigned_abs());
    let per_channel = weight.len() / weight.shape()[0].max(1);
    let flat: Vec<u64> = weight.iter().map(|w| w.unsigned_abs()).collect();
    let sums = flat.chunks(per_channel.max(1)).map(|c| c.iter().sum::<u64>());
    let bound = sums
        .max()
        .unwrap_or(0)
        .checked_mul(largest)?
        .checked_add(1)?
        .checked_next_power_of_two()?;
    i64::try_from(bound).ok().filter(|bound| *bound <= 1 << 62)
}

/// Runs of consecutive positions, descending; elements are numbered from `first`.
fn runs(positions: &[u32], first: usize) -> Vec<Vec<u32>> {
    let indices: Vec<usize> = (0..positions.len()).collect();
    let consecutive = |a: &usize, c: &usize| positions[*c] == positions[*a] + 1;
    let runs = indices
        .chunk_by(consecutive)
        .map(|run| run.iter().map(|i| (first + i) as u32).collect());
    let mut runs: Vec<Vec<u32>> = runs.collect();
    runs.reverse();
    runs
}

impl Geometry {
    /// Positions of the product that are no valid output, ascending; the same for all images.
    pub fn border(&self) -> Vec<u32> {
        let mut reached = vec![false; self.positions];
        for phase in &self.phases {
            for (_, position) in &phase.elements {
                for tap in &phase.taps {
                    reached[(position + tap.position) as usize] = true;
                }
            }
        }
        for position in &self.outputs {
            reached[*position as usize] = false;
        }
        (0..reached.len())
            .filter(|p| reached[*p])
            .map(|p| p as u32)
            .collect()
    }

    /// The border coefficients of an execution: for every output channel and image, those of [`Self::border`].
    fn border_values(&self, weight: &[i64], per_group: usize, trace: &Trace, input: TensorId) -> Vec<i64> {
        let border = self.border();
        let (images, count) = (self.images, border.len());
        let mut index = vec![usize::MAX; self.positions];
        border
            .iter()
            .enumerate()
            .for_each(|(i, p)| index[*p as usize] = i);
        let x: Vec<i64> = trace.tensors[input.0].iter().copied().collect();
        let kernel = self.kernel();
        let outputs = self.filters_of_group();
        let mut values = vec![0i64; self.filters * images * count];
        for phase in &self.phases {
            for tap in &phase.taps {
                // Which positions meet the border at this tap is the same for all channels and images.
                let meets = |(at, position): &(u32, u32)| {
                    let place = index[(position + tap.position) as usize];
                    (place != usize::MAX).then_some((*at as usize, place))
                };
                let touched: Vec<(usize, usize)> = phase.elements.iter().filter_map(meets).collect();
                for channel in 0..self.channels {
                    let group = channel / per_group;
                    for o in group * outputs..(group + 1) * outputs {
                        let w = weight[(o * per_group + channel % per_group) * kernel + tap.place];
                        for n in 0..images {
                            let own = &mut values[(o * images + n) * count..][..count];
                            let image = &x[(n * self.channels + channel) * self.plane..][..self.plane];
                            for (at, place) in &touched {
                                own[*place] += w * image[*at];
                            }
                        }
                    }
                }
            }
        }
        values
    }
}
