//! From the bytes of an ONNX model to a compiled model and its prover: what the command line and the server share.
//!
//! A [`Source`] (ONNX, calibration inputs) is [`build`]t into a [`Project`] with keys. A project lies in a folder
//! ([`Project::load`]) or is put together from its files' bytes ([`Project::from_parts`]), and is [`open`]ed for proving.
//! Paths and progress come from the caller.

mod checking;
mod comparison;
mod compiling;
mod error;
mod finding;
mod folder;
mod input;
mod interface;
mod opening;
mod progress;
mod quality;
mod report;
mod srs;

pub use checking::{Checked, GraphChecked, RANDOM_INPUTS, check, compare_key};
pub use comparison::{Comparison, OutputComparison, argmax, compare, run_batch, run_integers};
pub use compiling::{
    BuildOptions, Built, InputShapes, Source, Surroundings, build, calibration_digest, import_model,
    import_onnx,
};
pub use error::{Class, ProjectError};
pub use finding::{AtMostBits, Fault, Finding};
pub use folder::{
    GRAPH_FILE, KEY_FILE, ONNX_FILE, PROJECT_FILE, Parts, Project, REPORT_FILE, Settings, check_place,
    opening_path, read_file, read_graph, read_key, read_own_key, read_stream,
};
pub use input::{parse_one, parse_samples, random_samples, read_one, read_samples, scaled_copies};
pub use interface::Interface;
pub use opening::{open, opening_json};
pub use progress::{Progress, Step, during};
pub use report::{memory_estimate_bytes, report};
pub use srs::{SrsChoice, get_srs, import_srs, srs_json};
