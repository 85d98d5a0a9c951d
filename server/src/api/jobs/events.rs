//! `GET /v1/jobs/{id}/events`: progress as server-sent events.

use super::own_job;
use super::wait::happened;
use crate::access::Scope;
use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::extract::Path;
use crate::api::time::rfc3339;
use crate::job::{JobEvent, JobId, JobRecord, JobState};
use crate::problem::{Problem, ProblemKind};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, timeout};
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Events that are read at once.
const BATCH: i64 = 100;
/// How often a running job's progress is told when nothing else happens.
const PROGRESS: Duration = Duration::from_millis(500);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a client has to read before its stream is given up.
const SEND_TIME: Duration = Duration::from_secs(30);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// The data of an event.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// The job.
    pub job: String,
    /// The job's state.
    pub state: JobState,
    /// When.
    pub at: Option<String>,
    /// How far the job is, 0 to 1; by time and estimate while a stage runs.
    pub fraction: Option<f64>,
    /// How long the job is expected to run, in milliseconds.
    pub estimate_ms: Option<i64>,
    /// What else there is to say: `stage`, `attempt`, `worker`, `cause`.
    #[serde(flatten)]
    pub more: Value,
}

/// Progress of a job
///
/// Server-sent events, from the first or the one after `Last-Event-ID`; the stream ends with the job. `state` and `retry` events have ids;
/// `progress` events between them have none and are estimates. The data of each is JSON: `job`, `state`, `at`, `fraction` (0 to 1),
/// `estimate_ms`, and what else there is to say: `stage`, `stages`, `attempt`, `worker`, `cause`, `receipt_index`.
#[utoipa::path(get, path = "/v1/jobs/{id}/events", operation_id = "follow_job", tag = "jobs",
    params(("id" = String, Path, description = "The job."),
        ("last-event-id" = Option<i64>, Header, description = "Number of the last event that was received.")),
    responses((status = OK, body = String, content_type = "text/event-stream")),
    extensions(("x-scope" = json!("read")), ("x-problems" = json!(["job-not-found"]))))]
async fn events(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.require(Scope::Read)?;
    let job = own_job(&app, &caller, &id).await?;
    let last = match crate::api::extract::header_text(&headers, "last-event-id", 20)? {
        Some(text) => text.parse().map_err(|_| {
            Problem::new(
                ProblemKind::InvalidParameter,
                format!("last-event-id: expected the number of an event, got {text:?}"),
            )
        })?,
        None => 0,
    };
    let Ok(place) = Arc::clone(&app.streams).try_acquire_owned() else {
        return Err(Problem::new(ProblemKind::Overloaded, "too many event streams are open").retry_after(5));
    };
    let (sender, receiver) = channel(16);
    tokio::spawn(async move {
        tell(&app, job, last, &sender).await;
        drop(place);
    });
    let stream = Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = stream.into_response();
    // Proxies that collect answers would hold events back.
    response.headers_mut().insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(response)
}

type Stream = Sender<Result<Event, Infallible>>;

/// Sends events until the job has ended, the client is gone, or the server stops.
async fn tell(app: &App, job: JobRecord, mut last: i64, stream: &Stream) {
    let mut signals = app.database.signals().events();
    let id = job.id;
    let estimate_ms = job.estimate_ms;
    let began = Instant::now();
    let mut state = job.state;
    let mut before_ms = job.started_ms.map_or(0.0, elapsed_ms);
    loop {
        let events = match app.database.events_after(id, last, BATCH).await {
            Ok(events) => events,
            Err(error) => {
                // The client comes back with the last id.
                tracing::warn!(%error, job = %id, "reading events");
                return;
            }
        };
        let any = !events.is_empty();
        for event in events {
            last = event.seq;
            if state == JobState::Queued && event.state.is_running() {
                before_ms = -(began.elapsed().as_secs_f64() * 1000.0);
            }
            state = event.state;
            if !send(stream, told(event, estimate_ms)).await {
                return;
            }
        }
        if any && !state.is_terminal() {
            continue;
        }
        if state.is_terminal() {
            if last == 0 {
                // The events of old jobs are erased; the job itself is not.
                let _ = send(stream, estimated("state", id, state, Some(1.0), estimate_ms)).await;
            }
            return;
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = stream.closed() => return,
            woken = timeout(PROGRESS, happened(&mut signals, id)) => {
                if woken.is_err() && state.is_running() {
                    let elapsed = before_ms + began.elapsed().as_secs_f64() * 1000.0;
                    let event = estimated("progress", id, state, fraction(state, elapsed, estimate_ms), estimate_ms);
                    if !send(stream, event).await {
                        return;
                    }
                }
            }
        }
    }
}

/// By this process's clock; good enough for an estimate.
fn elapsed_ms(started_ms: i64) -> f64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64() * 1000.0);
    (now - started_ms as f64).max(0.0)
}

/// By time and estimate, but not before what the state says, and never quite done before it is.
fn fraction(state: JobState, elapsed_ms: f64, estimate_ms: Option<i64>) -> Option<f64> {
    let estimate = estimate_ms.filter(|estimate| *estimate > 0)? as f64;
    let least = reached(state).unwrap_or(0.0);
    Some((elapsed_ms / estimate).clamp(least, 0.95))
}

/// How far a job is at least that came into a state, by the usual lengths of the stages.
fn reached(state: JobState) -> Option<f64> {
    Some(match state {
        JobState::Queued | JobState::Importing => 0.0,
        JobState::Witness => 0.05,
        JobState::Planning => 0.3,
        JobState::Proving => 0.1,
        JobState::Keys => 0.6,
        JobState::Verifying => 0.9,
        JobState::Done | JobState::Failed | JobState::Cancelled | JobState::Dead => 1.0,
    })
}

fn told(event: JobEvent, estimate_ms: Option<i64>) -> Event {
    let own = |name: &str| event.data.get(name).cloned();
    let progress = Progress {
        job: event.job.to_string(),
        state: event.state,
        at: Some(rfc3339(event.at_ms)),
        fraction: own("fraction")
            .and_then(|value| value.as_f64())
            .or_else(|| reached(event.state)),
        estimate_ms: own("estimate_ms")
            .and_then(|value| value.as_i64())
            .or(estimate_ms),
        more: without(event.data, &["fraction", "estimate_ms"]),
    };
    build(event.kind.word(), &progress).id(event.seq.to_string())
}

fn without(value: Value, names: &[&str]) -> Value {
    match value {
        Value::Object(mut members) => {
            for name in names {
                members.remove(*name);
            }
            Value::Object(members)
        }
        _ => Value::Object(serde_json::Map::new()),
    }
}

fn estimated(
    name: &str,
    id: JobId,
    state: JobState,
    fraction: Option<f64>,
    estimate_ms: Option<i64>,
) -> Event {
    let progress = Progress {
        job: id.to_string(),
        state,
        at: None,
        fraction,
        estimate_ms,
        more: Value::Object(serde_json::Map::new()),
    };
    build(name, &progress)
}

fn build(name: &str, progress: &Progress) -> Event {
    let data = serde_json::to_string(progress).unwrap_or_default();
    Event::default().event(name).data(data)
}

async fn send(stream: &Stream, event: Event) -> bool {
    matches!(timeout(SEND_TIME, stream.send(Ok(event))).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_job_is_follows_time_within_what_its_state_allows() {
        use JobState::{Keys, Proving, Queued, Verifying, Witness};
        for (state, elapsed_ms, estimate_ms, expected) in [
            (Witness, 0.0, Some(1000), Some(0.05)),
            (Witness, 500.0, Some(1000), Some(0.5)),
            (Proving, 10.0, Some(1000), Some(0.1)),
            (Keys, 10.0, Some(1000), Some(0.6)),
            (Verifying, 100.0, Some(1000), Some(0.9)),
            // It is never done before it is.
            (Proving, 5000.0, Some(1000), Some(0.95)),
            (Proving, -50.0, Some(1000), Some(0.1)),
            (Queued, 0.0, Some(1000), Some(0.0)),
            (Proving, 10.0, None, None),
            (Proving, 10.0, Some(0), None),
            (Proving, 10.0, Some(-1), None),
        ] {
            assert_eq!(
                fraction(state, elapsed_ms, estimate_ms),
                expected,
                "{state} {elapsed_ms} {estimate_ms:?}"
            );
        }
    }
}
