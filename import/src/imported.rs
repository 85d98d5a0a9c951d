//! What a file is imported as.

use hallmark_model::{Graph, IntegerType};
use std::collections::BTreeMap;

/// A graph, and what the file says about it that the graph itself does not hold.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the file calls its graph, whatever it is; empty if it has no name.
    pub name: String,
    /// The graph.
    pub graph: Graph,
    /// Of every output, its ONNX type where its elements are integers. (An output in floating point may be a cast of a
    /// value of integers.)
    pub outputs: Vec<Option<IntegerType>>,
    /// Shapes of the inputs for which options or data decided about an axis: importing the file again needs them.
    pub shapes: BTreeMap<String, Vec<usize>>,
}

impl From<Graph> for Imported {
    /// A graph from elsewhere, of which nothing more is known.
    fn from(graph: Graph) -> Self {
        Self {
            name: String::new(),
            outputs: vec![None; graph.outputs.len()],
            shapes: BTreeMap::new(),
            graph,
        }
    }
}
