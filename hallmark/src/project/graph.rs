//! The integer graph as it is stored: `quantized.json`.

use crate::error::Error;
use crate::reading::json;
use hallmark_model::{ENCODING_VERSION, QNode, QTensor, QuantizedGraph, TensorId};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A graph as it is stored, with the version of its encoding: a digest of another version would be of other bytes.
#[derive(Serialize)]
pub struct StoredGraph<'a> {
    version: u32,
    #[serde(flatten)]
    graph: &'a QuantizedGraph,
}

impl<'a> From<&'a QuantizedGraph> for StoredGraph<'a> {
    fn from(graph: &'a QuantizedGraph) -> Self {
        Self {
            version: ENCODING_VERSION,
            graph,
        }
    }
}

/// What is read of a stored graph that cannot be read.
#[derive(Deserialize)]
struct GraphHeader {
    /// Files of the first version do not name it.
    #[serde(default)]
    version: Option<u32>,
}

/// A graph as it is read: in one go.
#[derive(Deserialize)]
struct ReadGraph {
    #[serde(default)]
    version: Option<u32>,
    name: String,
    tensors: Vec<QTensor>,
    nodes: Vec<QNode>,
    inputs: Vec<TensorId>,
    outputs: Vec<TensorId>,
}

/// Reads and validates the bytes of a stored graph, which lie at `path` as far as messages are concerned.
///
/// # Errors
/// [`Error::Format`] for another version of the encoding, and [`Error`] naming the file.
pub fn parse_graph(path: &Path, bytes: &[u8]) -> Result<QuantizedGraph, Error> {
    let what = path.display().to_string();
    let other = |version: Option<u32>| version.unwrap_or(1) != ENCODING_VERSION;
    let format = |version: Option<u32>| Error::Format {
        what: what.clone(),
        got: version.unwrap_or(1),
        expected: ENCODING_VERSION,
    };
    let read = match json::<ReadGraph>(&what, bytes) {
        Ok(read) if other(read.version) => return Err(format(read.version)),
        Ok(read) => read,
        // Another version may have other fields.
        Err(error) => {
            let header: GraphHeader = json(&what, bytes)?;
            return Err(if other(header.version) {
                format(header.version)
            } else {
                error
            });
        }
    };
    let graph = QuantizedGraph {
        name: read.name,
        tensors: read.tensors,
        nodes: read.nodes,
        inputs: read.inputs,
        outputs: read.outputs,
    };
    graph.validate().map_err(|error| Error::from(error).at(path))?;
    Ok(graph)
}
