//! How many independent equations a circuit's identities amount to, and how many the semantics ask for.

use crate::forger::{Cheat, Forger, Place};
use crate::mutation::elements;
use crate::setting::{Setting, arbitrary};
use crate::suite::Case;
use hallmark_circuits::internals::block::Bank;
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::ops::integer::{Affine, MaxPool, Requantize};
use hallmark_model::{QNode, QOp, QuantizedGraph, TensorId, Window};
use hallmark_verifier::{Fr, integer};
use ndarray::IxDyn;

/// Rows in echelon form.
#[derive(Default)]
pub struct Echelon {
    /// Pivot column and row, each row one at its pivot.
    rows: Vec<(usize, Vec<Fr>)>,
}

impl Echelon {
    /// Adds an equation.
    pub fn add(&mut self, mut row: Vec<Fr>) {
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

    /// Number of independent ones.
    pub fn rank(&self) -> usize {
        self.rows.len()
    }
}

/// Adds what the copy constraints say about some stored cells, to first order, at challenges that follow from `round`.
pub fn add_equations(
    setting: &mut Setting,
    echelon: &mut Echelon,
    round: usize,
    of: impl Fn(&Forger<'_>) -> Vec<Place>,
) {
    setting.challenges = [1, 2, 3, 4].map(|i| arbitrary(round as u64 * 8 + i));
    let forger = Forger::new(setting);
    let copies = &forger.frame().copies;
    let effects: Vec<Vec<Fr>> = of(&forger)
        .iter()
        .map(|place| {
            let cheat = Cheat::with([(*place, forger.honest.get(*place) + integer(1))]);
            let columns = forger.forge(&cheat);
            let value = |(column, row): (usize, usize)| columns.advice[column][row];
            copies.iter().map(|(a, b)| value(*a) - value(*b)).collect()
        })
        .collect();
    for copy in 0..copies.len() {
        echelon.add(effects.iter().map(|effect| effect[copy]).collect());
    }
}

/// The stored cells that the semantics speak about.
pub fn unknowns(forger: &Forger<'_>) -> Vec<Place> {
    let blocks = &forger.frame().blocks;
    let constant = |block: usize| blocks[block].table.is_none() && blocks[block].bank == Bank::Single;
    let all = elements(forger)
        .into_iter()
        .filter(|e| blocks[e.block].bank != Bank::Instance && !constant(e.block));
    all.map(|e| e.place).collect()
}

/// The stored cells that no table bounds: they have to be determined by the others.
pub fn derived(forger: &Forger<'_>) -> Vec<Place> {
    let blocks = &forger.frame().blocks;
    let all = elements(forger)
        .into_iter()
        .filter(|e| is_derived(blocks[e.block].bank));
    all.map(|e| e.place).collect()
}

fn is_derived(bank: Bank) -> bool {
    matches!(bank, Bank::Border | Bank::Operand | Bank::Product)
}

/// A case of a random graph with random widths, as wide as its comparisons need.
pub fn random_case(graph: crate::graph_builder::GraphBuilder, widths: Widths) -> Case {
    let mut case = Case::with("random", graph, widths);
    let lanes =
        hallmark_circuits::internals::lowering::lanes(&case.graph, widths.limb_bits).next_multiple_of(4);
    case.widths.single = widths.single.max(lanes);
    case
}

fn length(graph: &QuantizedGraph, tensor: TensorId) -> usize {
    graph.tensors[tensor.0].shape.iter().product()
}

fn producer(graph: &QuantizedGraph, tensor: TensorId) -> Option<&QNode> {
    graph.nodes.iter().find(|n| n.outputs.contains(&tensor))
}

/// Whether the inputs fix a tensor by identities alone (nothing is rounded, looked up or compared on the way): that it
/// is public then adds no equation.
fn moved_from_inputs(graph: &QuantizedGraph, tensor: TensorId) -> bool {
    producer(graph, tensor).is_none_or(|node| {
        let stored = matches!(
            node.op,
            QOp::Requantize(Requantize { shift: 1.. })
                | QOp::FloorDiv
                | QOp::Isqrt
                | QOp::Lookup { .. }
                | QOp::MaxPool { .. }
                | QOp::ArgMax { .. }
        );
        !stored && node.inputs.iter().all(|t| moved_from_inputs(graph, *t))
    })
}

/// How many members the windows of a pool have, windows cut by padding filled up with their first one; and whether every element is
/// a member once.
fn members(window: &Window, input: &[usize], output: &[usize]) -> (usize, bool) {
    let mut windows: Vec<Vec<usize>> = Vec::new();
    for plane in 0..output[0] * output[1] {
        for at in ndarray::indices(&output[2..]) {
            let member = |tap: IxDyn| {
                window
                    .axes
                    .iter()
                    .enumerate()
                    .try_fold(plane, |element, (i, axis)| {
                        let place =
                            (at[i] * axis.stride + tap[i] * axis.dilation).checked_sub(axis.pads.0)?;
                        (place < input[2 + i]).then_some(element * input[2 + i] + place)
                    })
            };
            let kernel = ndarray::indices(window.kernel()).into_iter();
            windows.push(kernel.filter_map(member).collect());
        }
    }
    let size = windows.iter().map(Vec::len).max().unwrap();
    let mut count = vec![0; input.iter().product()];
    for own in &windows {
        let filled = own.iter().chain(std::iter::repeat(&own[0])).take(size);
        filled.for_each(|element| count[*element] += 1);
    }
    (windows.len() * size, count.iter().all(|c| *c == 1))
}

fn consumers(graph: &QuantizedGraph, tensor: TensorId) -> impl Iterator<Item = (usize, &QNode)> {
    let all = graph.nodes.iter().enumerate();
    all.filter(move |(_, n)| n.inputs.contains(&tensor))
}

/// Whether a tensor is stored where it is made, in the form that its consumers want.
fn is_stored_for_consumers(graph: &QuantizedGraph, tensor: TensorId) -> bool {
    producer(graph, tensor).is_none_or(|n| {
        matches!(
            n.op,
            QOp::Requantize { .. } | QOp::FloorDiv | QOp::Isqrt | QOp::MaxPool { .. }
        )
    })
}

/// Whether a node multiplies element by element, and not one element with 16 or more consecutive ones.
fn is_product_of_elements(graph: &QuantizedGraph, node: &QNode) -> bool {
    let shape = |t: TensorId| graph.tensors[t.0].shape.as_slice();
    let output = shape(node.output());
    let group = |factor: &[usize]| -> usize {
        let ones = factor.iter().rev().take_while(|length| **length == 1).count();
        let same = if ones == factor.len() { output.len() } else { ones };
        output.iter().rev().take(same).product()
    };
    let whole = |t: TensorId| length(graph, t) == length(graph, node.output());
    let inputs = &node.inputs;
    let in_groups = |of: usize, by: usize| whole(inputs[of]) && group(shape(inputs[by])) >= 16;
    matches!(node.op, QOp::Mul) && !in_groups(0, 1) && !in_groups(1, 0)
}

/// Whether only sums read a tensor of which roundings or roots are made.
fn is_only_evaluated(graph: &QuantizedGraph, tensor: TensorId) -> bool {
    let evaluates = |n: &QNode| matches!(n.op, QOp::Requantize { .. } | QOp::Isqrt);
    let sums = |n: &QNode| {
        let moves = n.op.role() == hallmark_model::ops::Role::Moves;
        moves || matches!(n.op, QOp::Affine(_) | QOp::Scale(_) | QOp::SumPool(_))
    };
    let reads =
        |n: &QNode| evaluates(n) || (sums(n) && n.outputs.iter().all(|t| is_only_evaluated(graph, *t)));
    !graph.outputs.contains(&tensor) && consumers(graph, tensor).all(|(_, n)| reads(n))
}

/// Whether a product is stored as it is, because something else than a rounding reads it.
fn is_stored_unrounded(graph: &QuantizedGraph, node: &QNode) -> bool {
    let rounds = |n: &QNode| matches!(n.op, QOp::Requantize { .. });
    let only_rounded = |tensor: TensorId| {
        !graph.outputs.contains(&tensor) && consumers(graph, tensor).all(|(_, n)| rounds(n))
    };
    let shape = |t: TensorId| &graph.tensors[t.0].shape;
    let adds = |n: &QNode| {
        let QOp::Affine(Affine {
            coefficients,
            constant,
        }) = &n.op
        else {
            return false;
        };
        coefficients.as_slice() == [1]
            && constant.is_some()
            && shape(n.output()) == shape(node.output())
            && only_rounded(n.output())
    };
    let is_product = matches!(
        node.op,
        QOp::Conv { .. } | QOp::Linear { .. } | QOp::MatMul | QOp::Mul
    );
    let read = |tensor| consumers(graph, tensor).all(|(_, n)| rounds(n) || adds(n));
    if is_product_of_elements(graph, node) && is_only_evaluated(graph, node.output()) {
        return false;
    }
    is_product && (graph.outputs.contains(&node.output()) || !read(node.output()))
}

/// The number of equations that the graph's semantics amount to, besides those that tables and gates check.
pub fn equations(case: &Case, forger: &Forger<'_>) -> usize {
    let graph = &case.graph;
    let mut count: usize = graph.inputs.iter().map(|t| length(graph, *t)).sum();
    count += graph
        .outputs
        .iter()
        .filter(|t| !moved_from_inputs(graph, **t))
        .map(|t| length(graph, *t))
        .sum::<usize>();
    for (index, node) in graph.nodes.iter().enumerate() {
        let input = node.inputs[0];
        let first = |is: fn(&QOp) -> bool| consumers(graph, input).find(|(_, n)| is(&n.op)).map(|(i, _)| i);
        let pool = first(|op| matches!(op, QOp::MaxPool { .. }));
        count += match &node.op {
            QOp::Requantize { .. } => length(graph, node.output()),
            // One for the dividend, one for the divisor.
            QOp::FloorDiv => 2 * length(graph, node.output()),
            // One for the square, one for what is below the next square.
            QOp::Isqrt => 2 * length(graph, input),
            QOp::ArgMax { .. } => length(graph, input),
            QOp::MaxPool(MaxPool { window }) => {
                let shape = |t: TensorId| graph.tensors[t.0].shape.as_slice();
                let (members, partition) = members(window, shape(input), shape(node.output()));
                // The first pool that an input is stored for has its elements as members.
                let own = partition && is_stored_for_consumers(graph, input) && pool == Some(index);
                if own { 0 } else { members }
            }
            QOp::Lookup { .. } => {
                // The first function of a tensor lies beside it; the others have copies of it.
                let function = first(|op| matches!(op, QOp::Lookup { .. }));
                let own = is_stored_for_consumers(graph, input) && pool.is_none() && function == Some(index);
                if own { 0 } else { length(graph, input) }
            }
            _ if is_stored_unrounded(graph, node) => length(graph, node.output()),
            _ => 0,
        };
    }
    // Borders, operands and factors: as many equations as cells.
    count + derived(forger).len()
}
