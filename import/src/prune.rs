//! Drops the nodes and constants that the outputs do not need, and renumbers the rest.

use hallmark_model::{Graph, ValueId};

/// Lowering leaves values that nothing uses any more, for example before a folded `Shape`. Graph inputs stay: they are the model's
/// interface.
/// `about` has an item for every value; it is cut in the same way.
pub(crate) fn prune<T>(graph: Graph, about: Vec<T>) -> (Graph, Vec<T>) {
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
            if needed[node.output.0] {
                node.inputs.iter().for_each(|id| needed[id.0] = true);
            }
            needed[node.output.0]
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
        node.output = renumbered[node.output.0];
    }
    let kept = values
        .into_iter()
        .zip(about)
        .zip(needed)
        .filter(|(_, keep)| *keep);
    let (values, about) = kept.map(|(value, _)| value).unzip();
    let graph = Graph {
        name,
        values,
        nodes: kept_nodes,
        inputs: renumber(inputs),
        outputs: renumber(outputs),
    };
    (graph, about)
}
