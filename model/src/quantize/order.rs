//! The order of steps that commute.

use crate::ops::integer::{Lookup, Requantize};
use crate::{QNode, QOp, Quantized, TensorId};
use std::collections::HashSet;

/// Moves a max-pool that follows a table before it where the table does not decrease: a maximum of values is then
/// the value of the maximum, and the table is read once per window instead of once per element.
pub(super) fn pool_before_tables(quantized: &mut Quantized) {
    let graph = &mut quantized.graph;
    let mut users = vec![Vec::new(); graph.tensors.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        node.inputs.iter().for_each(|id| users[id.0].push(index));
    }
    graph.outputs.iter().for_each(|id| users[id.0].push(usize::MAX));
    // A pool stores what it reads by windows, below their maxima: elements that are none have no lower bound there, and a domain that an
    // argument is cut to would be no bound.
    let mut cut = vec![false; graph.tensors.len()];
    for node in &graph.nodes {
        if matches!(node.op, QOp::Requantize(Requantize { shift: 0 })) {
            node.outputs.iter().for_each(|id| cut[id.0] = true);
        }
    }
    let mut names: HashSet<String> = graph.tensors.iter().map(|t| t.name.clone()).collect();
    // In order, so that a table passes several pools in a row.
    for first in 0..graph.nodes.len() {
        let QNode {
            op: QOp::Lookup(Lookup { table, .. }),
            inputs,
            outputs,
            ..
        } = &graph.nodes[first]
        else {
            continue;
        };
        let &[TensorId(middle)] = outputs.as_slice() else {
            continue;
        };
        if cut[inputs[0].0] {
            continue;
        }
        let &[second] = users[middle].as_slice() else {
            continue;
        };
        let is_pool = graph
            .nodes
            .get(second)
            .is_some_and(|n| matches!(n.op, QOp::MaxPool { .. }));
        if !is_pool || !table.is_sorted() {
            continue;
        }
        let TensorId(source) = inputs[0];
        let last = graph.nodes[second].output().0;
        let (before, after) = graph.nodes.split_at_mut(second);
        std::mem::swap(&mut before[first].op, &mut after[0].op);
        std::mem::swap(&mut before[first].name, &mut after[0].name);
        // The tensor in between now holds maxima of the table's inputs.
        let name = format!("{}.argument", graph.tensors[last].name);
        if names.insert(name.clone()) {
            names.remove(&std::mem::replace(&mut graph.tensors[middle].name, name));
        }
        graph.tensors[middle].shape = graph.tensors[last].shape.clone();
        graph.tensors[middle].kind = graph.tensors[source].kind;
        graph.tensors[middle].interval = graph.tensors[source].interval;
        quantized.sources[middle] = None;
    }
}
