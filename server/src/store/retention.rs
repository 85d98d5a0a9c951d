//! What is forgotten when its time has come.

use super::StoreError;
use super::database::Database;
use super::job_row::{COLUMNS, JobRow, json, records, to_json};
use super::sql::args;
use crate::digest::Digest;
use crate::job::{JobId, JobRecord, JobSpec};
use std::collections::HashSet;

/// How many rows of old events go in one statement: others want to write too.
const ROWS: i64 = 5_000;

impl Database {
    /// Ended proofs whose input is still there, that ended before `before_ms`, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inputs_to_erase(&self, before_ms: i64, limit: i64) -> Result<Vec<JobRecord>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE kind = 'prove' AND input_erased_ms IS NULL AND finished_ms < $1 \
             ORDER BY finished_ms LIMIT $2"
        );
        let rows: Vec<JobRow> = self.all(&sql, args![before_ms, limit]).await?;
        records(rows)
    }

    /// Notes that the input of an ended job is gone, and forgets the digest of a private one: inputs are few enough to be
    /// guessed from it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn input_erased(&self, job: JobId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let id = job.to_string();
        let row: Option<(String,)> = tx
            .optional(
                "UPDATE jobs SET input_erased_ms = $2 WHERE id = $1 AND finished_ms IS NOT NULL AND input_erased_ms IS NULL \
                 RETURNING spec",
                args![&id, now],
            )
            .await?;
        if let Some((spec,)) = row {
            let mut spec: JobSpec = json("a job", &spec)?;
            if let JobSpec::Prove(proof) = &mut spec
                && proof.private_input
            {
                proof.input = Digest([0; 32]);
                tx.execute(
                    "UPDATE jobs SET spec = $2 WHERE id = $1",
                    args![&id, to_json(&spec)?],
                )
                .await?;
            }
        }
        tx.commit().await
    }

    /// Forgets idempotency keys from before `before_ms`, and says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_idempotency(&self, before_ms: i64) -> Result<u64, StoreError> {
        self.execute("DELETE FROM idempotency WHERE created_ms < $1", args![before_ms])
            .await
    }

    /// Forgets histories of jobs that ended before `before_ms`, a part at a time, and says how many events went. The job's
    /// last event stays: it is what a late listener is told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_events(&self, before_ms: i64) -> Result<u64, StoreError> {
        self.execute(
            "DELETE FROM job_events WHERE (job_id, seq) IN ( \
               SELECT event.job_id, event.seq FROM job_events AS event JOIN jobs ON jobs.id = event.job_id \
               WHERE jobs.finished_ms < $1 AND event.seq < \
                 (SELECT MAX(last.seq) FROM job_events AS last WHERE last.job_id = event.job_id) \
               LIMIT $2)",
            args![before_ms, ROWS],
        )
        .await
    }

    /// Forgets deliveries that were finished before `before_ms`, and says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_deliveries(&self, before_ms: i64) -> Result<u64, StoreError> {
        self.execute(
            "DELETE FROM deliveries WHERE state <> 'pending' AND finished_ms < $1",
            args![before_ms],
        )
        .await
    }

    /// Digests that rows refer to: artifacts of models, results of jobs, and the work of jobs that have not ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn referenced_artifacts(&self) -> Result<HashSet<Digest>, StoreError> {
        let mut found = HashSet::new();
        for (table, id, text) in [
            ("models", "model_id", "artifacts"),
            (
                "jobs",
                "id",
                "CASE WHEN finished_ms IS NULL THEN spec ELSE COALESCE(result, '') END",
            ),
        ] {
            let sql = format!("SELECT {id}, {text} FROM {table} WHERE {id} > $1 ORDER BY {id} LIMIT $2");
            let mut last = String::new();
            loop {
                let rows: Vec<(String, String)> = self.all(&sql, args![&last, ROWS]).await?;
                let Some((id, _)) = rows.last() else { break };
                last.clone_from(id);
                rows.iter().for_each(|(_, text)| found.extend(digests_in(text)));
            }
        }
        Ok(found)
    }
}

/// Everything in a JSON text that looks like a digest. Too many do no harm: they keep an artifact.
fn digests_in(text: &str) -> impl Iterator<Item = Digest> {
    text.split('"').filter_map(|word| word.parse().ok())
}
