//! What can go wrong around a compiled model.

use crate::contents::Contents;
use crate::finding::Finding;
use hallmark_circuits::{CircuitError, UnknownTarget};
use hallmark_import::ImportError;
use hallmark_import::input::InputError;
use hallmark_model::ModelError;
use hallmark_prover::{Class, ProverError};
use hallmark_verifier::VerifyError;
use std::io;
use std::path::{Path, PathBuf};

/// Errors of this crate. Messages name the place, what was expected, what came, and the remedy.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is not there.
    #[error("{} is not the folder of a compiled model; make one with `hallmark compile MODEL.onnx -o DIR`", .0.display())]
    NoFolder(PathBuf),
    /// A folder in which no tests of operators lie.
    #[error(
        "{} has no tests of operators: a folder for each is expected, with model.onnx and test_data_set_0/input_0.pb and \
         output_0.pb, as `onnx.backend.test` writes them",
        .0.display()
    )]
    NoTests(PathBuf),
    /// Files of another version of this program.
    #[error("{what}: format {got}, this program reads format {expected}; compile the model again")]
    Format {
        /// The folder.
        what: String,
        /// Its format.
        got: u32,
        /// The one that is read.
        expected: u32,
    },
    /// A JSON file that cannot be read.
    #[error("{what}: {problem}; compile the model again")]
    Json {
        /// The file.
        what: String,
        /// Why.
        problem: serde_json::Error,
    },
    /// The key is not what the model compiles to.
    #[error(
        "{what}: the key is not that of this model, whatever it says; it comes from somebody else, or another version of this \
         program made it: ask the model's author, or compile the model again"
    )]
    NotReproduced {
        /// What differs.
        what: String,
    },
    /// The calibration data are not those that the model was compiled with.
    #[error(
        "--calibration: these data have digest {found}, the model was compiled with {expected}: give the same samples in the same order"
    )]
    OtherCalibration {
        /// Digest in the model's folder.
        expected: String,
        /// Digest of the data that were given.
        found: String,
    },
    /// A target that this program does not know.
    #[error("{0}; compile the model again")]
    Target(#[from] UnknownTarget),
    /// The path cannot be a folder's.
    #[error("--output: {0:?} is not the name of a folder")]
    NotAName(PathBuf),
    /// There is a compiled model already.
    #[error("{} is there already; replace it with --force", .0.display())]
    Exists(PathBuf),
    /// There is something else.
    #[error("{} is there and not the folder of a compiled model; choose another one", .0.display())]
    SomethingElse(PathBuf),
    /// A file that is larger than what it is read as can be.
    #[error("{}: {}; is it the file that is meant?", path.display(), match size {
        Some(size) => format!("{size} bytes, but {contents} has at most {}", contents.limit()),
        None => format!("more than {} bytes, the most that {contents} can have", contents.limit()),
    })]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it is read as.
        contents: Contents,
        /// Its size in bytes; of a stream it is not known.
        size: Option<u64>,
    },
    /// A circuit that needs more memory than it may take.
    #[error(
        "keys and proofs of the circuit for {circuit} statements need about {} MB, {} MB are allowed: allow more, or make the model smaller",
        needed / 1_000_000, limit / 1_000_000
    )]
    Memory {
        /// The kind of statement.
        circuit: &'static str,
        /// What it is expected to need, in bytes.
        needed: u64,
        /// What it may take, in bytes.
        limit: u64,
    },
    /// A file that could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Several samples where one was expected.
    #[error("one sample expected, got {0}; make a file for each")]
    Samples(usize),
    /// No samples to choose scales by.
    #[error("no samples to choose scales by: give some typical inputs")]
    NoSamples,
    /// Other numbers of samples than a batch takes.
    #[error(
        "{got} samples for a batch of {executions}: prove them in several batches, or compile with another --batch"
    )]
    BatchSize {
        /// Samples given.
        got: usize,
        /// What the batch takes.
        executions: usize,
    },
    /// An SRS that cannot be meant.
    #[error("--srs: {0:?} is neither a file, nor a digest of 64 hexadecimal digits, nor `dev`")]
    SrsChoice(String),
    /// A file's SRS, or one that is named by its digest, without a place where it is kept.
    #[error(
        "only the development SRS can be used without a cache: name a folder in `Surroundings::cache`, where those of ceremonies are kept"
    )]
    NoCache,
    /// An input or output whose name no verifying key can hold.
    #[error(
        "the name of the input or output {shown:?} ({bytes} bytes) cannot be in a verifying key, which has names of 1 to 256 bytes \
         without control and invisible characters: rename it in the model"
    )]
    TensorName {
        /// How it begins.
        shown: String,
        /// Its length.
        bytes: usize,
    },
    /// More inputs and outputs than a verifying key has room for.
    #[error(
        "the model has {found} inputs and outputs, a verifying key has room for {limit}: join some of them, or leave out outputs"
    )]
    Tensors {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The integer model's answers are grossly wrong.
    #[error("the integer model would not answer what the float model answers: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Inaccurate(Vec<Finding>),
    /// The float and the integer model disagree about the outputs.
    #[error("the float and the integer model have different outputs; please report this")]
    Outputs,
    /// A file is not acceptable.
    #[error("{}: {source}", path.display())]
    At {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<Error>,
    },
    /// A model or value is not acceptable.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An ONNX file is not acceptable.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// An input is not acceptable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The model has no circuit.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// A key or proof is not acceptable.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Keys or proofs could not be made.
    #[error(transparent)]
    Prover(#[from] ProverError),
}

impl Error {
    /// Who has to act.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::NotAName(_)
            | Self::Exists(_)
            | Self::SomethingElse(_)
            | Self::SrsChoice(_)
            | Self::NoCache => Class::Usage,
            Self::File { source, .. } => {
                use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
                // A file that is not there is a bad input; everything else a matter of resources.
                if matches!(source.kind(), NotFound | IsADirectory | NotADirectory) {
                    Class::Input
                } else {
                    Class::Resource
                }
            }
            Self::Memory { .. } => Class::Resource,
            Self::Outputs => Class::Internal,
            Self::At { source, .. } => source.class(),
            Self::Prover(error) => error.class(),
            Self::Model(
                ModelError::OutOfRange { .. }
                | ModelError::InputOutOfRange { .. }
                | ModelError::NotFinite { .. }
                | ModelError::NotWhole { .. }
                | ModelError::ShapeMismatch { .. }
                | ModelError::InputCount { .. },
            )
            | Self::NoFolder(_)
            | Self::NoTests(_)
            | Self::TooLarge { .. }
            | Self::NoSamples
            | Self::Samples(_)
            | Self::BatchSize { .. }
            | Self::Input(_)
            | Self::Verify(_) => Class::Input,
            Self::Format { .. }
            | Self::Json { .. }
            | Self::NotReproduced { .. }
            | Self::OtherCalibration { .. }
            | Self::Target(_)
            | Self::TensorName { .. }
            | Self::Tensors { .. }
            | Self::Inaccurate(_)
            | Self::Model(_)
            | Self::Import(_)
            | Self::Circuit(_) => Class::Model,
        }
    }

    /// Says which file the error is about.
    #[must_use]
    pub fn at(self, path: &Path) -> Self {
        Self::At {
            path: path.to_owned(),
            source: Box::new(self),
        }
    }

    pub(crate) fn file(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |source| Self::File {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
