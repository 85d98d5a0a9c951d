//! A float model, and the inputs that decide the scales of its integers.

use crate::error::Error;
use crate::importing::{InputShapes, import_model};
use crate::samples::{RANDOM_INPUTS, parse_samples, random_samples};
use hallmark_import::Imported;
use hallmark_model::{FloatTensor, Graph};
use hallmark_verifier::name::is_model_name;

/// One tensor for every input of a model, in the model's order.
pub type Sample = Vec<FloatTensor>;

/// A float model, as an ONNX file holds it.
///
/// ```
/// use hallmark::{FloatTensor, Model, digits};
///
/// # fn main() -> Result<(), hallmark::Error> {
/// let model = Model::from_onnx(digits::CNN)?.named("digits-cnn");
/// assert_eq!(model.inputs(), [("image".to_owned(), vec![1, 1, 8, 8])]);
///
/// // Inputs come from JSON, .npy and .npz …
/// let typical = model.samples(digits::CALIBRATION)?;
/// assert_eq!(typical[0][0].shape(), [1, 1, 8, 8]);
/// // … or are put together.
/// let black = vec![FloatTensor::zeros(vec![1, 1, 8, 8])];
/// let calibrated = model.calibrate([typical, vec![black]].concat())?;
/// assert!(calibrated.samples().len() > 1);
/// # Ok(())
/// # }
/// ```
pub struct Model {
    name: String,
    onnx: Vec<u8>,
    imported: Imported,
}

impl Model {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// [`Error::Import`], which names every node that is not supported, or the axes whose lengths the file leaves open.
    pub fn from_onnx(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::from_onnx_with(bytes, &InputShapes::default(), None)
    }

    /// Reads an ONNX file whose inputs may have open axes. What `shapes` does not say is taken from the shapes that `data`, the bytes of a
    /// file of inputs, state.
    ///
    /// # Errors
    /// As [`Self::from_onnx`].
    pub fn from_onnx_with(
        bytes: impl Into<Vec<u8>>,
        shapes: &InputShapes,
        data: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let onnx = bytes.into();
        let imported = import_model(&onnx, shapes, data)?;
        let name = match is_model_name(&imported.name) {
            true => imported.name.clone(),
            false => "model".to_owned(),
        };
        Ok(Self { name, onnx, imported })
    }

    /// With this name in its key: a claim of the author's, bound by the id. Without it, the name of the graph in the file if a model may have
    /// it ([`is_model_name`]), or `model`: equal files give equal ids, whatever they are called.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The float graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.imported.graph
    }

    /// Names and shapes of its inputs.
    #[must_use]
    pub fn inputs(&self) -> Vec<(String, Vec<usize>)> {
        let graph = self.graph();
        let values = graph.inputs.iter().filter_map(|id| graph.values.get(id.0));
        values
            .map(|value| (value.name.clone(), value.shape.clone()))
            .collect()
    }

    /// The samples in a file's bytes: JSON, `.npy` or `.npz`, see `docs/import.md`.
    ///
    /// # Errors
    /// [`Error::Input`] that names what is wrong.
    pub fn samples(&self, file: &[u8]) -> Result<Vec<Sample>, Error> {
        parse_samples(file, self.graph())
    }

    /// Takes typical inputs, which decide the scales of all tensors: inputs that go far beyond them are refused later. Some ten to a
    /// hundred do.
    ///
    /// # Errors
    /// [`Error::NoSamples`] if there are none. Whether they fit the model is seen when it is compiled.
    pub fn calibrate(self, samples: Vec<Sample>) -> Result<CalibratedModel, Error> {
        self.calibrate_as(samples, "data")
    }

    /// As [`Self::calibrate`], with words for where the samples come from, which the model's folder keeps.
    ///
    /// # Errors
    /// As [`Self::calibrate`].
    pub fn calibrate_as(self, samples: Vec<Sample>, words: &'static str) -> Result<CalibratedModel, Error> {
        match samples.is_empty() {
            true => Err(Error::NoSamples),
            false => Ok(CalibratedModel {
                model: self,
                samples,
                words,
            }),
        }
    }

    /// Guesses: takes `count` random inputs in [−1, 1], always the same. Real inputs may be refused as out of range, or lose precision.
    ///
    /// # Errors
    /// [`Error::NoSamples`] for a count of 0.
    pub fn calibrate_on_random_inputs(self, count: usize) -> Result<CalibratedModel, Error> {
        let samples = random_samples(self.graph(), count);
        self.calibrate_as(samples, RANDOM_INPUTS)
    }

    /// A model without its file, whose folder cannot be loaded again.
    pub(crate) fn of(imported: Imported) -> Self {
        Self {
            name: "model".to_owned(),
            onnx: Vec::new(),
            imported,
        }
    }

    pub(crate) fn imported(&self) -> &Imported {
        &self.imported
    }

    /// The file, the float graph, and shapes of inputs whose axes the file leaves open.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Imported) {
        (self.onnx, self.imported)
    }
}

impl From<Graph> for Model {
    /// A float graph that was made by a program. Without an ONNX file its folder cannot be loaded again.
    fn from(graph: Graph) -> Self {
        Self::of(graph.into())
    }
}

/// A float model with the inputs that decide its scales.
pub struct CalibratedModel {
    model: Model,
    samples: Vec<Sample>,
    words: &'static str,
}

impl CalibratedModel {
    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The inputs.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Where they come from, in words.
    #[must_use]
    pub fn words(&self) -> &'static str {
        self.words
    }

    pub(crate) fn into_model(self) -> Model {
        self.model
    }
}
