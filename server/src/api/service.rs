//! `GET /v1/`: what this server is.

use super::App;
use crate::verification::SrsName;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
    /// What callers without a key may do.
    pub anonymous: Vec<crate::access::Scope>,
    /// Bounds on requests.
    pub limits: ServiceLimits,
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
/// Version, SRS and limits.
#[utoipa::path(get, path = "/v1/", operation_id = "get_service", tag = "service", responses((status = OK, body = Service)))]
async fn service(State(app): State<App>) -> Json<Service> {
    let limits = &app.settings.limits;
    Json(Service {
        name: "hallmark",
        version: env!("CARGO_PKG_VERSION"),
        insecure_srs: app.insecure_srs(),
        srs: app.srs.get().map(SrsName::from),
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
