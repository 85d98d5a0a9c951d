//! Input files.

use crate::contents::Contents;
use crate::error::Error;
use crate::reading::read_file;
use hallmark_import::input::{self, InputLimits, InputSpec};
use hallmark_model::{FloatTensor, Graph, Value, Whole};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::path::Path;

/// Where the scales of [`random_samples`] come from, in the words of a project's settings.
pub const RANDOM_INPUTS: &str = "random inputs";

/// The samples in `path` (.json, .npy, .npz), each with one tensor per input of `graph`.
///
/// # Errors
/// [`Error`] that names the file and what is wrong in it.
pub fn read_samples(path: &Path, graph: &Graph) -> Result<Vec<Vec<FloatTensor>>, Error> {
    parse_samples(&read_file(path, Contents::Inputs)?, graph).map_err(|error| error.at(path))
}

/// The samples in a file's bytes.
///
/// # Errors
/// [`Error::Input`] that names what is wrong.
pub fn parse_samples(bytes: &[u8], graph: &Graph) -> Result<Vec<Vec<FloatTensor>>, Error> {
    Ok(input::parse(
        bytes,
        &InputSpec::of_graph(graph),
        &InputLimits::default(),
    )?)
}

/// The only sample in a file's bytes.
///
/// # Errors
/// As [`parse_samples`], and [`Error::Samples`] if there are several.
pub fn parse_one(bytes: &[u8], graph: &Graph) -> Result<Vec<FloatTensor>, Error> {
    let mut samples = parse_samples(bytes, graph)?;
    match (samples.pop(), samples.len()) {
        (Some(sample), 0) => Ok(sample),
        (_, others) => Err(Error::Samples(others + 1)),
    }
}

/// Seeded random samples, for calibration where there is no data: reals in [-1, 1], integers anywhere in a type of up to 16 bits, and
/// from 0 to 127 in a wider one.
pub fn random_samples(graph: &Graph, count: usize) -> Vec<Vec<FloatTensor>> {
    let mut random = ChaCha20Rng::from_seed([0x5a; 32]);
    let mut unit = || f64::from(random.next_u32()) / f64::from(u32::MAX);
    let mut tensor = |value: &Value| {
        let element = || match value.whole {
            None => (unit() * 2.0 - 1.0) as f32,
            Some(Whole { kind, .. }) => {
                let (low, high) = if kind.is_narrow() { kind.holds } else { (0, 127) };
                (low as f64 + (unit() * (high - low) as f64).round()) as f32
            }
        };
        FloatTensor::from_shape_simple_fn(value.shape.clone(), element)
    };
    let inputs = || graph.inputs.iter().filter_map(|id| graph.values.get(id.0));
    (0..count).map(|_| inputs().map(&mut tensor).collect()).collect()
}

/// `samples` and copies of them by the factors, for calibration on a few inputs. Integers stay what they are.
pub fn scaled_copies(graph: &Graph, samples: &[Vec<FloatTensor>], factors: &[f32]) -> Vec<Vec<FloatTensor>> {
    let is_whole = |position: usize| {
        let value = graph.inputs.get(position).and_then(|id| graph.values.get(id.0));
        value.is_some_and(|value| value.whole.is_some())
    };
    let scaled = |factor: f32, sample: &Vec<FloatTensor>| {
        let tensors = sample.iter().enumerate();
        tensors
            .map(|(position, tensor)| match is_whole(position) {
                true => tensor.clone(),
                false => tensor.mapv(|v| v * factor),
            })
            .collect()
    };
    factors
        .iter()
        .flat_map(|&factor| samples.iter().map(move |sample| scaled(factor, sample)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_model::{IntegerType, ValueId};

    #[test]
    fn integers_are_sampled_as_integers_and_not_scaled() {
        let value = |name: &str, whole: Option<IntegerType>| Value {
            name: name.to_owned(),
            shape: vec![50],
            constant: None,
            whole: whole.map(Whole::of),
        };
        let boolean = IntegerType {
            name: "bool",
            holds: (0, 1),
        };
        let graph = Graph {
            values: vec![
                value("x", None),
                value("id", Some(IntegerType::INDEX)),
                value("flag", Some(boolean)),
            ],
            inputs: vec![ValueId(0), ValueId(1), ValueId(2)],
            ..Graph::default()
        };
        let samples = random_samples(&graph, 4);
        for (position, (low, high)) in [(0, (-1.0, 1.0)), (1, (0.0, 127.0)), (2, (0.0, 1.0))] {
            let elements = samples.iter().flat_map(|sample| &sample[position]);
            assert!(elements.clone().all(|x| (low..=high).contains(x)));
            assert!(elements.clone().any(|x| *x > high / 2.0));
            assert_eq!(elements.clone().all(|x| x.fract() == 0.0), position > 0);
        }
        let copies = scaled_copies(&graph, &samples, &[1.0, 2.0]);
        assert_eq!(copies[4][0], samples[0][0].mapv(|x| 2.0 * x));
        assert_eq!(copies[4][1..], samples[0][1..]);
    }
}
