//! From the bytes of an ONNX model to a compiled model and its prover: what the command line and the server share.
//!
//! A [`crate::CalibratedModel`] is [`build`]t into a [`Project`] with keys. A project lies in a folder
//! ([`Project::load`]) or is put together from its files' bytes ([`Project::from_parts`]), and is [`open`]ed for proving.
//! Paths and progress come from the caller.

mod checking;
mod comparison;
mod compiling;
mod finding;
mod folder;
mod graph;
mod input;
mod opening;
mod plans;
mod quality;
mod reading;
mod report;
mod srs;

use crate::Error;

pub use checking::{Checked, GraphChecked, RANDOM_INPUTS, check, compare_key};
pub use comparison::{Comparison, OutputComparison, compare, run_batch, run_integers};
pub use compiling::{
    Built, CompileOptions, InputShapes, Surroundings, build, calibration_digest, import_model,
};
pub(crate) use finding::MOST_BITS;
pub use finding::{AtMostBits, Fault, Finding};
pub use folder::{
    GRAPH_FILE, KEY_FILE, ONNX_FILE, PLAN_FILE, PROJECT_FILE, Parts, Project, REPORT_FILE, Settings,
    check_place, opening_path, read_graph, read_key, read_own_key,
};
pub use graph::{StoredGraph, parse_graph};
pub use input::{parse_one, parse_samples, random_samples, read_samples, scaled_copies};
pub use opening::{lay_out, open, opening_json};
pub use reading::{Contents, read_file, read_stream};
pub use report::{memory_estimate_bytes, report};
pub use srs::{SrsChoice, get_srs, import_srs, srs_json};
