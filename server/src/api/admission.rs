//! What every new job passes: idempotency, quotas, room in the queue; and the answer to it.

use super::app::App;
use super::caller::Caller;
use super::extract::header_text;
use super::jobs::{Job, applied, wait};
use super::time::rfc3339;
use crate::digest::Digest;
use crate::job::{JobRecord, NewJob};
use crate::problem::{Problem, ProblemKind};
use crate::store::{Idempotency, Inserted, QueueLimits, Quota};
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";
const LONGEST_KEY: usize = 255;
/// When to try again if the queue is full, in seconds.
const QUEUE_RETRY: u64 = 10;

/// Jobs that were handed in, now or by an equal request before.
pub struct Accepted {
    /// The jobs, in order.
    pub jobs: Vec<JobRecord>,
    /// Whether they are new.
    pub created: bool,
}

/// The idempotency key of a request, with the digest of what the request asks for.
///
/// # Errors
/// If the key is not visible ASCII or too long.
pub fn idempotency(headers: &HeaderMap, what: &str, parts: &[&[u8]]) -> Result<Option<Idempotency>, Problem> {
    let Some(key) = header_text(headers, IDEMPOTENCY_KEY, LONGEST_KEY)? else {
        return Ok(None);
    };
    let mut all = vec![what.as_bytes()];
    all.extend(parts);
    Ok(Some(Idempotency {
        key: key.to_owned(),
        body: Digest::of_parts(&all),
    }))
}

/// The jobs of an equal request before, whatever has become of quotas and queues since.
///
/// # Errors
/// `idempotency-conflict` if the key was used for another request, `erased` if its job was deleted.
pub async fn earlier(
    app: &App,
    caller: &Caller,
    idempotency: Option<&Idempotency>,
) -> Result<Option<Accepted>, Problem> {
    let Some(idempotency) = idempotency else {
        return Ok(None);
    };
    match app.database.earlier_jobs(&caller.tenant, idempotency).await? {
        None => Ok(None),
        Some(inserted) => accepted(inserted).map(Some),
    }
}

/// Puts jobs into the queue, all or none.
///
/// # Errors
/// `idempotency-conflict`, `queue-full`, `too-many-jobs`, `quota-exhausted`.
pub async fn queue(
    app: &App,
    caller: &Caller,
    jobs: &[NewJob],
    idempotency: Option<&Idempotency>,
) -> Result<Accepted, Problem> {
    let limits = &app.settings.limits;
    let bounds = QueueLimits {
        total: i64::try_from(limits.queue_length).unwrap_or(i64::MAX),
        per_tenant: i64::try_from(limits.jobs_per_tenant).unwrap_or(i64::MAX),
        proof_ms_per_day: caller.proof_ms_per_day(&app.settings.access),
    };
    accepted(app.database.insert_jobs(jobs, idempotency, Some(bounds)).await?)
}

fn accepted(inserted: Inserted) -> Result<Accepted, Problem> {
    match inserted {
        Inserted::Created(jobs) => Ok(Accepted { jobs, created: true }),
        Inserted::Existing(jobs) => Ok(Accepted { jobs, created: false }),
        Inserted::Conflict => Err(Problem::new(
            ProblemKind::IdempotencyConflict,
            "the Idempotency-Key came with another request before",
        )),
        Inserted::Deleted => Err(Problem::new(
            ProblemKind::Erased,
            "a request with this Idempotency-Key was accepted before, and its job has been deleted since: use another key",
        )),
        Inserted::QueueFull { waiting, of_tenant } => {
            let (kind, whose) = match of_tenant {
                true => (ProblemKind::TooManyJobs, "of your jobs"),
                false => (ProblemKind::QueueFull, "jobs"),
            };
            Err(
                Problem::new(kind, format!("{waiting} {whose} are waiting already"))
                    .retry_after(QUEUE_RETRY)
                    .with("waiting", waiting),
            )
        }
        Inserted::QuotaExhausted(quota) => Err(exhausted(quota)),
    }
}

fn exhausted(quota: Quota) -> Problem {
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let resets_at = rfc3339(quota.resets_ms);
    Problem::new(
        ProblemKind::QuotaExhausted,
        format!(
            "of {:.1} seconds a day {:.1} are used and {:.1} reserved for jobs that wait or run; this takes about {:.1}; the quota \
             resets at {resets_at}",
            seconds(quota.quota_ms),
            seconds(quota.used_ms),
            seconds(quota.reserved_ms),
            seconds(quota.wanted_ms)
        ),
    )
    .retry_after(u64::try_from(quota.renewed_in_ms / 1000 + 1).unwrap_or(1))
    .with("used_ms", quota.used_ms)
    .with("reserved_ms", quota.reserved_ms)
    .with("wanted_ms", quota.wanted_ms)
    .with("quota_ms", quota.quota_ms)
    .with("resets_at", resets_at)
}

/// Refuses what costs time and is no job, where the caller has none left.
///
/// # Errors
/// `quota-exhausted`.
pub async fn has_time(app: &App, caller: &Caller) -> Result<(), Problem> {
    let Some(quota_ms) = caller.proof_ms_per_day(&app.settings.access) else {
        return Ok(());
    };
    let (tenant, key) = (&caller.tenant, caller.key_id());
    match app.database.quota_missing(tenant, key, quota_ms).await? {
        None => Ok(()),
        Some(quota) => Err(exhausted(quota)),
    }
}

impl Accepted {
    /// The answer to a request for one job: at once, or when it has ended, as the client prefers.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn answer_one(mut self, app: &App, headers: &HeaderMap) -> Result<Response, Problem> {
        let Some(record) = self.jobs.pop() else {
            return Err(Problem::internal("a job was accepted and is not there"));
        };
        let (record, waited) = wait(app, headers, record).await?;
        let status = if record.state.is_terminal() {
            StatusCode::OK
        } else {
            StatusCode::ACCEPTED
        };
        let location = format!("/v1/jobs/{}", record.id);
        let mut response = (status, Json(Job::placed(app, record).await?)).into_response();
        if let Ok(value) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, value);
        }
        applied(&mut response, waited);
        Ok(response)
    }
}
