//! A model's files.

use super::visible;
use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::documents::{Layout, ModelReport};
use crate::api::extract::Path;
use crate::api::file::File;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(layout))
        .routes(routes!(layout_svg))
        .routes(routes!(verifying_key))
}

/// Report on accuracy and circuits
#[utoipa::path(get, path = "/v1/models/{id}/report", operation_id = "get_model_report", tag = "models",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`.")),
    responses((status = OK, body = ModelReport), (status = NOT_MODIFIED)),
    extensions(("x-problems" = json!(["model-not-found", "ambiguous-model"]))))]
async fn report(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let model = visible(&app, &caller, &id).await?.model;
    File::json(model.artifacts.report).send(&app, &headers).await
}

/// Layout of the circuit for public inputs, in numbers
#[utoipa::path(get, path = "/v1/models/{id}/layout", operation_id = "get_model_layout", tag = "models",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`.")),
    responses((status = OK, body = Layout), (status = NOT_MODIFIED)),
    extensions(("x-problems" = json!(["model-not-found", "ambiguous-model"]))))]
async fn layout(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let model = visible(&app, &caller, &id).await?.model;
    File::json(model.artifacts.layout).send(&app, &headers).await
}

/// Picture of the layout
#[utoipa::path(get, path = "/v1/models/{id}/layout.svg", operation_id = "get_model_layout_svg", tag = "models",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`.")),
    responses((status = OK, body = String, content_type = "image/svg+xml"), (status = NOT_MODIFIED)),
    extensions(("x-problems" = json!(["model-not-found", "ambiguous-model"]))))]
async fn layout_svg(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let model = visible(&app, &caller, &id).await?.model;
    let mut response = File::new(model.artifacts.layout_svg, "image/svg+xml")
        .send(&app, &headers)
        .await?;
    // Opened by itself, a picture is a document: this one, which shows a stranger's names, runs and loads nothing.
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
    Ok(response)
}

/// Verifying key
///
/// For `hallmark verify --vk`, in the form of docs/proof-format.md.
#[utoipa::path(get, path = "/v1/models/{id}/verifying-key", operation_id = "get_verifying_key", tag = "models",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`.")),
    responses((status = OK, body = Vec<u8>, content_type = "application/octet-stream"), (status = NOT_MODIFIED)),
    extensions(("x-problems" = json!(["model-not-found", "ambiguous-model"]))))]
async fn verifying_key(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let model = visible(&app, &caller, &id).await?.model;
    let name = format!("{id}.vk");
    File::new(model.artifacts.key, "application/octet-stream")
        .named(&name)
        .send(&app, &headers)
        .await
}
