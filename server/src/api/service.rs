//! `GET /v1/`: what this server is.

use super::app::App;
use crate::verification::SrsName;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the database may take to name the log's key; the rest is said without it.
const LOG_KEY_PATIENCE: Duration = Duration::from_secs(2);

/// What this server is, and the bounds that it sets.
#[derive(Debug, Serialize, ToSchema)]
pub struct Service {
    /// `hallmark`.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// Whether models are compiled with an SRS whose secret is public, so that anybody can forge their proofs.
    pub insecure_srs: bool,
    /// The SRS that models are compiled with, as it was found at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srs: Option<SrsName>,
    /// The receipt log; not there while the database does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<ServiceLog>,
    /// What callers without a key may do.
    pub anonymous: Vec<crate::access::Scope>,
    /// Bounds on requests.
    pub limits: ServiceLimits,
}

/// Whose signatures the heads of the receipt log carry. Ed25519 keys, hexadecimal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceLog {
    /// The log's name, which never changes: its first key. Keep it, and compare heads with it.
    pub id: String,
    /// The key that signs heads now. Where it isn't the first one, a head's `rotations` lead from that to this.
    pub key: String,
}

/// Bounds on requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceLimits {
    /// Bytes of a JSON or bundle body.
    pub body_bytes: usize,
    /// Bytes of an ONNX file.
    pub model_bytes: usize,
    /// Bytes of calibration data.
    pub calibration_bytes: usize,
    /// Longest `Prefer: wait`, in seconds.
    pub wait_seconds: u64,
    /// Proofs in one request.
    pub batch_proofs: usize,
    /// Bundles in one request.
    pub batch_verifications: usize,
    /// Memory of the process that proves, in bytes: models that need more are refused.
    pub proving_memory_bytes: u64,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(service))
}

/// What this server is
///
/// Version, SRS, the receipt log's key, and limits.
#[utoipa::path(get, path = "/v1/", operation_id = "get_service", tag = "service", responses((status = OK, body = Service)))]
async fn service(State(app): State<App>) -> Json<Service> {
    let limits = &app.settings.limits;
    Json(Service {
        name: "hallmark",
        version: env!("CARGO_PKG_VERSION"),
        insecure_srs: app.insecure_srs(),
        srs: app.srs.get().map(SrsName::from),
        log: log(&app).await,
        anonymous: app.settings.anonymous_scopes(),
        limits: ServiceLimits {
            body_bytes: limits.body_bytes,
            model_bytes: limits.model_bytes,
            calibration_bytes: limits.calibration_bytes,
            wait_seconds: limits.wait_seconds,
            batch_proofs: limits.batch_proofs,
            batch_verifications: limits.batch_verifications,
            proving_memory_bytes: app.settings.workers.memory_bytes(),
        },
    })
}

/// The log's keys. What else a server is does not depend on its database.
async fn log(app: &App) -> Option<ServiceLog> {
    let asked = tokio::time::timeout(LOG_KEY_PATIENCE, app.database.log_key()).await;
    match asked {
        Ok(Ok((id, key))) => Some(ServiceLog {
            id: id.to_string(),
            key: key.to_string(),
        }),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the receipt log's key could not be read");
            None
        }
        Err(_) => {
            tracing::warn!("the receipt log's key was not read in time");
            None
        }
    }
}
