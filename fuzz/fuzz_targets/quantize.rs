//! ONNX files of any bytes, all the way: a small model that is imported is quantised, and what comes of that validates and runs.
#![no_main]

use hallmark_import::{ImportOptions, import};
use hallmark_model::{FloatTensor, QuantizeOptions, quantize};
use libfuzzer_sys::fuzz_target;
use ndarray::IxDyn;

/// Elements of all tensors together: larger models take time and find nothing else.
const ELEMENTS: usize = 1 << 12;

fuzz_target!(|data: &[u8]| {
    let Ok(graph) = import(data, &ImportOptions::default()) else {
        return;
    };
    let elements = |shape: &[usize]| shape.iter().product::<usize>();
    if graph
        .values
        .iter()
        .map(|value| elements(&value.shape))
        .sum::<usize>()
        > ELEMENTS
    {
        return;
    }
    let sample = |step: f32| -> Vec<FloatTensor> {
        let mut value = 0.0;
        let mut next = || {
            value = (value + step) % 1.5;
            value - 0.5
        };
        let shapes = graph.inputs.iter().map(|id| IxDyn(&graph.values[id.0].shape));
        shapes
            .map(|shape| FloatTensor::from_shape_simple_fn(shape, &mut next))
            .collect()
    };
    let samples = [sample(0.37), sample(0.11)];
    let Ok(quantized) = quantize(&graph, &samples, &QuantizeOptions::default()) else {
        return;
    };
    let quantized = quantized.graph;
    assert_eq!(quantized.validate(), Ok(()));
    let inputs = samples[0].iter().enumerate();
    let inputs: Result<Vec<_>, _> = inputs
        .map(|(index, input)| quantized.quantize_input(index, input))
        .collect();
    if let Ok(inputs) = inputs {
        let _ = quantized.run(&inputs);
    }
});
