//! Taking jobs back from workers that are gone.

use super::StoreError;
use super::attempts::{LONGEST_PAUSE_MS, lost};
use super::database::Database;
use super::job_row::{COLUMNS, JobRow};
use super::sql::{Arg, args};
use crate::job::{Cause, CauseKind, JobRecord, JobState};

/// The longest lease that settings allow, in milliseconds.
const LONGEST_LEASE_MS: i64 = 3_600_000;

/// What is left of leases after the clock was set back, in milliseconds: workers look after theirs twice a second.
const SHORT_LEASE_MS: i64 = 10_000;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Jobs that go back to the queue.
    pub requeued: u64,
    /// Jobs whose last attempt was lost.
    pub dead: u64,
    /// Jobs whose worker was lost before it could cancel them.
    pub cancelled: u64,
}

impl Database {
    /// Takes jobs from workers whose lease has ended: each is tried again, dead, or cancelled where that was asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep(&self) -> Result<Sweep, StoreError> {
        let now = self.now_ms().await?;
        self.correct_times(now).await?;
        let late = "SELECT COUNT(*) FROM jobs WHERE token IS NOT NULL AND lease_until_ms < $1";
        let (late,): (i64,) = self.one(late, args![now]).await?;
        if late == 0 {
            return Ok(Sweep::default());
        }
        let late = "token IS NOT NULL AND lease_until_ms < $1";
        self.take_back(late, &Arg::from(now), "did not keep its lease")
            .await
    }

    /// After the database's clock was set back: nothing that waits or runs keeps a time that only the clock before could have written,
    /// and would not end for as long as the clock was set back.
    async fn correct_times(&self, now: i64) -> Result<(), StoreError> {
        // Living workers renew a lease that is cut short long before it ends.
        let lease = if self.watch().went_back(now) {
            SHORT_LEASE_MS
        } else {
            LONGEST_LEASE_MS
        };
        let (start, lease) = (now + LONGEST_PAUSE_MS, now + lease);
        // Two questions, because each has an index of few rows; one with OR would look at every job there ever was.
        let (waiting, running) = (
            "state = 'queued' AND run_after_ms > $1",
            "token IS NOT NULL AND lease_until_ms > $2",
        );
        let count = format!(
            "SELECT (SELECT COUNT(*) FROM jobs WHERE {waiting}) + (SELECT COUNT(*) FROM jobs WHERE {running})"
        );
        let (count,): (i64,) = self.one(&count, args![start, lease]).await?;
        if count == 0 {
            return Ok(());
        }
        tracing::warn!(
            jobs = count,
            "the database's clock was set back: their times are corrected"
        );
        let correct = format!(
            "UPDATE jobs SET run_after_ms = CASE WHEN run_after_ms > $1 THEN $1 ELSE run_after_ms END, \
             lease_until_ms = CASE WHEN lease_until_ms > $2 THEN $2 ELSE lease_until_ms END \
             WHERE ({waiting}) OR ({running})"
        );
        self.execute(&correct, args![start, lease]).await?;
        Ok(())
    }

    /// Takes all running jobs back, on a database that only this process works on.
    pub(super) async fn release_orphans(&self) -> Result<Sweep, StoreError> {
        let why = "ended while it had the job: this database has one server at a time";
        self.take_back("token IS NOT NULL AND $1 = $1", &Arg::from(0), why)
            .await
    }

    /// Takes back what a worker had that is known to be dead, without waiting for its leases.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn worker_died(&self, name: &str) -> Result<Sweep, StoreError> {
        self.worker_gone(name).await?;
        // Slots are called by the worker's name, a slash and a number.
        let of_worker = "token IS NOT NULL AND SUBSTR(worker, 1, LENGTH($1)) = $1";
        self.take_back(of_worker, &Arg::from(format!("{name}/")), "died")
            .await
    }

    /// Takes back running jobs of which the condition is true, each in a transaction of its own: what several tenants' rows are locked
    /// for is then never waited for in two orders.
    async fn take_back(&self, condition: &str, arg: &Arg, why: &str) -> Result<Sweep, StoreError> {
        let mut sweep = Sweep::default();
        loop {
            let mut tx = self.begin().await?;
            let skip = tx.dialect().pick("", "FOR UPDATE SKIP LOCKED");
            let sql = format!("SELECT {COLUMNS} FROM jobs WHERE {condition} ORDER BY id LIMIT 1 {skip}");
            let row: Option<JobRow> = tx.optional(&sql, vec![arg.clone()]).await?;
            let Some(job) = row.map(JobRecord::try_from).transpose()? else {
                break;
            };
            let worker = job.worker.as_deref().unwrap_or("unknown");
            let detail = format!("worker {worker} {why}: attempt {} was lost", job.attempt);
            match lost(&mut tx, &job, Cause::new(CauseKind::WorkerDied, detail)).await? {
                JobState::Queued => {
                    sweep.requeued += 1;
                    Self::announce_work(&mut tx).await?;
                }
                JobState::Cancelled => sweep.cancelled += 1,
                _ => sweep.dead += 1,
            }
            tx.commit().await?;
            self.signals().notify_event(job.id);
        }
        if sweep != Sweep::default() {
            self.signals().notify_work();
        }
        Ok(sweep)
    }
}
