//! Random small graphs: the circuit accepts what the interpreter computes, and nothing else about the same statement.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::{Affine, Pad};
use hallmark_tests::checks::mock_prover::mock;
use hallmark_tests::forger::{Cheat, Forger, Place};
use hallmark_tests::graph_builder::{ConvShape, GraphBuilder, window};
use hallmark_tests::mutation::elements;
use hallmark_tests::setting::Setting;
use hallmark_tests::suite::Case;
use hallmark_verifier::integer;
use halo2_proofs::halo2curves::bn256::Fr;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// One step of a random graph: which operation, and two free choices.
type Step = (u8, u8, u8);

/// Applies a step to the newest tensor `x`; whatever does not fit its shape is left out.
fn apply(g: &mut GraphBuilder, x: hallmark_model::TensorId, (op, a, b): Step) -> hallmark_model::TensorId {
    let shape = g.shape(x);
    let image = shape.len() == 4;
    let length: usize = shape.iter().product();
    let (a, b) = (usize::from(a), usize::from(b));
    match op % 12 {
        0 if image => {
            let kernel = [1 + a % shape[2].min(3), 1 + b % shape[3].min(3)];
            let pads = [[a % kernel[0], b % kernel[1]], [b % kernel[0], a % kernel[1]]];
            let strides = [1 + b % 2, 1 + a % 2];
            let groups = if a % 3 == 0 { shape[1] } else { 1 };
            let conv = ConvShape {
                kernel,
                pads,
                strides,
                groups,
                ..ConvShape::plain(shape[1] * (1 + b % 2), kernel)
            };
            g.conv(x, conv, 4)
        }
        1 if image => {
            let kernel = [1 + a % shape[2].min(3), 1 + b % shape[3].min(3)];
            let pads = [[a % kernel[0], 0], [0, b % kernel[1]]];
            let pooled = g.max_pool(x, window(kernel, [1 + a % 2, 1 + b % 3], pads));
            g.square(pooled)
        }
        2 if image => {
            let kernel = [1 + a % shape[2].min(2), 1 + b % shape[3].min(2)];
            let sum = g.sum_pool(x, window(kernel, [1, 1 + b % 2], [[0; 2]; 2]));
            g.requantize_from(sum, 4, 0)
        }
        3 if image => g.reshape(x, &[1, length]),
        4 if !image && length <= 24 => g.linear(x, 1 + a % 5, 4),
        5 if !image && shape.len() == 2 => g.transpose(x, &[1, 0]),
        6 => g.relu(x),
        7 => g.square(x),
        8 if !image => {
            let square = g.node(QOp::Mul, &[x, x], &shape);
            g.requantize_from(square, 4, 1 + (b % 2) as u32)
        }
        9 if !image && shape.len() == 2 && length <= 12 => {
            let t = g.transpose(x, &[1, 0]);
            let p = g.node(QOp::MatMul, &[x, t], &[shape[0], shape[0]]);
            g.requantize(p, 4)
        }
        10 => {
            let coefficients = vec![a as i64 % 4 + 1, -(b as i64 % 3)];
            let constant = Some(ndarray::ArrayD::from_elem(vec![1], b as i64 % 5 - 2));
            let sum = g.node(
                QOp::Affine(Affine {
                    coefficients,
                    constant,
                }),
                &[x, x],
                &shape,
            );
            g.requantize_from(sum, 4, 0)
        }
        _ if length < 40 => {
            let pads = shape.iter().enumerate().map(|(i, _)| {
                if i + 1 == shape.len() {
                    (a % 2, b % 2)
                } else {
                    (0, 0)
                }
            });
            let pads: Vec<(usize, usize)> = pads.collect();
            let padded: Vec<usize> = shape.iter().zip(&pads).map(|(n, p)| n + p.0 + p.1).collect();
            let moved = g.node(
                QOp::Pad(Pad {
                    pads,
                    value: b as i64 % 3 - 1,
                }),
                &[x],
                &padded,
            );
            g.requantize_from(moved, 4, 0)
        }
        _ => g.relu(x),
    }
}

fn random_case(seed: u64, image: bool, steps: &[Step], arg_max: bool, widths: Widths) -> Case {
    let mut g = GraphBuilder::new(seed);
    let shape: &[usize] = if image { &[1, 2, 3, 4] } else { &[2, 3] };
    let mut x = g.input(shape, 4);
    for step in steps {
        // A table covers its input's interval, which functions change: round before the next one.
        x = apply(&mut g, x, *step);
        if matches!(step.0 % 12, 1 | 6 | 7) || g.shape(x).is_empty() {
            x = g.requantize_from(x, 4, 0);
        }
    }
    if arg_max {
        let axis = g.shape(x).len() - 1;
        x = g.arg_max(x, axis, seed % 2 == 1);
    }
    g.output(x);
    Case::with("random", g, widths)
}

fn widths() -> impl Strategy<Value = Widths> {
    (
        1usize..4,
        1usize..4,
        1usize..4,
        2usize..6,
        1usize..5,
        1usize..4,
        3u32..6,
    )
        .prop_map(
            |(single, pair, product, border, weights, instance, limb_bits)| Widths {
                // At least nine lanes for an arg-max, four for the largest group of a pool.
                single: 4 * (single + 1),
                pair,
                product,
                border,
                weights,
                instance,
                limb_bits,
                operands: limb_bits % 2 == 0,
            },
        )
}

#[test]
fn circuits_accept_the_interpreter_and_no_other_statement() {
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config.clone(), deterministic(config.rng_algorithm));
    let steps = proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 1..5);
    let strategy = (any::<u64>(), any::<bool>(), steps, any::<bool>(), widths());
    let check = |(seed, image, steps, arg_max, widths): (u64, bool, Vec<Step>, bool, Widths)| {
        let setting = Setting::new(&random_case(seed, image, &steps, arg_max, widths));
        let witness = setting.witness();
        let instances = witness.instances().to_vec();
        prop_assert!(
            mock(&setting, witness.clone(), instances.clone()),
            "the honest witness"
        );
        // The forger's constructor checks that our reading of the constraints accepts it too.
        let forger = Forger::new(&setting);
        let public: Vec<Place> = elements(&forger)
            .into_iter()
            .map(|e| e.place)
            .filter(|p| matches!(p, Place::Instance(..)))
            .collect();
        for place in &public {
            for change in [1, -1, 1 << 20] {
                let cheat = Cheat::with([(*place, forger.honest.get(*place) + integer(change))]);
                prop_assert!(!forger.try_out(&cheat).is_empty(), "{place:?} {change}");
            }
        }
        if let Some(Place::Instance(column, row)) = public.get(seed as usize % public.len().max(1)) {
            let mut changed = instances;
            changed[*column][*row] += Fr::one();
            prop_assert!(
                !mock(&setting, witness, changed),
                "halo2 accepts another statement"
            );
        }
        Ok(())
    };
    runner.run(&strategy, check).unwrap();
}

fn deterministic(algorithm: proptest::test_runner::RngAlgorithm) -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(algorithm)
}
