//! A model as clients see it.

use crate::api::documents::Accuracy;
use crate::api::time::rfc3339;
use crate::job::{ModelTarget, OPERATOR};
use crate::model_summary::{CircuitSummary, TensorSummary};
use crate::store::ListedModel;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    /// Its id: commits to weights, scales and arithmetic.
    pub model_id: String,
    /// Name under which it is listed: its publisher's word for it.
    pub name: String,
    /// Version of that name. A version never changes.
    pub version: String,
    /// Who lists it under this name.
    pub publisher: String,
    /// Whether that is the server's operator.
    pub operator: bool,
    /// `PUBLISHER/NAME@VERSION`, which names it for everybody who can see it.
    pub reference: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What it does.
    pub description: String,
    /// An SPDX expression, or words.
    pub licence: String,
    /// Whether everybody may see and use it.
    pub public: bool,
    /// Whether it is your own.
    pub mine: bool,
    /// When its owner said that it should not be used any more.
    #[schema(format = DateTime)]
    pub deprecated_at: Option<String>,
    /// Whether its owner said so.
    pub deprecated: bool,
    /// When it was registered.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Number of weights.
    pub parameters: u64,
    /// One line per layer.
    pub layers: Vec<String>,
    /// Bits of activations and weights.
    pub bits: u32,
    /// What the layout was made for.
    pub target: ModelTarget,
    /// Where its scales come from.
    pub calibration: String,
    /// What the SRS of its keys is recognised as by its points, in words.
    pub srs: String,
    /// Digest of that SRS, hexadecimal.
    pub srs_digest: String,
    /// Where it comes from, by its points: `insecure`, `ceremony` or `unknown`.
    pub srs_provenance: String,
    /// Whether anybody can forge its proofs, because the SRS's secret is public.
    pub insecure_srs: bool,
    /// Its inputs.
    pub inputs: Vec<TensorSummary>,
    /// Its outputs.
    pub outputs: Vec<TensorSummary>,
    /// How the integers agree with the floats on the calibration data.
    #[schema(value_type = Accuracy)]
    pub accuracy: Value,
    /// One circuit per kind of statement.
    pub circuits: Vec<CircuitSummary>,
    /// Where more is.
    pub links: ModelLinks,
}

/// Where more about a model is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelLinks {
    /// The model.
    #[serde(rename = "self")]
    pub this: String,
    /// Report on accuracy and circuits.
    pub report: String,
    /// Layout of the circuit, in numbers.
    pub layout: String,
    /// Its picture.
    pub layout_svg: String,
    /// The verifying key.
    pub verifying_key: String,
    /// The key for contracts.
    pub evm_key: String,
    /// Where to run it.
    pub predictions: String,
    /// Where to have it proven.
    pub proofs: String,
}

/// `PUBLISHER/NAME@VERSION`.
pub(super) fn reference(listed: &ListedModel) -> String {
    let registration = &listed.registration;
    format!(
        "{}/{}@{}",
        registration.publisher, registration.name, registration.version
    )
}

impl From<ListedModel> for Model {
    fn from(listed: ListedModel) -> Self {
        let reference = reference(&listed);
        let (registration, summary) = (listed.registration, listed.model.summary);
        let id = listed.model.model_id.to_string();
        let own = format!("/v1/models/{id}");
        Self {
            name: registration.name,
            version: registration.version,
            operator: registration.tenant == OPERATOR,
            publisher: registration.publisher,
            reference,
            tags: registration.tags,
            description: registration.description,
            licence: registration.licence,
            public: registration.public,
            mine: listed.mine,
            deprecated: registration.deprecated_ms.is_some(),
            deprecated_at: registration.deprecated_ms.map(rfc3339),
            created_at: rfc3339(registration.created_ms),
            parameters: summary.parameters,
            layers: summary.layers,
            bits: summary.bits,
            target: summary.target,
            calibration: summary.calibration,
            srs: summary.srs_name,
            srs_digest: summary.srs_digest.to_string(),
            srs_provenance: summary.srs_provenance,
            insecure_srs: summary.insecure_srs,
            inputs: summary.inputs,
            outputs: summary.outputs,
            accuracy: summary.accuracy,
            circuits: summary.circuits,
            links: ModelLinks {
                report: format!("{own}/report"),
                layout: format!("{own}/layout"),
                layout_svg: format!("{own}/layout.svg"),
                verifying_key: format!("{own}/verifying-key"),
                evm_key: format!("{own}/evm/key"),
                predictions: format!("{own}/predictions"),
                proofs: format!("{own}/proofs"),
                this: own,
            },
            model_id: id,
        }
    }
}
