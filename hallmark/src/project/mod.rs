//! From the bytes of an ONNX model to a compiled model and its prover: what the command line and the server share.
//!
//! A [`crate::CalibratedModel`] is [`build`]t into a [`Project`] with keys. A project lies in a folder
//! ([`Project::load`]) or is put together from its files' bytes ([`Project::from_parts`]), and is [`open`]ed for proving.
//! Paths and progress come from the caller.

mod checking;
mod comparison;
mod compiling;
mod folder;
mod graph;
mod key;
mod memory;
mod opening;
mod plans;
mod quality;
mod report;
mod srs;

pub use crate::contents::Contents;
pub use crate::finding::{AtMostBits, Fault, Finding};
pub use crate::importing::{InputShapes, import_model};
pub use crate::reading::{read_file, read_stream};
pub use crate::samples::{
    RANDOM_INPUTS, parse_one, parse_samples, random_samples, read_samples, scaled_copies,
};
pub use crate::surroundings::Surroundings;
pub use checking::{Checked, GraphChecked, check};
pub use comparison::{Comparison, OutputComparison, compare, run_batch, run_integers};
pub(crate) use compiling::assess;
pub use compiling::{Built, CompileOptions, build, calibration_digest};
pub use folder::{
    GRAPH_FILE, KEY_FILE, ONNX_FILE, PLAN_FILE, PROJECT_FILE, Parts, Project, REPORT_FILE, Settings,
    check_place, opening_path, read_graph, read_key, read_own_key,
};
pub use graph::{StoredGraph, parse_graph};
pub use key::compare_key;
pub use memory::memory_estimate_bytes;
pub use opening::{lay_out, open, opening_json};
pub use report::report;
pub use srs::{SrsChoice, get_srs, import_srs, srs_json};
