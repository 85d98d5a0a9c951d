//! A job as the database holds it.

use super::{Cause, JobId, JobKind, JobSpec, JobStage, JobState, KeyId, model_id_text};
use crate::digest::Digest;
use crate::element::Element;
use hallmark::Output;
use hallmark_verifier::ModelId;
use serde::{Deserialize, Serialize};

/// A job as the database holds it. Times are in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: String,
    /// The key that asked for it.
    pub key: Option<KeyId>,
    /// The kind of work.
    pub kind: JobKind,
    /// The work.
    pub spec: JobSpec,
    /// The model: of a proof from the beginning, of a compilation from its end.
    pub model_id: Option<ModelId>,
    /// Where it stands.
    pub state: JobState,
    /// Greater comes first.
    pub priority: i64,
    /// Attempts begun.
    pub attempt: i64,
    /// Attempts allowed.
    pub max_attempts: i64,
    /// The worker of the present or last attempt.
    pub worker: Option<String>,
    /// When the present attempt's lease ends.
    pub lease_until_ms: Option<i64>,
    /// Not to be claimed before.
    pub run_after_ms: i64,
    /// When it was accepted.
    pub created_ms: i64,
    /// When its first attempt began.
    pub started_ms: Option<i64>,
    /// When its present or last attempt began.
    pub attempt_started_ms: Option<i64>,
    /// When it ended.
    pub finished_ms: Option<i64>,
    /// Whether somebody asked for its end.
    pub cancel_requested: bool,
    /// When its input was erased.
    pub input_erased_ms: Option<i64>,
    /// When its owner deleted it: only what its receipt says is left, or soon will be.
    pub deleted_ms: Option<i64>,
    /// What it made.
    pub result: Option<JobResult>,
    /// Why it did not succeed; of a queued job, why its last attempt did not.
    pub cause: Option<Cause>,
    /// Times of the last attempt.
    pub stages: Vec<StageTime>,
    /// How long it is expected to run.
    pub estimate_ms: Option<i64>,
    /// Greatest resident memory of the child process during the job.
    pub peak_bytes: Option<i64>,
    /// Place in the receipt log.
    pub receipt_index: Option<i64>,
    /// Attempts that were lost with their workers; they do not count against [`Self::max_attempts`].
    pub lost: i64,
    /// How many may be lost before the job is given up.
    pub max_lost: i64,
    /// Its place among waiting jobs of equal priority: the least comes first, then the oldest.
    pub turn: i64,
    /// How long one attempt is expected to take, by what such jobs took here before.
    pub reserved_ms: i64,
    /// How long its attempts took.
    pub used_ms: i64,
}

/// How long a stage took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StageTime {
    /// The stage.
    pub stage: JobStage,
    /// Its time in milliseconds.
    pub ms: f64,
}

/// What a job made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobResult {
    /// A proof.
    Prove(ProveResult),
    /// A model.
    Compile(CompileResult),
}

/// A proof that was verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProveResult {
    /// The model's answer.
    pub outputs: Vec<OutputTensor>,
    /// The proof, an artifact.
    pub bundle: BundleInfo,
    /// What opens the commitment to a private input: an artifact that only the owner may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Digest>,
}

/// Where a bundle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleInfo {
    /// Digest of its compact form, under which it is stored.
    pub digest: Digest,
    /// Length of the compact form.
    pub bytes: u64,
    /// Length of the proof in it.
    pub proof_bytes: u64,
}

/// One output of a model, row-major.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutputTensor {
    /// Name of the tensor.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What its integers stand for.
    #[serde(default)]
    pub element: Element,
    /// An integer v stands for `v / 2^scale_bits`; 0 where the integers are the numbers, not there for quantised ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_bits: Option<i32>,
    /// Of quantised numbers, the step from one to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f32>,
    /// Of quantised numbers, the integer that stands for zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_point: Option<i64>,
    /// The integer model's elements.
    pub integers: Vec<i64>,
    /// What the integers stand for.
    pub values: Vec<f64>,
    /// Index of the largest element, the first of equal ones, where the tensor has one axis that is not 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argmax: Option<usize>,
}

impl From<Output> for OutputTensor {
    fn from(output: Output) -> Self {
        Self {
            argmax: output.argmax(),
            name: output.name,
            shape: output.shape,
            element: output.element.into(),
            scale_bits: output.element.scale_bits(),
            scale: output.element.scale(),
            zero_point: output.element.zero_point(),
            integers: output.integers,
            values: output.values,
        }
    }
}

/// A model that was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileResult {
    /// Its id.
    #[serde(with = "model_id_text")]
    pub model_id: ModelId,
}
