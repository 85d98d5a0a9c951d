//! The door writes the values behind the names, and its account is of every cell that it wrote.

use super::*;
use crate::cell::{CellAt, NONE};
use crate::gate::random::Dice;
use hallmark_model::ops::integer::{Linear, Scale};
use hallmark_model::quantized::{QNode, QOp, QTensor, TensorId};
use hallmark_model::{ElementKind, IntTensor, QuantizedGraph};
use std::collections::{BTreeMap, BTreeSet};

fn tensor(shape: &[usize], values: Vec<i64>) -> IntTensor {
    IntTensor::from_shape_vec(shape.to_vec(), values).unwrap()
}

/// A matrix of 4 × 3 with a bias, and factors.
fn model(weight: Vec<i64>, bias: Vec<i64>, factor: Vec<i64>) -> QuantizedGraph {
    let info = |name: &str, shape: &[usize]| QTensor {
        name: name.to_owned(),
        shape: shape.to_vec(),
        kind: ElementKind::real(0),
        interval: (-9, 9),
    };
    let node = |name: &str, op, input: usize| QNode {
        name: name.to_owned(),
        op,
        inputs: vec![TensorId(input)],
        outputs: vec![TensorId(input + 1)],
    };
    let count = factor.len();
    let linear = Linear {
        weight: tensor(&[4, weight.len() / 4], weight),
        bias,
    };
    let scale = Scale {
        factor: tensor(&[count], factor),
    };
    QuantizedGraph {
        name: "g".to_owned(),
        tensors: vec![info("x", &[1, 4]), info("y", &[1, 3]), info("z", &[1, 3])],
        nodes: vec![
            node("fc", QOp::Linear(linear), 0),
            node("scale", QOp::Scale(scale), 1),
        ],
        inputs: vec![TensorId(0)],
        outputs: vec![TensorId(2)],
    }
}

fn small() -> QuantizedGraph {
    let weight = (0..12).map(|i| i * i - 30).collect();
    model(weight, vec![100, 0, -100], vec![7, -2, 7])
}

const WEIGHT: ParameterId = ParameterId {
    node: 0,
    role: ParameterRole::Weight,
};
const BIAS: ParameterId = ParameterId {
    node: 0,
    role: ParameterRole::Bias,
};
const FACTOR: ParameterId = ParameterId {
    node: 1,
    role: ParameterRole::Factor,
};

/// An element of some parameter with its value.
fn element(dice: &mut Dice, parameters: &Parameters<'_>) -> (Element, i64) {
    let of = [WEIGHT, BIAS, FACTOR][dice.below(3)];
    let values = &parameters.get(of).unwrap().values;
    let index = dice.below(values.len());
    let element = Element {
        of,
        index: index as u32,
    };
    (element, values[index])
}

/// Random runs and entries: cells get the numbers that their names stand for, and all of those are in the account.
#[test]
fn the_account_is_of_all_cells_that_hold_parameters() {
    let graph = small();
    let parameters = Parameters::new(&graph);
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let mut door = Door::new(&parameters, BTreeSet::from([FACTOR]));
        // Two lanes share a column, one below the other.
        door.lanes(vec![(5, 0), (9, 0), (5, 1000), (2, 7)]);
        let mut written: BTreeMap<CellAt, i64> = BTreeMap::new();
        for row in 0..6 {
            let lane = dice.below(4);
            let run = Run {
                of: WEIGHT,
                first: dice.below(3),
                stride: 1 + dice.below(3),
                lane,
                count: dice.below(5 - lane),
            };
            let plus = dice.below(3) as i64 * 1000;
            let before = written.len();
            door.run(run, row, plus, |at, value| {
                written.insert(at, value);
            })
            .unwrap();
            assert_eq!(written.len() - before, run.count, "seed {seed}: {run:?}");
            for (i, (lane, own)) in run.elements().enumerate() {
                let (column, first) = [(5, 0), (9, 0), (5, 1000), (2, 7)][lane];
                let value = parameters.get(WEIGHT).unwrap().values[own.index as usize];
                assert_eq!(own.index as usize, run.first + i * run.stride);
                assert_eq!(
                    written[&(column, first + row)],
                    value + plus,
                    "seed {seed}: {run:?}"
                );
            }
        }
        let mut structure = 0;
        for row in 0..8 {
            let mut entry = Entry::from(dice.below(9) as i64);
            let mut right = entry.structure;
            for _ in 0..dice.below(3) {
                let (own, value) = element(&mut dice, &parameters);
                let times = dice.below(5) as i64 - 2;
                entry = entry.plus(times, own);
                right += times * value;
            }
            let at = (20 + dice.below(2), row);
            assert_eq!(door.number(&entry, at).unwrap(), right, "seed {seed}: {entry:?}");
            assert!(!entry.is_nothing() || right == 0);
            match entry.terms.is_empty() {
                true => structure += 1,
                false => drop(written.insert(at, right)),
            }
        }
        let held = door.held();
        let cells: Vec<(CellAt, Entry)> = held.cells().collect();
        let found: BTreeMap<CellAt, i64> = cells
            .iter()
            .map(|(at, entry)| (*at, parameters.value(entry).unwrap()))
            .collect();
        assert_eq!(found, written, "seed {seed}, {structure} cells of structure");
        let (columns, of) = held.counts();
        let mut by_column: BTreeMap<usize, usize> = BTreeMap::new();
        let mut by_parameter: BTreeMap<ParameterId, usize> = BTreeMap::new();
        for ((column, _), entry) in &cells {
            *by_column.entry(*column).or_default() += 1;
            for (_, element) in &entry.terms {
                *by_parameter.entry(element.of).or_default() += 1;
            }
        }
        let of: BTreeMap<_, _> = of.into_iter().filter(|(_, cells)| *cells > 0).collect();
        assert_eq!((columns, of), (by_column, by_parameter), "seed {seed}");
        assert_eq!(held.equal, BTreeSet::from([FACTOR]));
    }
}

/// Names of nothing, and numbers that leave 63 bits, are errors and write nothing.
#[test]
fn names_of_nothing_are_errors() {
    let graph = small();
    let parameters = Parameters::new(&graph);
    let mut door = Door::new(&parameters, BTreeSet::new());
    door.lanes(vec![(0, 0); 20]);
    let run = |of, first, stride, count| Run {
        of,
        first,
        stride,
        lane: 0,
        count,
    };
    let nobody = ParameterId {
        node: 2,
        role: ParameterRole::Weight,
    };
    let constant = ParameterId {
        node: 0,
        role: ParameterRole::Constant,
    };
    for (run, fits) in [
        (run(WEIGHT, 0, 1, 12), true),
        (run(WEIGHT, 0, 1, 13), false),
        (run(WEIGHT, 11, 5, 1), true),
        (run(WEIGHT, 12, 1, 1), false),
        (run(WEIGHT, 1, 5, 3), true),
        (run(WEIGHT, 2, 5, 3), false),
        (run(WEIGHT, 99, 1, 0), true),
        (run(BIAS, 0, 1, 3), true),
        (run(nobody, 0, 1, 1), false),
        (run(constant, 0, 1, 1), false),
    ] {
        let mut cells = 0;
        let found = door.run(run, 0, 0, |_, _| cells += 1);
        assert_eq!(
            (found.is_ok(), cells),
            (fits, if fits { run.count } else { 0 }),
            "{run:?}"
        );
    }
    let at = |of, index| Element { of, index };
    for (entry, value) in [
        (Entry::from(i64::MAX), Some(i64::MAX)),
        (Entry::from(0).plus(1, at(BIAS, 2)), Some(-100)),
        (Entry::from(i64::MAX).plus(1, at(BIAS, 1)), Some(i64::MAX)),
        (Entry::from(i64::MAX).plus(1, at(BIAS, 0)), None),
        (Entry::from(i64::MIN).plus(1, at(BIAS, 2)), None),
        (Entry::from(0).plus(i64::MAX, at(BIAS, 0)), None),
        (Entry::from(0).plus(1, at(BIAS, 3)), None),
        (Entry::from(0).plus(0, at(nobody, 0)), None),
    ] {
        assert_eq!(door.number(&entry, (1, 1)).ok(), value, "{entry:?}");
    }
    assert!(!Entry::from(0).plus(1, at(BIAS, 0)).is_nothing());
}

/// Equal elements are named by the first of them, zeros not at all: of factors always, of others where there are few.
#[test]
fn equal_elements_are_found() {
    let graph = small();
    let parameters = Parameters::new(&graph);
    assert_eq!(parameters.equal(FACTOR), Some(vec![0, 1, 0]));
    assert_eq!(parameters.equal(BIAS), None, "three values of three");
    assert_eq!(parameters.equal(WEIGHT), None, "twelve values of twelve");
    assert!(parameters.equal(ParameterId { node: 5, ..WEIGHT }).is_none());
    assert_eq!(parameters.weight_shape(0), Some(&[4, 3][..]));
    assert_eq!(
        (parameters.weight_shape(1), parameters.weight_shape(9)),
        (None, None)
    );
    let ids: Vec<ParameterId> = parameters.iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [WEIGHT, BIAS, FACTOR]);
    // As many values as there may be, zero not among them, and one more.
    let most = MAX_UNIFORM as i64;
    for (values, found) in [(most, true), (most + 1, false)] {
        let weight: Vec<i64> = (0..24).map(|i| i % (values + 1)).collect();
        let graph = model(weight.clone(), vec![0, 0, 0, 0, 0, 0], vec![1]);
        let parameters = Parameters::new(&graph);
        let right = weight.iter().map(|value| match value {
            0 => NONE,
            value => *value as u32,
        });
        let right = found.then(|| right.collect::<Vec<u32>>());
        assert_eq!(parameters.equal(WEIGHT), right, "{values} values");
        assert!(
            parameters.adds(WEIGHT)
                && !parameters.adds(BIAS)
                && !parameters.adds(ParameterId { node: 7, ..BIAS })
        );
    }
    // A tensor of few elements has no few values.
    let few = |length: usize| {
        let graph = model(vec![5; 4 * (length / 4)], vec![0; length / 4], vec![1]);
        Parameters::new(&graph).equal(WEIGHT)
    };
    assert_eq!(few(MAX_UNIFORM), None);
    assert_eq!(few(MAX_UNIFORM + 4), Some(vec![0; MAX_UNIFORM + 4]));
}

/// The power of two is above all magnitudes of a role, and no higher than it must.
#[test]
fn powers_are_above_all_magnitudes() {
    for (weight, power) in [
        (0, 1),
        (1, 2),
        (-1, 2),
        (3, 4),
        (-4, 8),
        (4, 8),
        (7, 8),
        (-8, 16),
        (1 << 40, 1 << 41),
    ] {
        let mut all = vec![0; 12];
        all[7] = weight;
        let graph = model(all, vec![1 << 50, 0, 0], vec![2]);
        let parameters = Parameters::new(&graph);
        assert_eq!(parameters.power_above(ParameterRole::Weight), power, "{weight}");
        assert_eq!(parameters.power_above(ParameterRole::Factor), 4);
        assert_eq!(
            parameters.power_above(ParameterRole::Constant),
            1,
            "there is none"
        );
    }
}

/// What is added to elements: structure, and parameters spread over them, zeros left out.
#[test]
fn constants_are_spread() {
    let spread = |index: Vec<u32>| Spread {
        of: BIAS,
        index: std::sync::Arc::new(index),
    };
    let mut constants = Constants::default();
    assert!(constants.is_empty() && constants.entry(3).is_nothing());
    constants.add(2, None);
    assert_eq!(constants.len(), 0);
    constants.add(-2, Some(spread(vec![1, NONE, 0])));
    assert_eq!(constants.len(), 3);
    let element = |index| Element { of: BIAS, index };
    assert_eq!(constants.entry(0), Entry::from(0).plus(-2, element(1)));
    assert!(constants.entry(1).is_nothing());
    let mut both = Constants::structure(vec![5, 6]);
    both.add(1, Some(spread(vec![0, 0, 2])));
    both.add(3, Some(spread(vec![NONE, 1, 1])));
    assert_eq!(both.len(), 3);
    let right = [
        Entry::from(5).plus(1, element(0)),
        Entry::from(6).plus(1, element(0)).plus(3, element(1)),
        Entry::from(0).plus(1, element(2)).plus(3, element(1)),
    ];
    assert_eq!([0, 1, 2].map(|i| both.entry(i)), right);
}
