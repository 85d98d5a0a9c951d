//! What is handed in to be queued, under which limits, and what becomes of it.

use super::StoreError;
use crate::digest::Digest;
use crate::job::{JobId, JobRecord, NewJob};
use tokio::sync::{mpsc, oneshot};

/// An `Idempotency-Key` with the digest of the request that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The header's value.
    pub key: String,
    /// Digest of method, path and body.
    pub body: Digest,
}

/// How many jobs may wait, and how much proving one caller may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Jobs altogether.
    pub total: i64,
    /// Jobs of one tenant.
    pub per_tenant: i64,
    /// Milliseconds of work that the caller may use and wait for in a day (UTC), if there is a bound.
    pub proof_ms_per_day: Option<i64>,
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
    /// The idempotency key was used, and a job of that request has been deleted since.
    Deleted,
    /// Too many jobs wait.
    QueueFull {
        /// How many wait now, altogether or of the tenant, whichever is at its limit.
        waiting: i64,
        /// Whether it is the tenant's limit.
        of_tenant: bool,
    },
    /// The caller's proving time of the day would not suffice.
    QuotaExhausted(Quota),
}

/// A caller's time of a day, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What its attempts took today.
    pub used_ms: i64,
    /// What its waiting and running jobs are expected to take: otherwise a queue's worth of proofs could follow the last second.
    pub reserved_ms: i64,
    /// What the jobs that were refused are expected to take.
    pub wanted_ms: i64,
    /// What there is in a day.
    pub quota_ms: i64,
    /// When the next day begins.
    pub resets_ms: i64,
    /// Until then.
    pub renewed_in_ms: i64,
}

/// Jobs of one tenant that were handed in together.
#[derive(Clone, Debug)]
pub(super) struct Submission {
    pub(super) jobs: Vec<NewJob>,
    pub(super) idempotency: Option<Idempotency>,
    pub(super) limits: Option<QueueLimits>,
}

/// What becomes of a submission.
#[derive(Debug)]
pub(super) enum Outcome {
    Created,
    /// These jobs were there.
    Existing(Vec<JobId>),
    Conflict,
    Deleted,
    Refused(Inserted),
}

impl Outcome {
    /// Whether what was written is to be kept.
    pub(super) fn is_written(&self) -> bool {
        // The second is an upload that is being compiled: the idempotency key leads to that job from now on.
        matches!(self, Self::Created | Self::Existing(_))
    }
}

type Reply = oneshot::Sender<Result<Outcome, StoreError>>;

/// A submission, and where its outcome goes.
pub(super) type Waiting = (Submission, Reply);

/// Where submissions go in.
#[derive(Clone, Debug)]
pub(super) struct Intake(pub(super) mpsc::Sender<Waiting>);

impl Intake {
    /// Hands a submission in and waits until its fate is on the disk.
    pub(super) async fn submit(&self, submission: Submission) -> Result<Outcome, StoreError> {
        let (reply, outcome) = oneshot::channel();
        let closed = || StoreError::Database(sqlx::Error::PoolClosed);
        self.0.send((submission, reply)).await.map_err(|_| closed())?;
        outcome.await.map_err(|_| closed())?
    }
}
