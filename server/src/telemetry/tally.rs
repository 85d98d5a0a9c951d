//! Metrics of jobs, taken from the database: whichever process ran a job, it is counted.
//!
//! Ended jobs are read off the receipt log, which every one of them enters exactly once, from the entry at which this process
//! started. Several servers on one database each count all jobs: watch one of them, or take the maximum.

use super::metrics::{FinishedJob, Metrics};
use crate::job::{JobId, JobRecord};
use crate::store::{Database, StoreError};
use std::time::Duration;
use tokio::sync::Mutex;

/// Entries read in one go.
const ENTRIES: i64 = 500;
/// Without scrapes, ended jobs are counted this often.
const EVERY: Duration = Duration::from_secs(15);
/// A worker that was not seen for longer is taken for gone.
pub const WORKER_SILENT_MS: i64 = 30_000;

/// Keeps the metrics of jobs up to date.
#[derive(Debug)]
pub struct Tally {
    database: Database,
    metrics: Metrics,
    /// The first entry of the log that is not counted yet.
    next: Mutex<Option<i64>>,
}

impl Tally {
    /// Counts jobs that end from now on.
    #[must_use]
    pub fn new(database: Database, metrics: Metrics) -> Self {
        Self {
            database,
            metrics,
            next: Mutex::new(None),
        }
    }

    /// All metrics as text. If the database does not answer, those of jobs are as old as its last answer.
    pub async fn text(&self) -> String {
        if let Err(error) = self.refresh().await {
            tracing::warn!(%error, "metrics of jobs are out of date");
        }
        self.metrics.text()
    }

    /// Counts for ever, so that a scrape has little to do.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "counting ended jobs failed; trying again");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        let mut next = self.next.lock().await;
        let size = self.database.tree_head().await?.size;
        let mut first = next.unwrap_or(size);
        while first < size {
            let receipts = self.database.receipts(None, first, ENTRIES).await?;
            let Some(last) = receipts.last() else { break };
            let ids: Vec<JobId> = receipts
                .iter()
                .filter_map(|receipt| receipt.job_id.parse().ok())
                .collect();
            let jobs = self.database.jobs_by_id(&ids).await?;
            for job in &jobs {
                self.metrics.job_finished(&finished(job));
            }
            first = last.index + 1;
            *next = Some(first);
        }
        *next = Some(first);
        self.metrics.set_receipts(u64::try_from(size).unwrap_or(0));
        self.gauges().await
    }

    async fn gauges(&self) -> Result<(), StoreError> {
        let counts = self.database.queue_counts().await?;
        let now = self.database.now_ms().await?;
        let oldest = counts.oldest_queued_ms.map(|since| {
            let age_ms = u64::try_from(now.saturating_sub(since)).unwrap_or(0);
            Duration::from_millis(age_ms)
        });
        let by_state: Vec<_> = counts
            .by_state
            .iter()
            .map(|(state, count)| (state.word(), u64::try_from(*count).unwrap_or(0)))
            .collect();
        self.metrics.set_jobs(&by_state, oldest);
        let workers = self.database.workers(WORKER_SILENT_MS).await?;
        self.metrics.set_workers(workers.len() as u64);
        Ok(())
    }
}

fn finished(job: &JobRecord) -> FinishedJob {
    let end = job.finished_ms.unwrap_or(job.created_ms);
    FinishedJob {
        kind: job.kind.word(),
        state: job.state.word(),
        cause: job.cause.as_ref().map_or("", |cause| cause.kind.word()),
        stages: job
            .stages
            .iter()
            .map(|stage| (stage.stage.word(), stage.ms))
            .collect(),
        waited_ms: job.started_ms.map(|start| start - job.created_ms),
        took_ms: end - job.created_ms,
        peak_bytes: job.peak_bytes,
        attempts: job.attempt,
    }
}
