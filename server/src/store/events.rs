//! Histories of jobs.

use super::StoreError;
use super::database::Database;
use super::job_row::{json, parse, to_json};
use super::rows::row;
use super::sql::{Tx, args};
use crate::job::{EventKind, JobEvent, JobId, JobState};
use serde_json::Value;

row! {
    struct EventRow {
        job_id: String,
        seq: i64,
        at_ms: i64,
        kind: String,
        state: String,
        data: String,
    }
}

impl Database {
    /// The job's events after number `seq`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_after(&self, job: JobId, seq: i64, limit: i64) -> Result<Vec<JobEvent>, StoreError> {
        let rows: Vec<EventRow> = self
            .all(
                "SELECT job_id, seq, at_ms, kind, state, data FROM job_events WHERE job_id = $1 AND seq > $2 \
                 ORDER BY seq LIMIT $3",
                args![job.to_string(), seq, limit],
            )
            .await?;
        rows.into_iter()
            .map(|row| {
                let what = format!("event {} of {}", row.seq, row.job_id);
                Ok(JobEvent {
                    job: parse(&what, &row.job_id)?,
                    seq: row.seq,
                    at_ms: row.at_ms,
                    kind: parse(&what, &row.kind)?,
                    state: parse(&what, &row.state)?,
                    data: json(&what, &row.data)?,
                })
            })
            .collect()
    }
}

/// Writes the next event of a job. The transaction has inserted or updated the job's row, so that no other one can be
/// writing its events.
pub(super) async fn append(
    tx: &mut Tx,
    job: JobId,
    kind: EventKind,
    state: JobState,
    data: &Value,
) -> Result<(), StoreError> {
    let now = tx.now_ms().await?;
    let id = job.to_string();
    let (last,): (i64,) = tx
        .one(
            "SELECT COALESCE(MAX(seq), 0) FROM job_events WHERE job_id = $1",
            args![&id],
        )
        .await?;
    tx.execute(
        "INSERT INTO job_events (job_id, seq, at_ms, kind, state, data) VALUES ($1, $2, $3, $4, $5, $6)",
        args![&id, last + 1, now, kind.word(), state.word(), to_json(data)?],
    )
    .await?;
    Database::announce(tx, &id).await
}
