//! Whether a key is what its model compiles to: everything is made again from the integer graph, and that from the float model
//! where the calibration data are at hand, and compared byte for byte.

use super::compiling::calibration_digest;
use super::key::{compare_key, differs};
use super::{Project, get_srs};
use crate::error::Error;
use crate::samples::{RANDOM_INPUTS, random_samples};
use crate::surroundings::Surroundings;
use hallmark_circuits::Target;
use hallmark_model::{FloatTensor, QuantizeOptions, quantize};
use hallmark_prover::srs::hex;
use hallmark_prover::{Description, PlannedCircuit, ProverError, Stage, compile, during};
use hallmark_verifier::{Form, VerifyingKey};
use std::sync::Arc;

/// What was made again and found equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The circuits, with their statements, gates and commitments; the description's layers, parameters and graph digest.
    pub circuits: Vec<Form>,
    /// Whether the integer graph was quantised again from the float model.
    pub graph: GraphChecked,
}

/// Whether the integer graph was made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphChecked {
    /// It was, from this many samples.
    Quantised(usize),
    /// It was not: the calibration data are needed, and were not given.
    NoData,
}

/// Compiles `project`'s integer graph again, as its key says that it was compiled, and compares the keys byte for byte; nothing
/// that was made before is used, from the cache only the SRS. With the calibration data (random ones are made again) it quantises
/// the float model again too, and compares the graphs.
///
/// # Errors
/// [`Error::NotReproduced`] naming what differs, and those of every step.
pub fn check(
    project: &Project,
    calibration: Option<Vec<Vec<FloatTensor>>>,
    surroundings: &Surroundings<'_>,
) -> Result<Checked, Error> {
    compare_key(&project.key, &project.graph)?;
    // The graph does not hold them, and the key made again takes them over: quantising with the key's own shows that they are true.
    let (claimed, settings) = (project.key.model().bits, project.settings.bits);
    if claimed != settings {
        return Err(differs(format!(
            "the key says {claimed} bits, the folder was compiled with {settings}"
        )));
    }
    let graph = requantise(project, calibration, surroundings)?;
    let made = compile_again(project, surroundings)?;
    match difference(&project.key, &made) {
        Some(what) => Err(differs(what)),
        None => Ok(Checked {
            circuits: made.circuits().iter().map(|circuit| circuit.form).collect(),
            graph,
        }),
    }
}

fn requantise(
    project: &Project,
    calibration: Option<Vec<Vec<FloatTensor>>>,
    surroundings: &Surroundings<'_>,
) -> Result<GraphChecked, Error> {
    let settings = &project.settings;
    let samples = match calibration {
        Some(samples) => samples,
        None if settings.calibration == RANDOM_INPUTS => {
            random_samples(&project.float, settings.calibration_samples)
        }
        None => return Ok(GraphChecked::NoData),
    };
    let digest = hex(&calibration_digest(&samples));
    if digest != settings.calibration_digest {
        return Err(Error::OtherCalibration {
            expected: settings.calibration_digest.clone(),
            found: digest,
        });
    }
    let options = QuantizeOptions::with_bits(settings.bits);
    let made = during(surroundings.progress, Stage::Quantise, || {
        quantize(&project.float, &samples, &options)
    })?;
    match made.graph.digest() == project.graph.digest() {
        true => Ok(GraphChecked::Quantised(samples.len())),
        false => Err(differs(format!(
            "the float model is quantised to the graph {}, this one is {}",
            hex(&made.graph.digest()),
            hex(&project.graph.digest())
        ))),
    }
}

/// The key that this program makes of the graph.
fn compile_again(project: &Project, surroundings: &Surroundings<'_>) -> Result<Arc<VerifyingKey>, Error> {
    let key = &project.key;
    let description = Description {
        name: &key.model().name,
        bits: key.model().bits,
        target: &key.model().target,
    };
    let target: Target = description.target.parse()?;
    let circuits = during(surroundings.progress, Stage::Plan, || {
        key.circuits()
            .iter()
            .map(|circuit| PlannedCircuit::of_key(&project.graph, target, key, circuit.form))
            .collect::<Result<Vec<_>, ProverError>>()
    })?;
    let srs = (key.srs().digest(), key.srs().provenance().to_string());
    surroundings.keeps(&srs)?;
    let get = |k| get_srs(&srs, k, surroundings);
    Ok(compile(&circuits, description, &get, None, surroundings.progress)?.key)
}

/// What differs first between a key and the one that was made again.
fn difference(key: &VerifyingKey, made: &VerifyingKey) -> Option<String> {
    if key.to_bytes() == made.to_bytes() {
        return None;
    }
    if key.model() != made.model() {
        return Some("the key's layers or number of parameters are not the graph's".to_owned());
    }
    let circuits = key.circuits().iter().zip(made.circuits());
    let other = circuits.clone().find(|(circuit, made)| circuit != made);
    Some(other.map_or_else(
        || "the key has other circuits".to_owned(),
        |(circuit, made)| {
            let what = if circuit.statement == made.statement {
                "weights or gates"
            } else {
                "statement"
            };
            format!(
                "the {what} of the circuit for {} are not the graph's",
                circuit.form
            )
        },
    ))
}
