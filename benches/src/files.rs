//! Models and inputs from files, for measurements that take them as arguments.

use crate::Problem;
use hallmark_import::input::{InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use hallmark_model::{FloatTensor, QuantizeOptions, QuantizedGraph, Trace, quantize};
use std::sync::Arc;

/// A quantised model with an execution of its first input.
pub struct Model {
    /// What it is called in reports.
    pub name: String,
    /// The integer model, with scales from the inputs and scaled copies of them.
    pub graph: Arc<QuantizedGraph>,
    /// The execution.
    pub trace: Arc<Trace>,
}

/// The model of an argument `NAME=MODEL.onnx,INPUT`.
///
/// # Errors
/// If the argument has another form, and those of reading and quantising.
pub fn load(argument: &str) -> Result<Model, Problem> {
    let (name, files) = argument.split_once('=').ok_or(FORM)?;
    let (model, input) = files.split_once(',').ok_or(FORM)?;
    let float = import(&std::fs::read(model)?, &ImportOptions::default())?;
    let samples = parse(
        &std::fs::read(input)?,
        &InputSpec::of_graph(&float),
        &InputLimits::default(),
    )?;
    let copies: Vec<Vec<FloatTensor>> = [1.0, 0.75, 0.5, 0.25]
        .iter()
        .flat_map(|factor| {
            samples
                .iter()
                .map(|sample| sample.iter().map(|t| t * *factor).collect())
        })
        .collect();
    let graph = Arc::new(quantize(&float, &copies, &QuantizeOptions::default())?.graph);
    let sample = samples.first().ok_or("there is no sample")?;
    let inputs: Result<Vec<_>, _> = sample
        .iter()
        .enumerate()
        .map(|(i, t)| graph.quantize_input(i, t))
        .collect();
    let trace = Arc::new(graph.run(&inputs?)?);
    let name = name.to_owned();
    Ok(Model { name, graph, trace })
}

const FORM: &str = "arguments are NAME=MODEL.onnx,INPUT";
