//! Input files.

use super::{Contents, Error, read_file};
use hallmark_import::input::{self, InputLimits, InputSpec};
use hallmark_model::{FloatTensor, Graph};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::path::Path;

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

/// Seeded random samples with elements in [-1, 1], for calibration where there is no data.
pub fn random_samples(graph: &Graph, count: usize) -> Vec<Vec<FloatTensor>> {
    let mut random = ChaCha20Rng::from_seed([0x5a; 32]);
    let mut element = || (f64::from(random.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0) as f32;
    (0..count)
        .map(|_| {
            let shapes = graph
                .inputs
                .iter()
                .filter_map(|id| graph.values.get(id.0))
                .map(|value| value.shape.clone());
            shapes
                .map(|shape| FloatTensor::from_shape_simple_fn(shape, &mut element))
                .collect()
        })
        .collect()
}

/// `samples` and copies of them by the factors, for calibration on a few inputs.
pub fn scaled_copies(samples: &[Vec<FloatTensor>], factors: &[f32]) -> Vec<Vec<FloatTensor>> {
    factors
        .iter()
        .flat_map(|factor| {
            samples
                .iter()
                .map(move |sample| sample.iter().map(|tensor| tensor.mapv(|v| v * factor)).collect())
        })
        .collect()
}
