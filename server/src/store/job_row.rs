//! Rows of `jobs` and what they mean.

use super::StoreError;
use super::rows::row;
use super::sql::Dialect;
use crate::job::{Cause, JobRecord};
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The columns of [`JobRow`].
pub(super) const COLUMNS: &str = "id, tenant, key_id, kind, spec, model_id, state, priority, attempt, max_attempts, worker, \
     lease_until_ms, run_after_ms, created_ms, started_ms, attempt_started_ms, finished_ms, cancel_requested, input_erased_ms, deleted_ms, result, cause, \
     stages, estimate_ms, peak_bytes, receipt_index, lost, max_lost, turn, reserved_ms, used_ms";

row! {
    pub(super) struct JobRow {
        id: String,
        tenant: String,
        key_id: Option<String>,
        kind: String,
        spec: String,
        model_id: Option<String>,
        state: String,
        priority: i64,
        attempt: i64,
        max_attempts: i64,
        worker: Option<String>,
        lease_until_ms: Option<i64>,
        run_after_ms: i64,
        created_ms: i64,
        started_ms: Option<i64>,
        attempt_started_ms: Option<i64>,
        finished_ms: Option<i64>,
        cancel_requested: bool,
        input_erased_ms: Option<i64>,
        deleted_ms: Option<i64>,
        result: Option<String>,
        cause: Option<String>,
        stages: String,
        estimate_ms: Option<i64>,
        peak_bytes: Option<i64>,
        receipt_index: Option<i64>,
        lost: i64,
        max_lost: i64,
        turn: i64,
        reserved_ms: i64,
        used_ms: i64,
    }
}

impl TryFrom<JobRow> for JobRecord {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self, StoreError> {
        let what = format!("job {}", row.id);
        Ok(Self {
            id: parse(&what, &row.id)?,
            tenant: row.tenant,
            key: row.key_id.as_deref().map(|key| parse(&what, key)).transpose()?,
            kind: parse(&what, &row.kind)?,
            spec: json(&what, &row.spec)?,
            model_id: row.model_id.as_deref().map(|id| parse(&what, id)).transpose()?,
            state: parse(&what, &row.state)?,
            priority: row.priority,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            worker: row.worker,
            lease_until_ms: row.lease_until_ms,
            run_after_ms: row.run_after_ms,
            created_ms: row.created_ms,
            started_ms: row.started_ms,
            attempt_started_ms: row.attempt_started_ms,
            finished_ms: row.finished_ms,
            cancel_requested: row.cancel_requested,
            input_erased_ms: row.input_erased_ms,
            deleted_ms: row.deleted_ms,
            result: row.result.as_deref().map(|text| json(&what, text)).transpose()?,
            cause: row
                .cause
                .as_deref()
                .map(|text| json::<Cause>(&what, text))
                .transpose()?,
            stages: json(&what, &row.stages)?,
            estimate_ms: row.estimate_ms,
            peak_bytes: row.peak_bytes,
            receipt_index: row.receipt_index,
            lost: row.lost,
            max_lost: row.max_lost,
            turn: row.turn,
            reserved_ms: row.reserved_ms,
            used_ms: row.used_ms,
        })
    }
}

pub(super) fn records(rows: Vec<JobRow>) -> Result<Vec<JobRecord>, StoreError> {
    rows.into_iter().map(JobRecord::try_from).collect()
}

/// Reads a word or id that this program wrote.
pub(super) fn parse<T: FromStr>(what: &str, text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|problem| StoreError::row(what, format!("{text:?}: {problem}")))
}

/// Reads JSON that this program wrote.
pub(super) fn json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|problem| StoreError::row(what, problem))
}

/// Writes JSON.
pub(super) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|problem| StoreError::row("a value to be written", problem))
}

/// How SQLite is told to look only at waiting jobs; it might prefer an index that leads to every job there ever was.
pub(super) fn waiting_jobs(dialect: Dialect) -> &'static str {
    dialect.pick("INDEXED BY jobs_queued", "")
}

/// The same for running jobs.
pub(super) fn running_jobs(dialect: Dialect) -> &'static str {
    dialect.pick("INDEXED BY jobs_running", "")
}
