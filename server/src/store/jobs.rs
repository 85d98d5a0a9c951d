//! Reading and cancelling jobs.

use super::StoreError;
use super::attempts::{Ending, end};
use super::database::Database;
use super::job_row::{COLUMNS, JobRow, parse, records, waiting_jobs};
use super::sql::{Arg, args};
use crate::job::{Cause, CauseKind, JobId, JobKind, JobRecord, JobState};
use hallmark_verifier::ModelId;

/// Which jobs to list. Everything that is given has to be true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Whose; all if not given.
    pub tenant: Option<String>,
    /// In one of these states; in any if empty.
    pub states: Vec<JobState>,
    /// Of this kind.
    pub kind: Option<JobKind>,
    /// About this model.
    pub model: Option<ModelId>,
}

/// How many jobs wait and run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// Jobs by state, those in terminal states left out.
    pub by_state: Vec<(JobState, i64)>,
    /// When the oldest waiting job was accepted.
    pub oldest_queued_ms: Option<i64>,
}

impl Database {
    /// A job; only if it is `tenant`'s and not deleted, where one is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn job(&self, tenant: Option<&str>, id: JobId) -> Result<Option<JobRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1");
        let row: Option<JobRow> = self.optional(&sql, args![id.to_string()]).await?;
        let record = row.map(JobRecord::try_from).transpose()?;
        Ok(record.filter(|job| tenant.is_none_or(|tenant| tenant == job.tenant && job.deleted_ms.is_none())))
    }

    /// These jobs, in the order of `ids`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs_by_id(&self, ids: &[JobId]) -> Result<Vec<JobRecord>, StoreError> {
        let places: Vec<String> = (1..=ids.len()).map(|index| format!("${index}")).collect();
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id IN ({})", places.join(", "));
        let args = ids.iter().map(|id| Arg::from(id.to_string())).collect();
        let found = records(self.all(&sql, args).await?)?;
        Ok(ids
            .iter()
            .filter_map(|id| found.iter().find(|job| job.id == *id).cloned())
            .collect())
    }

    /// Jobs that are not deleted, the newest first, those older than `before` if it is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: i64,
    ) -> Result<Vec<JobRecord>, StoreError> {
        let mut args: Vec<Arg> = Vec::new();
        let mut conditions = vec!["deleted_ms IS NULL".to_owned()];
        let mut condition = |text: &str, arg: Option<String>| {
            if let Some(arg) = arg {
                args.push(Arg::from(arg));
                conditions.push(format!("{text} ${}", args.len()));
            }
        };
        condition("tenant =", filter.tenant.clone());
        condition("kind =", filter.kind.map(|kind| kind.word().to_owned()));
        condition("model_id =", filter.model.map(|model| model.to_string()));
        condition("id <", before.map(|id| id.to_string()));
        if !filter.states.is_empty() {
            let words: Vec<String> = filter
                .states
                .iter()
                .map(|state| format!("'{}'", state.word()))
                .collect();
            conditions.push(format!("state IN ({})", words.join(", ")));
        }
        args.push(Arg::from(limit));
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE {} ORDER BY id DESC LIMIT ${}",
            conditions.join(" AND "),
            args.len()
        );
        records(self.all(&sql, args).await?)
    }

    /// How many of its tenant's waiting jobs come before this waiting one. Those of others take their turns in between.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn queue_position(&self, job: &JobRecord) -> Result<i64, StoreError> {
        let index = waiting_jobs(self.dialect());
        let sql = format!(
            "SELECT COUNT(*) FROM jobs {index} WHERE state = 'queued' AND tenant = $1 AND (priority > $2 \
             OR (priority = $2 AND (turn < $3 OR (turn = $3 AND id < $4))))"
        );
        let args = args![&job.tenant, job.priority, job.turn, job.id.to_string()];
        let (before,): (i64,) = self.one(&sql, args).await?;
        Ok(before)
    }

    /// How many jobs wait and run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn queue_counts(&self) -> Result<QueueCounts, StoreError> {
        let rows: Vec<(String, i64, i64)> = self
            .all(
                "SELECT state, COUNT(*), MIN(created_ms) FROM jobs WHERE state = 'queued' OR token IS NOT NULL GROUP BY state",
                args![],
            )
            .await?;
        let mut counts = QueueCounts::default();
        for (state, count, oldest) in rows {
            let state = parse("a job", &state)?;
            if state == JobState::Queued {
                counts.oldest_queued_ms = Some(oldest);
            }
            counts.by_state.push((state, count));
        }
        Ok(counts)
    }

    /// Asks for the end of a job: a waiting one is cancelled at once, a running one by its worker within a second. Returns
    /// the job as it then is, or nothing if there is none of this tenant. A job that has ended stays as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cancel(&self, tenant: Option<&str>, id: JobId) -> Result<Option<JobRecord>, StoreError> {
        if self.job(tenant, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        // Locks the row, so that the job can neither be claimed nor end in between.
        tx.execute(
            "UPDATE jobs SET cancel_requested = TRUE WHERE id = $1 AND (state = 'queued' OR token IS NOT NULL)",
            args![id.to_string()],
        )
        .await?;
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1");
        let row: JobRow = tx.one(&sql, args![id.to_string()]).await?;
        let job = JobRecord::try_from(row)?;
        if job.state == JobState::Queued {
            let cause = Cause::new(CauseKind::CancelledByUser, "cancelled before it began");
            end(&mut tx, &job, Ending::Cancelled(cause)).await?;
        }
        tx.commit().await?;
        self.signals().notify_event(id);
        self.job(tenant, id).await
    }
}
