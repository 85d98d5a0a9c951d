//! What a proof's job made: the bundle, and what opens the commitment to a private input.

use super::own_job;
use crate::access::Scope;
use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::documents::{Opening, ProofBundle};
use crate::api::extract::{Path, accepts};
use crate::api::file::{File, has_already, not_modified};
use crate::digest::Digest;
use crate::job::{JobRecord, JobResult, ProveResult};
use crate::problem::{Problem, ProblemKind};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use hallmark_verifier::Bundle;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const JSON: &str = "application/json";
const BINARY: &str = "application/octet-stream";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(bundle))
        .routes(routes!(opening))
}

/// Proof bundle
///
/// As JSON, or with `Accept: application/octet-stream` in the compact form whose SHA-256 is the job's `result.bundle.digest`.
#[utoipa::path(get, path = "/v1/jobs/{id}/bundle", operation_id = "get_bundle", tag = "jobs", params(("id" = String, Path, description = "The job.")),
    responses(
        (status = OK, content((ProofBundle = "application/json"), (Vec<u8> = "application/octet-stream")),
            headers(("etag" = String), ("repr-digest" = String))),
        (status = NOT_MODIFIED)),
    extensions(("x-scope" = json!("read")),
        ("x-problems" = json!(["job-not-found", "job-not-done", "no-result", "not-acceptable"]))))]
async fn bundle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.require(Scope::Read)?;
    let job = own_job(&app, &caller, &id).await?;
    let digest = proof(&job)?.bundle.digest;
    let mut response = if accepts(&headers, JSON) {
        as_json(&app, &job, digest, &headers).await?
    } else if accepts(&headers, BINARY) {
        File::new(digest, BINARY)
            .named(&format!("{id}.proof"))
            .send(&app, &headers)
            .await?
    } else {
        return Err(Problem::new(
            ProblemKind::NotAcceptable,
            format!("Accept: there are {JSON} and {BINARY}"),
        ));
    };
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

async fn as_json(
    app: &App,
    job: &JobRecord,
    digest: Digest,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let bytes = app.objects.get(digest).await?;
    let text = Bundle::parse(&bytes)
        .map_err(|error| Problem::internal(format!("the bundle of {}: {error}", job.id)))?
        .to_json();
    let digest = Digest::of(text.as_bytes());
    if has_already(headers, digest) {
        return Ok(not_modified(digest));
    }
    Ok(File::json(digest).named(&format!("{}.json", job.id)).answer(text))
}

/// What opens the commitment to a private input
///
/// Secret: whoever has it can read the input and show that it is the proven one. Erased some time after the job's end.
#[utoipa::path(get, path = "/v1/jobs/{id}/opening", operation_id = "get_opening", tag = "jobs", params(("id" = String, Path, description = "The job.")),
    responses((status = OK, body = Opening)),
    extensions(("x-scope" = json!("prove")),
        ("x-problems" = json!(["job-not-found", "job-not-done", "no-result", "erased"]))))]
async fn opening(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    caller.require(Scope::Prove)?;
    let job = own_job(&app, &caller, &id).await?;
    let erased = || {
        Problem::new(
            ProblemKind::Erased,
            "the private input and its opening have been erased",
        )
    };
    let Some(digest) = proof(&job)?.opening else {
        return Err(Problem::new(
            ProblemKind::NoResult,
            "the input is public: there is no commitment to open",
        ));
    };
    if job.input_erased_ms.is_some() {
        return Err(erased());
    }
    let bytes = app.objects.get(digest).await?;
    let mut response = File::json(digest)
        .named(&format!("{id}.opening.json"))
        .answer(bytes);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// What the job made, if it is a proof.
///
/// # Errors
/// `job-not-done` or `no-result`.
pub fn proof(job: &JobRecord) -> Result<&ProveResult, Problem> {
    match &job.result {
        Some(JobResult::Prove(proof)) => Ok(proof),
        Some(JobResult::Compile(_)) => Err(Problem::new(
            ProblemKind::NoResult,
            "the job compiled a model and made no proof",
        )),
        None if job.state.is_terminal() => Err(Problem::new(
            ProblemKind::NoResult,
            format!("the job is {} and made no proof", job.state),
        )
        .with("state", job.state)),
        None => Err(
            Problem::new(ProblemKind::JobNotDone, format!("the job is {}", job.state))
                .with("state", job.state)
                .retry_after(1),
        ),
    }
}
