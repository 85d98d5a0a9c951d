//! What worker and child say to each other.

use crate::job::{Cause, CompileOptions, JobStage, ModelTarget, OutputTensor, StageTime};
use crate::model_summary::{CircuitSummary, ModelSummary};
use crate::settings::{Kernels, Srs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// The first line: what the process may use, and where its caches are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildConfig {
    /// Folder of cached SRSs and proving keys.
    pub cache: PathBuf,
    /// Memory that it may write to.
    pub memory_bytes: u64,
    /// Memory for opened models.
    pub key_cache_bytes: u64,
    /// Threads of a proof; 0 for one per processor.
    pub threads: usize,
    /// The SRS of new models, and what it has to be.
    pub srs: Srs,
    /// The arithmetic of proofs.
    pub kernels: Kernels,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Make a proof.
    Prove(ProveRequest),
    /// Compile a model.
    Compile(CompileRequest),
    /// Lay a model out, without keys.
    Estimate(EstimateRequest),
}

/// Make a proof: `bundle.bin` and, of a private input, `opening.json` in the output folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProveRequest {
    /// Folder of the compiled model, named by its id, so that equal paths hold equal models.
    pub model: PathBuf,
    /// The input.
    pub input: PathBuf,
    /// Whether the statement holds a commitment to it instead.
    pub private_input: bool,
    /// What the proof is bound to.
    pub nonce: [u8; 32],
    /// Where results go.
    pub output: PathBuf,
}

/// Compile a model: the files of its folder, and `layout.json` and `layout.svg`, in the output folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileRequest {
    /// The ONNX file.
    pub onnx: PathBuf,
    /// Inputs that decide the scales.
    pub calibration: Option<PathBuf>,
    /// Options.
    pub options: CompileOptions,
    /// Where results go.
    pub output: PathBuf,
}

/// Lay a model out and say what its proofs will cost. Writes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateRequest {
    /// The ONNX file.
    pub onnx: PathBuf,
    /// Inputs that decide the scales.
    pub calibration: Option<PathBuf>,
    /// Bits of activations and weights.
    pub bits: u32,
    /// What the layout is made for.
    pub target: ModelTarget,
    /// Whether to lay out a circuit for private inputs too.
    pub private_input: bool,
    /// Shapes of inputs whose axes the file leaves open.
    #[serde(default)]
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// Lengths of symbolic axes, by their names in the file.
    #[serde(default)]
    pub dimensions: BTreeMap<String, usize>,
}

/// What the child tells. A job ends with `Measured` and one of `Proved`, `Compiled` and `Failed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// A stage began.
    Stage {
        /// Which.
        stage: JobStage,
        /// How long it is expected to take.
        estimate_ms: Option<u64>,
        /// Times of the stages before.
        stages: Vec<StageTime>,
    },
    /// What the job took.
    Measured {
        /// Times of its stages.
        stages: Vec<StageTime>,
        /// Greatest resident memory during it.
        peak_bytes: Option<i64>,
    },
    /// The proof is made and verified.
    Proved(ProvedFiles),
    /// The model is compiled.
    Compiled(Box<CompiledFiles>),
    /// What proofs will cost, one entry per kind of statement.
    Estimated {
        /// The circuits.
        circuits: Vec<CircuitSummary>,
    },
    /// It is not possible.
    Failed(Cause),
}

/// A proof in the output folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProvedFiles {
    /// The model's answer.
    pub outputs: Vec<OutputTensor>,
    /// Length of the proof in the bundle.
    pub proof_bytes: u64,
    /// Whether there is an opening.
    pub opening: bool,
}

/// A model in the output folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompiledFiles {
    /// Its id.
    pub model_id: String,
    /// What it is.
    pub summary: ModelSummary,
}

/// The bundle in the output folder.
pub const BUNDLE: &str = "bundle.bin";
/// The opening in the output folder.
pub const OPENING: &str = "opening.json";
/// Summary of the layout in the output folder.
pub const LAYOUT: &str = "layout.json";
/// Its picture.
pub const LAYOUT_SVG: &str = "layout.svg";

/// Standard output.
pub(super) struct Output;

impl Output {
    pub(super) fn send(&self, reply: &Reply) -> Result<(), String> {
        let mut line = serde_json::to_vec(reply).map_err(|error| error.to_string())?;
        line.push(b'\n');
        let mut output = std::io::stdout().lock();
        output
            .write_all(&line)
            .and_then(|()| output.flush())
            .map_err(|error| error.to_string())
    }
}
