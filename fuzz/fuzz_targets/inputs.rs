//! Inputs of any bytes (JSON, `.npy`, `.npz`) for a model with one input and for one with two: samples have the inputs' shapes.
#![no_main]

use hallmark_import::input::{InputKind, InputLimits, InputSpec, parse, stated_shapes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = InputLimits {
        file_bytes: 1 << 20,
        elements: 1 << 20,
    };
    let both = [
        input("x", &[1, 2, 3], InputKind::Real),
        input("mask", &[1], InputKind::Boolean),
    ];
    for inputs in [&both[..1], &both] {
        let Ok(samples) = parse(data, inputs, &limits) else {
            continue;
        };
        for sample in samples {
            assert_eq!(sample.len(), inputs.len());
            for (tensor, input) in sample.iter().zip(inputs) {
                assert_eq!(tensor.shape(), input.shape);
            }
        }
    }
    let _ = stated_shapes(data);
});

fn input(name: &str, shape: &[usize], kind: InputKind) -> InputSpec {
    InputSpec {
        name: name.to_owned(),
        shape: shape.to_vec(),
        kind,
    }
}
