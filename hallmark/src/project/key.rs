//! Whether a key can be that of an integer graph.

use crate::error::Error;
use hallmark_model::QuantizedGraph;
use hallmark_prover::element;
use hallmark_prover::srs::hex;
use hallmark_verifier::form::Inputs;
use hallmark_verifier::{CircuitKey, ElementKind, Entry, EntryKind, VerifyingKey};

/// Whether `key` can be that of `graph`: it names the graph's digest, and every circuit's statement has the graph's tensors. What
/// takes no time; [`check`](super::check) takes as long as compiling and leaves nothing open.
///
/// # Errors
/// [`Error::NotReproduced`] naming what differs.
pub fn compare_key(key: &VerifyingKey, graph: &QuantizedGraph) -> Result<(), Error> {
    let digest = graph.digest();
    if key.model().graph_digest != digest {
        return Err(differs(format!(
            "the key says that it was made for the graph {}, this one is {}",
            hex(&key.model().graph_digest),
            hex(&digest)
        )));
    }
    let inputs = entries(graph, &graph.inputs);
    let outputs = entries(graph, &graph.outputs);
    for circuit in key.circuits() {
        let wanted = match circuit.form.inputs() {
            Inputs::Public => &inputs[..],
            Inputs::Committed => &[],
        };
        for (kind, wanted, what) in [
            (EntryKind::Input, wanted, "inputs"),
            (EntryKind::Output, &outputs[..], "outputs"),
        ] {
            if !same(circuit, kind, wanted) {
                return Err(differs(format!(
                    "the {what} of the circuit for {} are not the graph's",
                    circuit.form
                )));
            }
        }
    }
    Ok(())
}

/// Name, shape, kind and interval of a tensor.
type Shown = (String, Vec<usize>, ElementKind, (i64, i64));

fn entries(graph: &QuantizedGraph, ids: &[hallmark_model::TensorId]) -> Vec<Shown> {
    let found = ids.iter().filter_map(|id| graph.tensors.get(id.0));
    found
        .map(|tensor| {
            (
                tensor.name.clone(),
                tensor.shape.clone(),
                element(tensor.kind),
                tensor.interval,
            )
        })
        .collect()
}

fn same(circuit: &CircuitKey, kind: EntryKind, wanted: &[Shown]) -> bool {
    let shown = |entry: &Entry| {
        let shape = circuit.shape_of_one(entry);
        (entry.name.clone(), shape, entry.element, entry.interval)
    };
    circuit
        .statement
        .of_kind(kind)
        .map(shown)
        .eq(wanted.iter().cloned())
}

pub(super) fn differs(what: String) -> Error {
    Error::NotReproduced { what }
}
