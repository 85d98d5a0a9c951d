//! Quantised models of any JSON (`model.json` of a compiled model): what validates has an encoding, survives its own file, and runs
//! to a value or an error.
#![no_main]

use hallmark_model::{IntTensor, QuantizedGraph};
use libfuzzer_sys::fuzz_target;
use ndarray::IxDyn;

/// Elements of the inputs of graphs that are run: enough for every operation, and no time spent on large ones.
const RUN: usize = 1 << 10;

fuzz_target!(|data: &[u8]| {
    let Ok(graph) = serde_json::from_slice::<QuantizedGraph>(data) else {
        return;
    };
    if graph.validate().is_err() {
        return;
    }
    let text = serde_json::to_vec(&graph).unwrap();
    let again: QuantizedGraph = serde_json::from_slice(&text).unwrap();
    assert_eq!(again.canonical_bytes(), graph.canonical_bytes());
    let filled = |shape: &[usize], value| IntTensor::from_elem(IxDyn(shape), value);
    let elements = |shape: &[usize]| shape.iter().product::<usize>();
    if graph.tensors.iter().all(|tensor| elements(&tensor.shape) <= RUN) {
        // The ends of the intervals are where integers would wrap.
        let tensors = graph.inputs.iter().map(|id| &graph.tensors[id.0]);
        let least = tensors
            .clone()
            .map(|tensor| filled(&tensor.shape, tensor.interval.0));
        let _ = graph.run(&least.collect::<Vec<_>>());
        let greatest = tensors.map(|tensor| filled(&tensor.shape, tensor.interval.1));
        let _ = graph.run(&greatest.collect::<Vec<_>>());
    }
});
