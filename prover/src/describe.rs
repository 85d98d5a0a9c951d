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

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_model::quantized::{QOp, QTensor, TensorId};
    use hallmark_model::{ElementKind, ops::integer::Linear};

    fn graph(name: &str) -> QuantizedGraph {
        let tensor = |name: &str, interval| QTensor {
            name: name.to_owned(),
            shape: vec![1, 2],
            kind: ElementKind::real(0),
            interval,
        };
        let linear = Linear {
            weight: hallmark_model::IntTensor::from_elem(vec![2, 2], 3),
            bias: vec![1, 1],
        };
        QuantizedGraph {
            name: "g".to_owned(),
            tensors: vec![tensor("x", (-1, 1)), tensor("y", (-5, 7))],
            nodes: vec![QNode {
                name: name.to_owned(),
                op: QOp::Linear(linear),
                inputs: vec![TensorId(0)],
                outputs: vec![TensorId(1)],
            }],
            inputs: vec![TensorId(0)],
            outputs: vec![TensorId(1)],
        }
    }

    /// A layer may be called anything; a key holds its line all the same.
    #[test]
    fn lines_of_layers_can_be_written() {
        let described = |name: &str| model_description(&graph(name), "m", 8, "fast");
        let plain = described("fc");
        assert_eq!(plain.layers, ["fc: linear 2×2 → 1×2"]);
        assert_eq!((plain.parameters, plain.bits), (6, 8));
        for (name, begins) in [
            ("\u{1b}[31mred", "\u{fffd}[31mred: linear"),
            ("a\u{202e}b\n", "a\u{fffd}b\u{fffd}: linear"),
            (&"ü".repeat(500), "üü"),
        ] {
            let found = described(name);
            assert!(found.layers[0].starts_with(begins), "{:?}", found.layers);
            let characters = found.layers[0].chars().count();
            assert!(characters == MAX_LINE_CHARS || found.layers[0].ends_with("linear 2×2 → 1×2"));
            assert!(characters <= MAX_LINE_CHARS);
            found.check_writable().unwrap();
        }
        assert_ne!(plain.graph_digest, described("other").graph_digest);
    }
}
