//! `POST /v1/estimates`: what proofs of a model will cost.

use super::App;
use super::extract::Json;
use super::models::visible;
use crate::access::{Caller, Scope};
use crate::model_summary::CircuitSummary;
use crate::problem::Problem;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(estimates))
}

/// Of what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EstimateRequest {
    /// A registered model.
    model_id: String,
}

/// What proofs will cost.
#[derive(Debug, Serialize, ToSchema)]
struct Estimates {
    /// The model, if it is registered.
    model_id: Option<String>,
    /// One per kind of statement.
    circuits: Vec<CircuitEstimate>,
    /// Memory of the process that proves, in bytes.
    available_memory_bytes: u64,
    /// Whether all circuits fit into it.
    fits: bool,
}

/// What proofs of one circuit will cost. Times are rough and for two cores.
#[derive(Debug, Serialize, ToSchema)]
struct CircuitEstimate {
    #[serde(flatten)]
    circuit: CircuitSummary,
    /// Seconds of a proof.
    prove_seconds: f64,
    /// Whether a worker has the memory.
    fits: bool,
    /// Gas of verification on an EVM chain; null as long as there is no contract to measure.
    gas: Option<u64>,
    /// Why there is none.
    gas_reason: Option<&'static str>,
}

/// Estimate the cost of proofs
#[utoipa::path(post, path = "/v1/estimates", tag = "models", request_body = EstimateRequest,
    responses((status = OK, body = Estimates)),
    extensions(("x-scope" = json!("read")), ("x-problems" = json!(["model-not-found"]))))]
async fn estimates(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<EstimateRequest>,
) -> Result<axum::Json<Estimates>, Problem> {
    caller.require(Scope::Read)?;
    let model = visible(&app, &caller, &request.model_id).await?.model;
    Ok(axum::Json(Estimates::new(
        Some(model.model_id.to_string()),
        model.summary.circuits,
        app.settings.workers.memory_mb << 20,
    )))
}

impl Estimates {
    fn new(model_id: Option<String>, circuits: Vec<CircuitSummary>, memory: u64) -> Self {
        let circuits: Vec<CircuitEstimate> = circuits
            .into_iter()
            .map(|circuit| CircuitEstimate {
                prove_seconds: circuit.prove_ms_estimate as f64 / 1000.0,
                fits: circuit.memory_bytes_estimate <= memory,
                gas: None,
                gas_reason: Some("there is no verifier contract to measure yet"),
                circuit,
            })
            .collect();
        Self {
            model_id,
            fits: circuits.iter().all(|circuit| circuit.fits),
            circuits,
            available_memory_bytes: memory,
        }
    }
}
