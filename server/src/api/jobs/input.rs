//! Erasing a job's input before its time.

use super::own_job;
use crate::access::Scope;
use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::extract::Path;
use crate::job::JobKind;
use crate::problem::{Problem, ProblemKind};
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(erase))
}

/// Erase a job's input
///
/// The input that was sent, and what opens the commitment to a private one. A proof that is made stays, and what it says stays with it:
/// public inputs are part of it. Without this request they are erased some hours after the job's end. Erasing twice is no error.
#[utoipa::path(delete, path = "/v1/jobs/{id}/input", operation_id = "erase_input", tag = "jobs", params(("id" = String, Path, description = "The job.")),
    responses((status = NO_CONTENT)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["job-not-found", "job-not-done", "no-result"]))))]
async fn erase(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(Scope::Prove)?;
    let job = own_job(&app, &caller, &id).await?;
    if job.kind != JobKind::Prove {
        return Err(Problem::new(
            ProblemKind::NoResult,
            "the job compiles a model and has no input",
        ));
    }
    if !job.state.is_terminal() {
        return Err(Problem::new(
            ProblemKind::JobNotDone,
            format!("the job is {} and needs its input: cancel it first", job.state),
        )
        .with("state", job.state)
        .retry_after(1));
    }
    if job.input_erased_ms.is_none() {
        app.retention.erase_input(&job).await?;
        app.metrics.erased("inputs", 1);
    }
    Ok(StatusCode::NO_CONTENT)
}
