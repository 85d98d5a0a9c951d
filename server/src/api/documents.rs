//! What is in the files that the API hands out and takes, for its description: other crates write and read them.
#![allow(dead_code, reason = "describes files; nothing is made of it")]

mod layout;

use std::collections::BTreeMap;

pub(super) use layout::Layout;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::job::{Cause, JobKind, JobState};

/// A proof with the values that it speaks about.
#[derive(Serialize, ToSchema)]
pub(super) struct ProofBundle {
    /// `hallmark-proof`.
    format: String,
    /// Version of the format.
    version: u32,
    /// The model that it claims to be for.
    model_id: String,
    /// `public`, `private-input` or `public-batch`.
    visibility: String,
    /// How challenges are derived: `blake2b` or `keccak`.
    transcript: String,
    /// Digest of the SRS that it claims to be made with, hexadecimal.
    srs_digest: String,
    /// The nonce, 64 hexadecimal digits.
    nonce: String,
    /// Integers of every input in the clear, row-major.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<Vec<i64>>,
    /// The commitment to private inputs, hexadecimal.
    #[schema(nullable = false)]
    input_commitment: Option<String>,
    /// Integers of every output, row-major.
    outputs: Vec<Vec<i64>>,
    /// The proof, in base64.
    proof: String,
}

/// All that a proof can be checked with offline.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditFile {
    /// `hallmark-audit`.
    format: String,
    /// Version of the format.
    version: u32,
    /// The proof.
    bundle: ProofBundle,
    /// The model's verifying key, in base64.
    verifying_key: String,
    /// The receipt.
    receipt: AuditReceipt,
    /// That it is in the log.
    inclusion: AuditInclusion,
    /// The log.
    head: AuditHead,
}

/// An entry of the receipt log.
#[derive(Serialize, ToSchema)]
struct AuditReceipt {
    /// Its place, from 0.
    index: u64,
    /// The entry as it was hashed.
    entry: String,
    /// SHA-256 of a zero byte and the entry, hexadecimal.
    leaf_hash: String,
}

/// The way from an entry to the root.
#[derive(Serialize, ToSchema)]
struct AuditInclusion {
    /// Of the log with so many entries.
    tree_size: u64,
    /// The hashes beside the way, from the leaf up, hexadecimal.
    path: Vec<String>,
}

/// The log at one time.
#[derive(Serialize, ToSchema)]
struct AuditHead {
    /// How many entries it has.
    tree_size: u64,
    /// The hash that stands for all of them, hexadecimal.
    root_hash: String,
    /// Signed by its owner.
    signed: AuditSignature,
}

/// The signature of a log's head.
#[derive(Serialize, ToSchema)]
struct AuditSignature {
    /// The log's name: its first key, hexadecimal.
    log: String,
    /// When this was signed, in milliseconds since the epoch.
    time_ms: u64,
    /// The signature by the last key, hexadecimal.
    signature: String,
    /// The keys that followed the first one.
    rotations: Vec<super::receipts::Rotation>,
}

/// What opens the commitment to a private input.
#[derive(Serialize, ToSchema)]
pub(super) struct Opening {
    /// That it is secret.
    note: String,
    /// The model.
    model_id: String,
    /// The commitment, hexadecimal.
    commitment: String,
    /// The salt, hexadecimal.
    salt: String,
    /// Integers of every input, row-major.
    inputs: Vec<Vec<i64>>,
}

/// How the integers agree with the floats on the calibration data.
#[derive(Serialize, ToSchema)]
pub(super) struct Accuracy {
    /// Number of samples.
    samples: u64,
    /// Samples that the integer model refused because a value left its interval.
    refused: u64,
    /// Why the first of them was refused.
    first_refusal: Option<String>,
    /// Per output.
    outputs: Vec<OutputAccuracy>,
    /// Figures of every tensor of the integer graph, in its order.
    tensors: Vec<BTreeMap<String, Value>>,
}

/// Agreement of an output; a figure over no samples is null.
#[derive(Serialize, ToSchema)]
struct OutputAccuracy {
    /// The output's name.
    name: String,
    /// Greatest magnitude of the difference from the float output.
    max_abs_error: Option<f64>,
    /// Mean magnitude of the difference.
    mean_abs_error: Option<f64>,
    /// Greatest magnitude of the float output.
    max_abs_value: Option<f64>,
    /// The column whose error is the greatest beside its own spread.
    worst_column: Option<ColumnAccuracy>,
    /// All columns (places along the last axis), unless there are many.
    columns: Vec<ColumnAccuracy>,
    /// Share of rows whose greatest element is at the same place.
    argmax_agreement: Option<f64>,
}

/// Agreement of the elements at one place along an output's last axis.
#[derive(Serialize, ToSchema)]
struct ColumnAccuracy {
    /// The place.
    index: u64,
    /// Greatest magnitude of the difference from the float values.
    max_abs_error: f64,
    /// Mean magnitude of the difference.
    mean_abs_error: f64,
    /// The greatest float value less the least.
    spread: f64,
    /// Elements that were compared.
    elements: u64,
}

/// Accuracy and circuits of a model, as they were when it was compiled.
#[derive(Serialize, ToSchema)]
pub(super) struct ModelReport {
    /// The name in its key.
    model: String,
    /// Its id.
    model_id: String,
    /// Number of weights.
    parameters: u64,
    /// Bits of activations and weights.
    bits: u32,
    /// What the layout was made for.
    target: String,
    /// Where its scales come from.
    calibration: String,
    /// Number of calibration samples.
    calibration_samples: u64,
    /// Their digest, hexadecimal.
    calibration_digest: String,
    /// The SRS of its keys.
    srs: ReportedSrs,
    /// How the integers agree with the floats.
    accuracy: Accuracy,
    /// What its answers lack.
    warnings: Vec<String>,
    /// Shapes of inputs whose axes the ONNX file leaves open.
    input_shapes: BTreeMap<String, Vec<u64>>,
    /// One circuit per kind of statement.
    circuits: Vec<ReportedCircuit>,
    /// Milliseconds of laying circuits out.
    compile_ms: f64,
    /// Milliseconds of making keys.
    keygen_ms: f64,
}

/// An SRS, recognised by its points.
#[derive(Serialize, ToSchema)]
struct ReportedSrs {
    /// Its digest, hexadecimal.
    digest: String,
    /// `insecure`, `ceremony` or `unknown`.
    provenance: String,
    /// Its name, if it has one.
    name: Option<String>,
    /// Whether anybody can forge proofs over it.
    insecure: bool,
}

/// A circuit in a report.
#[derive(Serialize, ToSchema)]
struct ReportedCircuit {
    /// `public` or `private-input`.
    visibility: String,
    /// It has 2^k rows.
    k: u32,
    /// Number of advice columns.
    advice_columns: u64,
    /// Number of fixed columns.
    fixed_columns: u64,
    /// Length of a proof.
    proof_bytes: u64,
    /// Its layout.
    layout: Layout,
}

/// What a webhook is told: that a job ended, or that this is a test.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookMessage {
    /// Its id, the same in every attempt.
    id: String,
    /// What it tells: `job.done`, `job.failed`, `job.cancelled`, `job.dead` or `webhook.test`.
    #[serde(rename = "type")]
    kind: String,
    /// When it was written, in milliseconds since the epoch.
    created_ms: u64,
    /// The job that ended.
    #[schema(nullable = false)]
    job: Option<EndedJob>,
    /// The webhook that is tried.
    #[schema(nullable = false)]
    webhook: Option<String>,
}

/// A job that ended.
#[derive(Serialize, ToSchema)]
struct EndedJob {
    /// Its id.
    id: String,
    /// What it did.
    kind: JobKind,
    /// How it ended.
    state: JobState,
    /// Its model.
    model_id: Option<String>,
    /// Why it did not succeed.
    cause: Option<Cause>,
    /// What came with its request.
    metadata: Value,
    /// When it ended, in milliseconds since the epoch.
    finished_ms: Option<u64>,
}
