//! What those who operate the server ask it: is it alive, can it work, what has it done.

use super::app::App;
use crate::telemetry::{CONTENT_TYPE, WORKER_SILENT_MS};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rustix::fs::statvfs;
use serde::Serialize;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest time that a check may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// With less free disk than this the server is not ready.
const LEAST_DISK: u64 = 256 << 20;

/// Probes: no account, and no rate.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(alive))
        .routes(routes!(ready))
        .routes(routes!(metrics))
}

/// Whether the server can do its work.
#[derive(Debug, Serialize, ToSchema)]
struct Readiness {
    /// Whether it can accept requests.
    ready: bool,
    /// What was looked at.
    checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
struct Check {
    /// `database`, `objects`, `disk` or `workers`.
    name: &'static str,
    /// Whether it is as it should be.
    ok: bool,
    /// Whether the server cannot accept requests without it.
    required: bool,
    /// What was found.
    detail: String,
    /// How long looking took, in milliseconds.
    took_ms: f64,
}

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", operation_id = "get_health", tag = "operation",
    responses((status = OK, body = String, content_type = "text/plain")))]
async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the server can do its work
///
/// The database answers, the object store can be written to and read, and there is room on the disk; else the answer is 503. A missing worker
/// is told but does not count: jobs wait for it.
#[utoipa::path(get, path = "/readyz", operation_id = "get_readiness", tag = "operation",
    responses((status = OK, body = Readiness),
        (status = SERVICE_UNAVAILABLE, body = Readiness, description = "It cannot; `checks` says why.")))]
async fn ready(State(app): State<App>) -> Response {
    let checks = vec![
        look("database", true, database(&app)).await,
        look("objects", true, objects(&app)).await,
        look("disk", true, disk(&app)).await,
        look("workers", false, workers(&app)).await,
    ];
    let ready = !app.shutdown.is_cancelled() && checks.iter().all(|check| check.ok || !check.required);
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(Readiness { ready, checks })).into_response()
}

/// Metrics
///
/// In OpenMetrics' text format, for Prometheus.
#[utoipa::path(get, path = "/metrics", operation_id = "get_metrics", tag = "operation",
    responses((status = OK, body = String, content_type = "application/openmetrics-text")))]
async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.tally.text().await)
}

async fn look(
    name: &'static str,
    required: bool,
    check: impl Future<Output = Result<String, String>>,
) -> Check {
    let began = Instant::now();
    let found = timeout(PATIENCE, check)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs())));
    let (ok, detail) = match found {
        Ok(detail) => (true, detail),
        Err(detail) => (false, detail),
    };
    if !ok && required {
        tracing::warn!(check = name, detail, "not ready");
    }
    Check {
        name,
        ok,
        required,
        detail,
        took_ms: began.elapsed().as_secs_f64() * 1e3,
    }
}

async fn database(app: &App) -> Result<String, String> {
    // What exactly is wrong is in the log: a probe may be seen by anybody.
    match app.database.ping().await {
        Ok(()) => Ok("it answers".to_owned()),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer a probe");
            Err("it does not answer".to_owned())
        }
    }
}

async fn objects(app: &App) -> Result<String, String> {
    match app.objects.check().await {
        Ok(()) => Ok("it can be written to and read".to_owned()),
        Err(error) => {
            tracing::warn!(%error, "the object store does not answer a probe");
            Err("it cannot be written to or read".to_owned())
        }
    }
}

async fn disk(app: &App) -> Result<String, String> {
    let folder = app.settings.storage.folder.clone();
    let room = tokio::task::spawn_blocking(move || statvfs(&folder)).await;
    match room {
        Ok(Ok(room)) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            let detail = format!("{} MB are free", free >> 20);
            match free >= LEAST_DISK {
                true => Ok(detail),
                false => Err(format!("{detail}, at least {} are needed", LEAST_DISK >> 20)),
            }
        }
        _ => Err("the folder cannot be looked at".to_owned()),
    }
}

async fn workers(app: &App) -> Result<String, String> {
    match app.database.workers(WORKER_SILENT_MS).await {
        Ok(workers) if workers.is_empty() => Err("none was seen lately: jobs wait".to_owned()),
        Ok(workers) => {
            let slots: i64 = workers.iter().map(|worker| worker.slots).sum();
            Ok(format!("{} with room for {slots} jobs", workers.len()))
        }
        Err(_) => Err("not known: the database does not answer".to_owned()),
    }
}
