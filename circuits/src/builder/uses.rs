//! Who makes and who reads each tensor.

use hallmark_model::{QuantizedGraph, TensorId};

/// The nodes around each tensor of a graph.
#[derive(Debug)]
pub(super) struct Uses {
    /// The node that makes each tensor.
    producers: Vec<Option<usize>>,
    /// The nodes that read tensor `t`, ascending: `readers[starts[t]..starts[t + 1]]`.
    readers: Vec<usize>,
    starts: Vec<usize>,
    /// Whether each tensor is an output of the graph.
    outputs: Vec<bool>,
}

impl Uses {
    /// Those of a graph.
    pub(super) fn of(graph: &QuantizedGraph) -> Self {
        let tensors = graph.tensors.len();
        let mut producers = vec![None; tensors];
        let mut outputs = vec![false; tensors];
        let mut reads = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            node.outputs.iter().for_each(|id| producers[id.0] = Some(index));
            reads.extend(node.inputs.iter().map(|id| (id.0, index)));
        }
        graph.outputs.iter().for_each(|id| outputs[id.0] = true);
        reads.sort_unstable();
        reads.dedup();
        let mut starts = Vec::with_capacity(tensors + 1);
        let mut next = 0;
        for tensor in 0..=tensors {
            while reads.get(next).is_some_and(|(read, _)| *read < tensor) {
                next += 1;
            }
            starts.push(next);
        }
        Self {
            producers,
            readers: reads.into_iter().map(|(_, node)| node).collect(),
            starts,
            outputs,
        }
    }

    /// The node that makes a tensor.
    pub(super) fn producer(&self, tensor: TensorId) -> Option<usize> {
        self.producers[tensor.0]
    }

    /// The nodes that read a tensor, ascending, each once.
    pub(super) fn readers(&self, tensor: TensorId) -> &[usize] {
        &self.readers[self.starts[tensor.0]..self.starts[tensor.0 + 1]]
    }

    /// Whether a tensor is an output of the graph.
    pub(super) fn is_output(&self, tensor: TensorId) -> bool {
        self.outputs[tensor.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_model::{QNode, QOp};

    #[test]
    fn a_node_that_reads_a_tensor_twice_is_one_reader() {
        let node = |inputs: &[usize], output: usize| QNode {
            name: String::new(),
            op: QOp::Mul,
            inputs: inputs.iter().copied().map(TensorId).collect(),
            outputs: vec![TensorId(output)],
        };
        let graph = QuantizedGraph {
            tensors: vec![
                hallmark_model::QTensor {
                    name: String::new(),
                    shape: Vec::new(),
                    kind: hallmark_model::ElementKind::Integer,
                    interval: (0, 0),
                };
                4
            ],
            nodes: vec![node(&[0, 0], 2), node(&[2, 0], 3)],
            outputs: vec![TensorId(3)],
            ..QuantizedGraph::default()
        };
        let uses = Uses::of(&graph);
        let readers = [0, 1, 2, 3].map(|tensor| uses.readers(TensorId(tensor)).to_vec());
        assert_eq!(readers, [vec![0, 1], vec![], vec![1], vec![]]);
        let producers = [0, 1, 2, 3].map(|tensor| uses.producer(TensorId(tensor)));
        assert_eq!(producers, [None, None, Some(0), Some(1)]);
        let outputs = [0, 1, 2, 3].map(|tensor| uses.is_output(TensorId(tensor)));
        assert_eq!(outputs, [false, false, false, true]);
    }
}
