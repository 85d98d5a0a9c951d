//! Quantised graphs against the float graphs they are made from.

// Everything here is test code, also outside the test functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use hallmark_model::ops::Number;
use hallmark_model::ops::float::{ArgMax, AveragePool, Concat, FloatConv, MaxPool, Pad, Transpose};
use hallmark_model::ops::integer::Linear;
use hallmark_model::{
    Activation, FloatTensor, Graph, ModelError, Node, Op, QOp, QuantizeOptions, Quantized, Value, ValueId,
    Window, quantize, report,
};
use ndarray::{ArrayD, IxDyn};
use rand::Rng;

mod rand {
    //! A small generator, so that the tests need no dependency for it.
    pub struct Rng(pub u64);

    impl Rng {
        /// A number in [−1, 1).
        pub fn unit(&mut self) -> f32 {
            self.0 = self
                .0
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        }
    }
}

struct Builder {
    graph: Graph,
    rng: Rng,
}

impl Builder {
    fn new() -> Self {
        Builder {
            graph: Graph {
                name: "test".into(),
                ..Default::default()
            },
            rng: Rng(42),
        }
    }

    fn value(&mut self, name: String, shape: Vec<usize>, constant: Option<FloatTensor>) -> ValueId {
        self.graph.values.push(Value {
            name,
            shape,
            constant,
            whole: None,
        });
        ValueId(self.graph.values.len() - 1)
    }

    fn input(&mut self, shape: &[usize]) -> ValueId {
        let id = self.value(format!("input{}", self.graph.inputs.len()), shape.to_vec(), None);
        self.graph.inputs.push(id);
        id
    }

    fn constant(&mut self, shape: &[usize], data: Vec<f32>) -> ValueId {
        let name = format!("c{}", self.graph.values.len());
        let tensor = ArrayD::from_shape_vec(IxDyn(shape), data).unwrap();
        self.value(name, shape.to_vec(), Some(tensor))
    }

    fn random(&mut self, shape: &[usize], size: f32) -> ValueId {
        let data = (0..shape.iter().product())
            .map(|_| self.rng.unit() * size)
            .collect();
        self.constant(shape, data)
    }

    fn node(&mut self, op: Op, inputs: &[ValueId]) -> ValueId {
        let shapes: Vec<&[usize]> = inputs
            .iter()
            .map(|id| self.graph.values[id.0].shape.as_slice())
            .collect();
        let shape = op.output_shape(&shapes).unwrap();
        self.shaped(op, inputs, &shape)
    }

    fn shaped(&mut self, op: Op, inputs: &[ValueId], shape: &[usize]) -> ValueId {
        let name = format!("v{}", self.graph.values.len());
        let output = self.value(name.clone(), shape.to_vec(), None);
        self.graph.nodes.push(Node {
            name: format!("{name}.node"),
            op,
            inputs: inputs.to_vec(),
            outputs: vec![output],
        });
        output
    }

    fn relu(&mut self, x: ValueId) -> ValueId {
        self.node(Op::Activation(Activation::RELU), &[x])
    }

    fn samples(&mut self, count: usize) -> Vec<Vec<FloatTensor>> {
        let shapes: Vec<_> = self
            .graph
            .inputs
            .iter()
            .map(|id| self.graph.values[id.0].shape.clone())
            .collect();
        let mut tensor = |shape: &Vec<usize>| ArrayD::from_shape_simple_fn(shape.clone(), || self.rng.unit());
        (0..count)
            .map(|_| shapes.iter().map(&mut tensor).collect())
            .collect()
    }

    /// Quantises with the value as the output, and returns the error relative to the greatest output.
    fn error(mut self, output: ValueId, bits: u32) -> (Quantized, f64) {
        self.graph.outputs = vec![output];
        let samples = self.samples(20);
        let quantized = quantize(&self.graph, &samples, &QuantizeOptions::with_bits(bits)).unwrap();
        quantized.graph.validate().unwrap();
        let report = report(&self.graph, &quantized, &samples).unwrap();
        assert_eq!((report.samples, report.refused), (20, 0));
        (
            quantized,
            report.outputs[0].max_abs_error.unwrap() / report.outputs[0].max_abs_value.unwrap(),
        )
    }
}

fn names(quantized: &Quantized) -> Vec<&'static str> {
    quantized.graph.nodes.iter().map(|n| n.op.name()).collect()
}

fn square(kernel: usize, stride: usize, pad: usize) -> Window {
    Window::new([kernel; 2], [stride; 2], [[pad; 2]; 2], [1, 1])
}

fn perceptron(bits: u32) -> (Quantized, f64) {
    let mut b = Builder::new();
    let mut x = b.input(&[1, 16]);
    for (rows, columns) in [(16, 32), (32, 24), (24, 10)] {
        let (w, bias) = (b.random(&[rows, columns], 0.4), b.random(&[columns], 0.1));
        x = b.node(Op::MatMul, &[x, w, bias]);
        if columns != 10 {
            x = b.relu(x);
        }
    }
    b.error(x, bits)
}

#[test]
fn a_perceptron_is_close_and_gets_closer_with_bits() {
    let (quantized, error_12) = perceptron(12);
    assert_eq!(names(&quantized)[..3], ["Linear", "Requantize", "Lookup"]);
    assert_eq!(
        quantized.graph.parameters(),
        16 * 32 + 32 + 32 * 24 + 24 + 24 * 10 + 10
    );
    // The logits keep 16 bits.
    let output = &quantized.graph.tensors[quantized.graph.outputs[0].0];
    assert_eq!(output.interval, (-(1 << 15), (1 << 15) - 1));
    let (_, error_8) = perceptron(8);
    assert!(error_12 < 0.01, "{error_12}");
    assert!(error_12 < error_8 / 4.0 && error_8 < 0.15, "{error_12} {error_8}");
}

#[test]
fn a_convolutional_network_is_close_and_pools_before_tables() {
    let mut b = Builder::new();
    let x = b.input(&[1, 2, 12, 12]);
    let (w, bias) = (b.random(&[8, 2, 3, 3], 0.3), b.random(&[8], 0.1));
    let conv = b.node(
        Op::Conv(FloatConv {
            window: square(3, 1, 1),
            groups: 1,
        }),
        &[x, w, bias],
    );
    // A batch normalisation after the convolution.
    let (factor, term) = (b.random(&[1, 8, 1, 1], 2.0), b.random(&[8, 1, 1], 0.2));
    let scaled = b.node(Op::Mul, &[conv, factor]);
    let normal = b.node(Op::Add, &[scaled, term]);
    let relu = b.relu(normal);
    let pooled = b.node(
        Op::MaxPool(MaxPool {
            window: square(2, 2, 0),
        }),
        &[relu],
    );
    let w = b.random(&[8, 4, 3, 3], 0.3);
    let conv = b.node(
        Op::Conv(FloatConv {
            window: square(3, 2, 0),
            groups: 2,
        }),
        &[pooled, w],
    );
    let act = b.node(Op::Activation(Activation::HARD_SWISH), &[conv]);
    let mean = b.node(
        Op::AveragePool(AveragePool {
            window: square(2, 1, 0),
            count_include_pad: false,
        }),
        &[act],
    );
    let flat = b.shaped(Op::Reshape, &[mean], &[1, 8]);
    let w = b.random(&[8, 5], 0.5);
    let logits = b.node(Op::MatMul, &[flat, w]);
    let (quantized, error) = b.error(logits, 12);
    let expected = [
        "Conv",
        "Requantize",
        "MaxPool",
        "Lookup",
        "Conv",
        "Requantize",
        "Lookup",
        "SumPool",
        "Scale",
        "Requantize",
        "Reshape",
        "Linear",
        "Requantize",
    ];
    assert_eq!(names(&quantized), expected);
    assert!(error < 0.01, "{error}");
}

#[test]
fn a_pool_stays_behind_a_table_that_decreases() {
    let mut b = Builder::new();
    let x = b.input(&[1, 1, 4, 4]);
    let gelu = b.node(Op::Activation(Activation::gelu(false)), &[x]);
    let y = b.node(
        Op::MaxPool(MaxPool {
            window: square(2, 2, 0),
        }),
        &[gelu],
    );
    let (quantized, error) = b.error(y, 12);
    assert_eq!(names(&quantized), ["Lookup", "MaxPool"]);
    assert!(error < 0.002, "{error}");
}

#[test]
fn a_chain_of_scalar_functions_is_one_table() {
    // GELU as exporters write it.
    let mut b = Builder::new();
    let x = b.input(&[4, 8]);
    let [root, one, half] = [2f32.sqrt(), 1.0, 0.5].map(|c| b.constant(&[], vec![c]));
    let inner = b.node(Op::Div, &[x, root]);
    let erf = b.node(Op::Activation(Activation::ERF), &[inner]);
    let sum = b.node(Op::Add, &[erf, one]);
    let product = b.node(Op::Mul, &[x, sum]);
    let y = b.node(Op::Mul, &[product, half]);
    let (quantized, error) = b.error(y, 12);
    assert_eq!(names(&quantized), ["Lookup"]);
    assert!(error < 0.001, "{error}");
}

#[test]
fn arithmetic_of_tensors_and_constants() {
    let mut b = Builder::new();
    let (x, y) = (b.input(&[3, 4]), b.input(&[3, 1]));
    let terms = b.random(&[4], 3.0);
    let factors = b.random(&[3, 1], 0.01);
    let divisors = b.constant(&[4], vec![3.0, -7.0, 0.3, 11.0]);
    let a = b.node(Op::Add, &[x, terms]);
    let a = b.node(Op::Sub, &[y, a]);
    let a = b.node(Op::Mul, &[a, x]);
    let small = b.node(Op::Mul, &[factors, x]);
    let c = b.node(Op::Sub, &[terms, small]);
    let a = b.node(Op::Div, &[a, divisors]);
    let out = b.node(Op::Add, &[a, c]);
    let (_, error) = b.error(out, 12);
    assert!(error < 0.003, "{error}");
}

#[test]
fn matrix_products_with_either_side_computed() {
    let mut b = Builder::new();
    let (x, y) = (b.input(&[2, 3, 4]), b.input(&[4, 5]));
    let both = b.node(Op::MatMul, &[x, y]);
    let w = b.random(&[6, 3], 1.0);
    let left = b.node(Op::MatMul, &[w, both]);
    let bias = b.random(&[5], 0.5);
    let w = b.random(&[1, 1, 6, 6], 1.0);
    let out = b.node(Op::MatMul, &[w, left, bias]);
    let (quantized, error) = b.error(out, 12);
    assert_eq!(names(&quantized).iter().filter(|n| **n == "Linear").count(), 2);
    assert!(error < 0.005, "{error}");
}

#[test]
fn joined_tensors_take_one_scale() {
    let mut b = Builder::new();
    let (x, y) = (b.input(&[2, 2]), b.input(&[2, 3]));
    let ten = b.constant(&[], vec![10.0]);
    let large = b.node(Op::Mul, &[y, ten]);
    let joined = b.node(Op::Concat(Concat { axis: 1 }), &[x, large]);
    let padded = b.node(
        Op::Pad(Pad {
            pads: vec![(0, 0), (1, 1)],
            value: Number::Real(0.5),
        }),
        &[joined],
    );
    let out = b.node(Op::Transpose(Transpose { perm: vec![1, 0] }), &[padded]);
    let (_, error) = b.error(out, 12);
    assert!(error < 0.001, "{error}");
}

#[test]
fn padded_means_have_their_own_divisors() {
    for count_include_pad in [false, true] {
        let mut b = Builder::new();
        let x = b.input(&[1, 2, 7, 5]);
        let y = b.node(
            Op::AveragePool(AveragePool {
                window: square(3, 2, 1),
                count_include_pad,
            }),
            &[x],
        );
        let (_, error) = b.error(y, 12);
        assert!(error < 0.001, "{error}");
    }
}

#[test]
fn an_arg_max_agrees() {
    let mut b = Builder::new();
    let x = b.input(&[5, 7]);
    let w = b.random(&[7, 4], 1.0);
    let logits = b.node(Op::MatMul, &[x, w]);
    let out = b.shaped(
        Op::ArgMax(ArgMax {
            axis: 1,
            select_last: false,
        }),
        &[logits],
        &[5],
    );
    b.graph.outputs = vec![out, logits];
    let samples = b.samples(10);
    let quantized = quantize(&b.graph, &samples, &QuantizeOptions::default()).unwrap();
    let report = report(&b.graph, &quantized, &samples).unwrap();
    assert_eq!(
        report
            .outputs
            .iter()
            .map(|o| o.argmax_agreement)
            .collect::<Vec<_>>(),
        [Some(1.0), Some(1.0)]
    );
    assert!(
        report
            .tensors
            .iter()
            .any(|t| t.signal_to_noise_db.is_some_and(|db| db > 50.0))
    );
    let seen = report.tensors[0].observed.unwrap();
    assert!(seen.0 >= -1024 && seen.1 <= 1024, "{seen:?}");
}

#[test]
fn bad_inputs_are_refused_by_name() {
    let (quantized, _) = perceptron(12);
    let graph = &quantized.graph;
    let good = FloatTensor::zeros(vec![1, 16]);
    let with = |value: f32| {
        let mut tensor = good.clone();
        tensor[[0, 3]] = value;
        graph.quantize_input(0, &tensor)
    };
    // Inputs lie in [−1, 1); the head-room makes the interval [−2, 2) at scale 10.
    assert_eq!(with(-2.0).unwrap()[[0, 3]], -2048);
    assert_eq!(with(1.5 / 1024.0).unwrap()[[0, 3]], 2);
    assert_eq!(with(-0.5 / 1024.0).unwrap()[[0, 3]], 0);
    for bad in [f32::NAN, f32::INFINITY] {
        let Err(ModelError::NotFinite { tensor, index, .. }) = with(bad) else {
            panic!("accepted {bad}")
        };
        assert_eq!((tensor.as_str(), index), ("input0", vec![0, 3]));
    }
    assert!(matches!(with(2.0), Err(ModelError::InputOutOfRange { .. })));
    assert!(matches!(with(f32::MAX), Err(ModelError::InputOutOfRange { .. })));
    let other = FloatTensor::zeros(vec![16]);
    assert!(matches!(
        graph.quantize_input(0, &other),
        Err(ModelError::ShapeMismatch { .. })
    ));
    assert!(matches!(
        graph.quantize_input(1, &good),
        Err(ModelError::NoSuchInput { .. })
    ));
    assert!(matches!(graph.run(&[]), Err(ModelError::InputCount { .. })));
    // All inputs at the end of their range drive a layer out of its own.
    let extreme = good.mapv(|_| 1.99);
    let extreme = graph.quantize_input(0, &extreme).unwrap();
    let outcome = graph.run(&[extreme]);
    assert!(matches!(outcome, Ok(_) | Err(ModelError::OutOfRange { .. })));
}

#[test]
fn what_cannot_be_quantised_is_named_at_once() {
    let mut b = Builder::new();
    let (x, zeros) = (b.input(&[2, 2]), b.random(&[2, 2], 0.0));
    let q = b.node(Op::Div, &[x, zeros]);
    let c = b.random(&[2, 2], 1.0);
    let j = b.node(Op::Concat(Concat { axis: 0 }), &[q, c]);
    b.graph.outputs = vec![j];
    let samples = b.samples(2);
    let error = quantize(&b.graph, &samples, &QuantizeOptions::default()).unwrap_err();
    let ModelError::Unsupported { nodes } = &error else {
        panic!("{error}")
    };
    assert_eq!(nodes.len(), 2);
    assert!(
        error.to_string().contains("v2.node") && error.to_string().contains("v4.node"),
        "{error}"
    );
}

#[test]
fn nodes_that_were_merged_are_named() {
    // A mask behind a dense layer: what is wrong is in the mask, which is no longer there when the layer is rounded.
    let mut b = Builder::new();
    let x = b.input(&[1, 4]);
    let w = b.random(&[4, 3], 1.0);
    let g = b.node(Op::MatMul, &[x, w]);
    let mask = b.constant(&[1, 3], vec![0.0, 0.0, f32::MIN]);
    let s = b.node(Op::Add, &[g, mask]);
    b.graph.nodes[1].name = "mask".to_owned();
    let y = b.relu(s);
    b.graph.outputs = vec![y];
    let samples = b.samples(4);
    let text = quantize(&b.graph, &samples, &QuantizeOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("merged into this node: `mask` (Add, constants up to 3.4028235e38)"),
        "{text}"
    );
    assert!(text.contains("-10000"), "{text}");
}

#[test]
fn the_node_that_leaves_the_numbers_is_named() {
    let mut squared = Builder::new();
    let x = squared.input(&[2]);
    let y = squared.node(Op::Mul, &[x, x]);
    squared.graph.outputs = vec![y];
    let vast = vec![vec![ArrayD::from_elem(vec![2], 1e30)]];
    let text = quantize(&squared.graph, &vast, &QuantizeOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("(Mul) gives inf at [0] for calibration sample 0"),
        "{text}"
    );
}

#[test]
fn columns_are_measured_beside_their_own_spread() {
    // A price beside a probability, in one tensor.
    let mut b = Builder::new();
    let x = b.input(&[1, 2]);
    let w = b.constant(&[2, 2], vec![80_000.0, 0.0, 0.0, 1.0]);
    let y = b.node(Op::MatMul, &[x, w]);
    b.graph.outputs = vec![y];
    let samples = b.samples(20);
    let quantized = quantize(&b.graph, &samples, &QuantizeOptions::default()).unwrap();
    let report = report(&b.graph, &quantized, &samples).unwrap();
    let output = &report.outputs[0];
    assert!(output.max_abs_error.unwrap() / output.max_abs_value.unwrap() < 1e-3);
    let worst = output.worst_column.as_ref().unwrap();
    assert!(
        worst.index == 1 && worst.relative_error().unwrap() > 0.4,
        "{worst:?}"
    );
    assert_eq!((output.columns.len(), output.columns[0].elements), (2, 20));
    assert!(output.columns[0].relative_error().unwrap() < 1e-3);
}

#[test]
fn figures_over_no_samples_are_none() {
    let mut b = Builder::new();
    let x = b.input(&[2]);
    let y = b.relu(x);
    b.graph.outputs = vec![y];
    let samples = b.samples(3);
    let quantized = quantize(&b.graph, &samples, &QuantizeOptions::default()).unwrap();
    let greater = vec![vec![ArrayD::from_elem(vec![2], 100.0)]];
    let report = report(&b.graph, &quantized, &greater).unwrap();
    assert_eq!((report.samples, report.refused), (1, 1));
    let output = &report.outputs[0];
    assert_eq!(
        (output.max_abs_error, output.max_abs_value, &output.worst_column),
        (None, None, &None)
    );
}

#[test]
fn bad_calibration_and_options_are_refused() {
    let mut b = Builder::new();
    let x = b.input(&[2]);
    let y = b.relu(x);
    b.graph.outputs = vec![y];
    let default = QuantizeOptions::default();
    assert!(matches!(
        quantize(&b.graph, &[], &default),
        Err(ModelError::Calibration { .. })
    ));
    let nan = vec![vec![ArrayD::from_elem(vec![2], f32::NAN)]];
    assert!(matches!(
        quantize(&b.graph, &nan, &default),
        Err(ModelError::NotFinite { .. })
    ));
    let wrong = vec![vec![ArrayD::from_elem(vec![3], 0.0)]];
    assert!(matches!(
        quantize(&b.graph, &wrong, &default),
        Err(ModelError::ShapeMismatch { .. })
    ));
    let good = b.samples(1);
    for bits in [0, 3, 17, u32::MAX] {
        let outcome = quantize(&b.graph, &good, &QuantizeOptions::with_bits(bits));
        assert!(matches!(outcome, Err(ModelError::Option { .. })), "{bits}");
    }
    for headroom in [0.5, f32::NAN, f32::INFINITY] {
        let options = QuantizeOptions {
            headroom,
            ..default.clone()
        };
        assert!(matches!(
            quantize(&b.graph, &good, &options),
            Err(ModelError::Option { .. })
        ));
    }
    // Zeros say nothing about the scale, but are no error.
    let zeros = vec![vec![ArrayD::from_elem(vec![2], 0.0)]];
    quantize(&b.graph, &zeros, &default).unwrap();
}

#[test]
fn the_digest_covers_every_weight() {
    let (mut quantized, _) = perceptron(12);
    let graph = &mut quantized.graph;
    assert_eq!(*graph, perceptron(12).0.graph, "quantisation is deterministic");
    let digest = graph.digest();
    let QOp::Linear(Linear { weight, .. }) = &mut graph.nodes[0].op else {
        panic!("no layer")
    };
    weight[[3, 5]] += 1;
    assert_ne!(graph.digest(), digest);
}
