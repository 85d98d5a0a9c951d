//! `GET /v1/me`: what the caller may do and has used.

use super::app::App;
use super::caller::Caller;
use super::time::rfc3339;
use crate::access::Scope;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me))
}

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// Id of the tenant, which owns models and jobs.
    tenant: String,
    /// The key, unless there is none.
    key: Option<KeyView>,
    /// What it may do.
    scopes: Vec<Scope>,
    /// Bounds on it.
    limits: MyLimits,
    /// What it has used.
    usage: Usage,
}

/// An API key without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct KeyView {
    /// Its id.
    id: String,
    /// What it is for.
    name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Bounds on a caller.
#[derive(Debug, Serialize, ToSchema)]
struct MyLimits {
    /// Requests a minute.
    requests_per_minute: u32,
    /// Seconds of proving and compiling a day (UTC); null for no bound.
    proof_seconds_per_day: Option<f64>,
    /// Jobs that may wait.
    jobs: u64,
}

/// What a caller has used.
#[derive(Debug, Serialize, ToSchema)]
struct Usage {
    /// Seconds of proving and compiling today (UTC), also for what failed or was cancelled.
    proof_seconds_today: f64,
    /// Seconds that jobs which wait and run are expected to take, by what such jobs took here before.
    proof_seconds_reserved: f64,
}

/// What you may do and have used
#[utoipa::path(get, path = "/v1/me", operation_id = "get_me", tag = "service", responses((status = OK, body = Me)))]
async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Problem> {
    let access = &app.settings.access;
    let used = app.database.usage_today(&caller.tenant, caller.key_id()).await?;
    let own_rate = caller.key.as_ref().map(|key| {
        key.rate_per_minute
            .and_then(|rate| u32::try_from(rate).ok())
            .unwrap_or(access.rate_per_minute)
    });
    Ok(Json(Me {
        tenant: caller.tenant.clone(),
        key: caller.key.as_ref().map(|key| KeyView {
            id: key.id.to_string(),
            name: key.name.clone(),
            created_at: rfc3339(key.created_ms),
            expires_at: key.expires_ms.map(rfc3339),
        }),
        scopes: caller.scopes.clone(),
        limits: MyLimits {
            requests_per_minute: own_rate.unwrap_or(access.anonymous_rate_per_minute),
            proof_seconds_per_day: caller.proof_ms_per_day(access).map(|ms| ms as f64 / 1000.0),
            jobs: app.settings.limits.jobs_per_tenant,
        },
        usage: Usage {
            proof_seconds_today: used.used_ms as f64 / 1000.0,
            proof_seconds_reserved: used.reserved_ms as f64 / 1000.0,
        },
    }))
}
