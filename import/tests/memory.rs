//! How much memory inputs in JSON take while they are read: little more than their numbers, in whatever lists they lie.

use hallmark_import::input::{InputKind, InputLimits, InputSpec, parse};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Elements of each list.
const COUNT: usize = 500_000;
/// Bytes in use at most per byte of a file of numbers of one digit: single precision in a vector that doubles, and once more in the
/// samples.
const PER_BYTE: f64 = 7.0;
/// Bytes in use at most per sample of one number: a tensor of its own, and its place among the others in a vector that doubles.
const PER_SAMPLE: f64 = 200.0;

/// So many inputs of so many elements.
fn inputs(count: usize, elements: usize) -> Vec<InputSpec> {
    let input = |index: usize| InputSpec {
        name: format!("x{index}"),
        shape: vec![elements],
        kind: InputKind::Real,
    };
    (0..count).map(input).collect()
}

/// The greatest number of bytes in use while a file is read, and whether it can be.
fn peak(text: &str, inputs: &[InputSpec]) -> (f64, bool) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let read = parse(text.as_bytes(), inputs, &InputLimits::default()).is_ok();
    ((MEMORY.peak_usage() - before) as f64, read)
}

#[test]
fn lists_take_little_more_than_their_numbers() {
    for (open, element, close) in [
        ("[", "1", "]"),
        (r#"{"input_data":["#, "1", "]}"),
        (r#"{"x0":["#, "1", "]}"),
        ("[", "[1]", "]"),
        (r#"{"input_data":["#, "[1]", "]}"),
        (r#"{"input_data":["#, "[]", "]}"),
        ("[", r#"{"x0":1}"#, "]"),
        ("[", r#"{"input":1}"#, "]"),
        ("[", r#"{"other":1}"#, "]"),
        ("[", "{}", "]"),
    ] {
        let text = format!("{open}{}{close}", vec![element; COUNT].join(","));
        let numbers = element.contains('1') && !element.contains("other");
        for (inputs, read) in [
            (inputs(1, COUNT), numbers && !element.contains('{')),
            (inputs(2, COUNT), false),
        ] {
            let (bytes, found) = peak(&text, &inputs);
            assert_eq!(found, read, "{open}{element}{close} for {} inputs", inputs.len());
            let ratio = bytes / text.len() as f64;
            assert!(
                ratio < PER_BYTE,
                "{open}{element}{close} takes {ratio:.1} bytes per byte"
            );
        }
        let (bytes, read) = peak(&text, &inputs(1, 1));
        assert_eq!(read, numbers, "{open}{element}{close} as samples");
        let sample = bytes / COUNT as f64;
        assert!(
            sample < PER_SAMPLE,
            "{open}{element}{close} takes {sample:.0} bytes per sample"
        );
    }
}
