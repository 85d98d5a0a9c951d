//! Random deep graphs: images on which thirty layers work one after the other, of mixed sizes of kernels and steps, so that rows of many
//! pitches lie in one circuit; with branches, blocks that weigh channels by what all of an image is like, and a dense end.

use crate::graph_builder::{ConvShape, GraphBuilder, window};
use crate::random_graph::Dice;
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::ops::integer::{Affine, Concat};
use hallmark_model::{ElementKind, QOp, QuantizedGraph, TensorId};

/// Layers of every graph, at least.
pub const LAYERS: usize = 30;

/// Bits of everything that is rounded.
const BITS: u32 = 4;

/// How large its images are.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Length of the input's sides, at least; at most two more.
    pub side: usize,
    /// Channels at most.
    pub channels: usize,
    /// Elements of a tensor at most.
    pub elements: usize,
}

impl Size {
    /// So small that equations on all cells can be counted.
    pub const TINY: Self = Self {
        side: 3,
        channels: 2,
        elements: 10,
    };
    /// Images of a few dozen elements.
    pub const SMALL: Self = Self {
        side: 6,
        channels: 5,
        elements: 180,
    };
}

/// Widths of banks for which values and remainders of all layers are single limbs.
pub fn widths(seed: u64) -> Widths {
    Widths {
        limb_bits: 8,
        ..crate::random_graph::widths(seed)
    }
}

/// Operations that a network's author would call layers.
pub fn layers(graph: &QuantizedGraph) -> usize {
    let is_layer = |op: &QOp| !matches!(op, QOp::Requantize(_) | QOp::Reshape | QOp::Lookup(_));
    graph.nodes.iter().filter(|node| is_layer(&node.op)).count()
}

/// What a step works on.
struct State {
    graph: GraphBuilder,
    dice: Dice,
    size: Size,
    x: TensorId,
}

type Step = fn(&mut State) -> Option<TensorId>;

const STEPS: [Step; 9] = [
    convolution,
    convolution,
    convolution,
    depthwise,
    depthwise,
    pool,
    residual,
    concatenation,
    squeeze_and_excite,
];

/// A random deep graph with one output, which is rounded.
pub fn deep_graph(seed: u64, size: Size) -> GraphBuilder {
    let mut dice = Dice::new(seed ^ 0xdee9);
    let mut graph = GraphBuilder::new(seed);
    (graph.weight_bits, graph.bias_bits) = (3, 4);
    let side = |dice: &mut Dice| size.side + dice.below(3);
    let shape = [1, 1 + dice.below(2), side(&mut dice), side(&mut dice)];
    let x = graph.input(&shape, BITS);
    let mut state = State { graph, dice, size, x };
    // The end has two more.
    while layers(&state.graph.graph) < LAYERS - 2 {
        let before = state.graph.graph.clone();
        match state.dice.pick(&STEPS)(&mut state).filter(|made| state.is_allowed(*made)) {
            Some(made) => state.x = made,
            None => state.graph.graph = before,
        }
    }
    let all = pooled(&mut state);
    let channels = state.graph.shape(all)[1];
    let flat = state.graph.reshape(all, &[1, channels]);
    let output = state.graph.linear(flat, 3, BITS);
    state.graph.output(output);
    state.graph
}

impl State {
    fn is_allowed(&self, made: TensorId) -> bool {
        let mut graph = self.graph.graph.clone();
        graph.outputs = vec![made];
        let elements: usize = self.graph.shape(made).iter().product();
        elements <= self.size.elements && graph.validate().is_ok()
    }

    /// Channels, height and width of what was made last.
    fn image(&self) -> (usize, usize, usize) {
        let shape = self.graph.shape(self.x);
        (shape[1], shape[2], shape[3])
    }

    /// Every other time a function of it, of the given tensor's kind.
    fn maybe_function(&mut self, y: TensorId, like: TensorId) -> TensorId {
        let kind = self.graph.graph.tensors[like.0].kind;
        match self.dice.below(4) {
            0 => self.graph.lookup_as(y, "relu", kind, |v| v.max(0)),
            1 => self.graph.lookup_as(y, "bent", kind, |v| v.max(v / 4)),
            _ => y,
        }
    }

    /// A rounded convolution whose image is as large as its argument's, or half as large.
    fn conv(
        &mut self,
        x: TensorId,
        channels: usize,
        groups: usize,
        (kernel, stride): (usize, usize),
    ) -> TensorId {
        let conv = ConvShape {
            kernel: [kernel; 2],
            strides: [stride; 2],
            pads: [[kernel / 2; 2]; 2],
            groups,
            ..ConvShape::plain(channels, [kernel; 2])
        };
        let product = self.graph.convolved(x, conv);
        let rounded = self.graph.requantize(product, BITS);
        // Weights may have any scale: with this one the shift gives integers, so that scales do not grow with depth.
        let tensors = &mut self.graph.graph.tensors;
        let shift =
            tensors[product.0].kind.scale_bits().unwrap() - tensors[rounded.0].kind.scale_bits().unwrap();
        tensors[product.0].kind = ElementKind::real(shift);
        tensors[rounded.0].kind = ElementKind::real(0);
        rounded
    }

    /// Two where the image is large enough to be halved, and one otherwise or by chance.
    fn stride(&mut self) -> usize {
        let (_, height, width) = self.image();
        1 + usize::from(height.min(width) > 2 && self.dice.below(4) == 0)
    }
}

fn convolution(s: &mut State) -> Option<TensorId> {
    let kernel = s.dice.pick(&[1, 3, 3, 5]);
    let (channels, stride) = (1 + s.dice.below(s.size.channels), s.stride());
    let y = s.conv(s.x, channels, 1, (kernel, stride));
    Some(s.maybe_function(y, s.x))
}

fn depthwise(s: &mut State) -> Option<TensorId> {
    let (channels, ..) = s.image();
    let (kernel, stride) = (s.dice.pick(&[3, 3, 5]), s.stride());
    let y = s.conv(s.x, channels, channels, (kernel, stride));
    Some(s.maybe_function(y, y))
}

fn pool(s: &mut State) -> Option<TensorId> {
    let (_, height, width) = s.image();
    let (kernel, stride) = (2 + s.dice.below(2), s.stride());
    if height.min(width) < kernel {
        return None;
    }
    let pads = [[kernel - 2; 2]; 2];
    let window = window([kernel; 2], [stride; 2], pads);
    if s.dice.coin() {
        return Some(s.graph.max_pool(s.x, window));
    }
    let sum = s.graph.sum_pool(s.x, window);
    Some(s.graph.requantize(sum, BITS))
}

fn residual(s: &mut State) -> Option<TensorId> {
    let (channels, ..) = s.image();
    let kernel = s.dice.pick(&[1, 3]);
    let mut y = s.conv(s.x, channels, 1, (kernel, 1));
    if s.dice.coin() {
        y = s.graph.relu(y);
        y = s.conv(y, channels, channels, (3, 1));
    }
    let y = s.maybe_function(y, s.x);
    let sum = QOp::Affine(Affine {
        coefficients: vec![1, 1],
        constant: None,
    });
    let shape = s.graph.shape(s.x);
    let sum = s.graph.node(sum, &[s.x, y], &shape);
    Some(s.graph.requantize(sum, BITS))
}

fn concatenation(s: &mut State) -> Option<TensorId> {
    let (channels, height, width) = s.image();
    if channels >= s.size.channels {
        return None;
    }
    let kernel = s.dice.pick(&[1, 3]);
    let y = s.conv(s.x, 1, 1, (kernel, 1));
    let kind = s.graph.graph.tensors[s.x.0].kind;
    let y = s.graph.lookup_as(y, "relu", kind, |v| v.max(0));
    let op = QOp::Concat(Concat { axis: 1 });
    Some(s.graph.node(op, &[s.x, y], &[1, channels + 1, height, width]))
}

/// The rounded sums of all channels.
fn pooled(s: &mut State) -> TensorId {
    let (_, height, width) = s.image();
    let sum = s
        .graph
        .sum_pool(s.x, window([height, width], [1; 2], [[0; 2]; 2]));
    s.graph.requantize(sum, BITS)
}

/// Channels times a factor each, which depends on the sums of all of them.
fn squeeze_and_excite(s: &mut State) -> Option<TensorId> {
    let (channels, ..) = s.image();
    let sums = pooled(s);
    let few = s.conv(sums, channels.div_ceil(2), 1, (1, 1));
    let few = s.graph.relu(few);
    let factors = s.conv(few, channels, 1, (1, 1));
    let factors = s
        .graph
        .lookup_as(factors, "gate", ElementKind::real(0), |v| (v + 4).clamp(0, 8));
    let shape = s.graph.shape(s.x);
    let product = s.graph.node(QOp::Mul, &[s.x, factors], &shape);
    Some(s.graph.requantize(product, BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every kind of layer is drawn, and pitches are mixed within single graphs.
    #[test]
    fn graphs_are_deep_and_mixed() {
        let mut names = BTreeSet::new();
        for seed in 0..30 {
            let (graph, _) = deep_graph(seed, Size::SMALL).finish();
            assert!(layers(&graph) >= LAYERS, "{seed}");
            names.extend(graph.nodes.iter().map(|node| node.op.name()));
            let tensors = graph.tensors.iter().filter(|t| t.shape.len() == 4);
            let pitches: BTreeSet<usize> = tensors.map(|t| t.shape[3]).collect();
            assert!(pitches.len() > 2, "{seed}: {pitches:?}");
        }
        for name in [
            "Conv", "MaxPool", "SumPool", "Affine", "Concat", "Mul", "Linear", "Lookup",
        ] {
            assert!(names.contains(name), "{name}");
        }
    }
}
