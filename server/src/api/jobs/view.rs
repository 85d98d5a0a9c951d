//! A job as clients see it.

use crate::api::app::App;
use crate::api::time::rfc3339;
use crate::digest::{Digest, hex};
use crate::job::{
    BundleInfo, Cause, CauseKind, JobKind, JobRecord, JobResult, JobSpec, JobState, OutputTensor, StageTime,
};
use crate::problem::Problem;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    /// Its id.
    #[schema(example = "job_019abf2c9f6b7d0e8a3e4c5d6f708192")]
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// The model: of a proof from the beginning, of a compilation from its end.
    pub model_id: Option<String>,
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When its first attempt began.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// Greater comes first among your own jobs; −10 to 10.
    pub priority: i64,
    /// Attempts begun.
    pub attempt: i64,
    /// Attempts allowed, without those that were lost.
    pub max_attempts: i64,
    /// Attempts that were lost because their worker died. They do not count.
    pub lost_attempts: i64,
    /// The worker of the present or last attempt.
    pub worker: Option<String>,
    /// How many of your jobs wait before this waiting one; not in lists. Tenants take turns, by their weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Whether its end was asked for.
    pub cancel_requested: bool,
    /// How long it is expected to run, in milliseconds.
    pub estimate_ms: Option<i64>,
    /// How long its attempts took so far, in milliseconds: what is counted against quotas.
    pub used_ms: i64,
    /// Times of the last attempt.
    pub stages: Vec<StageTime>,
    /// Greatest resident memory of the process that ran it, in bytes.
    pub peak_memory_bytes: Option<i64>,
    /// What the proof is bound to, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Whether the statement holds a commitment to the input instead of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_input: Option<bool>,
    /// What the caller wanted to get back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// Why it did not succeed; of a waiting job, why its last attempt did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<JobCause>,
    /// What it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<JobOutcome>,
    /// Where more is.
    pub links: JobLinks,
}

/// Why a job did not succeed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobCause {
    /// The kind of reason, for programs.
    pub r#type: CauseKind,
    /// The kind in words.
    pub title: &'static str,
    /// What happened.
    pub detail: String,
}

/// What a job made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum JobOutcome {
    /// A proof.
    Proof(ProofOutcome),
    /// A model.
    Model(ModelOutcome),
}

/// A proof.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofOutcome {
    /// The model's answer.
    pub outputs: Vec<OutputTensor>,
    /// The proof bundle.
    pub bundle: BundleSummary,
    /// Always true: no proof leaves without having been verified.
    pub verified: bool,
    /// Place in the receipt log.
    pub receipt_index: Option<i64>,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelOutcome {
    /// Its id.
    pub model_id: String,
    /// Place in the receipt log.
    pub receipt_index: Option<i64>,
}

/// A bundle in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct BundleSummary {
    /// SHA-256 of its compact form, hexadecimal.
    pub digest: String,
    /// Length of the compact form.
    pub bytes: u64,
    /// Length of the proof in it.
    pub proof_bytes: u64,
}

/// Where more about a job is.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobLinks {
    /// The job.
    #[serde(rename = "self")]
    pub this: String,
    /// Its events.
    pub events: String,
    /// Its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The proof bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// What opens the commitment to the private input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<String>,
    /// The file for checking everything offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<String>,
}

impl Job {
    /// With its place in the queue.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn placed(app: &App, record: JobRecord) -> Result<Self, Problem> {
        let position = match record.state {
            JobState::Queued => Some(app.database.queue_position(&record).await?),
            _ => None,
        };
        let mut job = Self::from(record);
        job.position = position;
        Ok(job)
    }
}

impl From<JobRecord> for Job {
    fn from(record: JobRecord) -> Self {
        let links = JobLinks::of(&record);
        let (nonce, private_input, metadata) = match record.spec {
            JobSpec::Prove(spec) => (Some(hex(&spec.nonce)), Some(spec.private_input), spec.metadata),
            JobSpec::Compile(_) => (None, None, None),
        };
        let receipt_index = record.receipt_index;
        Self {
            id: record.id.to_string(),
            kind: record.kind,
            state: record.state,
            model_id: record.model_id.map(|id| id.to_string()),
            created_at: rfc3339(record.created_ms),
            started_at: record.started_ms.map(rfc3339),
            finished_at: record.finished_ms.map(rfc3339),
            priority: record.priority,
            attempt: record.attempt,
            max_attempts: record.max_attempts,
            lost_attempts: record.lost,
            worker: record.worker,
            position: None,
            cancel_requested: record.cancel_requested,
            estimate_ms: record.estimate_ms,
            used_ms: record.used_ms,
            stages: record.stages,
            peak_memory_bytes: record.peak_bytes,
            nonce,
            private_input,
            metadata,
            cause: record.cause.map(JobCause::from),
            result: record.result.map(|result| JobOutcome::of(result, receipt_index)),
            links,
        }
    }
}

impl JobOutcome {
    fn of(result: JobResult, receipt_index: Option<i64>) -> Self {
        match result {
            JobResult::Prove(proof) => Self::Proof(ProofOutcome {
                outputs: proof.outputs,
                bundle: BundleSummary::from(proof.bundle),
                verified: true,
                receipt_index,
            }),
            JobResult::Compile(model) => Self::Model(ModelOutcome {
                model_id: model.model_id.to_string(),
                receipt_index,
            }),
        }
    }
}

impl From<BundleInfo> for BundleSummary {
    fn from(info: BundleInfo) -> Self {
        let digest: Digest = info.digest;
        Self {
            digest: digest.to_string(),
            bytes: info.bytes,
            proof_bytes: info.proof_bytes,
        }
    }
}

impl From<Cause> for JobCause {
    fn from(cause: Cause) -> Self {
        Self {
            r#type: cause.kind,
            title: cause.kind.title(),
            detail: cause.detail,
        }
    }
}

impl JobLinks {
    fn of(record: &JobRecord) -> Self {
        let own = format!("/v1/jobs/{}", record.id);
        let proof = match &record.result {
            Some(JobResult::Prove(proof)) => Some(proof),
            _ => None,
        };
        let opening = proof.is_some_and(|proof| proof.opening.is_some()) && record.input_erased_ms.is_none();
        Self {
            events: format!("{own}/events"),
            model: record.model_id.map(|id| format!("/v1/models/{id}")),
            bundle: proof.map(|_| format!("{own}/bundle")),
            opening: opening.then(|| format!("{own}/opening")),
            audit: proof.and(record.receipt_index).map(|_| format!("{own}/audit")),
            this: own,
        }
    }
}
