//! Constants that say which elements count: very negative ones that are added before a softmax or an arg-max.

use super::folded::Links;
use crate::ops::SoftmaxResult;
use crate::ops::float::{Masked, Softmax};
use crate::{FloatTensor, Graph, Node, Op, Value, ValueId, shape};
use ndarray::Axis;
use std::collections::HashMap;

/// A constant that lowers some element by more than this, relative to another one, is a mask: as a number it would set the scale of what it is
/// added to, whose other values would lose their last bits.
const LEAST: f32 = 32.0;

/// A choice of less than this in place of what does not count says the same as the least float.
const LEAST_CHOICE: f32 = -1000.0;

/// Lets every softmax and arg-max after a mask have it as a mask, so that nothing is stored at its scale. Returns, by outputs, the nodes that
/// added them, in words.
pub(super) fn recognize(graph: &mut Graph) -> HashMap<ValueId, Vec<String>> {
    let mut merged = HashMap::new();
    let links = Links::new(graph);
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let axis = match &node.op {
            Op::Softmax(Softmax {
                result: SoftmaxResult::Probabilities,
                mask: None,
                axis,
            }) => *axis,
            Op::ArgMax(arg_max) => arg_max.axis,
            _ => continue,
        };
        let Some(Masking { by, of, mask }) = masking((graph, &links), node.inputs[0], axis) else {
            continue;
        };
        merged.insert(node.output(), vec![by]);
        match &mut graph.nodes[index].op {
            Op::Softmax(softmax) => softmax.mask = Some(mask),
            _ => mask_before(graph, index, (of, Masked { axis, mask })),
        }
        let last = graph.values.len() - 1;
        let node = &mut graph.nodes[index];
        node.inputs = match node.op {
            Op::Softmax(_) => vec![of],
            _ => vec![ValueId(last)],
        };
    }
    in_order(graph);
    merged
}

/// A mask, what it is added to, and by which node, in words.
struct Masking {
    by: String,
    of: ValueId,
    mask: FloatTensor,
}

/// What masks a value, if it is nothing but something masked.
fn masking((graph, links): (&Graph, &Links), value: ValueId, axis: usize) -> Option<Masking> {
    let node = &graph.nodes[links.producers[value.0]?];
    let constant = |id: ValueId| graph.values[id.0].constant.as_ref();
    let (of, mask) = match (&node.op, node.inputs.as_slice()) {
        (Op::Add, &[a, b]) => match (constant(a), constant(b)) {
            (None, Some(mask)) => (a, mask.clone()),
            (Some(mask), None) => (b, mask.clone()),
            _ => return None,
        },
        (Op::Sub, &[a, b]) if constant(a).is_none() => (a, constant(b)?.mapv(|x| -x)),
        (Op::Where, &[yes, no, condition]) => {
            let (condition, no) = (constant(condition)?, constant(no)?);
            let is_far = no.iter().all(|x| *x < LEAST_CHOICE);
            let mask = condition.mapv(|c| if c == 0.0 { f32::MIN } else { 0.0 });
            // In a row of nothing else they would count.
            let shape = &graph.values[value.0].shape;
            let rank = mask.ndim() as isize - shape.len() as isize + axis as isize;
            let along = usize::try_from(rank).ok()?;
            let counts = mask
                .lanes(Axis(along))
                .into_iter()
                .all(|row| row.iter().any(|x| *x == 0.0));
            (
                yes,
                Some(mask).filter(|_| is_far && counts && constant(yes).is_none())?,
            )
        }
        _ => return None,
    };
    let shape = &graph.values[of.0].shape;
    let broadcasts = shape::broadcast(&[shape, mask.shape()]).is_ok_and(|to| to == *shape);
    let same = *shape == graph.values[value.0].shape;
    let by = format!("`{}` ({}, a mask)", node.name, node.op.name());
    (is_mask(&mask) && same && broadcasts).then_some(Masking { by, of, mask })
}

/// Adds a node that masks a value, in front of another one.
fn mask_before(graph: &mut Graph, index: usize, (of, masked): (ValueId, Masked)) {
    let output = graph.nodes[index].output();
    graph.values.push(Value {
        name: format!("{}.masked", graph.values[output.0].name),
        shape: graph.values[of.0].shape.clone(),
        constant: None,
        whole: None,
    });
    graph.nodes.push(Node {
        name: graph.nodes[index].name.clone(),
        op: Op::Masked(masked),
        inputs: vec![of],
        outputs: vec![ValueId(graph.values.len() - 1)],
    });
}

/// Moves nodes that were added at the end in front of those that read them.
fn in_order(graph: &mut Graph) {
    let is_new = |node: &Node| matches!(node.op, Op::Masked(_));
    let (new, old): (Vec<Node>, Vec<Node>) = std::mem::take(&mut graph.nodes).into_iter().partition(is_new);
    let mut new: HashMap<ValueId, Node> = new.into_iter().map(|node| (node.output(), node)).collect();
    for node in old {
        let masked = node.inputs.iter().find_map(|input| new.remove(input));
        graph.nodes.extend(masked);
        graph.nodes.push(node);
    }
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
