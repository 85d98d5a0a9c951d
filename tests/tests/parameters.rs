//! What [`hallmark_tests::checks::parameters`] says of the operators' cases, of random graphs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::internals::frame::Contents;
use hallmark_circuits::{Plan, PlanOptions, Target};
use hallmark_model::ops::integer::{Affine, Scale};
use hallmark_model::{IntTensor, QOp, QuantizedGraph};
use hallmark_tests::checks::parameters::{OPTIONS, of_graph};
use hallmark_tests::graph_builder::GraphBuilder;
use hallmark_tests::random_graph::random_graph;
use std::sync::Arc;

/// Each graph in one of the ways; returns how many cells changed with parameters.
fn check_random(seeds: std::ops::Range<u64>) -> usize {
    let one = |seed: u64| {
        let (graph, _) = random_graph(seed).finish();
        of_graph(
            &format!("random graph {seed}"),
            &graph,
            seed,
            &OPTIONS[seed as usize % OPTIONS.len()],
        )
    };
    seeds.map(one).sum()
}

#[test]
fn of_random_graphs() {
    assert!(check_random(0..150) > 1000);
}

#[test]
#[ignore = "some minutes"]
fn of_many_random_graphs() {
    assert!(check_random(1000..4000) > 50_000);
}

/// A constant and factors with one value for every element.
fn constants(constant: &[i64], factor: &[i64]) -> Arc<QuantizedGraph> {
    let tensor = |values: &[i64]| IntTensor::from_shape_vec(vec![1, values.len()], values.to_vec()).unwrap();
    let mut g = GraphBuilder::named("constants");
    let x = g.input(&[1, constant.len()], 4);
    let factor = tensor(factor);
    let scaled = g.node(QOp::Scale(Scale { factor }), &[x], &[1, constant.len()]);
    let rounded = g.requantize(scaled, 4);
    let sum = QOp::Affine(Affine {
        coefficients: vec![1],
        constant: Some(tensor(constant)),
    });
    let sum = g.node(sum, &[rounded], &[1, constant.len()]);
    let output = g.requantize(sum, 5);
    g.output(output);
    g.finish().0
}

/// What a layout shows of parameters is what it says.
#[test]
fn what_is_shown() {
    let graph = constants(
        &[1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        &[2, 2, 2, 0, 2, 2, 2, 2, 2, 2, 5],
    );
    for option in &OPTIONS {
        let summary = Plan::new(Arc::clone(&graph), option)
            .unwrap()
            .summary()
            .parameters;
        let [factor, constant] = summary.all.as_slice() else {
            panic!("{summary:?}")
        };
        assert_eq!(
            (factor.role, factor.equal_elements, factor.cells),
            ("factor", true, 2)
        );
        assert_eq!(
            (constant.role, constant.equal_elements, constant.cells),
            ("added constant", false, 11)
        );
        assert_eq!((constant.bits, constant.zero, summary.cells), (4, false, 13));
    }
    let few = constants(&[1, 0, 2, 1, 1, 1, 1, 1, 1, 1, 1], &[0; 11]);
    let summary = Plan::new(few, &OPTIONS[0]).unwrap().summary().parameters;
    let [factor, constant] = summary.all.as_slice() else {
        panic!("{summary:?}")
    };
    assert!(factor.zero && factor.cells == 0);
    assert!(constant.equal_elements);
}

/// Columns are structure, table or parameters, and only the last ones hold parameters.
#[test]
fn columns_say_what_they_hold() {
    let graph = constants(&[3, -2, 2, 0], &[1, 5, 5, -3]);
    for target in [Target::Fast, Target::Evm] {
        let options = PlanOptions {
            target,
            ..PlanOptions::default()
        };
        let plan = Plan::new(Arc::clone(&graph), &options).unwrap();
        let columns = &plan.frame().fixed_values;
        for ((column, row), _) in plan.frame().held.cells() {
            let contents = columns[column]
                .contents
                .iter()
                .rev()
                .find(|(first, _)| *first <= row);
            assert_eq!(
                contents.unwrap().1,
                Contents::Parameters,
                "column {column}, row {row}"
            );
        }
        let kinds = columns.iter().flat_map(|column| &column.contents);
        assert!(kinds.clone().any(|(_, kind)| *kind == Contents::Table));
        assert!(kinds.clone().any(|(_, kind)| *kind == Contents::Structure));
    }
}
