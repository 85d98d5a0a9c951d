//! Running jobs: claims, leases, fencing, ends.
//!
//! A claim raises the attempt and takes a fresh random token and a lease, in one statement. Whatever the attempt writes
//! afterwards counts only while the row still has that token. An attempt whose lease ended loses its token in the sweep,
//! and with it the job.

use super::claims::Claim;
use super::database::Database;
use super::job_row::{COLUMNS, JobRow, to_json};
use super::models::{self, Model, NewRegistration};
use super::sql::{Tx, args};
use super::{StoreError, events, outbox, receipts, shares, uploads, usage};
use crate::job::{
    Cause, CauseKind, CompileResult, EventKind, JobId, JobRecord, JobResult, JobSpec, JobStage, JobState,
    ProveResult, StageTime,
};
use serde_json::{Value, json};

/// Between two attempts, in milliseconds.
pub(super) const LONGEST_PAUSE_MS: i64 = 30_000;
/// So many attempts of a job may be lost with their workers before others of its tenant go first: by then it is a suspect.
const TRUSTED_LOSSES: i64 = 3;

/// What a worker learns about its attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeat {
    /// Go on.
    Continue,
    /// Somebody asked for the end.
    Cancel,
    /// The attempt has lost the job: its result must be thrown away.
    Lost,
}

/// How a job ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With a proof.
    Proved(ProveResult),
    /// With a model.
    Compiled(Box<Model>),
    /// Its work is not possible.
    Failed(Cause),
    /// Somebody asked for it.
    Cancelled(Cause),
    /// All attempts crashed.
    Dead(Cause),
}

/// What is known of an attempt when it ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Times of its stages.
    pub stages: Vec<StageTime>,
    /// Greatest resident memory of the child process.
    pub peak_bytes: Option<i64>,
    /// How long the child process worked on it, by the worker's clock. What is not known is the time since the claim.
    pub used_ms: Option<i64>,
}

impl Database {
    /// Keeps the job, and asks whether to go on. Writes only when a third of the lease is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn heartbeat(&self, id: JobId, token: &str, lease_ms: i64) -> Result<Heartbeat, StoreError> {
        let row: Option<(i64, bool)> = self
            .optional(
                "SELECT lease_until_ms, cancel_requested FROM jobs WHERE id = $1 AND token = $2",
                args![id.to_string(), token],
            )
            .await?;
        let Some((until, cancel)) = row else {
            return Ok(Heartbeat::Lost);
        };
        let now = self.now_ms().await?;
        // One that ends too late was written before the database's clock was set back.
        if !(lease_ms * 2 / 3..=lease_ms).contains(&(until - now)) {
            let kept = self
                .execute(
                    "UPDATE jobs SET lease_until_ms = $3 WHERE id = $1 AND token = $2",
                    args![id.to_string(), token, now + lease_ms],
                )
                .await?;
            if kept == 0 {
                return Ok(Heartbeat::Lost);
            }
        }
        Ok(if cancel {
            Heartbeat::Cancel
        } else {
            Heartbeat::Continue
        })
    }

    /// Notes that the attempt came into a stage. `data` goes into the event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stage(
        &self,
        id: JobId,
        token: &str,
        stage: JobStage,
        stages: &[StageTime],
        data: &Value,
    ) -> Result<Heartbeat, StoreError> {
        let mut tx = self.begin_passing().await?;
        let row: Option<(bool,)> = tx
            .optional(
                "UPDATE jobs SET state = $3, stages = $4 WHERE id = $1 AND token = $2 RETURNING cancel_requested",
                args![id.to_string(), token, stage.state().word(), to_json(stages)?],
            )
            .await?;
        let Some((cancel,)) = row else {
            return Ok(Heartbeat::Lost);
        };
        events::append(&mut tx, id, EventKind::State, stage.state(), data).await?;
        tx.commit().await?;
        self.signals().notify_event(id);
        Ok(if cancel {
            Heartbeat::Cancel
        } else {
            Heartbeat::Continue
        })
    }

    /// Ends the job with what the attempt made. Its artifacts have been stored before.
    ///
    /// # Errors
    /// [`StoreError::VersionTaken`] of a compilation, or another [`StoreError`]: nothing was stored, or it is unknown.
    pub async fn complete(
        &self,
        claim: &Claim,
        ending: Ending,
        measured: &Measured,
    ) -> Result<Heartbeat, StoreError> {
        let mut tx = self.begin().await?;
        let Some(job) = fenced(&mut tx, claim, measured).await? else {
            return Ok(Heartbeat::Lost);
        };
        let learns = matches!(ending, Ending::Proved(_) | Ending::Compiled(_));
        end(&mut tx, &job, ending).await?;
        usage::charge(&mut tx, &job, measured.used_ms, learns).await?;
        tx.commit().await?;
        self.signals().notify_event(job.id);
        Ok(Heartbeat::Continue)
    }

    /// Ends the attempt with a cause: the job is tried again later if that may help and attempts are left, and ends
    /// otherwise.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fail(
        &self,
        claim: &Claim,
        cause: Cause,
        measured: &Measured,
    ) -> Result<Heartbeat, StoreError> {
        let mut tx = self.begin().await?;
        let Some(job) = fenced(&mut tx, claim, measured).await? else {
            return Ok(Heartbeat::Lost);
        };
        crashed(&mut tx, &job, cause).await?;
        usage::charge(&mut tx, &job, measured.used_ms, false).await?;
        tx.commit().await?;
        self.signals().notify_event(job.id);
        Ok(Heartbeat::Continue)
    }

    /// Gives the job back unfinished, because the worker ends. The attempt does not count.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_back(&self, claim: &Claim) -> Result<Heartbeat, StoreError> {
        let mut tx = self.begin().await?;
        let given = tx
            .execute(
                "UPDATE jobs SET state = 'queued', attempt = attempt - 1, turn = 0, token = NULL, lease_until_ms = NULL \
                 WHERE id = $1 AND token = $2",
                args![claim.job.id.to_string(), &claim.token],
            )
            .await?;
        if given == 0 {
            return Ok(Heartbeat::Lost);
        }
        let data = json!({ "given_back_by": claim.job.worker });
        events::append(&mut tx, claim.job.id, EventKind::State, JobState::Queued, &data).await?;
        shares::settle(&mut tx, &claim.job.tenant, -claim.job.reserved_ms.max(1)).await?;
        Self::announce_work(&mut tx).await?;
        tx.commit().await?;
        self.signals().notify_work();
        self.signals().notify_event(claim.job.id);
        Ok(Heartbeat::Continue)
    }
}

/// Locks the row, if it still has the attempt's token, and notes what was measured.
async fn fenced(tx: &mut Tx, claim: &Claim, measured: &Measured) -> Result<Option<JobRecord>, StoreError> {
    let sql = format!(
        "UPDATE jobs SET stages = $3, peak_bytes = COALESCE($4, peak_bytes) WHERE id = $1 AND token = $2 RETURNING {COLUMNS}"
    );
    let args = args![
        claim.job.id.to_string(),
        &claim.token,
        to_json(&measured.stages)?,
        measured.peak_bytes
    ];
    let row: Option<JobRow> = tx.optional(&sql, args).await?;
    row.map(JobRecord::try_from).transpose()
}

/// What follows when an attempt ended with a cause. The transaction has the row's lock.
async fn crashed(tx: &mut Tx, job: &JobRecord, cause: Cause) -> Result<JobState, StoreError> {
    if job.cancel_requested || cause.kind == CauseKind::CancelledByUser {
        let cause = Cause::new(CauseKind::CancelledByUser, "cancelled while it ran");
        end(tx, job, Ending::Cancelled(cause)).await?;
        return Ok(JobState::Cancelled);
    }
    if !cause.kind.is_retryable() {
        end(tx, job, Ending::Failed(cause)).await?;
        return Ok(JobState::Failed);
    }
    // Those that were lost with their workers count elsewhere.
    let counted = job.attempt - job.lost;
    if counted >= job.max_attempts {
        end(tx, job, Ending::Dead(cause)).await?;
        return Ok(JobState::Dead);
    }
    let run_after = tx.now_ms().await? + backoff_ms(counted);
    requeue(tx, job, &cause, run_after, 0).await
}

/// What follows when an attempt was lost with its worker. It may be claimed again at once, and comes before what was not tried yet:
/// nothing says that the job is to blame. One that loses worker after worker goes behind what waits, and in the end is dead.
/// The transaction has the row's lock.
pub(super) async fn lost(tx: &mut Tx, job: &JobRecord, cause: Cause) -> Result<JobState, StoreError> {
    let mut job = job.clone();
    job.lost += 1;
    tx.execute(
        "UPDATE jobs SET lost = $2 WHERE id = $1",
        args![job.id.to_string(), job.lost],
    )
    .await?;
    if job.cancel_requested {
        let cause = Cause::new(CauseKind::CancelledByUser, "cancelled while it ran");
        end(tx, &job, Ending::Cancelled(cause)).await?;
        return Ok(JobState::Cancelled);
    }
    if job.lost >= job.max_lost {
        end(tx, &job, Ending::Dead(cause)).await?;
        return Ok(JobState::Dead);
    }
    let now = tx.now_ms().await?;
    let turn = if job.lost <= TRUSTED_LOSSES { 0 } else { now };
    requeue(tx, &job, &cause, now, turn).await
}

async fn requeue(
    tx: &mut Tx,
    job: &JobRecord,
    cause: &Cause,
    run_after: i64,
    turn: i64,
) -> Result<JobState, StoreError> {
    tx.execute(
        "UPDATE jobs SET state = 'queued', token = NULL, lease_until_ms = NULL, run_after_ms = $2, cause = $3, turn = $4 \
         WHERE id = $1",
        args![job.id.to_string(), run_after, to_json(cause)?, turn],
    )
    .await?;
    let data = json!({ "attempt": job.attempt, "lost": job.lost, "cause": cause, "run_after_ms": run_after });
    events::append(tx, job.id, EventKind::Retry, JobState::Queued, &data).await?;
    Ok(JobState::Queued)
}

/// Half a second after the first attempt, then four times as long each, at most half a minute.
fn backoff_ms(attempt: i64) -> i64 {
    let doublings = (2 * (attempt - 1)).clamp(0, 6);
    (500i64 << doublings).min(LONGEST_PAUSE_MS)
}

/// Ends a job: row, receipt, history, outbox. The transaction has the row's lock, and a job ends once.
pub(super) async fn end(tx: &mut Tx, job: &JobRecord, ending: Ending) -> Result<(), StoreError> {
    let now = tx.now_ms().await?;
    let mut job = job.clone();
    job.finished_ms = Some(now);
    (job.state, job.result, job.cause) = match ending {
        Ending::Proved(result) => (JobState::Done, Some(JobResult::Prove(result)), None),
        Ending::Compiled(model) => {
            let result = CompileResult {
                model_id: model.model_id,
            };
            compiled(tx, &mut job, &model).await?;
            (JobState::Done, Some(JobResult::Compile(result)), None)
        }
        Ending::Failed(cause) => (JobState::Failed, None, Some(cause)),
        Ending::Cancelled(cause) => (JobState::Cancelled, None, Some(cause)),
        Ending::Dead(cause) => (JobState::Dead, None, Some(cause)),
    };
    let index = receipts::append(tx, &job).await?;
    tx.execute(
        "UPDATE jobs SET state = $2, token = NULL, lease_until_ms = NULL, finished_ms = $3, result = $4, cause = $5, \
         model_id = $6, receipt_index = $7 WHERE id = $1",
        args![
            job.id.to_string(),
            job.state.word(),
            now,
            job.result.as_ref().map(to_json).transpose()?,
            job.cause.as_ref().map(to_json).transpose()?,
            job.model_id.map(|id| id.to_string()),
            index,
        ],
    )
    .await?;
    let data = json!({ "attempt": job.attempt, "cause": job.cause, "receipt_index": index });
    events::append(tx, job.id, EventKind::State, job.state, &data).await?;
    outbox::job_ended(tx, &job).await
}

/// Stores and registers what a compilation made.
async fn compiled(tx: &mut Tx, job: &mut JobRecord, model: &Model) -> Result<(), StoreError> {
    job.model_id = Some(model.model_id);
    models::insert(tx, model).await?;
    let JobSpec::Compile(spec) = &job.spec else {
        return Err(StoreError::row(
            format!("job {}", job.id),
            "a proof cannot end with a model",
        ));
    };
    let options = &spec.options;
    let registration = NewRegistration {
        tenant: job.tenant.clone(),
        model_id: model.model_id,
        name: options.name.clone().unwrap_or_else(|| model.summary.name.clone()),
        version: options.version.clone(),
        tags: options.tags.clone(),
        description: options.description.clone(),
        licence: options.licence.clone(),
        public: options.public,
    };
    models::register(tx, &registration).await?;
    uploads::finish(tx, &job.tenant, spec.upload, job.id, model.model_id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_attempts_grow_to_a_bound() {
        let pauses: Vec<i64> = [1, 2, 3, 4, 5, 50].map(backoff_ms).into();
        assert_eq!(
            pauses,
            [
                500,
                2_000,
                8_000,
                LONGEST_PAUSE_MS,
                LONGEST_PAUSE_MS,
                LONGEST_PAUSE_MS
            ]
        );
        // Of an attempt that nobody counted.
        assert_eq!(backoff_ms(0), 500);
    }
}
