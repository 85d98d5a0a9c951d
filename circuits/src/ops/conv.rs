//! Conv: an identity of polynomials in σ.
//!
//! Lines of a padded image are laid end to end with pitch P. The product of the image polynomial and the reversed
//! kernel polynomial then has every valid output as one coefficient:
//! `Y_o(σ)·σ^e + border_o(σ) = Σ_c X_c(σ)·W_oc(σ)`, for all output channels `o` at once by powers of ρ.
//! The other coefficients (the *border*) are stored; the identity determines them. Stride s splits image and kernel into
//! s² phases.

use super::product::{self, single};
use crate::{
    block::{Arrangement, Bank, Field, Fill, Offsets, Section},
    builder::{Builder, Expression, NewBlock, Operator, Pieces, Product, Weights},
    dot::{DotRow, Multiplier, WeightRow, WeightSource},
    error::CircuitError,
    expression::Atom,
    functional::{Base, Functional, Step},
};
use hallmark_model::{QuantizedGraph, TensorId, Trace, graph::Window, ops::integer::IntConv};
use std::sync::Arc;

/// A kernel element within its phase.
#[derive(Clone, Copy, Debug)]
struct Tap {
    position: u32,
    dy: usize,
    dx: usize,
}

/// Most powers that the positions of a convolution may span.
const MAX_POWERS: usize = 1 << 24;

/// One phase of a strided convolution: which input elements it reads, and which kernel elements.
#[derive(Clone, Debug)]
struct Phase {
    /// `(y·W + x, position)` of the real (unpadded) elements of one channel of one image.
    positions: Vec<(u32, u32)>,
    /// Kernel elements, positions descending.
    taps: Vec<Tap>,
}

/// How positions become powers.
#[derive(Clone, Debug)]
pub struct Geometry {
    /// Images, input channels, height, width.
    input: [usize; 4],
    /// Output channels, height, width.
    output: [usize; 3],
    groups: usize,
    kernel_width: usize,
    /// Powers between lines.
    pitch: u32,
    /// Position of the first valid output.
    first: u32,
    /// Number of positions that products can reach.
    positions: usize,
    phases: Vec<Phase>,
}

impl Geometry {
    /// Geometry of a convolution node's window; `None` if its positions span more than 2^24 powers.
    ///
    /// The bound keeps all powers far below 2^32, so that no two positions share one by wrapping.
    pub fn new(window: &Window, groups: usize, input: &[usize], output: &[usize]) -> Option<Self> {
        let reach = |axis: usize| (window.kernel[axis] - 1) * window.dilations[axis] / window.strides[axis];
        let lines = |axis: usize| {
            let padded = window.pads[axis] + input[2 + axis] + window.pads[axis + 2];
            (padded - 1) / window.strides[axis] + 1
        };
        let (pitch, [reach_y, reach_x]) = (lines(1), [reach(0), reach(1)]);
        let image = pitch.checked_mul(lines(0).checked_add(reach_y)?)?;
        let positions = image
            .checked_add(reach_y.checked_mul(pitch)?)?
            .checked_add(reach_x)?
            .checked_add(pitch)?;
        if positions.checked_mul(input[0])? > MAX_POWERS {
            return None;
        }
        let mut phases = Vec::new();
        for py in 0..window.strides[0] {
            for px in 0..window.strides[1] {
                let taps = taps(window, [py, px], [reach_y, reach_x], pitch);
                if taps.is_empty() {
                    continue;
                }
                let mut positions = Vec::new();
                for y in (0..input[2]).filter(|y| (y + window.pads[0]) % window.strides[0] == py) {
                    for x in (0..input[3]).filter(|x| (x + window.pads[1]) % window.strides[1] == px) {
                        let line = (y + window.pads[0]) / window.strides[0];
                        let power = line * pitch + (x + window.pads[1]) / window.strides[1];
                        positions.push(((y * input[3] + x) as u32, power as u32));
                    }
                }
                phases.push(Phase { positions, taps });
            }
        }
        Some(Self {
            input: [input[0], input[1], input[2], input[3]],
            output: [output[1], output[2], output[3]],
            groups,
            kernel_width: window.kernel[1],
            pitch: pitch as u32,
            first: (reach_y * pitch + reach_x) as u32,
            positions,
            phases,
        })
    }

    /// The functional of output channel `o`: `Σ σ^power · Y[n,o,y,x]`.
    fn output(&self, o: usize) -> Functional {
        let [channels, height, width] = self.output;
        let mut terms = Vec::with_capacity(self.input[0] * height * width);
        for n in 0..self.input[0] {
            for y in 0..height {
                for x in 0..width {
                    let element = ((n * channels + o) * height + y) * width + x;
                    terms.push((element as u32, self.output_power(n, y, x)));
                }
            }
        }
        Functional::new(Base::Sigma, terms)
    }

    fn output_power(&self, n: usize, y: usize, x: usize) -> u32 {
        self.power(n, self.output_position(y, x))
    }

    fn output_position(&self, y: usize, x: usize) -> u32 {
        self.first + y as u32 * self.pitch + x as u32
    }

    /// The power of a position of an image: powers of different images have different remainders modulo their number.
    fn power(&self, n: usize, position: u32) -> u32 {
        position * self.input[0] as u32 + n as u32
    }

    /// The functional of a phase of input channel `c`.
    fn input(&self, phase: &Phase, c: usize) -> Functional {
        let plane = self.input[2] * self.input[3];
        let images = 0..self.input[0];
        let terms = images.flat_map(|n| {
            let first = ((n * self.input[1] + c) * plane) as u32;
            phase
                .positions
                .iter()
                .map(move |(at, position)| (first + at, self.power(n, *position)))
        });
        Functional::new(Base::Sigma, terms)
    }

    /// Positions of the product that are no valid output, ascending; the same for all images.
    fn border(&self) -> Vec<u32> {
        let mut reached = vec![false; self.positions];
        for phase in &self.phases {
            for (_, position) in &phase.positions {
                for tap in &phase.taps {
                    reached[(position + tap.position) as usize] = true;
                }
            }
        }
        for y in 0..self.output[1] {
            for x in 0..self.output[2] {
                reached[self.output_position(y, x) as usize] = false;
            }
        }
        (0..reached.len())
            .filter(|p| reached[*p])
            .map(|p| p as u32)
            .collect()
    }

    /// Number of kernel elements of one input and output channel.
    fn kernel(&self) -> usize {
        self.phases.iter().map(|p| p.taps.len()).sum()
    }

    /// The border coefficients of an execution: for every output channel and image, those of [`Self::border`].
    fn border_values(&self, weight: &[i64], per_group: usize, trace: &Trace, input: TensorId) -> Vec<i64> {
        let border = self.border();
        let (images, count) = (self.input[0], border.len());
        let mut index = vec![usize::MAX; self.positions];
        border
            .iter()
            .enumerate()
            .for_each(|(i, p)| index[*p as usize] = i);
        let x: Vec<i64> = trace.tensors[input.0].iter().copied().collect();
        let (kernel, plane) = (self.kernel(), self.input[2] * self.input[3]);
        let (outputs, width) = (self.output[0] / self.groups, self.kernel_width);
        let mut values = vec![0i64; self.output[0] * images * count];
        for phase in &self.phases {
            for tap in &phase.taps {
                // Which positions meet the border at this tap is the same for all channels and images.
                let meets = |(at, position): &(u32, u32)| {
                    let place = index[(position + tap.position) as usize];
                    (place != usize::MAX).then_some((*at as usize, place))
                };
                let touched: Vec<(usize, usize)> = phase.positions.iter().filter_map(meets).collect();
                for channel in 0..self.input[1] {
                    let group = channel / per_group;
                    for o in group * outputs..(group + 1) * outputs {
                        let w =
                            weight[(o * per_group + channel % per_group) * kernel + tap.dy * width + tap.dx];
                        for n in 0..images {
                            let own = &mut values[(o * images + n) * count..][..count];
                            let image = &x[(n * self.input[1] + channel) * plane..][..plane];
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

fn taps(window: &Window, phase: [usize; 2], reach: [usize; 2], pitch: usize) -> Vec<Tap> {
    let mut taps = Vec::new();
    let in_phase = |d: usize, axis: usize| {
        let offset = d * window.dilations[axis];
        (offset % window.strides[axis] == phase[axis]).then_some(offset / window.strides[axis])
    };
    for dy in 0..window.kernel[0] {
        let Some(y) = in_phase(dy, 0) else { continue };
        for dx in 0..window.kernel[1] {
            let Some(x) = in_phase(dx, 1) else { continue };
            taps.push(Tap {
                position: ((reach[0] - y) * pitch + reach[1] - x) as u32,
                dy,
                dx,
            });
        }
    }
    taps.sort_by_key(|t| std::cmp::Reverse(t.position));
    taps
}

impl Operator for IntConv {
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        product::lower(b, node, self)
    }

    fn product(&self) -> Option<&dyn Product> {
        Some(self)
    }
}

impl Product for IntConv {
    /// Proves `value` (an expression of the output, bias already subtracted) to be the convolution.
    fn prove(&self, b: &mut Builder<'_>, node: usize, value: &Expression) -> Result<(), CircuitError> {
        let source = &b.graph.nodes[node];
        let (input, shape) = (source.inputs[0], b.shape(source.output()));
        let Some(geometry) = Geometry::new(&self.window, self.groups, b.shape(input), shape) else {
            return Err(b.unsupported(format!(
                "the padded input spans more than {MAX_POWERS} positions; use smaller pads, dilations or batches"
            )));
        };
        let outputs: Vec<Functional> = (0..shape[1]).map(|o| geometry.output(o)).collect();
        let left = outputs
            .iter()
            .map(|f| b.evaluate_expression(value, f))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(rounded) = b.node.map(|n| b.graph.nodes[n].output()) {
            b.note_link(rounded, &outputs);
        }
        let factors = evaluate_input(b, input, &geometry)?;
        let border = store_border(b, node, self, &geometry)?;
        let lanes = b.widths.weights;
        for o in (0..shape[1]).rev() {
            let first = o + 1 == shape[1];
            let mut left = left[o].clone();
            left.extend(border[o].iter().map(|atom| (1, *atom)));
            b.add_scalar(&left, -1, false, !first);
            if o % lanes == 0 {
                let mut keep = !(first && left.is_empty());
                for (channel, phase, factor) in &factors {
                    push_kernel(
                        b,
                        node,
                        self,
                        &geometry,
                        *channel,
                        &geometry.phases[*phase],
                        o,
                        *factor,
                        &mut keep,
                    );
                }
            }
        }
        b.end_equation();
        Ok(())
    }

    fn bias(&self, b: &Builder<'_>, node: usize) -> Option<Vec<i64>> {
        let output = b.graph.nodes[node].output();
        let shape = b.shape(output);
        let line = shape[2] * shape[3];
        Some(
            (0..b.length(output))
                .map(|e| self.bias[e / line % shape[1]])
                .collect(),
        )
    }

    fn pieces(&self, _b: &Builder<'_>, _node: usize) -> Pieces {
        Pieces::Channels
    }

    fn weights(&self) -> Option<Weights<'_>> {
        Some(Weights {
            weight: &self.weight,
            bias: &self.bias,
        })
    }
}

/// Evaluations of every phase of every channel: `(channel, phase, cell)`; all-padding ones are left out.
fn evaluate_input(
    b: &mut Builder<'_>,
    input: TensorId,
    geometry: &Geometry,
) -> Result<Vec<(usize, usize, Atom)>, CircuitError> {
    let mut factors = Vec::new();
    let mut family = Vec::new();
    for channel in 0..geometry.input[1] {
        for (index, phase) in geometry.phases.iter().enumerate() {
            let functional = geometry.input(phase, channel);
            let scalar = b.evaluate(input, &functional)?;
            family.push(functional);
            if let Some(atom) = single(b, &scalar) {
                factors.push((channel, index, atom));
            }
        }
    }
    b.note_link(input, &family);
    Ok(factors)
}

/// The block of border coefficients and its evaluation for every output channel.
///
/// Coefficients are stored plus a power of two that exceeds them, so that they are small non-negative integers. That is
/// for speed only: nothing rests on their size.
fn store_border(
    b: &mut Builder<'_>,
    node: usize,
    conv: &IntConv,
    geometry: &Geometry,
) -> Result<Vec<Vec<Atom>>, CircuitError> {
    let border = geometry.border();
    let (channels, images, count) = (geometry.output[0], geometry.input[0], border.len());
    if count == 0 {
        return Ok(vec![Vec::new(); channels]);
    }
    // Runs of consecutive positions share rows, so that rows have few patterns.
    let section = |o: usize| Section {
        groups: runs(&border, o * images * count),
        images,
        stride: count,
        interleaved: true,
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

/// Appends `factor · Σ_o ρ^(o−first) W_o,channel(σ)` over the lanes `first..first + lanes` of output channels.
#[allow(clippy::too_many_arguments)]
fn push_kernel(
    b: &mut Builder<'_>,
    node: usize,
    conv: &IntConv,
    geometry: &Geometry,
    channel: usize,
    phase: &Phase,
    first: usize,
    factor: Atom,
    keep: &mut bool,
) {
    let weight = &conv.weight;
    let (size, per_group) = (weight.shape(), geometry.output[0] / geometry.groups);
    let group = channel / size[1];
    let from = first.max(group * per_group);
    let to = (first + b.widths.weights).min((group + 1) * per_group);
    if from >= to {
        return;
    }
    let kernel = size[2] * size[3];
    let weights = |tap: &Tap| WeightRow {
        node,
        source: WeightSource::Weight,
        first: (from * size[1] + channel % size[1]) * kernel + tap.dy * size[3] + tap.dx,
        stride: size[1] * kernel,
        lane: from - first,
        count: to - from,
    };
    let images = geometry.input[0] as u32;
    let mut previous: Option<u32> = None;
    let mut rows: Vec<DotRow> = Vec::new();
    for tap in &phase.taps {
        let step = previous.map(|p| Step {
            base: Base::Sigma,
            power: (p - tap.position) * images,
        });
        rows.push(DotRow {
            weights: Some(weights(tap)),
            step,
            ..DotRow::default()
        });
        previous = Some(tap.position);
    }
    if let (Some(rest @ 1..), Some(tap)) = (previous, phase.taps.first()) {
        let step = Some(Step {
            base: Base::Sigma,
            power: rest * images,
        });
        rows.push(DotRow {
            weights: Some(WeightRow {
                count: 0,
                ..weights(tap)
            }),
            step,
            ..DotRow::default()
        });
    }
    let last = rows.len() - 1;
    for (i, row) in rows.into_iter().enumerate() {
        let product = if i == last {
            Multiplier::Factor
        } else {
            Multiplier::None
        };
        let f_from = (i == last).then_some(factor);
        b.dots.push(DotRow {
            node: b.node,
            keep: *keep,
            product,
            f_from,
            ..row
        });
        *keep = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// With 32 bits, two images would share powers and only sums of outputs would be constrained.
    #[test]
    fn positions_that_could_wrap_are_refused() {
        let window = Window {
            kernel: [2, 2],
            strides: [1, 1],
            pads: [0, 0, 32_769, 65_536],
            dilations: [32_767, 65_535],
        };
        assert!(Geometry::new(&window, 1, &[2, 1, 1, 1], &[2, 1, 3, 2]).is_none());
    }

    /// Multiplies the polynomials of a strided, padded, dilated kernel and reads the outputs off.
    #[test]
    fn valid_outputs_are_single_coefficients() {
        let window = Window {
            kernel: [3, 2],
            strides: [2, 1],
            pads: [1, 1, 0, 1],
            dilations: [1, 2],
        };
        let (height, width) = (5usize, 4usize);
        let out = [(height + 1 - 3) / 2 + 1, width + 2 - 3 + 1];
        let geometry = Geometry::new(&window, 1, &[1, 1, height, width], &[1, 1, out[0], out[1]]).unwrap();
        let x: Vec<i64> = (0..height * width).map(|i| (i * i) as i64 % 17 - 5).collect();
        let w: Vec<i64> = vec![3, -1, 4, 1, -5, 9];
        let mut product: HashMap<u32, i64> = HashMap::new();
        for phase in &geometry.phases {
            for (at, p) in &phase.positions {
                for tap in &phase.taps {
                    *product.entry(p + tap.position).or_default() += x[*at as usize] * w[tap.dy * 2 + tap.dx];
                }
            }
        }
        for y in 0..out[0] {
            for z in 0..out[1] {
                let mut expected = 0;
                for dy in 0..3 {
                    for dx in 0..2 {
                        let (iy, ix) = ((y * 2 + dy).wrapping_sub(1), (z + dx * 2).wrapping_sub(1));
                        if iy < height && ix < width {
                            expected += x[iy * width + ix] * w[dy * 2 + dx];
                        }
                    }
                }
                let power = geometry.output_power(0, y, z);
                assert_eq!(
                    product.get(&power).copied().unwrap_or(0),
                    expected,
                    "output {y},{z}"
                );
                assert!(!geometry.border().contains(&power));
            }
        }
        for power in product.keys() {
            let valid = (0..out[0]).any(|y| (0..out[1]).any(|x| geometry.output_power(0, y, x) == *power));
            assert!(valid || geometry.border().contains(power));
        }
    }
}
