//! The example models, on real images.

use hallmark_benches::measure::{criterion, measure};
use hallmark_benches::{Problem, ready::Ready};
use hallmark_import::input::{InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};

const CNN: &[u8] = include_bytes!("../../examples/digits/cnn.onnx");
const MLP: &[u8] = include_bytes!("../../examples/digits/mlp.onnx");
const CALIBRATION: &[u8] = include_bytes!("../../examples/digits/calibration.npz");

fn main() -> Result<(), Problem> {
    let mut criterion = criterion();
    for (name, onnx) in [("digits_cnn", CNN), ("digits_mlp", MLP)] {
        let float = import(onnx, &ImportOptions::default())?;
        let samples = parse(CALIBRATION, &InputSpec::of_graph(&float), &InputLimits::default())?;
        measure(&mut criterion, &Ready::new(name, &float, &samples)?);
    }
    criterion.final_summary();
    Ok(())
}
