//! Decisions about the float graph that are made before it is lowered.

use super::pointwise::Form;
use crate::ops::Role;
use crate::{FloatTensor, Graph, ModelError, Node, Op, ValueId};

/// Which nodes are translated: those that an output needs when chains of scalar functions are one table.
pub(super) fn needed(graph: &Graph, forms: &[Option<Form>]) -> Vec<bool> {
    let mut values = vec![false; graph.values.len()];
    graph.outputs.iter().for_each(|id| values[id.0] = true);
    let mut nodes = vec![false; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        if node.outputs.iter().any(|id| values[id.0]) {
            nodes[index] = true;
            match table(forms, node) {
                Some(form) => values[form.root.0] = true,
                None => node.inputs.iter().for_each(|id| values[id.0] = true),
            }
        }
    }
    nodes
}

/// The form of a node that is computed by a table.
pub(super) fn table<'f>(forms: &'f [Option<Form>], node: &Node) -> Option<&'f Form> {
    forms[node.output().0].as_ref().filter(|form| form.is_table())
}

/// Refuses a graph with nodes that have no integer form, naming all of them.
pub(super) fn check_supported(
    graph: &Graph,
    forms: &[Option<Form>],
    plan: &[bool],
) -> Result<(), ModelError> {
    let mut nodes = Vec::new();
    for (node, _) in graph.nodes.iter().zip(plan).filter(|(_, needed)| **needed) {
        if table(forms, node).is_none()
            && let Some(reason) = unsupported(graph, node)
        {
            nodes.push((node.name.clone(), reason));
        }
    }
    for id in &graph.outputs {
        if graph.values[id.0].constant.is_some() {
            nodes.push((
                graph.values[id.0].name.clone(),
                "an output that does not depend on an input".to_owned(),
            ));
        }
    }
    if nodes.is_empty() {
        Ok(())
    } else {
        Err(ModelError::Unsupported { nodes })
    }
}

fn unsupported(graph: &Graph, node: &Node) -> Option<String> {
    let constants: Vec<Option<&FloatTensor>> = node
        .inputs
        .iter()
        .map(|id| graph.values[id.0].constant.as_ref())
        .collect();
    node.op.operator().unsupported(&constants)
}

/// Values whose elements reach only outputs and arg-maxima, by movement and change of sign alone.
pub(super) fn precise_values(graph: &Graph) -> Vec<bool> {
    let mut users: Vec<Vec<&Node>> = vec![Vec::new(); graph.values.len()];
    for node in &graph.nodes {
        node.inputs.iter().for_each(|id| users[id.0].push(node));
    }
    let mut is_output = vec![false; graph.values.len()];
    graph.outputs.iter().for_each(|id| is_output[id.0] = true);
    let mut precise = vec![false; graph.values.len()];
    let mut decide = |id: ValueId| {
        let keeps = |node: &&Node| match node.op.role() {
            Role::Decides => true,
            _ if node.op == Op::Neg => node.outputs.iter().all(|id| precise[id.0]),
            Role::Moves => node.outputs.iter().all(|id| precise[id.0]),
            Role::Computes | Role::Rounds => false,
        };
        precise[id.0] = (is_output[id.0] || !users[id.0].is_empty()) && users[id.0].iter().all(keeps);
    };
    for node in graph.nodes.iter().rev() {
        node.outputs.iter().for_each(|id| decide(*id));
    }
    precise
}
