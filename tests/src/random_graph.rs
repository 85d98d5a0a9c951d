//! Random graphs of all operations and kinds of elements, with windows of one to three axes, of a few dozen elements per tensor, each
//! with an execution.

use crate::graph_builder::{ConvShape, GraphBuilder, signed};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::ops::integer::{Affine, Concat, Gather, MaxPool, Pad, Scale};
use hallmark_model::{ElementKind, QOp, Step as Scaling, TensorId, Window, WindowAxis};
use ndarray::{ArrayD, IxDyn};

/// Most elements of a tensor.
const MOST: usize = 40;

/// Most values that an argument of a function or a pool can have.
const MOST_VALUES: i64 = 64;

/// Widest interval of any tensor, in bits: what an arg-max compares may be as wide.
const MOST_BITS: u32 = 30;

/// Shapes of inputs.
const INPUTS: [&[usize]; 16] = [
    &[1, 2, 3, 4],
    &[2, 1, 3, 3],
    &[3, 2, 2, 2],
    &[1, 4, 3, 3],
    &[2, 3],
    &[4, 4],
    &[1, 5],
    &[2, 3, 4],
    &[3, 2, 2, 3],
    &[1, 1, 5, 4],
    &[1, 2, 7],
    &[2, 4, 4],
    &[1, 1, 12],
    &[1, 2, 2, 3, 3],
    &[2, 1, 2, 2, 3],
    &[1, 1, 3, 2, 4],
];

/// Integers that follow from a seed.
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x5bf0_3635_d1f3_7f2b)
    }

    fn next(&mut self) -> u64 {
        // A linear congruence, its upper half folded into the lower one.
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let high = self.0 >> 32;
        (self.0 ^ high).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 24
    }

    /// One of `0..count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// One of `from..=to`.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from + 1) as u64) as i64
    }

    /// One of two.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A permutation of `0..count`.
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            all.swap(at, self.below(at + 1));
        }
        all
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Random widths of banks.
pub fn widths(seed: u64) -> Widths {
    let mut dice = Dice::new(seed ^ 0x77);
    Widths {
        single: dice.pick(&[8, 8, 12, 16, 24, 32]),
        pair: 1 + dice.below(4),
        product: 1 + dice.below(4),
        border: 1 + dice.below(8),
        weights: 1 + dice.below(7),
        instance: 1 + dice.below(4),
        limb_bits: 4 + dice.below(5) as u32,
        operands: dice.coin(),
    }
}

/// What a step works on.
struct State {
    graph: GraphBuilder,
    tensors: Vec<TensorId>,
    dice: Dice,
}

type Step = fn(&mut State, TensorId) -> Option<TensorId>;

/// One for each operation, common ones several times.
const STEPS: [Step; 28] = [
    convolution,
    convolution,
    convolution,
    max_pool,
    max_pool,
    sum_pool,
    sum_pool,
    split,
    table,
    reshape,
    layer,
    layer,
    layer,
    transpose,
    function,
    function,
    square,
    product,
    quotient,
    root,
    matrices,
    sum,
    sum,
    pad,
    slice,
    concat,
    scale,
    arg_max,
];

/// Those that do not compute: quantised numbers have no arithmetic.
const STEPS_OF_QUANTIZED: [Step; 10] = [
    max_pool, reshape, transpose, function, square, table, pad, slice, concat, split,
];

/// A random graph; its last tensor is an output, and sometimes another one is too.
pub fn random_graph(seed: u64) -> GraphBuilder {
    let (mut state, last) = grown(seed);
    let output = if state.dice.coin() {
        state.rounded(last)
    } else {
        state.copied(last)
    };
    let other = state.dice.pick(&state.tensors);
    state.graph.output(output);
    if state.dice.below(4) == 0 && !state.graph.graph.inputs.contains(&other) {
        state.graph.output(other);
    }
    state.graph
}

/// A random graph with one output, which is rounded: no identity between public values says part of it.
pub fn random_rounded_graph(seed: u64) -> GraphBuilder {
    let (mut state, last) = grown(seed);
    let last = match state.is_quantized(last) {
        true => state.graph.lookup(last, "dequantized", |v| v),
        false => last,
    };
    let shape = state.shape(last);
    let op = QOp::Affine(Affine {
        coefficients: vec![3],
        constant: None,
    });
    let tripled = state.graph.node(op, &[last], &shape);
    let output = state.graph.requantize(tripled, 4);
    state.graph.output(output);
    state.graph
}

/// A random graph without outputs, and its newest tensor.
fn grown(seed: u64) -> (State, TensorId) {
    let mut dice = Dice::new(seed);
    let mut graph = GraphBuilder::new(seed);
    graph.weight_bits = 3 + dice.below(3) as u32;
    graph.bias_bits = 1 + dice.below(6) as u32;
    let mut tensors = Vec::new();
    for _ in 0..=dice.below(2) {
        tensors.push(input(&mut graph, &mut dice));
    }
    let (mut state, steps) = (State { graph, tensors, dice }, 2 + seed as usize % 6);
    let (mut made, mut tries) = (0, 0);
    while made < steps && tries < 60 {
        tries += 1;
        let before = state.graph.graph.clone();
        match state.step() {
            // The last node made it, and the other parts if it is one of a split.
            Some(tensor) => {
                let outputs = &state.graph.graph.nodes[state.graph.graph.nodes.len() - 1].outputs;
                state
                    .tensors
                    .extend(outputs.iter().filter(|part| **part != tensor));
                state.tensors.push(tensor);
                made += 1;
            }
            None => state.graph.graph = before,
        }
    }
    let last = state.tensors.last().copied().unwrap();
    (state, last)
}

fn input(graph: &mut GraphBuilder, dice: &mut Dice) -> TensorId {
    let shape = dice.pick(&INPUTS);
    let low = dice.between(-9, 9);
    let narrow = (low, low + dice.between(1, 40));
    let (kind, interval) = match dice.below(8) {
        0 => (ElementKind::Boolean, dice.pick(&[(0, 1), (0, 1), (1, 1)])),
        1 => (ElementKind::Integer, narrow),
        // Indices of a large range.
        2 => (ElementKind::Integer, (0, dice.between(300, 60_000))),
        3 => (quantized(dice), narrow),
        4 | 5 => (ElementKind::real(0), narrow),
        _ => (ElementKind::real(0), signed(3 + dice.below(3) as u32)),
    };
    let values: Vec<i64> = (0..shape.iter().product())
        .map(|_| dice.between(interval.0, interval.1))
        .collect();
    graph.input_of(shape, kind, interval, &values)
}

fn quantized(dice: &mut Dice) -> ElementKind {
    ElementKind::Quantized {
        scale: Scaling::try_from(dice.pick(&[0.5, 0.1])).unwrap(),
        zero_point: dice.between(-3, 3),
    }
}

impl State {
    /// One more operation on the newest tensor or any; `None` if it does not fit, or the graph would be refused.
    fn step(&mut self) -> Option<TensorId> {
        let x = match self.dice.below(3) {
            0 => self.dice.pick(&self.tensors),
            _ => *self.tensors.last()?,
        };
        let step = match self.is_quantized(x) {
            true => self.dice.pick(&STEPS_OF_QUANTIZED),
            false => self.dice.pick(&STEPS),
        };
        let made = step(self, x)?;
        let length: usize = self.shape(made).iter().product();
        if length > MOST || self.values(made) > 1 << MOST_BITS {
            return None;
        }
        let mut graph = self.graph.graph.clone();
        graph.outputs = vec![made];
        graph.validate().ok().map(|()| made)
    }

    fn shape(&self, x: TensorId) -> Vec<usize> {
        self.graph.shape(x)
    }

    /// Number of values that an element can have.
    fn values(&self, x: TensorId) -> i64 {
        let (low, high) = self.graph.graph.tensors[x.0].interval;
        high - low + 1
    }

    fn is_quantized(&self, x: TensorId) -> bool {
        self.graph.graph.tensors[x.0].kind.scale_bits().is_none()
    }

    fn is_small(&self, x: TensorId) -> bool {
        self.values(x) <= MOST_VALUES
    }

    fn node(&mut self, op: QOp, inputs: &[TensorId], shape: &[usize]) -> Option<TensorId> {
        let tensors: Vec<_> = inputs.iter().map(|t| &self.graph.graph.tensors[t.0]).collect();
        op.interval(&tensors).ok()?;
        Some(self.graph.node(op, inputs, shape))
    }

    /// What is too wide for any shift stays so, and is then no step; there is no rounding of quantised numbers.
    fn rounded(&mut self, x: TensorId) -> TensorId {
        if self.values(x) > 1 << 40 || self.is_quantized(x) {
            return x;
        }
        let (bits, least) = (3 + self.dice.below(3) as u32, self.dice.below(3) as u32);
        self.graph.requantize_from(x, bits, least)
    }

    /// The tensor rounded, or sometimes as it is.
    fn maybe_rounded(&mut self, x: TensorId, of: usize) -> TensorId {
        if self.dice.below(of) == 0 {
            x
        } else {
            self.rounded(x)
        }
    }

    fn copied(&mut self, x: TensorId) -> TensorId {
        let shape = self.shape(x);
        self.graph.node(QOp::Reshape, &[x], &shape)
    }
}

/// Calls a function with the number of axes that a window over the tensor has.
macro_rules! by_axes {
    ($function:ident, $state:ident, $x:ident) => {
        match $state.shape($x).len() {
            3 => $function::<1>($state, $x),
            4 => $function::<2>($state, $x),
            5 => $function::<3>($state, $x),
            _ => None,
        }
    };
}

fn convolution(s: &mut State, x: TensorId) -> Option<TensorId> {
    by_axes!(convolution_of, s, x)
}

fn max_pool(s: &mut State, x: TensorId) -> Option<TensorId> {
    by_axes!(max_pool_of, s, x)
}

fn sum_pool(s: &mut State, x: TensorId) -> Option<TensorId> {
    by_axes!(sum_pool_of, s, x)
}

impl Dice {
    /// A length for every axis, each one of `from..from + count`.
    fn lengths<const N: usize>(&mut self, from: usize, count: usize) -> [usize; N] {
        [(); N].map(|()| from + self.below(count))
    }
}

/// Whether a window fits an image with its pads.
fn fits(window: &Window, shape: &[usize]) -> bool {
    let fits = |(axis, length): (&WindowAxis, &usize)| axis.extent() <= axis.pads.0 + length + axis.pads.1;
    window.axes.iter().zip(&shape[2..]).all(fits)
}

fn convolution_of<const N: usize>(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let d = &mut s.dice;
    let groups = match d.below(3) {
        0 => shape[1],
        1 if shape[1].is_multiple_of(2) => 2,
        _ => 1,
    };
    let conv = ConvShape::<N> {
        channels: groups * (1 + d.below(if groups == 1 { 4 } else { 2 })),
        kernel: d.lengths(1, 3),
        strides: d.lengths(1, 3),
        pads: [d.lengths(0, 3), d.lengths(0, 3)],
        dilations: d.lengths(1, 2),
        groups,
    };
    let window = Window::new(conv.kernel, conv.strides, conv.pads, conv.dilations);
    if !fits(&window, &shape) {
        return None;
    }
    let y = s.graph.convolved(x, conv);
    Some(s.maybe_rounded(y, 12))
}

fn max_pool_of<const N: usize>(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let d = &mut s.dice;
    let kernel: [usize; N] = d.lengths(1, 3);
    let pads = [(); 2].map(|()| kernel.map(|length| d.below(length)));
    let window = Window::new(kernel, d.lengths(1, 3), pads, d.lengths(1, 2));
    // A window that lies in the padding only has no maximum.
    let op = QOp::MaxPool(MaxPool { window });
    let fits = s.is_small(x) && op.output_shape(&[&shape]).is_ok();
    match op {
        QOp::MaxPool(MaxPool { window }) if fits => Some(s.graph.max_pool(x, window)),
        _ => None,
    }
}

/// Sums of windows, and sometimes averages: sums times a factor that depends on how much of the window is padding.
fn sum_pool_of<const N: usize>(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let d = &mut s.dice;
    let pads = [d.lengths::<N>(0, 2), d.lengths(0, 2)];
    let window = Window::new(d.lengths(1, 2), d.lengths(1, 2), pads, d.lengths(1, 2));
    if !fits(&window, &shape) {
        return None;
    }
    let mut y = s.graph.sum_pool(x, window);
    if s.dice.coin() {
        let shape = s.shape(y);
        let factor = ArrayD::from_shape_fn(IxDyn(&shape[2..]), |_| s.dice.pick(&[2, 3, 4, 6]));
        y = s.node(QOp::Scale(Scale { factor }), &[y], &shape)?;
    }
    Some(s.maybe_rounded(y, 2))
}

/// Parts of an axis, the one that is chosen to go on with among them.
fn split(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let axis = (0..shape.len()).find(|axis| shape[*axis] > 1 + s.dice.below(2))?;
    let mut lengths = vec![1 + s.dice.below(shape[axis] - 1)];
    lengths.push(shape[axis] - lengths[0]);
    let parts = s.graph.split(x, axis, &lengths);
    Some(s.dice.pick(&parts))
}

/// A function to another kind of elements.
fn table(s: &mut State, x: TensorId) -> Option<TensorId> {
    if !s.is_small(x) {
        return None;
    }
    let (threshold, quantized) = (s.dice.between(-2, 5), quantized(&mut s.dice));
    Some(match s.dice.below(4) {
        0 => s
            .graph
            .lookup_as(x, "above", ElementKind::Boolean, |v| i64::from(v > threshold)),
        1 => s.graph.lookup_as(x, "halves", ElementKind::Integer, |v| v / 2),
        2 => s
            .graph
            .lookup_as(x, "quantized", quantized, |v| (v / 2).clamp(-20, 20)),
        _ => s.graph.lookup_as(x, "real", ElementKind::real(1), |v| 2 * v - 1),
    })
}

fn reshape(s: &mut State, x: TensorId) -> Option<TensorId> {
    let n: usize = s.shape(x).iter().product();
    let mut shapes = vec![vec![n], vec![1, n], vec![n, 1], vec![1, n, 1, 1], vec![1, 1, n]];
    for (divisor, leading) in [
        (2, vec![2]),
        (3, vec![1, 3, 1]),
        (4, vec![1, 2, 2]),
        (6, vec![2, 3]),
        (8, vec![2, 2, 2]),
    ] {
        if n.is_multiple_of(divisor) {
            shapes.push([leading, vec![n / divisor]].concat());
        }
    }
    let shape = shapes.swap_remove(s.dice.below(shapes.len()));
    Some(s.graph.reshape(x, &shape))
}

fn layer(s: &mut State, x: TensorId) -> Option<TensorId> {
    if s.shape(x).len() < 2 {
        return None;
    }
    let columns = 1 + s.dice.below(5);
    let mut y = s.graph.product(x, columns);
    if s.dice.below(4) == 0 {
        // A constant between a product and its rounding, of the output's shape or broadcast.
        let shape: Vec<usize> = s
            .shape(y)
            .iter()
            .map(|d| if s.dice.coin() { *d } else { 1 })
            .collect();
        let constant = Some(ArrayD::from_shape_fn(IxDyn(&shape), |_| s.dice.between(-9, 9)));
        let shape = s.shape(y);
        y = s.node(
            QOp::Affine(Affine {
                coefficients: vec![1],
                constant,
            }),
            &[y],
            &shape,
        )?;
    }
    Some(s.maybe_rounded(y, 12))
}

fn transpose(s: &mut State, x: TensorId) -> Option<TensorId> {
    let mut perm: Vec<usize> = (0..s.shape(x).len()).collect();
    for i in (1..perm.len()).rev() {
        perm.swap(i, s.dice.below(i + 1));
    }
    Some(s.graph.transpose(x, &perm))
}

fn function(s: &mut State, x: TensorId) -> Option<TensorId> {
    s.is_small(x).then(|| s.graph.relu(x))
}

fn square(s: &mut State, x: TensorId) -> Option<TensorId> {
    s.is_small(x).then(|| s.graph.square(x))
}

/// The product with itself or with one element per axis that is left out.
fn product(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let axes: Vec<_> = shape
        .iter()
        .map(|d| {
            if s.dice.coin() {
                (0, 1, *d)
            } else {
                (s.dice.below(*d), 1, 1)
            }
        })
        .collect();
    let other = if s.dice.coin() { x } else { s.graph.slice(x, &axes) };
    let y = s.node(QOp::Mul, &[x, other], &shape)?;
    Some(s.maybe_rounded(y, 8))
}

/// The quotient by a function of it that is positive, of all elements or of one per axis that is left out.
fn quotient(s: &mut State, x: TensorId) -> Option<TensorId> {
    if !s.is_small(x) {
        return None;
    }
    let shape = s.shape(x);
    let least = s.dice.between(1, 3);
    let positive = s.graph.lookup(x, "positive", |v| v.abs() + least);
    let axes: Vec<_> = shape
        .iter()
        .map(|d| if s.dice.coin() { (0, 1, *d) } else { (0, 1, 1) })
        .collect();
    let divisor = if s.dice.coin() {
        positive
    } else {
        s.graph.slice(positive, &axes)
    };
    let op = QOp::Affine(Affine {
        coefficients: vec![s.dice.pick(&[1, 3, 16])],
        constant: None,
    });
    let scaled = s.node(op, &[x], &shape)?;
    let most = s.graph.graph.tensors[scaled.0].interval;
    // As many bits as the greatest dividend has, which divisors of one leave.
    let bits = (2..24).find(|bits| signed(*bits).0 <= most.0 && most.1 <= signed(*bits).1)?;
    Some(s.graph.floor_div(scaled, divisor, signed(bits)))
}

/// The root of its square, or of what it is above its least value.
fn root(s: &mut State, x: TensorId) -> Option<TensorId> {
    let (shape, (low, _)) = (s.shape(x), s.graph.graph.tensors[x.0].interval);
    let even = s.graph.graph.tensors[x.0].kind.scale_bits()? % 2 == 0;
    let y = if s.dice.coin() && s.is_small(x) {
        s.node(QOp::Mul, &[x, x], &shape)?
    } else if even {
        let constant = Some(ArrayD::from_elem(IxDyn(&[]), -low));
        let coefficients = vec![1];
        s.node(
            QOp::Affine(Affine {
                coefficients,
                constant,
            }),
            &[x],
            &shape,
        )?
    } else {
        return None;
    };
    let greatest = s.graph.graph.tensors[y.0].interval.1.isqrt();
    let bits = (1..=16).find(|bits| greatest < 1 << bits)?;
    Some(s.graph.isqrt(y, (0, (1 << bits) - 1)))
}

/// The product of matrices with their transposes, or with one of them.
fn matrices(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let rank = shape.len();
    if rank < 2 {
        return None;
    }
    let mut perm: Vec<usize> = (0..rank).collect();
    perm.swap(rank - 1, rank - 2);
    let mut other = s.graph.transpose(x, &perm);
    if rank > 2 && s.dice.coin() {
        let axes: Vec<_> = s
            .shape(other)
            .iter()
            .enumerate()
            .map(|(i, d)| (0, 1, if i + 2 < rank { 1 } else { *d }))
            .collect();
        other = s.graph.slice(other, &axes);
    }
    let mut output = shape.clone();
    output[rank - 1] = shape[rank - 2];
    let y = s.node(QOp::MatMul, &[x, other], &output)?;
    Some(s.maybe_rounded(y, 8))
}

fn sum(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let same: Vec<TensorId> = s
        .tensors
        .iter()
        .copied()
        .filter(|t| s.shape(*t) == shape && !s.is_quantized(*t))
        .collect();
    let other = s.dice.pick(&same);
    let coefficients = match s.dice.below(8) {
        0 => vec![1 << 13, s.dice.between(-3, 3)],
        _ => vec![s.dice.between(-3, 3), s.dice.between(-3, 3)],
    };
    let added: Vec<usize> = shape.iter().map(|d| if s.dice.coin() { *d } else { 1 }).collect();
    let constant = s
        .dice
        .coin()
        .then(|| ArrayD::from_shape_fn(IxDyn(&added), |_| s.dice.between(-20, 20)));
    let y = s.node(
        QOp::Affine(Affine {
            coefficients,
            constant,
        }),
        &[x, other],
        &shape,
    )?;
    Some(s.maybe_rounded(y, 2))
}

fn pad(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let pads: Vec<_> = shape.iter().map(|_| (s.dice.below(2), s.dice.below(2))).collect();
    let output: Vec<usize> = shape.iter().zip(&pads).map(|(d, p)| d + p.0 + p.1).collect();
    let value = s.dice.between(-2, 2);
    s.node(QOp::Pad(Pad { pads, value }), &[x], &output)
}

/// Elements of an axis, some of them perhaps several times.
fn gather(s: &mut State, x: TensorId) -> Option<TensorId> {
    let mut shape = s.shape(x);
    let axis = s.dice.below(shape.len());
    let length = shape[axis];
    let count = 1 + s.dice.below(length + 2);
    let indices = (0..count).map(|_| s.dice.below(length)).collect();
    shape[axis] = count;
    s.node(QOp::Gather(Gather { axis, indices }), &[x], &shape)
}

fn slice(s: &mut State, x: TensorId) -> Option<TensorId> {
    if s.dice.below(4) == 0 && !s.shape(x).is_empty() {
        return gather(s, x);
    }
    let axes: Vec<(usize, isize, usize)> = s
        .shape(x)
        .iter()
        .map(|d| {
            let length = 1 + s.dice.below(*d);
            let start = s.dice.below(d - length + 1);
            if s.dice.coin() {
                (start, 1, length)
            } else {
                (d - 1 - start, -1, length)
            }
        })
        .collect();
    Some(s.graph.slice(x, &axes))
}

fn concat(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    if shape.is_empty() {
        return None;
    }
    let axis = s.dice.below(shape.len());
    let kind = |t: TensorId| s.graph.graph.tensors[t.0].kind;
    let joins = |t: &&TensorId| {
        let other = s.shape(**t);
        let equal = |(i, (a, b)): (usize, (&usize, &usize))| i == axis || a == b;
        other.len() == shape.len() && other.iter().zip(&shape).enumerate().all(equal) && kind(**t) == kind(x)
    };
    let other = *s.tensors.iter().rev().find(joins)?;
    let mut output = shape.clone();
    output[axis] += s.shape(other)[axis];
    s.node(QOp::Concat(Concat { axis }), &[x, other], &output)
}

fn scale(s: &mut State, x: TensorId) -> Option<TensorId> {
    let shape = s.shape(x);
    let factors: Vec<usize> = shape.iter().map(|d| if s.dice.coin() { *d } else { 1 }).collect();
    let factor = ArrayD::from_shape_fn(IxDyn(&factors), |_| s.dice.between(-3, 3));
    let y = s.node(QOp::Scale(Scale { factor }), &[x], &shape)?;
    Some(s.maybe_rounded(y, 2))
}

fn arg_max(s: &mut State, x: TensorId) -> Option<TensorId> {
    let rank = s.shape(x).len();
    if rank == 0 {
        return None;
    }
    let (axis, last) = (s.dice.below(rank), s.dice.coin());
    Some(s.graph.arg_max(x, axis, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What the graphs of the tests are made of: a step that never fits would be missed by none of them.
    #[test]
    fn everything_is_drawn() {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for seed in 0..400 {
            let (graph, _) = random_graph(seed).finish();
            for tensor in &graph.tensors {
                let kind = format!("{:?}", tensor.kind);
                found.extend(kind.split(' ').next().map(str::to_owned));
            }
            for node in &graph.nodes {
                let name = node.op.name();
                found.insert(name.to_owned());
                let (window, groups) = match &node.op {
                    QOp::Conv(conv) => (&conv.window, conv.groups),
                    QOp::MaxPool(pool) => (&pool.window, 1),
                    QOp::SumPool(pool) => (&pool.window, 1),
                    _ => continue,
                };
                let axes = window.axes.len();
                let any = |holds: fn(&WindowAxis) -> bool| window.axes.iter().any(holds);
                for (what, holds) in [
                    ("", true),
                    (", strides", any(|axis| axis.stride > 1)),
                    (", dilations", any(|axis| axis.dilation > 1 && axis.kernel > 1)),
                    (", pads", any(|axis| axis.pads.0 != axis.pads.1)),
                    (", groups", groups > 1),
                ] {
                    found.extend(holds.then(|| format!("{name} over {axes}{what}")));
                }
            }
        }
        let windows = ["Conv", "MaxPool", "SumPool"].into_iter().flat_map(|name| {
            let whats = ["", ", strides", ", dilations", ", pads", ", groups"];
            let whats = whats
                .into_iter()
                .filter(move |what| name == "Conv" || *what != ", groups");
            whats.flat_map(move |what| (1..=3).map(move |axes| format!("{name} over {axes}{what}")))
        });
        let others = QOp::NAMES
            .iter()
            .chain(&["Real", "Integer", "Boolean", "Quantized"]);
        let all = windows.chain(others.map(|name| (*name).to_owned()));
        let missing: Vec<String> = all.filter(|name| !found.contains(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
