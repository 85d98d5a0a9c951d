//! Jobs: looking at them, waiting for them, ending them.

mod artifacts;
mod events;
mod input;
mod view;
mod wait;

pub use artifacts::proof;
pub use view::Job;
pub use wait::{applied, wait};

use super::App;
use super::extract::{Path, Query};
use super::list::{Listed, page_size};
use crate::access::Scope;
use crate::api::caller::Caller;
use crate::job::{JobId, JobKind, JobRecord, JobState};
use crate::problem::{Problem, ProblemKind};
use crate::store::{JobDeletion, JobFilter};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, delete))
        .routes(routes!(cancel))
        .merge(events::routes())
        .merge(artifacts::routes())
        .merge(input::routes())
}

/// Which jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// In one of these states, separated by commas; `running` stands for all that a worker has.
    #[param(example = "queued,running")]
    state: Option<String>,
    /// Of this kind.
    kind: Option<JobKind>,
    /// About this model.
    model: Option<String>,
    /// At most so many; 50 if not given, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the list before.
    cursor: Option<String>,
}

/// Your jobs, the newest first
#[utoipa::path(get, path = "/v1/jobs", operation_id = "list_jobs", tag = "jobs", params(ListQuery),
    responses((status = OK, body = Listed<Job>)),
    extensions(("x-scope" = json!("read"))))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<Job>>, Problem> {
    caller.require(Scope::Read)?;
    let limit = page_size(query.limit)?;
    let filter = JobFilter {
        tenant: Some(caller.tenant.clone()),
        states: query.state.as_deref().map_or(Ok(Vec::new()), parse_states)?,
        kind: query.kind,
        model: match &query.model {
            Some(text) => Some(
                text.parse()
                    .map_err(|_| invalid("model", "64 lower-case hexadecimal digits", text))?,
            ),
            None => None,
        },
    };
    let before: Option<JobId> = match &query.cursor {
        Some(text) => Some(
            text.parse()
                .map_err(|_| invalid("cursor", "a `next_cursor`", text))?,
        ),
        None => None,
    };
    let records = app.database.jobs(&filter, before, limit + 1).await?;
    Ok(Json(
        Listed::page(records, limit, |job: &JobRecord| job.id.to_string()).map(Job::from),
    ))
}

fn parse_states(text: &str) -> Result<Vec<JobState>, Problem> {
    let mut states = Vec::new();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        if word == "running" {
            states.extend(JobState::ALL.into_iter().filter(|state| state.is_running()));
        } else {
            states.push(
                word.parse()
                    .map_err(|_| invalid("state", "states separated by commas", text))?,
            );
        }
    }
    // A word may come a thousand times.
    Ok(JobState::ALL
        .into_iter()
        .filter(|state| states.contains(state))
        .collect())
}

fn invalid(name: &str, expected: &str, found: &str) -> Problem {
    Problem::new(
        ProblemKind::InvalidParameter,
        format!("{name}: expected {expected}, got {found:?}"),
    )
    .with("parameter", name)
}

/// A job
///
/// With `Prefer: wait=N` the answer comes when the job has ended, or after N seconds.
#[utoipa::path(get, path = "/v1/jobs/{id}", operation_id = "get_job", tag = "jobs",
    params(("id" = String, Path, description = "The job."),
        ("prefer" = Option<String>, Header, description = "`wait=N`: answer when the job has ended, or after N seconds.")),
    responses((status = OK, body = Job)),
    extensions(("x-scope" = json!("read")), ("x-problems" = json!(["job-not-found"]))))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    caller.require(Scope::Read)?;
    let record = own_job(&app, &caller, &id).await?;
    let (record, waited) = wait(&app, &headers, record).await?;
    let mut response = Json(Job::placed(&app, record).await?).into_response();
    applied(&mut response, waited);
    Ok(response)
}

/// Cancel a job
///
/// A waiting job ends at once, a running one within seconds: its process is killed. Asking again is no error.
#[utoipa::path(post, path = "/v1/jobs/{id}/cancel", operation_id = "cancel_job", tag = "jobs", params(("id" = String, Path, description = "The job.")),
    responses((status = OK, body = Job, description = "It is cancelled."),
        (status = ACCEPTED, body = Job, description = "It is being cancelled.")),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["job-not-found", "job-ended"]))))]
async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    caller.require(Scope::Prove)?;
    let id = parse_id(&id)?;
    let Some(record) = app.database.cancel(Some(&caller.tenant), id).await? else {
        return Err(not_found(&id.to_string()));
    };
    let status = match record.state {
        JobState::Cancelled => StatusCode::OK,
        JobState::Done | JobState::Failed | JobState::Dead => {
            return Err(Problem::new(
                ProblemKind::JobEnded,
                format!("the job is {} already", record.state),
            )
            .with("state", record.state));
        }
        _ => StatusCode::ACCEPTED,
    };
    Ok((status, Json(Job::from(record))))
}

/// Delete a job
///
/// Erases its input, outputs, bundle, opening, metadata and history. Its receipt stays in the log, which has digests only; bundles that
/// were fetched stay valid. A job has to have ended. Deleting twice is no error.
#[utoipa::path(delete, path = "/v1/jobs/{id}", operation_id = "delete_job", tag = "jobs",
    params(("id" = String, Path, description = "The job.")),
    responses((status = NO_CONTENT)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["job-not-found", "job-not-done"]))))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(Scope::Prove)?;
    let parsed = parse_id(&id)?;
    let by = caller.key_id();
    match app.database.delete_job(&caller.tenant, parsed, by).await? {
        JobDeletion::NotFound => Err(not_found(&id)),
        JobDeletion::Unended(job) => Err(Problem::new(
            ProblemKind::JobNotDone,
            format!(
                "the job is {}: cancel it first, with POST /v1/jobs/{id}/cancel",
                job.state
            ),
        )
        .with("state", job.state)
        .retry_after(1)),
        JobDeletion::Deleted(job) => {
            tracing::info!(job = %job.id, tenant = caller.tenant, key = ?by, "job deleted");
            app.retention.erase_job(&job).await?;
            app.metrics.erased("jobs", 1);
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// The caller's job of this id. Other tenants' jobs are not there.
///
/// # Errors
/// `job-not-found`.
pub async fn own_job(app: &App, caller: &Caller, id: &str) -> Result<JobRecord, Problem> {
    let parsed = parse_id(id)?;
    app.database
        .job(Some(&caller.tenant), parsed)
        .await?
        .ok_or_else(|| not_found(id))
}

fn parse_id(id: &str) -> Result<JobId, Problem> {
    id.parse().map_err(|_| not_found(id))
}

fn not_found(id: &str) -> Problem {
    Problem::new(ProblemKind::JobNotFound, format!("you have no job {id:?}"))
}
