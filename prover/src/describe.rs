//! A model's layers in words, for the description in its verifying key.

use hallmark_model::ops::dimensions;
use hallmark_model::quantized::{QNode, QuantizedGraph};
use hallmark_verifier::ModelDescription;
use hallmark_verifier::name::is_acceptable_character;

/// Longest line in characters; longer names of layers are cut.
const MAX_LINE_CHARS: usize = 200;

/// The author's description of a model: name, size, digest of its integer graph, a line per layer.
#[must_use]
pub fn model_description(graph: &QuantizedGraph, name: &str, bits: u32, target: &str) -> ModelDescription {
    ModelDescription {
        name: name.to_owned(),
        parameters: graph.parameters() as u64,
        graph_digest: graph.digest(),
        layers: graph.nodes.iter().map(|node| line(graph, node)).collect(),
        bits,
        target: target.to_owned(),
    }
}

/// For example `conv1: convolution 8×1×3×3 → 1×8×6×6`.
fn line(graph: &QuantizedGraph, node: &QNode) -> String {
    let shape = graph
        .tensors
        .get(node.output().0)
        .map_or(&[][..], |tensor| &tensor.shape);
    printable(&format!(
        "{}: {} → {}",
        node.name,
        node.op.words(),
        dimensions(shape)
    ))
}

/// Names of layers come from files and are nobody's interface: what a key would not accept is replaced.
fn printable(text: &str) -> String {
    let shown = |c| is_acceptable_character(c);
    text.chars()
        .map(|c| if shown(c) { c } else { '\u{fffd}' })
        .take(MAX_LINE_CHARS)
        .collect()
}
