//! What lists, estimates and the page say about a model without reading its artifacts.

use crate::digest::Digest;
use crate::element::Element;
use crate::job::ModelTarget;
use hallmark_verifier::ElementKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a model is, in short. Bound by the model id except for `accuracy` and the estimates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// The name in its key.
    pub name: String,
    /// Number of weights.
    pub parameters: u64,
    /// One line per layer.
    pub layers: Vec<String>,
    /// Bits of activations and weights.
    pub bits: u32,
    /// What the layout was made for.
    pub target: ModelTarget,
    /// Where its scales come from, in words.
    pub calibration: String,
    /// What the SRS of its keys is recognised as by its points, in words.
    pub srs_name: String,
    /// Digest of that SRS.
    pub srs_digest: Digest,
    /// `insecure`, `ceremony` or `unknown`.
    pub srs_provenance: String,
    /// Whether anybody can forge its proofs, because the SRS's secret is public.
    pub insecure_srs: bool,
    /// Its inputs.
    pub inputs: Vec<TensorSummary>,
    /// Its outputs.
    pub outputs: Vec<TensorSummary>,
    /// How the integers agree with the floats on the calibration data.
    pub accuracy: Value,
    /// One per kind of statement.
    pub circuits: Vec<CircuitSummary>,
}

/// An input or output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TensorSummary {
    /// Its name.
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
}

impl TensorSummary {
    /// Of a tensor whose integers stand for `element`.
    pub fn new(name: &str, shape: &[usize], element: ElementKind) -> Self {
        Self {
            name: name.to_owned(),
            shape: shape.to_vec(),
            element: element.into(),
            scale_bits: element.scale_bits(),
            scale: element.scale(),
            zero_point: element.zero_point(),
        }
    }
}

/// The circuit for one kind of statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CircuitSummary {
    /// `public` or `private_input`.
    pub visibility: String,
    /// It has 2^k rows.
    pub k: u32,
    /// Number of advice columns.
    pub advice_columns: u64,
    /// Number of fixed columns.
    pub fixed_columns: u64,
    /// Length of a proof.
    pub proof_bytes: u64,
    /// What one proof is expected to take on two cores, in milliseconds.
    pub prove_ms_estimate: u64,
    /// What proving is expected to need, in bytes.
    pub memory_bytes_estimate: u64,
}
