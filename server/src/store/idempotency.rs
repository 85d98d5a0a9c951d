//! Accepting jobs: once per idempotency key, and only as many as may wait.

use super::connect::Database;
use super::job_row::{json, to_json};
use super::sql::{Tx, args};
use super::{StoreError, events, uploads};
use crate::digest::Digest;
use crate::job::{EventKind, JobId, JobRecord, JobSpec, JobState, NewJob};
use serde_json::json;

/// An `Idempotency-Key` with the digest of the request that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The header's value.
    pub key: String,
    /// Digest of method, path and body.
    pub body: Digest,
}

/// How many jobs may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Altogether.
    pub total: i64,
    /// Of one tenant.
    pub per_tenant: i64,
}

/// What became of jobs that were handed in.
#[derive(Clone, Debug, PartialEq)]
pub enum Inserted {
    /// They are in the queue, and will be after any crash.
    Created(Vec<JobRecord>),
    /// The same request was accepted before: its jobs.
    Existing(Vec<JobRecord>),
    /// The idempotency key was used for another request.
    Conflict,
    /// Too many jobs wait.
    QueueFull {
        /// How many wait now, altogether or of the tenant, whichever is at its limit.
        waiting: i64,
        /// Whether it is the tenant's limit.
        of_tenant: bool,
    },
}

impl Database {
    /// Puts jobs of one tenant into the queue: all of them or none. With an idempotency key, only once: jobs of equal
    /// requests that come at the same time are made once.
    ///
    /// A compile job whose upload is being compiled already is not made either; the one that runs is returned.
    ///
    /// # Errors
    /// [`StoreError`] if nothing was stored, or if it is unknown.
    pub async fn insert_jobs(
        &self,
        jobs: &[NewJob],
        idempotency: Option<&Idempotency>,
        limits: Option<QueueLimits>,
    ) -> Result<Inserted, StoreError> {
        let Some(first) = jobs.first() else {
            return Ok(Inserted::Created(Vec::new()));
        };
        let mut tx = self.begin().await?;
        if let Some(idempotency) = idempotency
            && let Some(earlier) = reserve(&mut tx, &first.tenant, idempotency, jobs).await?
        {
            return Ok(match earlier {
                Earlier::Same(ids) => {
                    drop(tx);
                    Inserted::Existing(self.jobs_by_id(&ids).await?)
                }
                Earlier::Other => Inserted::Conflict,
            });
        }
        if let Some(limits) = limits
            && let Some(full) = queue_full(&mut tx, &first.tenant, jobs.len(), limits).await?
        {
            return Ok(full);
        }
        for job in jobs {
            if let JobSpec::Compile(spec) = &job.spec
                && let Some(running) = uploads::reserve(&mut tx, &job.tenant, spec.upload, job.id).await?
            {
                return self.join(tx, &job.tenant, idempotency, running).await;
            }
            insert(&mut tx, job).await?;
        }
        Self::announce_work(&mut tx).await?;
        tx.commit().await?;
        self.signals().notify_work();
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
        Ok(Inserted::Created(self.jobs_by_id(&ids).await?))
    }

    /// Answers with a compilation that runs already, also to repetitions of the same request.
    async fn join(
        &self,
        mut tx: Tx,
        tenant: &str,
        idempotency: Option<&Idempotency>,
        running: JobId,
    ) -> Result<Inserted, StoreError> {
        if let Some(idempotency) = idempotency {
            tx.execute(
                "UPDATE idempotency SET jobs = $3 WHERE tenant = $1 AND key = $2",
                args![tenant, &idempotency.key, to_json(&[running])?],
            )
            .await?;
            tx.commit().await?;
        }
        Ok(Inserted::Existing(self.jobs_by_id(&[running]).await?))
    }
}

impl Database {
    /// The jobs of an earlier request with this key: [`Inserted::Existing`] or [`Inserted::Conflict`]. Nothing, if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn earlier_jobs(
        &self,
        tenant: &str,
        idempotency: &Idempotency,
    ) -> Result<Option<Inserted>, StoreError> {
        let row: Option<(String, String)> = self
            .optional(
                "SELECT body_digest, jobs FROM idempotency WHERE tenant = $1 AND key = $2",
                args![tenant, &idempotency.key],
            )
            .await?;
        let Some((body, jobs)) = row else {
            return Ok(None);
        };
        if body != idempotency.body.to_string() {
            return Ok(Some(Inserted::Conflict));
        }
        let ids: Vec<JobId> = json("an idempotency key", &jobs)?;
        Ok(Some(Inserted::Existing(self.jobs_by_id(&ids).await?)))
    }
}

enum Earlier {
    Same(Vec<JobId>),
    Other,
}

/// Takes the idempotency key, or says what it was used for. Of two transactions with one key, the second waits here for
/// the first.
async fn reserve(
    tx: &mut Tx,
    tenant: &str,
    idempotency: &Idempotency,
    jobs: &[NewJob],
) -> Result<Option<Earlier>, StoreError> {
    let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
    let now = tx.now_ms().await?;
    let taken = tx
        .execute(
            "INSERT INTO idempotency (tenant, key, body_digest, jobs, created_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant, key) DO NOTHING",
            args![
                tenant,
                &idempotency.key,
                idempotency.body.to_string(),
                to_json(&ids)?,
                now
            ],
        )
        .await?;
    if taken == 1 {
        return Ok(None);
    }
    let (body, jobs): (String, String) = tx
        .one(
            "SELECT body_digest, jobs FROM idempotency WHERE tenant = $1 AND key = $2",
            args![tenant, &idempotency.key],
        )
        .await?;
    Ok(Some(if body == idempotency.body.to_string() {
        Earlier::Same(json("an idempotency key", &jobs)?)
    } else {
        Earlier::Other
    }))
}

async fn queue_full(
    tx: &mut Tx,
    tenant: &str,
    more: usize,
    limits: QueueLimits,
) -> Result<Option<Inserted>, StoreError> {
    let (total, own): (i64, i64) = tx
        .one(
            "SELECT COUNT(*), COUNT(CASE WHEN tenant = $1 THEN 1 END) FROM jobs WHERE state = 'queued'",
            args![tenant],
        )
        .await?;
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    let full = |waiting, of_tenant| Inserted::QueueFull { waiting, of_tenant };
    Ok(if own.saturating_add(more) > limits.per_tenant {
        Some(full(own, true))
    } else if total.saturating_add(more) > limits.total {
        Some(full(total, false))
    } else {
        None
    })
}

async fn insert(tx: &mut Tx, job: &NewJob) -> Result<(), StoreError> {
    let now = tx.now_ms().await?;
    let model = match &job.spec {
        JobSpec::Prove(spec) => Some(spec.model_id.to_string()),
        JobSpec::Compile(_) => None,
    };
    tx.execute(
        "INSERT INTO jobs (id, tenant, key_id, kind, spec, model_id, state, priority, max_attempts, run_after_ms, created_ms, \
         estimate_ms) VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9, $9, $10)",
        args![
            job.id.to_string(),
            &job.tenant,
            job.key.map(|key| key.to_string()),
            job.spec.kind().word(),
            to_json(&job.spec)?,
            model,
            job.priority,
            job.max_attempts,
            now,
            job.estimate_ms,
        ],
    )
    .await?;
    let data = json!({ "estimate_ms": job.estimate_ms });
    events::append(tx, job.id, EventKind::State, JobState::Queued, &data).await
}
