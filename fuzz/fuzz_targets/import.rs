//! ONNX files of any bytes: an answer within the run's limits of time and memory, and what is accepted is a graph that the model crate
//! accepts as well.
#![no_main]

use hallmark_import::{ImportOptions, import};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(graph) = import(data, &ImportOptions::default()) {
        assert_eq!(graph.validate(), Ok(()));
    }
});
