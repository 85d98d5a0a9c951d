//! Waiting for a job's end.

use crate::api::app::App;
use crate::api::extract::preferred_wait;
use crate::job::{JobId, JobRecord};
use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::{Instant, timeout_at};

/// Signals of other processes can be lost: how long to trust in them.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The job when it has ended, or as it is after `time`, or when the server stops.
///
/// # Errors
/// If the database does not answer.
async fn until_ended(app: &App, record: JobRecord, time: Duration) -> Result<JobRecord, Problem> {
    let deadline = Instant::now() + time;
    // Before the first look, so that nothing happens unseen in between.
    let mut signals = app.database.signals().events();
    let id = record.id;
    let mut record = record;
    loop {
        if let Some(now) = app.database.job(None, id).await? {
            record = now;
        }
        if record.state.is_terminal() || Instant::now() >= deadline || app.shutdown.is_cancelled() {
            return Ok(record);
        }
        let look = deadline.min(Instant::now() + LOOK_AGAIN);
        tokio::select! {
            () = app.shutdown.cancelled() => {}
            _ = timeout_at(look, happened(&mut signals, id)) => {}
        }
    }
}

/// Waits for the job's end as long as the client prefers. Returns how long that is, if it prefers anything.
///
/// # Errors
/// If the database does not answer.
pub async fn wait(
    app: &App,
    headers: &HeaderMap,
    record: JobRecord,
) -> Result<(JobRecord, Option<u64>), Problem> {
    let Some(seconds) = preferred_wait(headers) else {
        return Ok((record, None));
    };
    let seconds = seconds.min(app.settings.limits.wait_seconds);
    let record = until_ended(app, record, Duration::from_secs(seconds)).await?;
    Ok((record, Some(seconds)))
}

/// Says which preference was honoured.
pub fn applied(response: &mut Response, waited: Option<u64>) {
    let value = waited.and_then(|seconds| HeaderValue::from_str(&format!("wait={seconds}")).ok());
    if let Some(value) = value {
        response
            .headers_mut()
            .insert(HeaderName::from_static("preference-applied"), value);
    }
}

/// Resolves when something happened to the job, or may have.
pub(super) async fn happened(signals: &mut broadcast::Receiver<JobId>, id: JobId) {
    loop {
        match signals.recv().await {
            Ok(job) if job != id => {}
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
        }
    }
}
