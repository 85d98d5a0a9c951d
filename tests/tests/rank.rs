//! The identities say as much as the semantics do: over many challenges, the copy constraints have exactly as many
//! independent equations on the stored cells as the graph has elements to check.
//!
//! Single cells that are bound one by one could still be free together, if an identity gave two of them the same challenge
//! power, or left an equation out that another seems to cover. Then the rank would be less than the count.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::block::Bank;
use hallmark_model::{QOp, QuantizedGraph, TensorId, Window};
use hallmark_tests::cases::{self, Case};
use hallmark_tests::forger::{Cheat, Forger, Place};
use hallmark_tests::mutation::elements;
use hallmark_tests::setting::{Setting, arbitrary};
use hallmark_verifier::{Fr, integer};

/// Rows in echelon form.
#[derive(Default)]
struct Echelon {
    /// Pivot column and row, each row one at its pivot.
    rows: Vec<(usize, Vec<Fr>)>,
}

impl Echelon {
    fn add(&mut self, mut row: Vec<Fr>) {
        for (pivot, known) in &self.rows {
            let factor = row[*pivot];
            if factor != Fr::from(0) {
                row.iter_mut().zip(known).for_each(|(a, b)| *a -= factor * b);
            }
        }
        let Some(pivot) = row.iter().position(|v| *v != Fr::from(0)) else {
            return;
        };
        let inverse = Fr::from(1) / row[pivot];
        row.iter_mut().for_each(|v| *v *= inverse);
        self.rows.push((pivot, row));
    }
}

fn length(graph: &QuantizedGraph, tensor: TensorId) -> usize {
    graph.tensors[tensor.0].shape.iter().product()
}

fn producer(graph: &QuantizedGraph, tensor: TensorId) -> Option<&hallmark_model::QNode> {
    graph.nodes.iter().find(|n| n.output == tensor)
}

/// Whether the inputs fix a tensor by identities alone (nothing is rounded, looked up or compared on the way): that it
/// is public then adds no equation.
fn moved_from_inputs(graph: &QuantizedGraph, tensor: TensorId) -> bool {
    producer(graph, tensor).is_none_or(|node| {
        let stored = matches!(
            node.op,
            QOp::Requantize { shift: 1.. } | QOp::Lookup { .. } | QOp::MaxPool { .. } | QOp::ArgMax { .. }
        );
        !stored && node.inputs.iter().all(|t| moved_from_inputs(graph, *t))
    })
}

/// How many members the windows of a pool have, windows cut by padding filled up; `None` if each element is one once.
fn linked_members(window: &Window, input: &[usize], output: &[usize]) -> Option<usize> {
    let size = window.kernel[0] * window.kernel[1];
    let windows: usize = output.iter().product();
    let exact = (0..2).all(|axis| {
        window.kernel[axis] == window.strides[axis]
            && window.pads[axis] + window.pads[axis + 2] == 0
            && output[2 + axis] * window.kernel[axis] == input[2 + axis]
    });
    (!exact || window.dilations != [1, 1]).then_some(windows * size)
}

/// The number of equations that the graph's semantics amount to, besides those that tables and gates check.
fn equations(case: &Case, forger: &Forger<'_>) -> usize {
    let graph = &case.graph;
    let mut count: usize = graph.inputs.iter().map(|t| length(graph, *t)).sum();
    count += graph
        .outputs
        .iter()
        .filter(|t| !moved_from_inputs(graph, **t))
        .map(|t| length(graph, *t))
        .sum::<usize>();
    let mut functions_of: Vec<TensorId> = Vec::new();
    for node in &graph.nodes {
        count += match &node.op {
            QOp::Requantize { .. } => length(graph, node.output),
            QOp::ArgMax { .. } => length(graph, node.inputs[0]),
            QOp::MaxPool { window } => {
                let shape = |t: TensorId| graph.tensors[t.0].shape.as_slice();
                linked_members(window, shape(node.inputs[0]), shape(node.output)).unwrap_or(0)
            }
            QOp::Lookup { .. } => {
                // The first function of a tensor lies beside it; the others have copies of it.
                let input = node.inputs[0];
                let copied = functions_of.contains(&input) || !is_stored_with_its_function(graph, input);
                functions_of.push(input);
                if copied { length(graph, input) } else { 0 }
            }
            _ => 0,
        };
    }
    // Borders, operands and factors: as many equations as cells.
    let derived =
        |b: &&hallmark_circuits::block::Block| matches!(b.bank, Bank::Border | Bank::Operand | Bank::Product);
    let cells = |b: &hallmark_circuits::block::Block| b.slot_of.len() * b.fills.len();
    count
        + forger
            .layout()
            .blocks
            .iter()
            .filter(derived)
            .map(cells)
            .sum::<usize>()
}

fn is_stored_with_its_function(graph: &QuantizedGraph, tensor: TensorId) -> bool {
    let pooled = graph
        .nodes
        .iter()
        .any(|n| matches!(n.op, QOp::MaxPool { .. }) && n.inputs.contains(&tensor));
    let made = producer(graph, tensor);
    !pooled && made.is_none_or(|n| matches!(n.op, QOp::Requantize { .. } | QOp::MaxPool { .. }))
}

/// The stored cells that the semantics speak about.
fn unknowns(forger: &Forger<'_>) -> Vec<Place> {
    let blocks = &forger.layout().blocks;
    let constant = |block: usize| blocks[block].table.is_none() && blocks[block].bank == Bank::Single;
    let all = elements(forger)
        .into_iter()
        .filter(|e| blocks[e.block].bank != Bank::Instance && !constant(e.block));
    all.map(|e| e.place).collect()
}

fn check(case: &Case) {
    let mut setting = Setting::new(case);
    let mut echelon = Echelon::default();
    let (mut expected, mut most) = (0, 1);
    let mut round = 0;
    // One round more than needed, to see that there are not more equations either.
    while round < most + 3 {
        round += 1;
        let complete = echelon.rows.len() >= expected && round > 1;
        setting.challenges = [1, 2, 3, 4].map(|i| arbitrary(round as u64 * 8 + i));
        let forger = Forger::new(&setting);
        let cells = unknowns(&forger);
        (expected, most) = (equations(case, &forger), cells.len());
        let effects: Vec<Vec<Fr>> = cells
            .iter()
            .map(|place| {
                let cheat = Cheat::with([(*place, forger.honest.get(*place) + integer(1))]);
                let columns = forger.forge(&cheat);
                let value = |(column, row): (usize, usize)| columns.advice[column][row];
                forger
                    .layout()
                    .copies
                    .iter()
                    .map(|(a, b)| value(*a) - value(*b))
                    .collect()
            })
            .collect();
        for copy in 0..forger.layout().copies.len() {
            echelon.add(effects.iter().map(|effect| effect[copy]).collect());
        }
        if complete {
            break;
        }
    }
    assert_eq!(
        echelon.rows.len(),
        expected,
        "{}: independent equations on {most} cells",
        case.name
    );
}

macro_rules! families {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            cases::$name::ALL.iter().for_each(|make| check(&make()));
        }
    )*};
}

families! { convolutions functions matrices movement }
