//! The integer form of normalisations against real numbers, within the bound that `docs/ops/normalize.md` states.

// Everything here is test code, also outside the test functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use hallmark_model::ops::float::{Measure, Normalize};
use hallmark_model::{
    FloatTensor, Graph, ModelError, Node, Op, QOp, QuantizeOptions, Quantized, Value, ValueId, quantize,
};
use ndarray::{ArrayD, IxDyn};

/// Numbers that look random, between −1 and 1.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn graph(op: Op, shape: &[usize]) -> Graph {
    let value = |name: &str| Value {
        name: name.to_owned(),
        shape: shape.to_vec(),
        constant: None,
        whole: None,
    };
    Graph {
        name: "normalisation".to_owned(),
        values: vec![value("x"), value("y")],
        nodes: vec![Node {
            name: "norm".to_owned(),
            op,
            inputs: vec![ValueId(0)],
            outputs: vec![ValueId(1)],
        }],
        inputs: vec![ValueId(0)],
        outputs: vec![ValueId(1)],
    }
}

fn tensor(shape: &[usize], values: &[f64]) -> FloatTensor {
    ArrayD::from_shape_vec(IxDyn(shape), values.iter().map(|x| *x as f32).collect()).unwrap()
}

/// A result in its last bits, what real numbers give for the same integers, and how far apart they may be.
struct Compared {
    computed: f64,
    right: f64,
    most: f64,
}

impl Compared {
    fn is_near(&self) -> bool {
        (self.computed - self.right).abs() <= self.most
    }
}

fn compared(quantized: &Quantized, op: &Normalize, input: &FloatTensor) -> Result<Vec<Compared>, ModelError> {
    let graph = &quantized.graph;
    let x = graph.quantize_input(0, input)?;
    let trace = graph.run(std::slice::from_ref(&x))?;
    let output = graph.outputs[0];
    let step = f64::from(graph.tensors[output.0].kind.scale_bits().unwrap()).exp2();
    let unit = f64::from(-graph.tensors[graph.inputs[0].0].kind.scale_bits().unwrap()).exp2();
    let length: usize = input.shape()[op.first..].iter().product();
    let x: Vec<f64> = x.iter().map(|x| *x as f64 * unit).collect();
    let rows = x.chunks(length).flat_map(|row| {
        let count = row.len() as f64;
        let mean = match op.measure {
            Measure::Deviation => row.iter().sum::<f64>() / count,
            _ => 0.0,
        };
        let squares: f64 = row.iter().map(|x| (x - mean).powi(2)).sum();
        let measure = if op.measure == Measure::Length {
            squares
        } else {
            squares / count
        };
        let divisor = (measure + op.epsilon).sqrt();
        let value = move |x: &f64| if *x == mean { 0.0 } else { (x - mean) / divisor };
        row.iter().map(value).collect::<Vec<_>>()
    });
    let root = graph
        .tensors
        .iter()
        .position(|tensor| tensor.name == "y.root")
        .unwrap();
    let roots: Vec<f64> = trace.tensors[root].iter().map(|q| *q as f64).collect();
    let computed = trace.tensors[output.0].iter().zip(rows).enumerate();
    let all = computed.map(|(place, (y, right))| {
        let (q, right) = (roots[place / length], right * step);
        // One rounding, that of the reciprocal, and those of the root and of epsilon.
        let most = 0.5 + 0.25 + right.abs() * (1.0 / q + 1.0 / (q * q)) + 1e-6;
        let computed = *y as f64;
        Compared {
            computed,
            right,
            most,
        }
    });
    Ok(all.collect())
}

const MEASURES: [Measure; 3] = [Measure::Deviation, Measure::RootMeanSquare, Measure::Length];

/// Whether the graph divides once for each row.
fn has_reciprocals(quantized: &Quantized) -> bool {
    let last = quantized
        .graph
        .nodes
        .iter()
        .rev()
        .find(|node| node.op != QOp::Reshape);
    matches!(last.unwrap().op, QOp::Requantize(_))
}

#[test]
fn results_are_near_real_numbers() {
    let (mut reciprocals, mut quotients, mut worst) = (0, 0, 0.0f64);
    for measure in MEASURES {
        for (shape, first) in [
            (vec![1, 4, 8], 2),
            (vec![2, 3, 2, 5], 2),
            (vec![1, 2, 64], 2),
            (vec![3, 7], 1),
            (vec![6], 0),
            (vec![1, 2, 768], 2),
            (vec![1, 1, 20, 30, 40], 2),
        ] {
            for (epsilon, factor) in [(1e-5, 1.0), (1e-5, 60.0), (1e-12, 3.0), (0.0, 1.0), (0.1, 0.1)] {
                let op = Normalize {
                    measure,
                    first,
                    epsilon,
                };
                let count = shape.iter().product();
                let values: Vec<f64> = numbers(count, 7).iter().map(|x| (x + 0.3) * factor).collect();
                let sample = tensor(&shape, &values);
                let graph = graph(Op::Normalize(op.clone()), &shape);
                let quantized =
                    quantize(&graph, &[vec![sample.clone()]], &QuantizeOptions::default()).unwrap();
                match has_reciprocals(&quantized) {
                    true => reciprocals += 1,
                    false => quotients += 1,
                }
                let other: Vec<f64> = numbers(count, 8).iter().map(|x| x * 0.7 * factor).collect();
                for input in [sample, tensor(&shape, &other)] {
                    // Other rows can have greater results than the sample's.
                    let Ok(all) = compared(&quantized, &op, &input) else {
                        continue;
                    };
                    for one in all {
                        assert!(
                            one.is_near(),
                            "{op:?} of {shape:?} times {factor}: {}, should be {} ± {}",
                            one.computed,
                            one.right,
                            one.most
                        );
                        worst = worst.max(one.most);
                    }
                }
            }
        }
    }
    assert!(reciprocals > 10 && quotients > 10, "{reciprocals} {quotients}");
    assert!(worst < 1.5, "{worst}");
}

/// Rows without deviation, of zeros, and of the least one: no division fails, whatever the calibration data held.
#[test]
fn every_row_has_a_result() {
    for measure in MEASURES {
        for epsilon in [0.0, 1e-5] {
            let op = Normalize {
                measure,
                first: 1,
                epsilon,
            };
            let shape = [4, 16];
            let values = numbers(64, 3);
            let graph = graph(Op::Normalize(op.clone()), &shape);
            let quantized = quantize(
                &graph,
                &[vec![tensor(&shape, &values)]],
                &QuantizeOptions::default(),
            )
            .unwrap();
            let mut rows = vec![0.0; 64];
            rows[16..32].fill(0.5);
            rows[32] = 1.0 / 512.0;
            rows[33] = -1.0 / 512.0;
            rows[48..].copy_from_slice(&values[48..]);
            let rows = tensor(&shape, &rows);
            match compared(&quantized, &op, &rows) {
                Ok(all) => {
                    assert!(all[..16].iter().all(|one| one.computed == 0.0));
                    assert!(all.iter().all(Compared::is_near));
                }
                // One element alone has the greatest result that there can be.
                Err(ModelError::OutOfRange { tensor, index, .. }) => {
                    assert!(tensor.starts_with('y'), "{tensor}");
                    assert!(index[index.len() - 2] == 2, "{index:?}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn rows_that_cannot_be_added_up_are_refused() {
    let op = |first, epsilon| {
        Op::Normalize(Normalize {
            measure: Measure::Deviation,
            first,
            epsilon,
        })
    };
    let refused = |op: Op, shape: &[usize]| {
        let sample = tensor(shape, &numbers(shape.iter().product(), 1));
        let options = QuantizeOptions::with_bits(16);
        quantize(&graph(op, shape), &[vec![sample]], &options)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(op(2, 1e-5), &[1, 2]).contains("rows from axis 2"));
    assert!(refused(op(1, -1.0), &[1, 2]).contains("epsilon"));
    assert!(refused(op(1, f64::NAN), &[1, 2]).contains("epsilon"));
    // A prime above the greatest window.
    assert!(refused(op(0, 1e-5), &[65_537]).contains("too long to be added up"));
    assert!(refused(op(0, 1e-5), &[1 << 20]).contains("squares add up to 2^62"));
}
