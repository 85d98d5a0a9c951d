//! The door of parameters is the only one: another model of the same architecture has the same circuit, but for the cells that the
//! layout names, and these hold what it says.

use crate::random_graph::Dice;
use crate::suite::Suite;
use hallmark_circuits::internals::cell::CellAt;
use hallmark_circuits::internals::parameter::{Entry, Held, ParameterId};
use hallmark_circuits::{CircuitError, Fr, ModelCircuit, Plan, PlanOptions, Target};
use hallmark_model::ops::{Parameter, ParameterRole};
use hallmark_model::{IntTensor, QOp, QuantizedGraph};
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Both layouts, with public and private inputs.
pub const OPTIONS: [PlanOptions; 3] = [
    PlanOptions {
        target: Target::Fast,
        private_input: false,
    },
    PlanOptions {
        target: Target::Evm,
        private_input: false,
    },
    PlanOptions {
        target: Target::Fast,
        private_input: true,
    },
];

/// Every case of a suite, as narrow as it asks for and as the planner wants it, alone and as a batch.
pub fn check(suite: &Suite) {
    for (make, seed) in suite.cases.iter().zip(0u64..) {
        let case = make();
        for option in &OPTIONS {
            let narrow = |graph: &Arc<QuantizedGraph>| forced(graph, option, case.widths);
            if option.target == Target::Fast {
                compare(case.name, &case.graph, seed, &narrow);
            }
            of_graph(case.name, &case.graph, seed, option);
        }
    }
}

/// A graph as the planner lays it out; returns how many cells the change of parameters changed. A batch of two is the same graph wider.
pub fn of_graph(name: &str, graph: &Arc<QuantizedGraph>, seed: u64, option: &PlanOptions) -> usize {
    let plan = |graph: &Arc<QuantizedGraph>| Plan::new(Arc::clone(graph), option).unwrap();
    let mut changed = compare(name, graph, seed, &plan);
    if let Ok(wide) = graph.batched(2) {
        changed += compare(&format!("{name}, twice"), &Arc::new(wide), seed, &plan);
    }
    changed
}

fn forced(
    graph: &Arc<QuantizedGraph>,
    options: &PlanOptions,
    widths: hallmark_circuits::internals::builder::Widths,
) -> Plan {
    let fits = |k| match Plan::forced(Arc::clone(graph), options, k, widths) {
        Err(CircuitError::TooLarge { .. }) => None,
        plan => Some(plan.unwrap()),
    };
    (5..14).find_map(fits).expect("small graphs fit")
}

/// Plans a graph, and one with other parameters; returns the number of cells in which they differ.
fn compare(
    name: &str,
    graph: &Arc<QuantizedGraph>,
    seed: u64,
    plan: &dyn Fn(&Arc<QuantizedGraph>) -> Plan,
) -> usize {
    let one = plan(graph);
    let held = &one.frame().held;
    let other = Arc::new(reparametrised(graph, &held.equal, seed));
    let two = plan(&other);
    assert_eq!(structure(&one), structure(&two), "{name}");
    assert_eq!(held, &two.frame().held, "{name}: the account");
    let differ = differences(&one, &two);
    let named: BTreeSet<CellAt> = held.cells().map(|(at, _)| at).collect();
    let leaked: Vec<_> = differ.difference(&named).collect();
    assert!(leaked.is_empty(), "{name}: {leaked:?} depend on parameters");
    for (plan, graph) in [(&one, graph), (&two, &other)] {
        holds_what_it_says(name, plan, graph, held);
    }
    differ.len()
}

/// All of a circuit but the contents of its fixed columns, in words that are the same for the same circuits.
fn structure(plan: &Plan) -> String {
    let frame = plan.frame();
    let mut meta = ConstraintSystem::<Fr>::default();
    let params = ModelCircuit::keygen(Arc::new(plan.clone())).params();
    ModelCircuit::configure_with_params(&mut meta, params);
    let columns: Vec<_> = frame
        .fixed_values
        .iter()
        .map(|c| (&c.name, &c.contents, c.values.len()))
        .collect();
    let blocks: Vec<_> = frame
        .blocks
        .iter()
        .map(|b| (&b.name, b.bank, &b.rows, b.table))
        .collect();
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        (frame.k, plan.widths(), frame.advice_columns, frame.first_late),
        frame.statement,
        frame.tables.specs(),
        plan.cost(),
        columns,
        blocks,
        frame.copies,
        meta.pinned(),
    )
}

/// Cells of fixed columns in which two plans of the same structure differ.
fn differences(one: &Plan, two: &Plan) -> BTreeSet<CellAt> {
    let mut differ = BTreeSet::new();
    for (column, (a, b)) in one.fixed_columns().zip(two.fixed_columns()).enumerate() {
        let rows = a.iter().zip(b).enumerate();
        differ.extend(rows.filter(|(_, (a, b))| a != b).map(|(row, _)| (column, row)));
    }
    let fields = [one, two].map(|plan| plan.layout().field_column());
    if let [Some((column, a)), Some((_, b))] = fields {
        let rows = a.iter().zip(&b).enumerate();
        differ.extend(rows.filter(|(_, (a, b))| a != b).map(|(row, _)| (column, row)));
    }
    differ
}

/// The cells that are named hold what they are said to hold.
fn holds_what_it_says(name: &str, plan: &Plan, graph: &QuantizedGraph, held: &Held) {
    let mut all: BTreeMap<ParameterId, Parameter<'_>> = BTreeMap::new();
    for (node, own) in graph.nodes.iter().enumerate() {
        all.extend(
            own.op
                .parameters()
                .into_iter()
                .map(|own| (ParameterId { node, role: own.role }, own)),
        );
    }
    let value = |entry: &Entry| {
        let terms = entry
            .terms
            .iter()
            .map(|(times, at)| times * all[&at.of].values[at.index as usize]);
        entry.structure + terms.sum::<i64>()
    };
    for ((column, row), entry) in held.cells() {
        let found = plan.frame().fixed_values[column].values[row];
        assert_eq!(
            found,
            value(&entry),
            "{name}: column {column}, row {row}: {entry:?}"
        );
    }
}

/// The same architecture with other parameters: no interval changes, nor anything else that a layout may show. Weights are exchanged
/// within the channel that they make, channels with their biases, and elements of constants; where a layout shows which elements are
/// equal, values are exchanged.
pub fn reparametrised(graph: &QuantizedGraph, equal: &BTreeSet<ParameterId>, seed: u64) -> QuantizedGraph {
    let mut dice = Dice::new(seed ^ 0x9a7a);
    let mut other = graph.clone();
    for (node, own) in other.nodes.iter_mut().enumerate() {
        let shown = |role| equal.contains(&ParameterId { node, role });
        match &mut own.op {
            QOp::Linear(op) => {
                let columns = op.bias.len();
                let order = if shown(ParameterRole::Bias) {
                    (0..columns).collect()
                } else {
                    dice.order(columns)
                };
                op.bias = order.iter().map(|column| op.bias[*column]).collect();
                let inner = op.weight.shape()[0];
                let old = op.weight.clone();
                for (to, from) in order.into_iter().enumerate() {
                    for (row, source) in dice.order(inner).into_iter().enumerate() {
                        op.weight[[row, to].as_slice()] = old[[source, from].as_slice()];
                    }
                }
            }
            QOp::Conv(op) => {
                let channels = op.bias.len();
                let order = if shown(ParameterRole::Bias) {
                    (0..channels).collect()
                } else {
                    dice.order(channels)
                };
                op.bias = order.iter().map(|channel| op.bias[*channel]).collect();
                let old: Vec<i64> = op.weight.iter().copied().collect();
                let kernel = old.len() / channels;
                let mut new = Vec::with_capacity(old.len());
                for from in order {
                    new.extend(dice.order(kernel).into_iter().map(|at| old[from * kernel + at]));
                }
                op.weight = IntTensor::from_shape_vec(op.weight.raw_dim(), new).unwrap();
            }
            QOp::Affine(op) => {
                if let Some(constant) = &mut op.constant {
                    *constant = exchanged(constant, shown(ParameterRole::Constant), &mut dice);
                }
            }
            QOp::Scale(op) => op.factor = exchanged(&op.factor, true, &mut dice),
            op => assert!(
                op.parameters().is_empty(),
                "{} has parameters that are not exchanged",
                op.name()
            ),
        }
    }
    other.validate().unwrap();
    other
}

/// Other elements of the same hull; with `values`, equal ones stay equal and zeros stay zero.
fn exchanged(tensor: &IntTensor, values: bool, dice: &mut Dice) -> IntTensor {
    let old: Vec<i64> = tensor.iter().copied().collect();
    let new: Vec<i64> = match values {
        false => dice.order(old.len()).into_iter().map(|at| old[at]).collect(),
        true => {
            let distinct: BTreeSet<i64> = old.iter().copied().filter(|v| *v != 0).collect();
            let distinct: Vec<i64> = distinct.into_iter().collect();
            let order = dice.order(distinct.len());
            let by_value: BTreeMap<i64, i64> = distinct
                .iter()
                .zip(order)
                .map(|(value, at)| (*value, distinct[at]))
                .collect();
            old.iter()
                .map(|value| by_value.get(value).copied().unwrap_or(0))
                .collect()
        }
    };
    IntTensor::from_shape_vec(tensor.raw_dim(), new).unwrap()
}
