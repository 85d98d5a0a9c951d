//! `POST /v1/models/{id}/predictions`: what a model answers, without a proof.

use super::app::App;
use super::caller::Caller;
use super::extract::{Path, read_json};
use super::models::visible;
use crate::access::Scope;
use crate::inference;
use crate::job::OutputTensor;
use crate::problem::Problem;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(predictions))
}

/// What to run the model on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PredictionRequest {
    /// Tensors by name, nested or flat; the bare numbers suffice where the model has one input.
    #[schema(value_type = Value, example = json!({"image": [0.0, 0.5, 1.0]}))]
    input: Box<RawValue>,
}

/// What the model answers.
#[derive(Debug, Serialize, ToSchema)]
struct Prediction {
    /// The model.
    model_id: String,
    /// Its outputs: exactly what a proof would show.
    outputs: Vec<OutputTensor>,
    /// How long it took, in milliseconds.
    run_ms: f64,
}

/// Run a model without a proof
#[utoipa::path(post, path = "/v1/models/{id}/predictions", operation_id = "predict", tag = "models",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`.")),
    request_body = PredictionRequest,
    responses((status = OK, body = Prediction)),
    extensions(("x-scope" = json!("predict")),
        ("x-problems" = json!(["model-not-found", "ambiguous-model", "invalid-input", "input-out-of-range"]))))]
async fn predictions(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<Prediction>, Problem> {
    caller.require(Scope::Predict)?;
    let request: PredictionRequest = read_json(&app, request).await?;
    let listed = visible(&app, &caller, &id).await?;
    let model = app.models.open(&listed.model).await?;
    let work = move || {
        let start = Instant::now();
        let sample = inference::read_input(&request.input, &model)?;
        let trace = inference::run(&model.graph, &sample)?;
        Ok(Prediction {
            model_id: listed.model.model_id.to_string(),
            outputs: inference::outputs(&model.graph, &trace),
            run_ms: start.elapsed().as_secs_f64() * 1000.0,
        })
    };
    app.compute.run(work).await?.map(axum::Json)
}
