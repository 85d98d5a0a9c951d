//! `POST /v1/models/{id}/proofs`: handing in jobs that prove.

use super::admission::{self, Accepted, IDEMPOTENCY_KEY};
use super::app::App;
use super::caller::Caller;
use super::capped::Capped;
use super::extract::{Path, READ_AT_ONCE, invalid_member, json_body, parse, parse_nonce};
use super::jobs::Job;
use super::models::visible;
use crate::access::Scope;
use crate::inference;
use crate::job::{JobSpec, NewJob, ProveSpec};
use crate::model_summary::CircuitSummary;
use crate::models::OpenModel;
use crate::problem::{Problem, ProblemKind};
use crate::store::ListedModel;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use hallmark_verifier::Form;
use hallmark_verifier::form::Inputs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Greatest length of what a caller wants to get back.
const METADATA_BYTES: usize = 4096;
/// Requests that are read of a batch, whatever `limits.batch_proofs` is.
const MOST_REQUESTS: usize = 4096;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(proofs))
        .routes(routes!(batch))
}

/// What to prove.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofRequest {
    /// Tensors by name, nested or flat; the bare numbers suffice where the model has one input.
    #[schema(value_type = Value, example = json!({"image": [0.0, 0.5, 1.0]}))]
    input: Box<RawValue>,
    /// What the proof is bound to, up to 64 hexadecimal digits; zeros if not given. A nonce that you chose at random
    /// shows that the proof was made for you and now.
    nonce: Option<String>,
    /// Put a hiding commitment to the input into the statement instead of the input.
    #[serde(default)]
    private_input: bool,
    /// Greater comes first among your own jobs; tenants take turns.
    #[serde(default)]
    #[schema(minimum = -10, maximum = 10)]
    priority: i64,
    /// What you want to get back with the job, at most 4 kB.
    #[schema(value_type = Option<Value>)]
    metadata: Option<Box<RawValue>>,
}

/// Several proofs of one model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchRequest {
    /// One per proof.
    #[schema(value_type = Vec<ProofRequest>, min_items = 1)]
    requests: Capped<ProofRequest, MOST_REQUESTS>,
}

/// Jobs in the order of the requests.
#[derive(Debug, Serialize, ToSchema)]
struct BatchJobs {
    /// One per proof.
    jobs: Vec<Job>,
}

/// Have a prediction proven
///
/// The input is checked at once; a proof of the model's answer is made by a worker. With `Prefer: wait=N` the answer comes when the job
/// has ended, or after N seconds. The same `Idempotency-Key` and body give the same job.
#[utoipa::path(post, path = "/v1/models/{id}/proofs", operation_id = "prove", tag = "proofs",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`."),
        ("idempotency-key" = Option<String>, Header, description = "Any text of yours that names this request."),
        ("prefer" = Option<String>, Header, description = "`wait=N`: answer when the job has ended, or after N seconds.")),
    request_body = ProofRequest,
    responses(
        (status = ACCEPTED, body = Job, description = "It is in the queue and survives any crash.", headers(("location" = String))),
        (status = OK, body = Job, description = "It has ended.", headers(("location" = String)))),
    extensions(("x-scope" = json!("prove")),
        ("x-problems" = json!(["model-not-found", "ambiguous-model", "invalid-input", "input-out-of-range", "no-private-input", "does-not-fit",
            "idempotency-conflict", "quota-exhausted", "too-many-jobs", "queue-full"]))))]
async fn proofs(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    caller.require(Scope::Prove)?;
    let headers = request.headers().clone();
    let listed = visible(&app, &caller, &id).await?;
    let bytes = json_body(request, &app).await?;
    let idempotency = identity(&app, &headers, "proofs", &id, &bytes).await?;
    if let Some(earlier) = admission::earlier(&app, &caller, idempotency.as_ref()).await? {
        return earlier.answer_one(&app, &headers).await;
    }
    let wanted: ProofRequest = parse(&app, bytes).await?;
    let prepared = prepare(&app, &listed, vec![wanted], |_| String::new()).await?;
    let accepted = hand_in(&app, &caller, prepared, idempotency).await?;
    accepted.answer_one(&app, &headers).await
}

/// Have several predictions proven
///
/// All are put into the queue, or none.
#[utoipa::path(post, path = "/v1/models/{id}/proofs/batch", operation_id = "prove_batch", tag = "proofs",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`."),
        ("idempotency-key" = Option<String>, Header, description = "Any text of yours that names this request.")),
    request_body = BatchRequest,
    responses((status = ACCEPTED, body = BatchJobs, description = "They are in the queue and survive any crash.")),
    extensions(("x-scope" = json!("prove")),
        ("x-problems" = json!(["model-not-found", "ambiguous-model", "invalid-input", "input-out-of-range", "no-private-input", "does-not-fit",
            "idempotency-conflict", "quota-exhausted", "too-many-jobs", "queue-full"]))))]
async fn batch(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<(axum::http::StatusCode, axum::Json<BatchJobs>), Problem> {
    caller.require(Scope::Prove)?;
    let headers = request.headers().clone();
    let listed = visible(&app, &caller, &id).await?;
    let bytes = json_body(request, &app).await?;
    let idempotency = identity(&app, &headers, "proofs/batch", &id, &bytes).await?;
    let accepted = match admission::earlier(&app, &caller, idempotency.as_ref()).await? {
        Some(earlier) => earlier,
        None => {
            let wanted: BatchRequest = parse(&app, bytes).await?;
            let wanted = wanted.requests.0;
            let (count, limit) = (wanted.len(), app.settings.limits.batch_proofs);
            if count == 0 || count > limit {
                return Err(invalid_member(
                    "requests",
                    &format!("expected 1 to {limit} requests, got {count}"),
                ));
            }
            let prepared = prepare(&app, &listed, wanted, |index| format!("requests[{index}].")).await?;
            hand_in(&app, &caller, prepared, idempotency).await?
        }
    };
    let mut jobs = Vec::new();
    for record in accepted.jobs {
        jobs.push(Job::placed(&app, record).await?);
    }
    Ok((axum::http::StatusCode::ACCEPTED, axum::Json(BatchJobs { jobs })))
}

/// What makes a request the same as an earlier one. A long body is hashed beside the threads that answer requests.
async fn identity(
    app: &App,
    headers: &HeaderMap,
    place: &'static str,
    model: &str,
    body: &Bytes,
) -> Result<Option<crate::store::Idempotency>, Problem> {
    if body.len() <= READ_AT_ONCE || !headers.contains_key(IDEMPOTENCY_KEY) {
        return admission::idempotency(headers, place, &[model.as_bytes(), body]);
    }
    let (headers, model, body) = (headers.clone(), model.to_owned(), body.clone());
    app.compute
        .run(move || admission::idempotency(&headers, place, &[model.as_bytes(), &body]))
        .await?
}

/// A request that was checked: what is stored and what is queued.
struct Prepared {
    input: Vec<u8>,
    spec: ProveSpec,
    priority: i64,
    estimate_ms: u64,
}

async fn prepare(
    app: &App,
    listed: &ListedModel,
    wanted: Vec<ProofRequest>,
    place: impl Fn(usize) -> String + Send + 'static,
) -> Result<Vec<Prepared>, Problem> {
    let model = app.models.open(&listed.model).await?;
    let model_id = listed.model.model_id;
    let circuits = listed.model.summary.circuits.clone();
    let memory = app.settings.workers.memory_bytes();
    let work = move || {
        wanted
            .into_iter()
            .enumerate()
            .map(|(index, request)| {
                let circuit = circuit_for(&circuits, request.private_input, memory)?;
                check(request, &model, model_id, circuit).map_err(|mut problem| {
                    problem.detail = format!("{}{}", place(index), problem.detail);
                    problem
                })
            })
            .collect()
    };
    app.compute.run(work).await?
}

fn check(
    request: ProofRequest,
    model: &Arc<OpenModel>,
    model_id: hallmark_verifier::ModelId,
    circuit: &CircuitSummary,
) -> Result<Prepared, Problem> {
    if !(-10..=10).contains(&request.priority) {
        return Err(invalid_member(
            "priority",
            &format!("expected −10 to 10, got {}", request.priority),
        ));
    }
    let metadata = request.metadata.as_deref().map(read_metadata).transpose()?;
    let nonce = match &request.nonce {
        Some(text) => parse_nonce("nonce", text)?,
        None => [0; 32],
    };
    let sample = inference::read_input(&request.input, model)?;
    // An input that the model refuses is refused now, not by a worker.
    inference::run(&model.graph, &sample)?;
    let input = inference::canonical(&sample);
    Ok(Prepared {
        spec: ProveSpec {
            model_id,
            input: crate::digest::Digest::of(&input),
            private_input: request.private_input,
            nonce,
            metadata,
        },
        input,
        priority: request.priority,
        estimate_ms: circuit.prove_ms_estimate,
    })
}

/// What a caller wants to get back. Its text is measured before it becomes a tree, which takes many times as much memory.
fn read_metadata(text: &RawValue) -> Result<Value, Problem> {
    let too_long = |length: usize| {
        let reason = format!("expected at most {METADATA_BYTES} bytes, got {length}");
        invalid_member("metadata", &reason)
    };
    // White space does not count, within reason.
    if text.get().len() > 4 * METADATA_BYTES {
        return Err(too_long(text.get().len()));
    }
    let value: Value =
        serde_json::from_str(text.get()).map_err(|error| invalid_member("metadata", &error.to_string()))?;
    match value.to_string().len() {
        length if length > METADATA_BYTES => Err(too_long(length)),
        _ => Ok(value),
    }
}

fn circuit_for(circuits: &[CircuitSummary], private: bool, memory: u64) -> Result<&CircuitSummary, Problem> {
    let form = Form::of_one(Inputs::private_if(private));
    let circuit = circuits
        .iter()
        .find(|circuit| circuit.visibility == form.name())
        .ok_or_else(|| {
            Problem::new(
                ProblemKind::NoPrivateInput,
                "the model was compiled without a circuit for this kind of statement",
            )
        })?;
    if circuit.memory_bytes_estimate > memory {
        return Err(Problem::new(
            ProblemKind::DoesNotFit,
            format!(
                "a proof needs about {} MB, a worker has {} MB",
                circuit.memory_bytes_estimate / 1_000_000,
                memory / 1_000_000
            ),
        )
        .with("needed_bytes", circuit.memory_bytes_estimate)
        .with("available_bytes", memory));
    }
    Ok(circuit)
}

/// Stores the inputs, then queues the jobs: a job in the queue has its input.
async fn hand_in(
    app: &App,
    caller: &Caller,
    prepared: Vec<Prepared>,
    idempotency: Option<crate::store::Idempotency>,
) -> Result<Accepted, Problem> {
    let mut jobs = Vec::with_capacity(prepared.len());
    for one in prepared {
        let mut job = NewJob::new(caller.tenant.clone(), caller.key_id(), JobSpec::Prove(one.spec));
        job.priority = one.priority;
        job.estimate_ms = i64::try_from(one.estimate_ms).ok();
        job.max_attempts = i64::from(app.settings.workers.max_attempts);
        job.max_lost = i64::from(app.settings.workers.max_lost);
        app.objects.put_input(job.id, one.input).await?;
        jobs.push(job);
    }
    let accepted = admission::queue(app, caller, &jobs, idempotency.as_ref()).await;
    let refused = match &accepted {
        Ok(accepted) => !accepted.created,
        // After a failure of the database it is unknown whether they were stored: retention finds what was not.
        Err(problem) => matches!(
            problem.kind,
            ProblemKind::IdempotencyConflict
                | ProblemKind::TooManyJobs
                | ProblemKind::QueueFull
                | ProblemKind::QuotaExhausted
        ),
    };
    if refused {
        // They were not queued, so nothing else refers to their inputs.
        for job in &jobs {
            if let Err(error) = app.objects.erase_input(job.id).await {
                tracing::warn!(%error, job = %job.id, "erasing the input of a job that was not queued");
            }
        }
    }
    accepted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_that_cannot_fit_is_refused_before_it_starts() {
        let circuit = CircuitSummary {
            visibility: "public".to_owned(),
            k: 18,
            advice_columns: 100,
            fixed_columns: 100,
            proof_bytes: 10_000,
            prove_ms_estimate: 10_000,
            memory_bytes_estimate: 9_000_000_000,
        };
        let circuits = [circuit];
        assert!(circuit_for(&circuits, false, 9_000_000_000).is_ok());
        let refused = circuit_for(&circuits, false, 8_000_000_000).unwrap_err();
        assert_eq!(refused.kind, ProblemKind::DoesNotFit);
        assert_eq!(refused.members["needed_bytes"], 9_000_000_000_u64);
        let kind = circuit_for(&circuits, true, u64::MAX).unwrap_err().kind;
        assert_eq!(kind, ProblemKind::NoPrivateInput);
    }
}
