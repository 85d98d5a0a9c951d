//! Simplification of the float graph before it is lowered: constants, dead nodes, normalisations that are written out, and per-channel
//! factors and terms into the layer before them (such as a batch normalisation's) or behind them (a normalisation's).

use super::folded::{Folded, Links, per_channel};
use super::{mask, normalization, scales_into_products};
use crate::shape::{self, View};
use crate::{FloatTensor, Graph, ModelError, Node, Op, Value, ValueId};
use std::collections::HashMap;

/// Simplifies a graph.
pub(super) fn fold(graph: &Graph) -> Result<Folded, ModelError> {
    let mut folded = Folded {
        graph: graph.clone(),
        merged: HashMap::new(),
    };
    constants(&mut folded.graph)?;
    folded.merged = mask::recognize(&mut folded.graph);
    normalization::recognize(&mut folded.graph);
    dead_nodes(&mut folded.graph);
    scales_into_products::merge(&mut folded);
    dead_nodes(&mut folded.graph);
    let mut links = Links::new(&folded.graph);
    let gone: Vec<bool> = (0..folded.graph.nodes.len())
        .map(|index| into_layer(&mut folded, &mut links, index))
        .collect();
    let mut gone = gone.into_iter();
    folded.graph.nodes.retain(|_| gone.next() != Some(true));
    Ok(folded)
}

/// Evaluates nodes whose inputs are all constant.
fn constants(graph: &mut Graph) -> Result<(), ModelError> {
    for node in std::mem::take(&mut graph.nodes) {
        let inputs: Option<Vec<&FloatTensor>> = node
            .inputs
            .iter()
            .map(|id| graph.values[id.0].constant.as_ref())
            .collect();
        let Some(inputs) = inputs.filter(|inputs| !inputs.is_empty()) else {
            graph.nodes.push(node);
            continue;
        };
        let contents: Vec<_> = inputs.iter().map(|t| (t.shape(), View::contents(t))).collect();
        let views: Vec<View<f32>> = contents
            .iter()
            .map(|(shape, data)| View { shape, data })
            .collect();
        let outputs: Vec<&[usize]> = node
            .outputs
            .iter()
            .map(|id| graph.values[id.0].shape.as_slice())
            .collect();
        let op = node.op.operator();
        let made = op.evaluate_all(&views, &outputs);
        let results: Result<Vec<_>, String> = outputs
            .iter()
            .zip(made)
            .map(|(shape, data)| shape::tensor(shape, data))
            .collect();
        let results = results.map_err(|reason| ModelError::InvalidNode {
            node: node.name.clone(),
            op: op.name(),
            reason,
        })?;
        for (id, result) in node.outputs.iter().zip(results) {
            graph.values[id.0].constant = Some(result);
        }
    }
    Ok(())
}

/// Removes nodes that no output depends on.
fn dead_nodes(graph: &mut Graph) {
    let mut used = vec![false; graph.values.len()];
    graph.outputs.iter().for_each(|id| used[id.0] = true);
    let mut kept: Vec<Node> = Vec::new();
    for node in std::mem::take(&mut graph.nodes).into_iter().rev() {
        if node.outputs.iter().any(|id| used[id.0]) {
            node.inputs.iter().for_each(|id| used[id.0] = true);
            kept.push(node);
        }
    }
    kept.reverse();
    graph.nodes = kept;
}

/// What a node does to each channel: `x → factor·x + term`.
struct ChannelMap {
    factors: Vec<f64>,
    terms: Vec<f64>,
}

/// Merges node `index` into the convolution or constant matrix product before it, if it can be. The merged node
/// produces the node's output, and the node is left to be removed.
fn into_layer(folded: &mut Folded, links: &mut Links, index: usize) -> bool {
    let graph = &mut folded.graph;
    let node = &graph.nodes[index];
    let Some((layer, map)) = channel_map(graph, links, node) else {
        return false;
    };
    let (layer_node, output) = (graph.nodes[layer].clone(), node.output());
    let Some((weight, bias)) = merged(graph, &layer_node, &map) else {
        return false;
    };
    let constants = node
        .inputs
        .iter()
        .filter_map(|id| graph.values[id.0].constant.as_ref());
    let greatest = constants
        .flatten()
        .fold(0f32, |greatest, value| greatest.max(value.abs()));
    let name = format!(
        "`{}` ({}, constants up to {greatest:e})",
        node.name,
        node.op.name()
    );
    let mut all = folded.merged.remove(&layer_node.output()).unwrap_or_default();
    all.push(name);
    folded.merged.insert(output, all);
    let mut inputs = vec![layer_node.inputs[0]];
    for (suffix, constant) in [("weight", weight), ("bias", bias)] {
        let name = format!("{}.{suffix}", layer_node.name);
        graph.values.push(Value {
            name,
            shape: constant.shape().to_vec(),
            constant: Some(constant),
            whole: None,
        });
        inputs.push(ValueId(graph.values.len() - 1));
    }
    graph.nodes[layer] = Node {
        inputs,
        outputs: vec![output],
        ..layer_node
    };
    links.producers[output.0] = Some(layer);
    true
}

/// The layer whose output `node` maps channel by channel, and how.
fn channel_map(graph: &Graph, links: &Links, node: &Node) -> Option<(usize, ChannelMap)> {
    if !matches!(node.op, Op::Add | Op::Sub | Op::Mul | Op::Div) {
        return None;
    }
    let &[a, b] = node.inputs.as_slice() else {
        return None;
    };
    let constant = |id: ValueId| graph.values[id.0].constant.as_ref();
    let (x, tensor, swapped) = match (constant(a), constant(b)) {
        (None, Some(t)) => (a, t, false),
        (Some(t), None) => (b, t, true),
        _ => return None,
    };
    if !links.is_read_once(x) {
        return None;
    }
    // Integers stay integers: they are not rounded as parts of a layer.
    if graph.values[x.0].whole.is_some() {
        return None;
    }
    let layer = links.producers[x.0].filter(|layer| graph.nodes[*layer].outputs == [x])?;
    let output = &graph.values[x.0].shape;
    let axis = match graph.nodes[layer].op {
        Op::Conv { .. } => 1,
        Op::MatMul => output.len().checked_sub(1)?,
        _ => return None,
    };
    if &graph.values[node.output().0].shape != output {
        return None;
    }
    let constants = per_channel(tensor, output.len(), axis, output[axis])?;
    let same = |value: f64| vec![value; constants.len()];
    let negated = || constants.iter().map(|c| -c).collect();
    let map = match (&node.op, swapped) {
        (Op::Add, _) => ChannelMap {
            factors: same(1.0),
            terms: constants,
        },
        (Op::Sub, false) => ChannelMap {
            factors: same(1.0),
            terms: negated(),
        },
        (Op::Sub, true) => ChannelMap {
            factors: same(-1.0),
            terms: constants,
        },
        (Op::Mul, _) => ChannelMap {
            terms: same(0.0),
            factors: constants,
        },
        (Op::Div, false) if constants.iter().all(|c| *c != 0.0) => ChannelMap {
            factors: constants.iter().map(|c| 1.0 / c).collect(),
            terms: same(0.0),
        },
        _ => return None,
    };
    Some((layer, map))
}

/// The layer's weight and bias after the map.
fn merged(graph: &Graph, layer: &Node, map: &ChannelMap) -> Option<(FloatTensor, FloatTensor)> {
    let mut weight = graph.values[layer.inputs.get(1)?.0].constant.clone()?;
    let axis = match layer.op {
        Op::Conv { .. } => 0,
        _ if weight.ndim() == 2 => 1,
        _ => return None,
    };
    let old: Vec<f32> = match layer.inputs.get(2) {
        Some(id) => graph.values[id.0].constant.as_ref()?.iter().copied().collect(),
        None => vec![0.0; map.factors.len()],
    };
    for (mut channel, factor) in weight.axis_iter_mut(ndarray::Axis(axis)).zip(&map.factors) {
        channel.mapv_inplace(|w| (f64::from(w) * factor) as f32);
    }
    let bias: Vec<f32> = old
        .iter()
        .zip(map.factors.iter().zip(&map.terms))
        .map(|(&b, (factor, term))| (f64::from(b) * factor + term) as f32)
        .collect();
    Some((weight, ndarray::arr1(&bias).into_dyn()))
}
