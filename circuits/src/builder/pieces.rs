//! The pieces in which tensors are read.

use crate::expression::Map;
use foldhash::HashMap;
use hallmark_model::{QuantizedGraph, TensorId};

/// How elements of an output are elements of an input, or are stored beside them.
pub struct Passage {
    /// The input.
    pub input: TensorId,
    /// The output.
    pub output: TensorId,
    /// Which elements of the input each element of the output is.
    pub map: Map,
}

impl Passage {
    /// That of a node with one input and one output.
    pub fn first(graph: &QuantizedGraph, node: usize, map: Map) -> Self {
        let node = &graph.nodes[node];
        Self {
            input: node.inputs[0],
            output: node.output(),
            map,
        }
    }
}

/// Groups of elements of the tensors whose channels are read in several pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readings {
    /// The elements of each piece.
    pub(super) groups: HashMap<TensorId, Vec<Vec<u32>>>,
    /// The same where the phases of strided convolutions are pieces, too.
    pub(super) phases: HashMap<TensorId, Vec<Vec<u32>>>,
    /// The same of what products of matrices and of rows read.
    pub(super) matrices: HashMap<TensorId, Vec<Vec<u32>>>,
}

impl Readings {
    /// As [`Self::groups`], for the pieces in which [products of matrices and of rows](super::Product::input_pieces) read a tensor.
    pub(crate) fn matrices(&self, tensor: TensorId) -> Option<&Vec<Vec<u32>>> {
        self.matrices.get(&tensor)
    }

    /// As [`Self::groups`], where the phases of strided convolutions are pieces, too.
    pub(crate) fn phases(&self, tensor: TensorId) -> Option<&Vec<Vec<u32>>> {
        self.phases.get(&tensor)
    }

    /// The elements of each piece, ascending; pieces in descending order of their first elements. None if a tensor is stored
    /// channel by channel.
    pub(crate) fn groups(&self, tensor: TensorId) -> Option<&Vec<Vec<u32>>> {
        self.groups.get(&tensor)
    }
}
