//! Conv: an identity of polynomials in σ.
//!
//! Lines of a padded image are laid end to end with pitch P. The product of the image polynomial and the reversed
//! kernel polynomial then has every valid output as one coefficient:
//! `Σ_o ρ^o Y_o(σ)·σ^e + border(σ) = Σ_c X_c(σ) · Σ_o ρ^o W_oc(σ)`.
//! The other coefficients (the *border*) are combined over output channels by ρ first, so that they are one short
//! polynomial per layer, committed between ρ and σ. Stride s splits image and kernel into s² phases.

use super::linear::single;
use crate::{
    Fr,
    accumulator::Step,
    block::{Arrangement, Bank, Block, BlockId, Field, Offsets, Rows},
    builder::{Builder, Repr},
    dot::{DotRow, Product, WeightRow, WeightSource},
    error::CircuitError,
    field,
    functional::{Base, Functional},
    view::Atom,
};
use halo2_proofs::halo2curves::ff::Field as _;
use hallmark_model::{QOp, QuantizedGraph, TensorId, graph::Window, Trace};
use std::collections::HashMap;

/// The border polynomial of a convolution.
#[derive(Clone, Debug)]
pub struct Border {
    /// The convolution's node.
    pub node: usize,
    /// Its block in [`Bank::Border`]; element `i` is the coefficient of `σ^powers[i]`.
    pub block: BlockId,
    /// Powers, ascending.
    pub powers: Vec<u32>,
}

/// A kernel element within its phase.
#[derive(Clone, Copy, Debug)]
struct Tap {
    power: u32,
    dy: usize,
    dx: usize,
}

/// One phase of a strided convolution: which input elements it reads, and which kernel elements.
#[derive(Clone, Debug)]
struct Phase {
    /// `(y·W + x, power)` of the real (unpadded) elements of one channel of one image.
    positions: Vec<(u32, u32)>,
    /// Kernel elements, powers descending.
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
    /// Powers between lines.
    pitch: u32,
    /// Powers between images.
    image: u32,
    /// Power of the first valid output.
    first: u32,
    phases: Vec<Phase>,
}

impl Geometry {
    /// Geometry of a convolution node's window.
    pub fn new(window: &Window, groups: usize, input: &[usize], output: &[usize]) -> Self {
        let reach = |axis: usize| (window.kernel[axis] - 1) * window.dilations[axis] / window.strides[axis];
        let lines = |axis: usize| {
            let padded = window.pads[axis] + input[2 + axis] + window.pads[axis + 2];
            (padded - 1) / window.strides[axis] + 1
        };
        let (pitch, [reach_y, reach_x]) = (lines(1), [reach(0), reach(1)]);
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
        Self {
            input: [input[0], input[1], input[2], input[3]],
            output: [output[1], output[2], output[3]],
            groups,
            pitch: pitch as u32,
            image: (pitch * (lines(0) + reach_y)) as u32,
            first: (reach_y * pitch + reach_x) as u32,
            phases,
        }
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
        n as u32 * self.image + self.first + y as u32 * self.pitch + x as u32
    }

    /// The functional of a phase of input channel `c`.
    fn input(&self, phase: &Phase, c: usize) -> Functional {
        let plane = self.input[2] * self.input[3];
        let images = 0..self.input[0];
        let terms = images.flat_map(|n| {
            let first = ((n * self.input[1] + c) * plane) as u32;
            phase.positions.iter().map(move |(at, power)| (first + at, n as u32 * self.image + power))
        });
        Functional::new(Base::Sigma, terms)
    }

    /// Powers of the product that are no valid output, ascending.
    fn border(&self) -> Vec<u32> {
        let mut reached = vec![false; (self.input[0] as u32 * self.image + self.first) as usize + self.pitch as usize];
        for phase in &self.phases {
            for (_, position) in &phase.positions {
                for tap in &phase.taps {
                    for n in 0..self.input[0] {
                        reached[(n as u32 * self.image + position + tap.power) as usize] = true;
                    }
                }
            }
        }
        for n in 0..self.input[0] {
            for y in 0..self.output[1] {
                for x in 0..self.output[2] {
                    reached[self.output_power(n, y, x) as usize] = false;
                }
            }
        }
        (0..reached.len()).filter(|p| reached[*p]).map(|p| p as u32).collect()
    }
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
            taps.push(Tap { power: ((reach[0] - y) * pitch + reach[1] - x) as u32, dy, dx });
        }
    }
    taps.sort_by_key(|t| std::cmp::Reverse(t.power));
    taps
}

/// Proves `value` (an expression of the output, bias already subtracted) to be the convolution.
pub fn prove(b: &mut Builder<'_>, node: usize, value: &Repr) -> Result<(), CircuitError> {
    let source = &b.graph.nodes[node];
    let QOp::Conv { window, groups, .. } = &source.op else { return Ok(()) };
    let (input, shape) = (source.inputs[0], b.shape(source.output));
    let geometry = Geometry::new(window, *groups, b.shape(input), shape);
    let outputs: Vec<Functional> = (0..shape[1]).map(|o| geometry.output(o)).collect();
    let left = outputs.iter().map(|f| b.evaluate_repr(value, f)).collect::<Result<Vec<_>, _>>()?;
    if let Some(rounded) = b.node.map(|n| b.graph.nodes[n].output) {
        b.note_link(rounded, &outputs);
    }
    let factors = evaluate_input(b, input, &geometry)?;
    let border = store_border(b, node, &geometry);
    let lanes = b.widths.weights;
    for o in (0..shape[1]).rev() {
        let first = o + 1 == shape[1];
        b.add_scalar(&left[o], -1, false, !first);
        if o % lanes == 0 {
            let mut keep = !(first && left[o].is_empty());
            for (channel, phase, factor) in &factors {
                push_kernel(b, node, &geometry, *channel, &geometry.phases[*phase], o, *factor, &mut keep);
            }
        }
    }
    b.add_scalar(&border.into_iter().map(|atom| (1, atom)).collect(), -1, true, false);
    b.end_equation();
    Ok(())
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

/// The block of border coefficients and its evaluation.
fn store_border(b: &mut Builder<'_>, node: usize, geometry: &Geometry) -> Vec<Atom> {
    let powers = geometry.border();
    if powers.is_empty() {
        return Vec::new();
    }
    let (slot_of, height) = Arrangement::flat(powers.len()).slots(powers.len(), 1, 1);
    let next = b.heights.entry(Bank::Border).or_insert(0);
    let first = *next;
    *next += height;
    let block = b.push_block(Block {
        name: format!("{} border", b.graph.nodes[node].name),
        node: b.node,
        bank: Bank::Border,
        rows: Rows::From(first),
        slots_per_row: 1,
        stride: 1,
        slot_of,
        height,
        table: None,
        offsets: Offsets::Uniform(vec![0]),
        fills: Vec::new(),
    });
    let functional = Functional::new(Base::Sigma, (0u32..).zip(powers.iter().copied()));
    b.borders.push(Border { node, block, powers });
    b.evaluate_field(Field { block, index: 0 }, functional, false)
}

/// Appends `factor · Σ_o ρ^(o−first) W_o,channel(σ)` over the lanes `first..first + lanes` of output channels.
#[allow(clippy::too_many_arguments)]
fn push_kernel(
    b: &mut Builder<'_>,
    node: usize,
    geometry: &Geometry,
    channel: usize,
    phase: &Phase,
    first: usize,
    factor: Atom,
    keep: &mut bool,
) {
    let QOp::Conv { weight, .. } = &b.graph.nodes[node].op else { return };
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
    let mut previous: Option<u32> = None;
    let mut rows: Vec<DotRow> = Vec::new();
    for tap in &phase.taps {
        let step = previous.map(|p| Step { base: Base::Sigma, power: p - tap.power });
        rows.push(DotRow { weights: Some(weights(tap)), step, ..DotRow::default() });
        previous = Some(tap.power);
    }
    if let (Some(rest @ 1..), Some(tap)) = (previous, phase.taps.first()) {
        let step = Some(Step { base: Base::Sigma, power: rest });
        rows.push(DotRow { weights: Some(WeightRow { count: 0, ..weights(tap) }), step, ..DotRow::default() });
    }
    let last = rows.len() - 1;
    for (i, row) in rows.into_iter().enumerate() {
        let product = if i == last { Product::Factor } else { Product::None };
        let f_from = (i == last).then_some(factor);
        b.dots.push(DotRow { node: b.node, keep: *keep, product, f_from, ..row });
        *keep = true;
    }
}

/// The border coefficients for the challenge ρ, in the order of [`Border::powers`].
pub fn border_values(graph: &QuantizedGraph, border: &Border, trace: &Trace, rho: Fr) -> Vec<Fr> {
    let source = &graph.nodes[border.node];
    let QOp::Conv { weight, window, groups, .. } = &source.op else { return Vec::new() };
    let geometry =
        Geometry::new(window, *groups, &graph.tensors[source.inputs[0].0].shape, &graph.tensors[source.output.0].shape);
    let input: Vec<i64> = trace.tensors[source.inputs[0].0].iter().copied().collect();
    let weight_flat: Vec<i64> = weight.iter().copied().collect();
    let rhos: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * rho)).take(geometry.output[0]).collect();
    let index: HashMap<u32, usize> = border.powers.iter().copied().zip(0..).collect();
    let mut values = vec![Fr::ZERO; border.powers.len()];
    let (size, per_group) = (weight.shape(), geometry.output[0] / geometry.groups);
    let (kernel, plane) = (size[2] * size[3], geometry.input[2] * geometry.input[3]);
    for channel in 0..geometry.input[1] {
        let group = channel / size[1];
        for phase in &geometry.phases {
            // Which positions touch the border at all does not depend on the channel, but the loop is short.
            for tap in &phase.taps {
                let mut combined = Fr::ZERO;
                for o in group * per_group..(group + 1) * per_group {
                    let at = (o * size[1] + channel % size[1]) * kernel + tap.dy * size[3] + tap.dx;
                    combined += rhos[o] * field(weight_flat[at]);
                }
                for n in 0..geometry.input[0] {
                    let image = n as u32 * geometry.image;
                    for (at, power) in &phase.positions {
                        if let Some(i) = index.get(&(image + power + tap.power)) {
                            let element = (n * geometry.input[1] + channel) * plane + *at as usize;
                            values[*i] += combined * field(input[element]);
                        }
                    }
                }
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Multiplies the polynomials of a strided, padded, dilated kernel and reads the outputs off.
    #[test]
    fn valid_outputs_are_single_coefficients() {
        let window = Window { kernel: [3, 2], strides: [2, 1], pads: [1, 1, 0, 1], dilations: [1, 2] };
        let (height, width) = (5usize, 4usize);
        let out = [(height + 1 - 3) / 2 + 1, width + 2 - 3 + 1];
        let geometry = Geometry::new(&window, 1, &[1, 1, height, width], &[1, 1, out[0], out[1]]);
        let x: Vec<i64> = (0..height * width).map(|i| (i * i) as i64 % 17 - 5).collect();
        let w: Vec<i64> = vec![3, -1, 4, 1, -5, 9];
        let mut product: HashMap<u32, i64> = HashMap::new();
        for phase in &geometry.phases {
            for (at, p) in &phase.positions {
                for tap in &phase.taps {
                    *product.entry(p + tap.power).or_default() += x[*at as usize] * w[tap.dy * 2 + tap.dx];
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
                assert_eq!(product.get(&power).copied().unwrap_or(0), expected, "output {y},{z}");
                assert!(!geometry.border().contains(&power));
            }
        }
        for power in product.keys() {
            let valid = (0..out[0]).any(|y| (0..out[1]).any(|x| geometry.output_power(0, y, x) == *power));
            assert!(valid || geometry.border().contains(power));
        }
    }
}
