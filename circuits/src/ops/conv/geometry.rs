//! How positions become powers: for every spatial axis an exponent of its own, in mixed radix.

use crate::cell::NONE;
use crate::functional::{Base, Functional};
use hallmark_model::graph::{Window, WindowAxis};
use std::collections::BTreeMap;

/// Most powers that the positions of a convolution may span.
pub const MAX_POWERS: usize = 1 << 24;

/// A kernel element within its phase.
#[derive(Clone, Copy, Debug)]
pub struct Tap {
    /// Where it lies.
    pub position: u32,
    /// Its row-major place in the kernel of one channel.
    pub place: usize,
}

/// One phase of a strided convolution: which input elements it reads, and which kernel elements.
#[derive(Clone, Debug)]
pub struct Phase {
    /// Row-major place and position of the real (unpadded) elements of one channel of one image.
    pub elements: Vec<(u32, u32)>,
    /// Kernel elements, positions descending.
    pub taps: Vec<Tap>,
}

/// Images, channels, and the positions of everything that they hold.
#[derive(Clone, Debug)]
pub struct Geometry {
    /// Number of images.
    pub images: usize,
    /// Input channels.
    pub channels: usize,
    /// Output channels.
    pub filters: usize,
    groups: usize,
    /// Elements of one input channel of one image.
    pub plane: usize,
    /// Positions of the outputs of one channel, in row-major order.
    pub outputs: Vec<u32>,
    /// Number of positions that products can reach.
    pub positions: usize,
    /// All phases that have kernel elements.
    pub phases: Vec<Phase>,
}

/// One spatial axis.
struct Axis {
    window: WindowAxis,
    input: usize,
    output: usize,
    /// Positions between neighbours along the axis.
    pitch: usize,
}

/// The part of a phase along one axis: places with their positions.
#[derive(Default)]
struct AxisPhase {
    elements: Vec<(usize, usize)>,
    taps: Vec<(usize, usize)>,
}

impl Axis {
    /// Neighbours of the same phase on the padded axis.
    fn lines(&self) -> usize {
        let (before, after) = self.window.pads;
        (before + self.input + after - 1) / self.window.stride + 1
    }

    /// Steps of a phase from the kernel's first element to its last one.
    fn reach(&self) -> usize {
        (self.window.extent() - 1) / self.window.stride
    }

    /// Phases that have kernel elements, ascending.
    fn phases(&self) -> Vec<AxisPhase> {
        let stride = self.window.stride;
        let mut phases: BTreeMap<usize, AxisPhase> = BTreeMap::new();
        for place in 0..self.window.kernel {
            let offset = place * self.window.dilation;
            let position = (self.reach() - offset / stride) * self.pitch;
            let phase = phases.entry(offset % stride).or_default();
            phase.taps.push((place, position));
        }
        for place in 0..self.input {
            let padded = place + self.window.pads.0;
            if let Some(phase) = phases.get_mut(&(padded % stride)) {
                phase.elements.push((place, padded / stride * self.pitch));
            }
        }
        phases.into_values().collect()
    }

    fn outputs(&self) -> Vec<(usize, usize)> {
        let position = |place| (place, (self.reach() + place) * self.pitch);
        (0..self.output).map(position).collect()
    }
}

/// Row-major places with the sums of their positions, ascending; for every axis its length and the places on it.
fn combined<'a>(axes: impl Iterator<Item = (usize, &'a [(usize, usize)])>) -> Vec<(u32, u32)> {
    axes.fold(vec![(0, 0)], |all, (length, own)| {
        let with = |(place, position): (u32, u32)| {
            own.iter()
                .map(move |(p, q)| (place * length as u32 + *p as u32, position + *q as u32))
        };
        all.into_iter().flat_map(with).collect()
    })
}

impl Geometry {
    /// Geometry of a convolution node's window; `None` if its positions span more than 2^24 powers.
    ///
    /// The bound keeps all powers far below 2^32, so that no two positions share one by wrapping.
    pub fn new(window: &Window, groups: usize, input: &[usize], output: &[usize]) -> Option<Self> {
        let axes = axes(window, &input[2..], &output[2..])?;
        let positions = axes.iter().try_fold(1usize, |sum, axis| {
            (axis.lines() - 1 + axis.reach())
                .checked_mul(axis.pitch)?
                .checked_add(sum)
        })?;
        if positions.checked_mul(input[0])? > MAX_POWERS {
            return None;
        }
        let outputs: Vec<_> = axes.iter().map(Axis::outputs).collect();
        let outputs = combined(axes.iter().zip(&outputs).map(|(a, own)| (a.output, &own[..])));
        Some(Self {
            images: input[0],
            channels: input[1],
            filters: output[1],
            groups,
            plane: input[2..].iter().product(),
            outputs: outputs.into_iter().map(|(_, position)| position).collect(),
            positions,
            phases: phases(&axes),
        })
    }

    /// The functional of output channel `o`: `Σ σ^power · Y[n,o,…]`.
    pub fn output(&self, o: usize) -> Functional {
        let plane = self.outputs.len();
        let terms = (0..self.images).flat_map(|n| {
            let first = (n * self.filters + o) * plane;
            let powers = self.outputs.iter().map(move |position| self.power(n, *position));
            (first as u32..).zip(powers)
        });
        Functional::new(Base::Sigma, terms)
    }

    /// The power of a position of an image: powers of different images have different remainders modulo their number.
    pub fn power(&self, n: usize, position: u32) -> u32 {
        position * self.images as u32 + n as u32
    }

    /// The functional of a phase of input channel `c`.
    pub fn input(&self, phase: &Phase, c: usize) -> Functional {
        let terms = (0..self.images).flat_map(|n| {
            let first = ((n * self.channels + c) * self.plane) as u32;
            phase
                .elements
                .iter()
                .map(move |(place, position)| (first + place, self.power(n, *position)))
        });
        Functional::new(Base::Sigma, terms)
    }

    /// The phase of every element of a channel, or [`NONE`], if there are several.
    pub fn phase_of_elements(&self) -> Option<Vec<u32>> {
        let mut all = vec![NONE; self.plane];
        for (phase, index) in self.phases.iter().zip(0..) {
            for (place, _) in &phase.elements {
                all[*place as usize] = index;
            }
        }
        (self.phases.len() > 1).then_some(all)
    }

    /// Number of kernel elements of one input and output channel.
    pub fn kernel(&self) -> usize {
        self.phases.iter().map(|p| p.taps.len()).sum()
    }

    /// Output channels of one group.
    pub fn filters_of_group(&self) -> usize {
        self.filters / self.groups
    }
}

/// The axes with their pitches: the innermost neighbours are one position apart, those of an outer axis as many as the inner ones
/// have together.
fn axes(window: &Window, input: &[usize], output: &[usize]) -> Option<Vec<Axis>> {
    let mut pitch = 1usize;
    let mut axes = Vec::with_capacity(input.len());
    for (window, (input, output)) in window.axes.iter().zip(input.iter().zip(output)).rev() {
        let axis = Axis {
            window: *window,
            input: *input,
            output: *output,
            pitch,
        };
        pitch = pitch.checked_mul(axis.lines())?;
        axes.push(axis);
    }
    axes.reverse();
    Some(axes)
}

/// All combinations of the axes' phases.
fn phases(axes: &[Axis]) -> Vec<Phase> {
    let along: Vec<Vec<AxisPhase>> = axes.iter().map(Axis::phases).collect();
    let counts: Vec<usize> = along.iter().map(Vec::len).collect();
    let mut phases = Vec::with_capacity(counts.iter().product());
    crate::index::for_each(&counts, |at| {
        let own = || axes.iter().zip(at.iter().zip(&along).map(|(i, all)| &all[*i]));
        let taps = combined(own().map(|(axis, phase)| (axis.window.kernel, &phase.taps[..])));
        let tap = |(place, position)| Tap {
            position,
            place: place as usize,
        };
        let mut taps: Vec<Tap> = taps.into_iter().map(tap).collect();
        taps.sort_by_key(|tap| std::cmp::Reverse(tap.position));
        let elements = combined(own().map(|(axis, phase)| (axis.input, &phase.elements[..])));
        phases.push(Phase { elements, taps });
    });
    phases
}

#[cfg(test)]
mod tests;
