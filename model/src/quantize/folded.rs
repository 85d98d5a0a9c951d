//! A graph that is being simplified, and what its steps have in common.

use crate::{FloatTensor, Graph, ValueId};
use std::collections::HashMap;

/// The simplified graph. Values keep their ids; new constants come after them.
pub(super) struct Folded {
    pub graph: Graph,
    /// By the output of a node, which nodes were merged into it, in words: what errors about it have to name.
    pub merged: HashMap<ValueId, Vec<String>>,
}

/// The contents of a constant that varies along one axis only (or not at all), one per channel.
pub(super) fn per_channel(
    constant: &FloatTensor,
    rank: usize,
    axis: usize,
    channels: usize,
) -> Option<Vec<f64>> {
    let values = constant.iter().copied().map(f64::from);
    if constant.len() == 1 {
        return Some(values.cycle().take(channels).collect());
    }
    let own_axis = (axis + constant.ndim()).checked_sub(rank)?;
    let fits = constant.shape().get(own_axis) == Some(&channels) && constant.len() == channels;
    fits.then(|| values.collect())
}

/// By value: the nodes that make and read it.
pub(super) struct Links {
    pub producers: Vec<Option<usize>>,
    /// A node for each of its inputs that reads it.
    readers: Vec<Vec<usize>>,
    /// Outputs of the graph that it is.
    outputs: Vec<usize>,
}

impl Links {
    pub fn new(graph: &Graph) -> Self {
        let mut links = Links {
            producers: vec![None; graph.values.len()],
            readers: vec![Vec::new(); graph.values.len()],
            outputs: vec![0; graph.values.len()],
        };
        for (index, node) in graph.nodes.iter().enumerate() {
            node.outputs
                .iter()
                .for_each(|id| links.producers[id.0] = Some(index));
            node.inputs.iter().for_each(|id| links.readers[id.0].push(index));
        }
        graph.outputs.iter().for_each(|id| links.outputs[id.0] += 1);
        links
    }

    /// Whether one input of a node reads it, or one output is it, and no other.
    pub fn is_read_once(&self, value: ValueId) -> bool {
        self.readers[value.0].len() + self.outputs[value.0] == 1
    }

    /// The nodes that read a value; none where it is an output of the graph.
    pub fn readers(&self, value: ValueId) -> Option<Vec<usize>> {
        let mut readers = self.readers[value.0].clone();
        readers.dedup();
        (self.outputs[value.0] == 0).then_some(readers)
    }
}
