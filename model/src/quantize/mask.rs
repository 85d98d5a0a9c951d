//! Constants that say which elements count: very negative ones that are added before a softmax or an arg-max.

use crate::ops::SoftmaxResult;
use crate::ops::float::Softmax;
use crate::{FloatTensor, Graph, Node, Op, ValueId, shape};
use std::collections::HashMap;

/// A constant that lowers some element by more than this, relative to another one, is a mask: as a number it would set the scale of what it is
/// added to, whose other values would lose their last bits.
const LEAST: f32 = 32.0;

/// Lets every softmax after a mask have it as a part of itself, so that nothing is stored at its scale. Returns, by the softmax's output, the
/// node that added it, in words.
pub(super) fn into_softmax(graph: &mut Graph) -> HashMap<ValueId, Vec<String>> {
    let mut merged = HashMap::new();
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let Op::Softmax(
            softmax @ Softmax {
                result: SoftmaxResult::Probabilities,
                mask: None,
                ..
            },
        ) = &node.op
        else {
            continue;
        };
        let input = node.inputs[0];
        let Some((adds, x, mask)) = masked(graph, input) else {
            continue;
        };
        let softmax = Softmax {
            mask: Some(mask.clone()),
            ..softmax.clone()
        };
        let name = format!("`{}` ({}, a mask)", adds.name, adds.op.name());
        merged.insert(node.output(), vec![name]);
        graph.nodes[index].op = Op::Softmax(softmax);
        graph.nodes[index].inputs = vec![x];
    }
    merged
}

/// The node that makes a value by adding a mask, what it adds that to, and the mask; the sum has the shape of what it is added to.
fn masked(graph: &Graph, sum: ValueId) -> Option<(&Node, ValueId, &FloatTensor)> {
    let node = graph.nodes.iter().find(|node| node.outputs == [sum])?;
    let (&Op::Add, &[a, b]) = (&node.op, node.inputs.as_slice()) else {
        return None;
    };
    let constant = |id: ValueId| graph.values[id.0].constant.as_ref();
    let (x, mask) = match (constant(a), constant(b)) {
        (None, Some(mask)) => (a, mask),
        (Some(mask), None) => (b, mask),
        _ => return None,
    };
    let same = graph.values[x.0].shape == graph.values[sum.0].shape;
    let broadcasts = shape::broadcast(&[&graph.values[x.0].shape, mask.shape()]).is_ok();
    (is_mask(mask) && same && broadcasts).then_some((node, x, mask))
}

/// Whether a constant lowers elements as much as a mask does.
fn is_mask(constant: &FloatTensor) -> bool {
    let (least, greatest) = constant
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| {
            (low.min(x), high.max(x))
        });
    least < greatest - LEAST && least < -LEAST
}
