//! The canonical encoding of an integer graph, and its digest.
//!
//! Little-endian throughout. Lengths and indices are `u64`, signed numbers `i64`. A list is its
//! length and its items; a string is the list of its UTF-8 bytes. The layout is in `docs/semantics.md`.

use crate::QuantizedGraph;
use crate::sink::Sink;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"HALLMARK";

/// Version of the canonical encoding, which a stored graph names.
pub const ENCODING_VERSION: u32 = 2;

impl QuantizedGraph {
    fn encode(&self, sink: &mut dyn Sink) {
        sink.bytes(MAGIC);
        sink.number(ENCODING_VERSION as usize);
        sink.text(&self.name);
        sink.number(self.tensors.len());
        for tensor in &self.tensors {
            sink.text(&tensor.name);
            sink.numbers(&tensor.shape);
            tensor.kind.encode(sink);
            sink.integer(tensor.interval.0);
            sink.integer(tensor.interval.1);
        }
        sink.number(self.nodes.len());
        for node in &self.nodes {
            sink.text(&node.name);
            sink.number(node.op.tag());
            node.op.operator().encode(sink);
            sink.numbers(&node.inputs.iter().map(|id| id.0).collect::<Vec<_>>());
            sink.numbers(&node.outputs.iter().map(|id| id.0).collect::<Vec<_>>());
        }
        for ids in [&self.inputs, &self.outputs] {
            sink.numbers(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        }
    }

    /// The canonical encoding: equal graphs have equal bytes, different graphs different ones.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        bytes
    }

    /// SHA-256 of [`QuantizedGraph::canonical_bytes`].
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        self.encode(&mut hash);
        hash.finalize().into()
    }
}
