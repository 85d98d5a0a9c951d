//! Drops the nodes and constants that the outputs do not need, and renumbers the rest.

use hallmark_model::{Graph, ValueId};

/// Lowering leaves values that nothing uses any more, for example before a folded `Shape`. Graph inputs stay: they are the model's
/// interface.
pub(crate) fn prune(graph: Graph) -> Graph {
    let Graph {
        name,
        values,
        nodes,
        inputs,
        outputs,
    } = graph;
    let mut needed = vec![false; values.len()];
    for id in inputs.iter().chain(&outputs) {
        needed[id.0] = true;
    }
    let mut kept_nodes: Vec<_> = nodes
        .into_iter()
        .rev()
        .filter(|node| {
            let kept = node.outputs.iter().any(|id| needed[id.0]);
            if kept {
                // An operator makes all its outputs, also those that nothing reads.
                node.inputs
                    .iter()
                    .chain(&node.outputs)
                    .for_each(|id| needed[id.0] = true);
            }
            kept
        })
        .collect();
    kept_nodes.reverse();
    let mut next = 0;
    let renumbered: Vec<ValueId> = needed
        .iter()
        .map(|&keep| {
            let id = ValueId(next);
            next += usize::from(keep);
            id
        })
        .collect();
    let renumber = |ids: Vec<ValueId>| ids.into_iter().map(|id| renumbered[id.0]).collect();
    for node in &mut kept_nodes {
        node.inputs = renumber(std::mem::take(&mut node.inputs));
        node.outputs = renumber(std::mem::take(&mut node.outputs));
    }
    let kept = values.into_iter().zip(needed).filter(|(_, keep)| *keep);
    Graph {
        name,
        values: kept.map(|(value, _)| value).collect(),
        nodes: kept_nodes,
        inputs: renumber(inputs),
        outputs: renumber(outputs),
    }
}
