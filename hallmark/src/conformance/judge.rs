//! Whether a model gives what a test expects.
//!
//! The float model's outputs must be within [`FLOAT_ERROR`] of the greatest magnitude that is expected of an output (what comes from
//! half precision, within a few of its steps), what the integers stand for within [`INTEGER_ERROR`]. Outputs of integer types and
//! booleans must be exactly equal.

use super::case::{Case, DataSet};
use super::verdict::Verdict;
use crate::error::Error;
use crate::finding::Finding;
use crate::interface::Interface;
use crate::model::{CalibratedModel, Model};
use crate::output::Output;
use crate::project::{CompileOptions, assess, build, run_integers};
use crate::surroundings::Surroundings;
use hallmark_circuits::Target;
use hallmark_import::{Elements, ImportError, ImportOptions, StoredTensor};
use hallmark_model::{FloatTensor, ModelError};
use hallmark_prover::PlannedCircuit;
use hallmark_verifier::Form;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Greatest error of the float model, beside the greatest magnitude of an output: that of the standard's own tests.
const FLOAT_ERROR: f64 = 1e-3;
/// Greatest error of the integer model, likewise.
const INTEGER_ERROR: f64 = 1.0 / 256.0;
/// Steps of an output in half precision or less that the expected one may be off.
const STEPS: f64 = 4.0;
/// Bits that are tried, in this order.
const BITS: [u32; 2] = [12, 16];
/// Inputs up to which all choices of those that are bound are tried.
const MOST_CHOICES: usize = 6;

/// Why there is no verdict of right or wrong.
enum Stopped {
    /// The model is refused.
    Refused(Error),
    /// What it gives is not right.
    Wrong(String),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Judges a test: with as few of its inputs bound to their values as the model is taken with, and with as few bits.
pub(super) fn judge(
    onnx: &[u8],
    case: &Case,
    (operators, prove): (&[String], bool),
    surroundings: &Surroundings<'_>,
) -> Result<Verdict, Error> {
    let mut first = None;
    for bound in choices(case.inputs.len()) {
        let mut wrong = None;
        for bits in BITS {
            match attempt(onnx, case, &bound, (bits, prove), surroundings) {
                Ok(()) => {
                    let bound = bound.iter().map(|&index| case.inputs[index].clone()).collect();
                    return Ok(Verdict::Right {
                        bound,
                        bits,
                        proven: prove,
                    });
                }
                Err(Stopped::Wrong(difference)) => wrong = Some(difference),
                // What no binding of inputs mends is said of the model as it is.
                Err(Stopped::Refused(error)) => drop(first.get_or_insert(error)),
            }
        }
        if let Some(difference) = wrong {
            return Ok(Verdict::Wrong { difference });
        }
    }
    let Some(error) = first else {
        return Err(Error::Outputs);
    };
    let at = match &error {
        Error::Import(ImportError::Nodes(problems)) => {
            let mut named: Vec<String> = problems.iter().map(|problem| problem.operator.clone()).collect();
            named.dedup();
            named
        }
        _ => operators.to_vec(),
    };
    Ok(Verdict::Refused {
        reason: error.words(Interface::CommandLine),
        at,
    })
}

/// Sets of inputs to bind, the smaller ones first; never all.
fn choices(inputs: usize) -> Vec<Vec<usize>> {
    if inputs > MOST_CHOICES {
        let singles = (0..inputs).rev().map(|index| vec![index]);
        let none = std::iter::once(Vec::new());
        return none.chain(singles).chain([(1..inputs).collect()]).collect();
    }
    let members = |set: usize| {
        (0..inputs)
            .filter(|index| set >> index & 1 == 1)
            .collect::<Vec<_>>()
    };
    let all = (1_usize << inputs) - 1;
    let mut sets: Vec<Vec<usize>> = (0..all.max(1)).map(members).collect();
    // Of equally many, the last ones: axes, shapes and bounds come behind the data.
    sets.sort_by_key(|set| (set.len(), std::cmp::Reverse(set.clone())));
    sets
}

fn attempt(
    onnx: &[u8],
    case: &Case,
    bound: &[usize],
    (bits, prove): (u32, bool),
    surroundings: &Surroundings<'_>,
) -> Result<(), Stopped> {
    for set in &case.sets {
        let values: BTreeMap<String, StoredTensor> = bound
            .iter()
            .map(|&index| (case.inputs[index].clone(), set.inputs[index].clone()))
            .collect();
        let free = || (0..case.inputs.len()).filter(|index| !bound.contains(index));
        let options = ImportOptions {
            input_shapes: free()
                .map(|index| (case.inputs[index].clone(), set.inputs[index].shape().to_vec()))
                .collect(),
            values,
            ..ImportOptions::default()
        };
        let imported = hallmark_import::read(onnx, &options).map_err(Error::from)?;
        let sample = free().map(|index| sample(&case.inputs[index], &set.inputs[index]));
        let sample = sample.collect::<Result<Vec<_>, _>>()?;
        let model = Model::of(imported).calibrate(vec![sample.clone()])?;
        compare_floats(&model, set, &sample)?;
        compare_integers(model, set, (bits, prove), &sample, surroundings)?;
    }
    Ok(())
}

/// A tensor as an input, which must be of numbers: of others a proof says nothing.
fn sample(name: &str, stored: &StoredTensor) -> Result<FloatTensor, Error> {
    if let Elements::Floats(values) = &stored.elements
        && let Some((index, &value)) = values.indexed_iter().find(|(_, value)| !value.is_finite())
    {
        return Err(Error::Model(ModelError::NotFinite {
            tensor: name.to_owned(),
            index: (0..values.ndim()).map(|axis| index[axis]).collect(),
            value,
        }));
    }
    stored.to_input().ok_or_else(|| {
        Error::Import(ImportError::Tensor {
            tensor: name.to_owned(),
            problem: "holds an integer that single precision does not, as which inputs are read".to_owned(),
        })
    })
}

/// The float model's outputs beside the expected ones.
fn compare_floats(model: &CalibratedModel, set: &DataSet, sample: &[FloatTensor]) -> Result<(), Stopped> {
    let graph = model.model().graph();
    let computed = graph.run(sample).map_err(Error::from)?;
    for (id, expected) in graph.outputs.iter().zip(&set.outputs) {
        let found = computed.get(id.0).ok_or(Error::Outputs)?;
        let values: Vec<f64> = found.iter().map(|&x| x.into()).collect();
        compare("the float model", expected, (found.shape(), &values), FLOAT_ERROR)?;
    }
    Ok(())
}

/// The integer model's outputs beside the expected ones, and whether there is a circuit.
fn compare_integers(
    model: CalibratedModel,
    set: &DataSet,
    (bits, prove): (u32, bool),
    sample: &[FloatTensor],
    surroundings: &Surroundings<'_>,
) -> Result<(), Stopped> {
    let (quantized, _, findings) = assess(&model, bits).map_err(Error::from)?;
    let grave: Vec<Finding> = findings.into_iter().filter(Finding::is_grave).collect();
    let graph = Arc::new(quantized.graph);
    if !grave.is_empty() {
        return Err(Stopped::Refused(Error::Inaccurate(grave)));
    }
    let trace = run_integers(&graph, sample)?;
    for (output, expected) in Output::of_trace(&graph, &trace).iter().zip(&set.outputs) {
        compare(
            "the integer model",
            expected,
            (&output.shape, &output.values),
            INTEGER_ERROR,
        )?;
    }
    if !prove {
        PlannedCircuit::new(&graph, Target::Fast, Form::PUBLIC).map_err(Error::from)?;
        return Ok(());
    }
    let options = CompileOptions {
        bits,
        public_only: true,
        keep_keys: false,
        ..CompileOptions::default()
    };
    let (_, prover) = build(model, &options, surroundings)?.into_prover(surroundings)?;
    // A proof that does not verify is an error of proving.
    prover
        .prove(
            &trace,
            &hallmark_prover::ProveOptions::default(),
            surroundings.progress,
        )
        .map_err(Error::from)?;
    Ok(())
}

/// Holds an output against the expected one.
fn compare(
    who: &str,
    expected: &StoredTensor,
    (shape, found): (&[usize], &[f64]),
    share: f64,
) -> Result<(), Stopped> {
    let name = &expected.name;
    if expected.shape() != shape {
        let difference = format!(
            "{who} gives `{name}` the shape {shape:?}, expected is {:?}",
            expected.shape()
        );
        return Err(Stopped::Wrong(difference));
    }
    let (values, allowed): (Vec<f64>, f64) = match &expected.elements {
        Elements::Integers(values) | Elements::Booleans(values) => {
            (values.iter().map(|&v| v as f64).collect(), 0.0)
        }
        Elements::Floats(values) => {
            let values: Vec<f64> = values.iter().map(|&v| v.into()).collect();
            let greatest = values.iter().fold(0.0, |greatest: f64, v| greatest.max(v.abs()));
            let bits = expected.significand_bits.unwrap_or(f32::MANTISSA_DIGITS);
            let steps = STEPS * 0.5f64.powi(bits as i32 - 1);
            (values, share.max(steps) * greatest)
        }
    };
    let differs = |(value, found): (&f64, &f64)| {
        let error = (value - found).abs();
        value != found && (error.is_nan() || error > allowed)
    };
    match values.iter().zip(found).position(differs) {
        None => Ok(()),
        Some(place) => Err(Stopped::Wrong(format!(
            "{who} gives `{name}` {} at place {place}, expected is {}",
            found[place], values[place]
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::choices;

    #[test]
    fn as_few_inputs_as_possible_are_bound_and_never_all() {
        let none = Vec::<usize>::new;
        assert_eq!(choices(1), [none()]);
        assert_eq!(choices(2), [none(), vec![1], vec![0]]);
        let sets = choices(3);
        assert_eq!(sets[..4], [none(), vec![2], vec![1], vec![0]]);
        assert_eq!((sets.len(), &sets[4]), (7, &vec![1, 2]));
        assert_eq!(choices(9).len(), 11);
        assert_eq!(choices(0), [none()]);
    }
}
