//! Which nodes the outputs need, in an order in which every node follows its inputs.

use crate::ImportError;
use crate::onnx::proto::{GraphProto, NodeProto};
use std::collections::HashMap;

/// A node that is being visited, and the number of its inputs that have been.
struct Visit {
    node: usize,
    next_input: usize,
}

/// What is known about a node during the traversal.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Unseen,
    Open,
    Done,
}

/// The producer of every tensor that a node makes.
pub(crate) fn producers(graph: &GraphProto) -> Result<HashMap<&str, usize>, ImportError> {
    let mut producers = HashMap::new();
    for (index, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            if producers.insert(output.as_str(), index).is_some() {
                return Err(ImportError::Duplicate { name: output.clone() });
            }
        }
    }
    Ok(producers)
}

/// Indices of the nodes that the outputs depend on, in topological order; dead nodes are left out.
///
/// `known` says whether a tensor is an input or an initializer. The traversal keeps its own stack: a file may chain
/// any number of nodes.
pub(crate) fn needed(
    graph: &GraphProto,
    producers: &HashMap<&str, usize>,
    known: impl Fn(&str) -> bool,
) -> Result<Vec<usize>, ImportError> {
    let mut states = vec![State::Unseen; graph.node.len()];
    let mut order = Vec::new();
    let mut stack: Vec<Visit> = Vec::new();
    for output in &graph.output {
        match producers.get(output.name.as_str()) {
            Some(&node) => open(node, graph, &mut states, &mut stack)?,
            None if known(&output.name) => {}
            None => {
                return Err(ImportError::Undefined {
                    tensor: output.name.clone(),
                    user: "the outputs".to_owned(),
                });
            }
        }
        while let Some(visit) = stack.last_mut() {
            let node = &graph.node[visit.node];
            let Some(tensor) = node.input.get(visit.next_input) else {
                states[visit.node] = State::Done;
                order.push(visit.node);
                stack.pop();
                continue;
            };
            visit.next_input += 1;
            match producers.get(tensor.as_str()) {
                _ if tensor.is_empty() => {}
                Some(&producer) => open(producer, graph, &mut states, &mut stack)?,
                None if known(tensor) => {}
                None => {
                    let user = format!("node `{}`", label(node));
                    return Err(ImportError::Undefined {
                        tensor: tensor.clone(),
                        user,
                    });
                }
            }
        }
    }
    Ok(order)
}

fn open(
    node: usize,
    graph: &GraphProto,
    states: &mut [State],
    stack: &mut Vec<Visit>,
) -> Result<(), ImportError> {
    match states[node] {
        State::Done => {}
        State::Open => {
            return Err(ImportError::Cycle {
                node: label(&graph.node[node]),
            });
        }
        State::Unseen => {
            states[node] = State::Open;
            stack.push(Visit { node, next_input: 0 });
        }
    }
    Ok(())
}

/// A node's name, or the name of its first output where it has none.
pub(crate) fn label(node: &NodeProto) -> String {
    let names = [&node.name].into_iter().chain(&node.output);
    names
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or(&node.op_type)
        .clone()
}
