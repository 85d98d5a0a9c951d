//! Every operator on values computed by hand, and windows against a naive reference.

// Everything here is test code, also outside the test functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use hallmark_model::ops::Number;
use hallmark_model::ops::float::{AveragePool, FloatConv};
use hallmark_model::ops::integer::{
    Affine, ArgMax, Concat, IntConv, Linear, Lookup, MaxPool, Pad, Requantize, Scale, Slice, Split, SumPool,
    Transpose,
};
use hallmark_model::{
    Activation, ElementKind, FloatTensor, Graph, IntTensor, ModelError, Node, Op, QNode, QOp, QTensor,
    QuantizedGraph, SliceAxis, TensorId, Value, ValueId, Window, WindowAxis,
};
use ndarray::{ArrayD, Dimension, IxDyn};
use proptest::prelude::*;

fn array<T: Copy>(shape: &[usize], data: &[T]) -> ArrayD<T> {
    ArrayD::from_shape_vec(IxDyn(shape), data.to_vec()).unwrap()
}

/// Runs one float operator.
fn float(op: Op, inputs: &[FloatTensor], output: &[usize]) -> Result<FloatTensor, ModelError> {
    let mut graph = Graph::default();
    for (i, input) in inputs.iter().enumerate() {
        graph.values.push(Value {
            name: format!("x{i}"),
            shape: input.shape().to_vec(),
            constant: None,
            whole: None,
        });
        graph.inputs.push(ValueId(i));
    }
    let id = ValueId(inputs.len());
    graph.values.push(Value {
        name: "y".into(),
        shape: output.to_vec(),
        constant: None,
        whole: None,
    });
    graph.nodes.push(Node {
        name: "n".into(),
        op,
        inputs: graph.inputs.clone(),
        outputs: vec![id],
    });
    graph.outputs.push(id);
    graph.run(inputs).map(|values| values[id.0].clone())
}

/// Stands for the interval that the inputs give.
const DERIVED: (i64, i64) = (-(1 << 40), 1 << 40);

/// Runs one integer operator; `scale` is the output's, the inputs' are 3.
fn integer(
    op: QOp,
    inputs: &[IntTensor],
    interval: (i64, i64),
    output: (&[usize], i32, (i64, i64)),
) -> Result<IntTensor, ModelError> {
    let mut graph = QuantizedGraph::default();
    for (i, input) in inputs.iter().enumerate() {
        graph.tensors.push(QTensor {
            name: format!("x{i}"),
            shape: input.shape().to_vec(),
            kind: ElementKind::real(3),
            interval,
        });
        graph.inputs.push(TensorId(i));
    }
    let id = TensorId(inputs.len());
    let (shape, scale_bits, interval) = output;
    let tensors: Vec<&QTensor> = graph.tensors.iter().collect();
    let derived = (interval == DERIVED)
        .then(|| op.interval(&tensors).ok().flatten())
        .flatten();
    let interval = derived.unwrap_or(interval);
    let kind = match op {
        QOp::ArgMax(_) => ElementKind::Integer,
        _ => ElementKind::real(scale_bits),
    };
    graph.tensors.push(QTensor {
        name: "y".into(),
        shape: shape.to_vec(),
        kind,
        interval,
    });
    graph.nodes.push(QNode {
        name: "n".into(),
        op,
        inputs: graph.inputs.clone(),
        outputs: vec![id],
    });
    graph.outputs.push(id);
    graph
        .run(inputs)
        .map(|trace| trace.outputs(&graph).next().unwrap().clone())
}

fn ints(op: QOp, inputs: &[IntTensor], output: &[usize], scale: i32) -> Vec<i64> {
    integer(op, inputs, (-100, 100), (output, scale, DERIVED))
        .unwrap()
        .iter()
        .copied()
        .collect()
}

fn floats(op: Op, inputs: &[FloatTensor], output: &[usize]) -> Vec<f32> {
    float(op, inputs, output).unwrap().iter().copied().collect()
}

#[test]
fn matrix_products() {
    let a = array(&[1, 2, 2], &[1., 2., 3., 4.]);
    let b = array(&[2, 2, 1], &[5., 6., 7., 8.]);
    assert_eq!(
        floats(Op::MatMul, &[a.clone(), b.clone()], &[2, 2, 1]),
        [17., 39., 23., 53.]
    );
    let bias = array(&[1], &[0.5]);
    assert_eq!(
        floats(Op::MatMul, &[a.clone(), b.clone(), bias], &[2, 2, 1]),
        [17.5, 39.5, 23.5, 53.5]
    );
    let (a, b) = (a.mapv(|x| x as i64), b.mapv(|x| x as i64));
    assert_eq!(
        ints(QOp::MatMul, &[a.clone(), b], &[2, 2, 1], 6),
        [17, 39, 23, 53]
    );
    let op = QOp::Linear(Linear {
        weight: array(&[2, 3], &[1, 0, -1, 2, 1, 0]),
        bias: vec![10, 20, 30],
    });
    assert_eq!(ints(op, &[a], &[1, 2, 3], 9), [15, 22, 29, 21, 24, 27]);
}

#[test]
fn elementwise_arithmetic_broadcasts() {
    let (a, b) = (array(&[2, 1], &[6., -8.]), array(&[2], &[2., 4.]));
    let inputs = [a.clone(), b.clone()];
    assert_eq!(floats(Op::Add, &inputs, &[2, 2]), [8., 10., -6., -4.]);
    assert_eq!(floats(Op::Sub, &inputs, &[2, 2]), [4., 2., -10., -12.]);
    assert_eq!(floats(Op::Mul, &inputs, &[2, 2]), [12., 24., -16., -32.]);
    assert_eq!(floats(Op::Div, &inputs, &[2, 2]), [3., 1.5, -4., -2.]);
    let inputs = [a.mapv(|x| x as i64), b.mapv(|x| x as i64)];
    assert_eq!(ints(QOp::Mul, &inputs, &[2, 2], 6), [12, 24, -16, -32]);
    let op = QOp::Affine(Affine {
        coefficients: vec![4, -1],
        constant: Some(array(&[2], &[100, 0])),
    });
    assert_eq!(ints(op, &inputs, &[2, 2], 5), [122, 20, 66, -36]);
    let op = QOp::Scale(Scale {
        factor: array(&[1, 3], &[1, -2, 3]),
    });
    assert_eq!(ints(op, &inputs[..1], &[2, 3], 7), [6, -12, 18, -8, 16, -24]);
}

/// The quotient of two inputs in these intervals.
fn quotient(
    (a, dividends): (&IntTensor, (i64, i64)),
    (b, divisors): (&IntTensor, (i64, i64)),
    (shape, interval): (&[usize], (i64, i64)),
) -> Result<IntTensor, ModelError> {
    let tensor = |name: &str, shape: &[usize], scale, interval| QTensor {
        name: name.into(),
        shape: shape.to_vec(),
        kind: ElementKind::real(scale),
        interval,
    };
    let graph = QuantizedGraph {
        name: "quotient".into(),
        tensors: vec![
            tensor("a", a.shape(), 7, dividends),
            tensor("b", b.shape(), 3, divisors),
            tensor("y", shape, 4, interval),
        ],
        nodes: vec![QNode {
            name: "n".into(),
            op: QOp::FloorDiv,
            inputs: vec![TensorId(0), TensorId(1)],
            outputs: vec![TensorId(2)],
        }],
        inputs: vec![TensorId(0), TensorId(1)],
        outputs: vec![TensorId(2)],
    };
    let trace = graph.run(&[a.clone(), b.clone()])?;
    Ok(trace.tensors[2].clone())
}

/// Quotients are rounded towards minus infinity, broadcast, and in the interval that is declared; divisors are positive by theirs.
#[test]
fn quotients_are_rounded_down() {
    let (a, b) = (
        array(&[2, 3], &[7, -7, 0, 100, -100, 99]),
        array(&[2, 1], &[2, 100]),
    );
    let (dividends, divisors) = ((-128, 127), (1, 100));
    let y = quotient((&a, dividends), (&b, divisors), (&[2, 3], (-8, 7))).unwrap();
    assert_eq!(y, array(&[2, 3], &[3, -4, 0, 1, -1, 0]));
    let most = (1 << 62) - 1;
    let extremes = (
        array(&[4], &[most, -most, most, -most]),
        array(&[4], &[most, most, most - 1, 2]),
    );
    let error = quotient(
        (&extremes.0, (-most, most)),
        (&extremes.1, (1, most)),
        (&[4], (-8, 7)),
    );
    assert!(
        matches!(&error, Err(ModelError::OutOfRange { index, value, .. }) if index == &[3] && *value == -(1 << 61)),
        "{error:?}"
    );
    let refused = |divisors, interval| {
        quotient((&a, dividends), (&b, divisors), (&[2, 3], interval))
            .unwrap_err()
            .to_string()
    };
    assert!(refused((0, 100), (-8, 7)).contains("positive integers only"));
    assert!(refused((-1, 100), (-8, 7)).contains("positive integers only"));
    assert!(refused((1, 100), (-8, 8)).contains("a power of two"));
    assert!(refused((1, 100), (0, 3)).contains("-4"));
}

#[test]
fn requantisation_and_tables() {
    let x = array(&[4], &[-6, -5, 5, 6]);
    let out = |shift, interval| {
        let op = QOp::Requantize(Requantize { shift });
        integer(
            op,
            std::slice::from_ref(&x),
            (-100, 100),
            (&[4], 3 - shift as i32, interval),
        )
    };
    assert_eq!(out(2, (-4, 3)).unwrap(), array(&[4], &[-1, -1, 1, 2]));
    assert_eq!(out(0, (-8, 7)).unwrap(), x);
    let error = out(0, (-4, 3)).unwrap_err();
    let expected = ModelError::OutOfRange {
        tensor: "y".into(),
        index: vec![0],
        value: -6,
        interval: (-4, 3),
        kind: ElementKind::real(3),
    };
    assert_eq!(error, expected);
    // What the integers stand for comes first.
    let text = error.to_string();
    assert!(
        text.contains("value -0.75 of tensor `y` at [0]") && text.contains("[-0.5, 0.375]"),
        "{text}"
    );
    assert!(
        text.contains("in integers -6, [-4, 3], divided by 2^3") && text.contains("calibration data"),
        "{text}"
    );
    assert!(matches!(
        out(0, (-4, 4)).unwrap_err(),
        ModelError::InvalidNode { .. }
    ));

    let table = QOp::Lookup(Lookup {
        function: "square".into(),
        table: vec![4, 1, 0, 1, 4],
    });
    let x = array(&[3], &[-2, 0, 2]);
    let y = integer(
        table.clone(),
        std::slice::from_ref(&x),
        (-2, 2),
        (&[3], 6, (0, 4)),
    )
    .unwrap();
    assert_eq!(y, array(&[3], &[4, 0, 4]));
    assert!(
        integer(
            table.clone(),
            std::slice::from_ref(&x),
            (-2, 3),
            (&[3], 6, (0, 4))
        )
        .is_err()
    );
    assert!(integer(table, &[x], (-2, 2), (&[3], 6, (0, 3))).is_err());
}

#[test]
fn movement() {
    let x = array(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let same = |op: Op, q: QOp, output: &[usize], expected: &[i64]| {
        let y = floats(op, &[x.mapv(|v| v as f32)], output);
        assert_eq!(y.iter().map(|v| *v as i64).collect::<Vec<_>>(), expected);
        assert_eq!(ints(q, std::slice::from_ref(&x), output, 3), expected);
    };
    same(Op::Reshape, QOp::Reshape, &[3, 2], &[1, 2, 3, 4, 5, 6]);
    let perm = vec![1, 0];
    same(
        Op::Transpose(Transpose { perm: perm.clone() }),
        QOp::Transpose(Transpose { perm }),
        &[3, 2],
        &[1, 4, 2, 5, 3, 6],
    );
    let axes = vec![
        SliceAxis {
            start: 1,
            step: 1,
            len: 1,
        },
        SliceAxis {
            start: 2,
            step: -2,
            len: 2,
        },
    ];
    same(
        Op::Slice(Slice { axes: axes.clone() }),
        QOp::Slice(Slice { axes }),
        &[1, 2],
        &[6, 4],
    );
    let pads = vec![(0, 1), (1, 0)];
    let padded = [9, 1, 2, 3, 9, 4, 5, 6, 9, 9, 9, 9];
    same(
        Op::Pad(Pad {
            pads: pads.clone(),
            value: Number::Real(9.),
        }),
        QOp::Pad(Pad { pads, value: 9 }),
        &[3, 4],
        &padded,
    );
    let y = ints(
        QOp::Concat(Concat { axis: 1 }),
        &[x.clone(), array(&[2, 1], &[7, 8])],
        &[2, 4],
        3,
    );
    assert_eq!(y, [1, 2, 3, 7, 4, 5, 6, 8]);
    let y = floats(
        Op::Concat(Concat { axis: 0 }),
        &[array(&[1], &[1.]), array(&[2], &[2., 3.])],
        &[3],
    );
    assert_eq!(y, [1., 2., 3.]);
}

/// As many parts as a graph may have tensors: work on each that grew with their number would not end.
#[test]
fn an_axis_has_as_many_parts_as_a_graph_has_room_for() {
    let parts = hallmark_model::limits::MAX_GRAPH_ITEMS - 1;
    let tensor = |name: String, length: usize| QTensor {
        name,
        shape: vec![length],
        kind: ElementKind::Integer,
        interval: (0, 1 << 20),
    };
    let mut tensors = vec![tensor("x".into(), parts)];
    tensors.extend((0..parts).map(|part| tensor(format!("part {part}"), 1)));
    let outputs: Vec<TensorId> = (1..=parts).map(TensorId).collect();
    let graph = QuantizedGraph {
        tensors,
        nodes: vec![QNode {
            name: "n".into(),
            op: QOp::Split(Split {
                axis: 0,
                lengths: vec![1; parts],
            }),
            inputs: vec![TensorId(0)],
            outputs: outputs.clone(),
        }],
        inputs: vec![TensorId(0)],
        outputs,
        ..QuantizedGraph::default()
    };
    let x = IntTensor::from_shape_vec(vec![parts], (0..parts as i64).collect()).unwrap();
    let trace = graph.run(&[x]).unwrap();
    for (part, tensor) in trace.tensors[1..].iter().enumerate() {
        assert_eq!(tensor.iter().copied().collect::<Vec<_>>(), [part as i64]);
    }
}

#[test]
fn parts_of_an_axis_are_outputs_of_one_node() {
    let x = array(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let (shapes, parts) = ([[2, 1], [2, 2]], [vec![1, 4], vec![2, 3, 5, 6]]);
    let split = Split {
        axis: 1,
        lengths: vec![1, 2],
    };
    let value = |name: &str, shape: &[usize]| Value {
        name: name.into(),
        shape: shape.to_vec(),
        constant: None,
        whole: None,
    };
    let mut float = Graph {
        values: vec![
            value("x", &[2, 3]),
            value("a", &shapes[0]),
            value("b", &shapes[1]),
        ],
        nodes: vec![Node {
            name: "n".into(),
            op: Op::Split(split.clone()),
            inputs: vec![ValueId(0)],
            outputs: vec![ValueId(1), ValueId(2)],
        }],
        inputs: vec![ValueId(0)],
        outputs: vec![ValueId(2)],
        ..Graph::default()
    };
    let sample = vec![x.mapv(|v| v as f32)];
    let results = float.run(&sample).unwrap();
    for (result, part) in results[1..].iter().zip(&parts) {
        assert_eq!(result.iter().map(|v| *v as i64).collect::<Vec<_>>(), *part);
    }
    // Both parts are in the integer graph, also the one that no output needs.
    let quantized =
        hallmark_model::quantize(&float, std::slice::from_ref(&sample), &Default::default()).unwrap();
    let graph = &quantized.graph;
    assert_eq!(graph.nodes[0].outputs, [TensorId(1), TensorId(2)]);
    assert_eq!(quantized.sources, [0, 1, 2].map(|id| Some(ValueId(id))));
    let trace = graph
        .run(&[graph.quantize_input(0, &sample[0]).unwrap()])
        .unwrap();
    for (id, part) in [1, 2].into_iter().zip(&parts) {
        let values = graph.dequantize(TensorId(id), &trace.tensors[id]);
        assert_eq!(values.iter().map(|v| *v as i64).collect::<Vec<_>>(), *part);
    }
    float.values[1].shape = vec![2, 2];
    assert!(
        float
            .validate()
            .unwrap_err()
            .to_string()
            .contains("outputs of shapes")
    );
    float.nodes[0].outputs.pop();
    assert!(
        float
            .validate()
            .unwrap_err()
            .to_string()
            .contains("1 outputs, expected 2")
    );
}

#[test]
fn arg_max_decides_ties_as_told() {
    let x = array(&[2, 3], &[5, 7, 7, -1, -1, -2]);
    for (select_last, expected) in [(false, [1, 0]), (true, [2, 1])] {
        let op = QOp::ArgMax(ArgMax { axis: 1, select_last });
        assert_eq!(ints(op.clone(), std::slice::from_ref(&x), &[2, 1], 0), expected);
        assert_eq!(ints(op, std::slice::from_ref(&x), &[2], 0), expected);
        let y = floats(
            Op::ArgMax(ArgMax { axis: 1, select_last }),
            &[x.mapv(|v| v as f32)],
            &[2],
        );
        assert_eq!(y, expected.map(|i| i as f32));
    }
    assert_eq!(
        ints(
            QOp::ArgMax(ArgMax {
                axis: 0,
                select_last: false
            }),
            &[x],
            &[3],
            0
        ),
        [0, 0, 0]
    );
}

#[test]
fn activations_apply_element_by_element() {
    let x = array(&[2], &[-8., 2.]);
    assert_eq!(
        floats(Op::Activation(Activation::RELU), std::slice::from_ref(&x), &[2]),
        [0., 2.]
    );
    let op = Op::Activation(Activation::leaky_relu(0.25));
    assert_eq!(floats(op, &[x], &[2]), [-2., 2.]);
}

#[test]
fn average_pools_count_padding_as_told() {
    let x = array(&[1, 1, 2, 2], &[1., 2., 3., 6.]);
    let w = Window::new([2, 2], [1, 1], [[1, 1], [0, 0]], [1, 1]);
    let pool = |count_include_pad| {
        Op::AveragePool(AveragePool {
            window: w.clone(),
            count_include_pad,
        })
    };
    assert_eq!(
        floats(pool(false), std::slice::from_ref(&x), &[1, 1, 2, 2]),
        [1., 1.5, 2., 3.]
    );
    assert_eq!(floats(pool(true), &[x], &[1, 1, 2, 2]), [0.25, 0.75, 1., 3.]);
}

/// One element of a window's result, by the definition: calls `f(kernel place, place)` for every kernel element inside the
/// input, with the coordinates of both.
fn naive(w: &Window, plane: &[usize], at: &[usize], mut f: impl FnMut(&[usize], &[usize])) {
    for tap in ndarray::indices(IxDyn(&w.kernel())) {
        let tap = tap.slice();
        let place: Vec<usize> = (0..plane.len())
            .filter_map(|i| {
                let axis = &w.axes[i];
                let place = (at[i] * axis.stride + tap[i] * axis.dilation).checked_sub(axis.pads.0);
                place.filter(|place| *place < plane[i])
            })
            .collect();
        if place.len() == plane.len() {
            f(tap, &place);
        }
    }
}

/// Coordinates of an element: `first`, then `rest`.
fn index(first: [usize; 2], rest: &[usize]) -> IxDyn {
    IxDyn(&[&first[..], rest].concat())
}

/// One to three axes, each with its length.
fn small_window() -> impl Strategy<Value = (Window, Vec<usize>)> {
    let axis = (1usize..4, 1usize..4, 1usize..3, (0usize..3, 0usize..3), 1usize..8).prop_map(
        |(kernel, stride, dilation, pads, length)| {
            let axis = WindowAxis {
                kernel,
                stride,
                dilation,
                pads,
            };
            (axis, length)
        },
    );
    prop::collection::vec(axis, 1..4).prop_map(|axes| {
        let (axes, plane): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
        (Window { axes }, plane)
    })
}

fn numbers(count: usize, seed: u64) -> Vec<i64> {
    let mut state = seed | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as i64 % 100
    };
    (0..count).map(|_| next()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn windows_match_the_definition(
        (w, plane) in small_window(), groups in 1usize..3, per_group in [1usize..3, 1..3],
        seed in any::<u64>(),
    ) {
        let (channels, filters) = (groups * per_group[0], groups * per_group[1]);
        let shape = [&[2, channels], &plane[..]].concat();
        let x = array(&shape, &numbers(shape.iter().product(), seed));
        let shape = [&[filters, per_group[0]], &w.kernel()[..]].concat();
        let weight = array(&shape, &numbers(shape.iter().product(), seed ^ 7));
        let bias = numbers(filters, seed ^ 9);
        let op = QOp::Conv(IntConv { weight: weight.clone(), bias: bias.clone(), window: w.clone(), groups });
        let Ok(output) = op.output_shape(&[x.shape()]) else { return Ok(()) };
        let y = integer(op, std::slice::from_ref(&x), (-100, 100), (&output, 5, DERIVED)).unwrap();
        let fx = x.mapv(|v| v as f32);
        let fw = [fx.clone(), weight.mapv(|v| v as f32), array(&[filters], &bias).mapv(|v| v as f32)];
        let fy = float(Op::Conv(FloatConv { window: w.clone(), groups }), &fw, &output).unwrap();
        prop_assert_eq!(y.mapv(|v| v as f32), fy);
        for (at, &got) in y.indexed_iter() {
            let mut sum = bias[at[1]];
            for c in 0..per_group[0] {
                let channel = at[1] / per_group[1] * per_group[0] + c;
                naive(&w, &plane, &at.slice()[2..], |tap, place| {
                    sum += x[index([at[0], channel], place)] * weight[index([at[1], c], tap)];
                });
            }
            prop_assert_eq!(got, sum);
        }
        check_pools(&w, &x, &plane)?;
    }
}

fn check_pools(w: &Window, x: &IntTensor, plane: &[usize]) -> Result<(), TestCaseError> {
    let reference = |at: &IxDyn| {
        let mut elements = Vec::new();
        naive(w, plane, &at.slice()[2..], |_, place| {
            elements.push(x[index([at[0], at[1]], place)])
        });
        elements
    };
    let sum = QOp::SumPool(SumPool { window: w.clone() });
    let output = sum.output_shape(&[x.shape()]).unwrap();
    let sums = integer(sum, std::slice::from_ref(x), (-100, 100), (&output, 3, DERIVED)).unwrap();
    for (at, &got) in sums.indexed_iter() {
        prop_assert_eq!(got, reference(&at).iter().sum::<i64>());
    }
    let empty = sums.indexed_iter().any(|(at, _)| reference(&at).is_empty());
    let max = integer(
        QOp::MaxPool(MaxPool { window: w.clone() }),
        std::slice::from_ref(x),
        (-100, 100),
        (&output, 3, DERIVED),
    );
    // A window in the padding only has no maximum.
    prop_assert_eq!(max.is_err(), empty);
    if let Ok(max) = max {
        for (at, &got) in max.indexed_iter() {
            prop_assert_eq!(Some(got), reference(&at).into_iter().max());
        }
    }
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let refused = |op: Op, shapes: &[&[usize]]| {
        let error = op.output_shape(shapes).unwrap_err();
        assert!(matches!(error, ModelError::InvalidNode { .. }), "{error}");
    };
    let w = Window::of(&[3, 3]);
    refused(
        Op::Conv(FloatConv {
            window: w.clone(),
            groups: 1,
        }),
        &[&[1, 2, 8, 8], &[4, 3, 3, 3]],
    );
    refused(
        Op::Conv(FloatConv {
            window: w.clone(),
            groups: 0,
        }),
        &[&[1, 2, 8, 8], &[4, 2, 3, 3]],
    );
    refused(
        Op::Conv(FloatConv {
            window: w.clone(),
            groups: 1,
        }),
        &[&[1, 2, 2, 8], &[4, 2, 3, 3]],
    );
    refused(Op::MaxPool(MaxPool { window: w }), &[&[8, 8]]);
    refused(Op::MatMul, &[&[2, 3], &[2, 3]]);
    refused(Op::MatMul, &[&[3], &[3]]);
    refused(Op::Add, &[&[2], &[3]]);
    refused(Op::Add, &[&[2]]);
    refused(Op::Transpose(Transpose { perm: vec![0, 0] }), &[&[2, 3]]);
    refused(Op::Concat(Concat { axis: 2 }), &[&[2, 3]]);
    refused(
        Op::Slice(Slice {
            axes: vec![SliceAxis {
                start: 0,
                step: isize::MIN,
                len: usize::MAX,
            }],
        }),
        &[&[4]],
    );
    refused(
        Op::Slice(Slice {
            axes: vec![SliceAxis {
                start: 3,
                step: 1,
                len: 2,
            }],
        }),
        &[&[4]],
    );
    refused(
        Op::Pad(Pad {
            pads: vec![(usize::MAX, usize::MAX)],
            value: Number::Real(0.),
        }),
        &[&[4]],
    );
    refused(
        Op::ArgMax(ArgMax {
            axis: 1,
            select_last: false,
        }),
        &[&[4]],
    );
    refused(Op::Reshape, &[&[1 << 20, 1 << 20]]);
}

#[test]
fn partial_sums_count_even_where_they_cancel() {
    // Both products reach 2^62 and their sum is always zero: the order of summation must not matter.
    let x = array(&[1, 2], &[1 << 23, 1 << 23]);
    let run = |weight: i64| {
        let op = QOp::Linear(Linear {
            weight: array(&[2, 1], &[weight, -weight]),
            bias: vec![0],
        });
        let point = (1 << 23, 1 << 23);
        integer(op, std::slice::from_ref(&x), point, (&[1, 1], 5, (0, 0))).map(drop)
    };
    assert_eq!(run(1 << 36), Ok(()));
    let error = run(1 << 39).unwrap_err().to_string();
    assert!(error.contains("2^62"), "{error}");
}

#[test]
fn padding_brings_zero_into_the_bounds() {
    let x = array(&[1, 1, 2, 2], &[5; 4]);
    let ops = |pads| {
        let w = Window::new([2, 2], [1, 1], pads, [1, 1]);
        let weight = array(&[1, 1, 2, 2], &[1; 4]);
        [
            QOp::SumPool(SumPool { window: w.clone() }),
            QOp::Conv(IntConv {
                weight,
                bias: vec![0],
                window: w,
                groups: 1,
            }),
        ]
    };
    for (pads, side, accepted) in [
        ([[0, 0], [0, 0]], 1, true),
        ([[1, 0], [0, 0]], 2, false),
        ([[0, 0], [0, 1]], 1, false),
    ] {
        for op in ops(pads) {
            let shape = op.output_shape(&[x.shape()]).unwrap();
            assert_eq!(shape[2], side);
            let outcome = integer(op, std::slice::from_ref(&x), (5, 9), (&shape, 3, (20, 36)));
            assert_eq!(outcome.is_ok(), accepted, "{outcome:?}");
        }
    }
}

/// Roots are rounded down, exact to the greatest number, and in the interval that is declared; negative numbers have none.
#[test]
fn roots_are_rounded_down() {
    let most = (1i64 << 62) - 1;
    let root = |x: &[i64], (low, high): (i64, i64), scale: i32, interval: (i64, i64)| {
        let tensor = |name: &str, scale, interval| QTensor {
            name: name.into(),
            shape: vec![x.len()],
            kind: ElementKind::real(scale),
            interval,
        };
        let graph = QuantizedGraph {
            name: "root".into(),
            tensors: vec![tensor("x", 2 * scale, (low, high)), tensor("y", scale, interval)],
            nodes: vec![QNode {
                name: "n".into(),
                op: QOp::Isqrt,
                inputs: vec![TensorId(0)],
                outputs: vec![TensorId(1)],
            }],
            inputs: vec![TensorId(0)],
            outputs: vec![TensorId(1)],
        };
        let trace = graph.run(&[array(&[x.len()], x)]);
        trace.map(|trace| trace.tensors[1].iter().copied().collect::<Vec<_>>())
    };
    let few: Vec<i64> = (0..1000).collect();
    let y = root(&few, (0, 1023), 3, (0, 31)).unwrap();
    assert!(
        few.iter()
            .zip(&y)
            .all(|(x, y)| y * y <= *x && *x < (y + 1) * (y + 1))
    );
    let large = [most, (1 << 62) - (1 << 32) + 1, (1 << 62) - (1 << 32), 1 << 60];
    let y = root(&large, (0, most), 0, (0, (1 << 31) - 1)).unwrap();
    assert_eq!(y, [(1 << 31) - 1, (1 << 31) - 1, (1 << 31) - 2, 1 << 30]);
    assert_eq!(root(&[4, 9], (-9, 9), 0, (2, 3)).unwrap(), [2, 3]);
    for (x, interval) in [(-1, (0, 3)), (3, (2, 3)), (16, (0, 3))] {
        let error = root(&[4, x], (-9, 20), 0, interval).unwrap_err();
        assert!(
            matches!(&error, ModelError::OutOfRange { tensor, index, .. } if tensor == "y" && index == &[1]),
            "{error}"
        );
    }
    let refused = |interval| root(&[4], (0, 9), 0, interval).unwrap_err().to_string();
    assert!(refused((0, 2)).contains("a power of two"));
    assert!(refused((-1, 2)).contains("roots lie in"));
    assert!(refused((1, 1 << 32)).contains("roots lie in"));
    let odd = integer(QOp::Isqrt, &[array(&[1], &[4])], (0, 9), (&[1], 1, (0, 3)));
    assert!(
        odd.unwrap_err()
            .to_string()
            .contains("the input's scale 3 is odd")
    );
}
