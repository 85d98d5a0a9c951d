//! Proofs that a neural network gave an answer, from a Rust program: **this** model, on **this** input, gave **this** output.
//!
//! ```
//! use hallmark::{CompileOptions, Model, VerifyOptions, digits, verify};
//!
//! # fn main() -> Result<(), hallmark::Error> {
//! // The model's author: from an ONNX file and some typical inputs to circuits and keys.
//! let model = Model::from_onnx(digits::CNN)?;
//! let typical = model.samples(digits::CALIBRATION)?;
//! let compiled = model.calibrate(typical)?.compile(&CompileOptions::default())?;
//!
//! // Whoever runs it: an answer with its proof.
//! let image = compiled.samples(digits::TEST)?.swap_remove(0);
//! let proved = compiled.prove(&image)?;
//!
//! // Anybody: from bytes alone, and the id that the author published.
//! let (bundle, key) = (proved.bundle.to_bytes(), compiled.key().to_bytes());
//! let verified = verify(&bundle, &key, &compiled.id(), &VerifyOptions::default())?;
//! assert_eq!(verified.outputs, proved.verified.outputs);
//! # Ok(())
//! # }
//! ```
//!
//! - [`Model`] is what an ONNX file holds, [`CalibratedModel`] has the inputs that decide its scales, [`CompiledModel`] has circuits and keys:
//!   it runs, proves, and lies in a folder.
//! - [`verify()`] needs a bundle, a key and an id. A program that only verifies depends on `hallmark-verifier` alone, which this re-exports.
//! - [`CompileOptions`], [`ProveOptions`] and [`VerifyOptions`] have defaults; [`Surroundings`] say where files are cached and who is told of progress.
//! - [`Error`] is everything that can go wrong; its [`Class`] says who has to act, and [`Error::words`] what they can do, in the terms of their
//!   [`Interface`].
//!
//! The steps in between, for programs that put them together otherwise as the command line and the service do, are in [`project`].

mod compiled;
pub mod conformance;
mod contents;
pub mod digits;
mod error;
mod finding;
mod importing;
mod interface;
mod model;
mod output;
pub mod project;
mod reading;
mod samples;
mod surroundings;
mod verification;

pub use compiled::CompiledModel;
pub use error::Error;
pub use interface::Interface;
pub use model::{CalibratedModel, Model, Sample};
pub use output::{Output, argmax};
pub use project::{CompileOptions, InputShapes, SrsChoice, Surroundings};
pub use verification::verify;

pub use hallmark_circuits::Target;
pub use hallmark_model::FloatTensor;
pub use hallmark_prover::cache::Cache;
pub use hallmark_prover::{Class, Event, Observer, Opening, ProveOptions, Proved, Stage};
pub use hallmark_verifier::{Bundle, Form, ModelId, SrsPolicy, Verified, VerifyOptions, VerifyingKey};
