//! The HTTP API: one file per resource, each with its requests, answers and routes.

pub mod admission;
mod app;
mod audit;
mod budget;
mod caller;
mod capped;
mod deletions;
mod describe;
mod documents;
mod estimates;
mod evm;
mod examples;
pub mod extract;
pub mod file;
pub mod form;
mod health;
pub mod jobs;
mod layers;
pub mod list;
mod me;
pub mod models;
mod openapi;
mod pace;
mod predictions;
mod proofs;
mod receipts;
mod refusal;
mod service;
pub mod time;
mod verifications;
mod webhooks;

pub use app::{App, AppParts};
pub use caller::Caller;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

/// All routes with what every request passes through.
pub fn router(app: &App) -> Router {
    let (resources, mut document) = routes().split_for_parts();
    let (probes, of_probes) = health::routes().split_for_parts();
    document.merge(of_probes);
    let router = layers::with_caller(resources, app)
        .merge(probes)
        .merge(openapi::routes(document))
        .merge(crate::page::router());
    layers::around(router, app).with_state(app.clone())
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::complete(routes().merge(health::routes()).into_openapi())
}

/// The resources of the API. A new one is a file and a line here.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(service::routes())
        .merge(me::routes())
        .merge(models::routes())
        .merge(estimates::routes())
        .merge(evm::routes())
        .merge(predictions::routes())
        .merge(proofs::routes())
        .merge(jobs::routes())
        .merge(verifications::routes())
        .merge(receipts::routes())
        .merge(audit::routes())
        .merge(webhooks::routes())
        .merge(deletions::routes())
}
