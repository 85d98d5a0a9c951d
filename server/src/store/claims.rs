//! Taking up jobs: whose turn it is, and which of theirs.
//!
//! Tenants share the workers by weight. Each has a virtual time, what it used divided by its weight (`shares`); of those with a
//! job that may be taken up, the one with the least comes next. A priority orders only a tenant's own jobs. A claim adds what the job
//! is expected to take at once, so that the next claim sees it, and the end of the attempt puts what it took in its place.

use super::database::Database;
use super::job_row::{COLUMNS, JobRow, waiting_jobs};
use super::sql::{Tx, args};
use super::{StoreError, events, shares, usage};
use crate::digest::hex;
use crate::job::{EventKind, JobRecord};
use rand::RngCore;
use serde_json::json;

/// How many tenants are asked for a job. The next ones are asked only where others are just taking up what these had.
const TENANTS: i64 = 16;

/// What may be taken up now ($1), on this day ($2): a key that has used its quota up waits for the next.
const CLAIMABLE: &str = "j.state = 'queued' AND j.run_after_ms <= $1 AND (j.quota_ms IS NULL OR NOT EXISTS \
     (SELECT 1 FROM usage u WHERE u.key_id = COALESCE(j.key_id, j.tenant) AND u.day = $2 AND u.proof_ms >= j.quota_ms))";

/// A job that this worker has until its lease ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The job, in its first running state.
    pub job: JobRecord,
    /// Fences the attempt.
    pub token: String,
}

impl Database {
    /// Takes up the next job: that of the tenant whose turn it is with the highest priority, among equals what was tried before, then the
    /// oldest.
    ///
    /// # Errors
    /// [`StoreError`]; if it is unknown whether the claim was stored, its lease ends by itself.
    pub async fn claim(&self, worker: &str, lease_ms: i64) -> Result<Option<Claim>, StoreError> {
        // Most looks find nothing, and need not wait for those that write.
        let waiting = "SELECT CAST(1 AS BIGINT) WHERE EXISTS \
                       (SELECT 1 FROM jobs WHERE state = 'queued' AND run_after_ms <= $1)";
        let now = self.now_ms().await?;
        if self.optional::<(i64,)>(waiting, args![now]).await?.is_none() {
            return Ok(None);
        }
        let mut token = [0; 16];
        rand::rngs::OsRng.fill_bytes(&mut token);
        let token = hex(&token);
        let mut tx = self.begin().await?;
        for tenant in turns(&mut tx).await? {
            let Some(job) = take(&mut tx, &tenant, &token, worker, lease_ms).await? else {
                continue;
            };
            let data = json!({ "attempt": job.attempt, "worker": worker, "estimate_ms": job.estimate_ms });
            events::append(&mut tx, job.id, EventKind::State, job.state, &data).await?;
            shares::begin(&mut tx, &tenant, job.reserved_ms).await?;
            tx.commit().await?;
            self.signals().notify_event(job.id);
            return Ok(Some(Claim { job, token }));
        }
        Ok(None)
    }
}

/// Tenants with a job that may be taken up, in the order of their turns. Goes from tenant to tenant, not from job to job.
async fn turns(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let now = tx.now_ms().await?;
    let index = waiting_jobs(tx.dialect());
    let sql = format!(
        "WITH RECURSIVE waiting (tenant) AS (\
         SELECT (SELECT MIN(j.tenant) FROM jobs j {index} WHERE j.state = 'queued') \
         UNION ALL SELECT (SELECT MIN(j.tenant) FROM jobs j {index} WHERE j.state = 'queued' AND j.tenant > w.tenant) \
         FROM waiting w WHERE w.tenant IS NOT NULL) \
         SELECT w.tenant FROM waiting w LEFT JOIN shares s ON s.tenant = w.tenant WHERE w.tenant IS NOT NULL \
         AND EXISTS (SELECT 1 FROM jobs j {index} WHERE j.tenant = w.tenant AND {CLAIMABLE}) \
         ORDER BY COALESCE(s.used, 0), w.tenant LIMIT $3"
    );
    let rows: Vec<(String,)> = tx.all(&sql, args![now, usage::day(now), TENANTS]).await?;
    Ok(rows.into_iter().map(|(tenant,)| tenant).collect())
}

/// Takes up the tenant's next job, unless others are doing so.
async fn take(
    tx: &mut Tx,
    tenant: &str,
    token: &str,
    worker: &str,
    lease_ms: i64,
) -> Result<Option<JobRecord>, StoreError> {
    let now = tx.now_ms().await?;
    let index = waiting_jobs(tx.dialect());
    let skip = tx.dialect().pick("", "FOR UPDATE OF j SKIP LOCKED");
    let sql = format!(
        "UPDATE jobs SET state = CASE kind WHEN 'prove' THEN 'witness' ELSE 'importing' END, attempt = attempt + 1, \
         token = $4, worker = $5, lease_until_ms = $6, started_ms = COALESCE(started_ms, $1), attempt_started_ms = $1, \
         stages = '[]' \
         WHERE state = 'queued' AND id = (SELECT j.id FROM jobs j {index} WHERE j.tenant = $3 AND {CLAIMABLE} \
         ORDER BY j.priority DESC, j.turn, j.id LIMIT 1 {skip}) RETURNING {COLUMNS}"
    );
    let args = args![now, usage::day(now), tenant, token, worker, now + lease_ms];
    let row: Option<JobRow> = tx.optional(&sql, args).await?;
    row.map(JobRecord::try_from).transpose()
}
