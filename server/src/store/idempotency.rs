//! Accepting jobs: once per idempotency key, and only as many as may wait.

use super::database::Database;
use super::job_row::{json, to_json};
use super::paces::Paces;
use super::sql::{Dialect, Tx, args};
use super::submission::{Idempotency, Inserted, Outcome, QueueLimits, Submission};
use super::{StoreError, events, shares, uploads, usage};
use crate::job::{EventKind, JobId, JobSpec, JobState, NewJob};
use serde_json::json;

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
        if jobs.is_empty() {
            return Ok(Inserted::Created(Vec::new()));
        }
        let request = Submission {
            jobs: jobs.to_vec(),
            idempotency: idempotency.cloned(),
            limits,
        };
        let outcome = match self.intake() {
            Some(intake) => intake.submit(request).await?,
            None => self.accept_alone(&request).await?,
        };
        if matches!(outcome, Outcome::Created) {
            self.signals().notify_work();
        }
        Ok(match outcome {
            Outcome::Created => {
                let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
                Inserted::Created(self.jobs_by_id(&ids).await?)
            }
            Outcome::Existing(ids) => Inserted::Existing(self.jobs_by_id(&ids).await?),
            Outcome::Conflict => Inserted::Conflict,
            Outcome::Deleted => Inserted::Deleted,
            Outcome::Refused(refused) => refused,
        })
    }

    /// Accepts a submission in a transaction of its own.
    pub(super) async fn accept_alone(&self, submission: &Submission) -> Result<Outcome, StoreError> {
        let mut tx = self.begin().await?;
        let outcome = accept(&mut tx, submission).await?;
        if outcome.is_written() {
            tx.commit().await?;
        }
        Ok(outcome)
    }
}

/// Writes the jobs of a submission, or says why not; what was written then has to be taken back.
pub(super) async fn accept(tx: &mut Tx, submission: &Submission) -> Result<Outcome, StoreError> {
    let Submission {
        jobs,
        idempotency,
        limits,
    } = submission;
    let Some(first) = jobs.first() else {
        return Ok(Outcome::Created);
    };
    if let Some(idempotency) = idempotency
        && let Some(earlier) = reserve(tx, &first.tenant, idempotency, jobs).await?
    {
        return Ok(match earlier {
            Earlier::Same(ids) => Outcome::Existing(ids),
            Earlier::Other => Outcome::Conflict,
            Earlier::Deleted => Outcome::Deleted,
        });
    }
    let mut paces = Paces::default();
    let mut expected = Vec::with_capacity(jobs.len());
    for job in jobs {
        expected.push(paces.expected_ms(tx, &job.spec, job.estimate_ms).await?);
    }
    if let Some(limits) = limits
        && let Some(refused) = refused(tx, jobs, *limits, expected.iter().sum()).await?
    {
        return Ok(Outcome::Refused(refused));
    }
    let was_active = shares::is_active(tx, &first.tenant).await?;
    let quota_ms = limits.and_then(|limits| limits.proof_ms_per_day);
    for (job, expected_ms) in jobs.iter().zip(expected) {
        if let JobSpec::Compile(spec) = &job.spec
            && let Some(running) = uploads::reserve(tx, &job.tenant, spec.upload, job.id).await?
        {
            return join(tx, &job.tenant, idempotency.as_ref(), running).await;
        }
        insert(tx, job, expected_ms, quota_ms).await?;
    }
    // Last, as in every transaction: what is locked in one order by all is never waited for in a circle.
    if !was_active {
        shares::come_back(tx, &first.tenant).await?;
    }
    Database::announce_work(tx).await?;
    Ok(Outcome::Created)
}

/// Answers with a compilation that runs already, also to repetitions of the same request.
async fn join(
    tx: &mut Tx,
    tenant: &str,
    idempotency: Option<&Idempotency>,
    running: JobId,
) -> Result<Outcome, StoreError> {
    if let Some(idempotency) = idempotency {
        tx.execute(
            "UPDATE idempotency SET jobs = $3 WHERE tenant = $1 AND key = $2",
            args![tenant, &idempotency.key, to_json(&[running])?],
        )
        .await?;
    }
    Ok(Outcome::Existing(vec![running]))
}

impl Database {
    /// The jobs of an earlier request with this key: [`Inserted::Existing`], [`Inserted::Conflict`] or [`Inserted::Deleted`]. Nothing, if
    /// there is none.
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
        if body.is_empty() {
            return Ok(Some(Inserted::Deleted));
        }
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
    Deleted,
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
    Ok(Some(if body.is_empty() {
        Earlier::Deleted
    } else if body == idempotency.body.to_string() {
        Earlier::Same(json("an idempotency key", &jobs)?)
    } else {
        Earlier::Other
    }))
}

/// What is not to be queued, and why. Requests of one tenant are looked at one after the other, so that two at once cannot both have
/// the last place.
async fn refused(
    tx: &mut Tx,
    jobs: &[NewJob],
    limits: QueueLimits,
    wanted_ms: i64,
) -> Result<Option<Inserted>, StoreError> {
    let Some(NewJob { tenant, key, .. }) = jobs.first() else {
        return Ok(None);
    };
    if tx.dialect() == Dialect::Postgres {
        // SQLite has one writer.
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        tx.execute(lock, args![tenant]).await?;
    }
    let more = i64::try_from(jobs.len()).unwrap_or(i64::MAX);
    let (total, own): (i64, i64) = tx
        .one(
            "SELECT COUNT(*), COUNT(CASE WHEN tenant = $1 THEN 1 END) FROM jobs WHERE state = 'queued'",
            args![tenant],
        )
        .await?;
    let full = |waiting, of_tenant| Some(Inserted::QueueFull { waiting, of_tenant });
    if own.saturating_add(more) > limits.per_tenant {
        return Ok(full(own, true));
    }
    if total.saturating_add(more) > limits.total {
        return Ok(full(total, false));
    }
    let Some(quota_ms) = limits.proof_ms_per_day else {
        return Ok(None);
    };
    let usage = usage::today(tx, tenant, *key).await?;
    if jobs.len() == 1 && usage.may_begin_one(quota_ms) {
        return Ok(None);
    }
    let now = tx.now_ms().await?;
    Ok(usage
        .lacks(wanted_ms, quota_ms, now)
        .map(Inserted::QuotaExhausted))
}

async fn insert(
    tx: &mut Tx,
    job: &NewJob,
    expected_ms: i64,
    quota_ms: Option<i64>,
) -> Result<(), StoreError> {
    let now = tx.now_ms().await?;
    let model = match &job.spec {
        JobSpec::Prove(spec) => Some(spec.model_id.to_string()),
        JobSpec::Compile(_) => None,
    };
    tx.execute(
        "INSERT INTO jobs (id, tenant, key_id, kind, spec, model_id, state, priority, max_attempts, run_after_ms, created_ms, turn, \
         estimate_ms, max_lost, reserved_ms, quota_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9, $9, $9, $10, $11, $12, $13)",
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
            job.max_lost,
            expected_ms,
            quota_ms,
        ],
    )
    .await?;
    let data = json!({ "estimate_ms": job.estimate_ms });
    events::append(tx, job.id, EventKind::State, JobState::Queued, &data).await
}
