//! Erases what is no longer to be kept: what was deleted, private inputs and openings, old idempotency keys, histories and deliveries,
//! and artifacts that nothing refers to.

use crate::job::{JobRecord, JobResult};
use crate::objects::{FRESH_MS, ObjectError, Objects};
use crate::settings;
use crate::store::{Database, Model, StoreError};
use crate::telemetry::Metrics;
use futures::TryStreamExt;
use std::time::Duration;

/// How often it is looked for what can go.
const EVERY: Duration = Duration::from_secs(60);
/// How often artifacts are compared with what rows refer to, in rounds.
const ROUNDS_PER_COMPARISON: u64 = 6 * 60;
/// Jobs whose input is erased in one go.
const JOBS: i64 = 200;
const HOUR_MS: i64 = 3_600_000;
/// An artifact is stored before the row that refers to it. Younger ones than this may still be waiting for theirs; nothing takes that
/// long, because a job that waits has its row.
const ORPHAN_MS: i64 = 24 * HOUR_MS;

/// The same for artifacts of models that were deleted: whoever has stored one of them again has written its row by then.
const ABANDONED_MS: i64 = FRESH_MS + HOUR_MS;

/// Why something could not be erased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetentionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// What went in one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Inputs of jobs, with their openings.
    pub inputs: u64,
    /// Deleted jobs.
    pub jobs: u64,
    /// Models that nobody has any more.
    pub models: u64,
    /// Idempotency keys.
    pub idempotency: u64,
    /// Events.
    pub events: u64,
    /// Replaced secrets of webhooks.
    pub secrets: u64,
    /// Deliveries of webhooks.
    pub deliveries: u64,
    /// Artifacts that nothing refers to.
    pub orphans: u64,
}

/// Erases by the settings. Several processes may do so at once: erasing twice is erasing.
#[derive(Clone, Debug)]
pub struct Retention {
    database: Database,
    objects: Objects,
    settings: settings::Retention,
    metrics: Metrics,
}

impl Retention {
    /// By these settings.
    #[must_use]
    pub fn new(
        database: Database,
        objects: Objects,
        settings: settings::Retention,
        metrics: Metrics,
    ) -> Self {
        Self {
            database,
            objects,
            settings,
            metrics,
        }
    }

    /// Erases for ever.
    pub async fn run(&self) {
        for round in 0u64.. {
            let with_orphans = round % ROUNDS_PER_COMPARISON == ROUNDS_PER_COMPARISON / 2;
            match self.round(with_orphans).await {
                Ok(erased) if erased != Erased::default() => tracing::info!(?erased, "erased"),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "erasing failed; trying again in a minute"),
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Erases what is due now, and with `orphans` also looks for artifacts that nothing refers to.
    ///
    /// # Errors
    /// [`RetentionError`]; what is not erased yet is found again.
    pub async fn round(&self, orphans: bool) -> Result<Erased, RetentionError> {
        let now = self.database.now_ms().await?;
        let before =
            |hours: u64| now.saturating_sub(i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(HOUR_MS));
        let settings = &self.settings;
        let erased = Erased {
            inputs: self.inputs(before(settings.private_input_hours)).await?,
            jobs: self.deleted_jobs().await?,
            models: self.abandoned_models().await?,
            idempotency: self
                .database
                .forget_idempotency(before(settings.idempotency_hours))
                .await?,
            events: self
                .events(before(settings.events_days.saturating_mul(24)))
                .await?,
            secrets: self.database.forget_secrets().await?,
            deliveries: self
                .database
                .forget_deliveries(before(settings.deliveries_days.saturating_mul(24)))
                .await?,
            orphans: match orphans {
                true => self.orphans(now - ORPHAN_MS).await?,
                false => 0,
            },
        };
        for (what, count) in [
            ("inputs", erased.inputs),
            ("jobs", erased.jobs),
            ("models", erased.models),
            ("idempotency_keys", erased.idempotency),
            ("events", erased.events),
            ("secrets", erased.secrets),
            ("deliveries", erased.deliveries),
            ("orphans", erased.orphans),
        ] {
            self.metrics.erased(what, count);
        }
        Ok(erased)
    }

    async fn inputs(&self, before_ms: i64) -> Result<u64, RetentionError> {
        let mut erased = 0;
        loop {
            let jobs = self.database.inputs_to_erase(before_ms, JOBS).await?;
            for job in &jobs {
                self.erase_input(job).await?;
                erased += 1;
            }
            if jobs.is_empty() {
                return Ok(erased);
            }
        }
    }

    /// Erases the input of an ended job, and what opens the commitment to it. First the bytes, then the note that they are gone: a
    /// failure in between has it done again.
    ///
    /// # Errors
    /// [`RetentionError`].
    pub async fn erase_input(&self, job: &JobRecord) -> Result<(), RetentionError> {
        self.objects.erase_input(job.id).await?;
        if let Some(JobResult::Prove(proof)) = &job.result
            && let Some(opening) = proof.opening
        {
            self.objects.erase(opening).await?;
        }
        self.database.input_erased(job.id).await?;
        Ok(())
    }

    async fn deleted_jobs(&self) -> Result<u64, RetentionError> {
        let mut erased = 0;
        loop {
            let jobs = self.database.jobs_to_erase(JOBS).await?;
            for job in &jobs {
                self.erase_job(job).await?;
                erased += 1;
            }
            if jobs.is_empty() {
                return Ok(erased);
            }
        }
    }

    /// Erases what is kept of a deleted job beyond its receipt. First the bytes, then the note that they are gone.
    ///
    /// # Errors
    /// [`RetentionError`].
    pub async fn erase_job(&self, job: &JobRecord) -> Result<(), RetentionError> {
        self.objects.erase_input(job.id).await?;
        if let Some(JobResult::Prove(proof)) = &job.result {
            self.objects.erase(proof.bundle.digest).await?;
            if let Some(opening) = proof.opening {
                self.objects.erase(opening).await?;
            }
        }
        self.database.job_erased(job).await?;
        Ok(())
    }

    /// Erases models that nobody has any more, and says how many are gone.
    ///
    /// # Errors
    /// [`RetentionError`].
    pub async fn abandoned_models(&self) -> Result<u64, RetentionError> {
        let mut erased = 0;
        for model in self.database.abandoned_models().await? {
            if self.erase_files(&model).await? && self.database.forget_model(&model.model_id).await? {
                erased += 1;
            }
        }
        Ok(erased)
    }

    /// Erases the artifacts of a model that nobody has, and says whether all are gone that no other row refers to. Those that were
    /// stored lately stay for now: somebody may have found them there and be about to refer to them.
    async fn erase_files(&self, model: &Model) -> Result<bool, RetentionError> {
        let now = self.database.now_ms().await?;
        let mut gone = true;
        for digest in model.artifacts.all() {
            let Some(stored_ms) = self.objects.stored_ms(digest).await? else {
                continue;
            };
            if self.database.artifact_is_used(digest, &model.model_id).await? {
                continue;
            }
            match now - stored_ms >= ABANDONED_MS {
                true => self.objects.erase(digest).await?,
                false => gone = false,
            }
        }
        Ok(gone)
    }

    async fn events(&self, before_ms: i64) -> Result<u64, RetentionError> {
        let mut erased = 0;
        loop {
            match self.database.forget_events(before_ms).await? {
                0 => return Ok(erased),
                count => erased += count,
            }
        }
    }

    /// Erases artifacts from before `before_ms` that no row refers to. They are listed before the rows are read, so that
    /// one whose row comes in between is found to be in use.
    async fn orphans(&self, before_ms: i64) -> Result<u64, RetentionError> {
        let old: Vec<_> = self
            .objects
            .list()
            .try_filter(|(_, stored_ms)| std::future::ready(*stored_ms < before_ms))
            .try_collect()
            .await?;
        let mut erased = self.stray_inputs(before_ms).await?;
        if old.is_empty() {
            return Ok(erased);
        }
        let used = self.database.referenced_artifacts().await?;
        for (digest, _) in old {
            // Stored again meanwhile: somebody is about to refer to it.
            let still_old = self
                .objects
                .stored_ms(digest)
                .await?
                .is_some_and(|stored_ms| stored_ms < before_ms);
            if still_old && !used.contains(&digest) {
                self.objects.erase(digest).await?;
                erased += 1;
            }
        }
        Ok(erased)
    }

    /// Erases inputs from before `before_ms` whose job was not accepted after all, or whose erasure was broken off.
    async fn stray_inputs(&self, before_ms: i64) -> Result<u64, RetentionError> {
        let mut inputs = self.objects.list_inputs();
        let mut erased = 0;
        while let Some((job, stored_ms)) = inputs.try_next().await? {
            if stored_ms >= before_ms {
                continue;
            }
            let wanted = self
                .database
                .job(None, job)
                .await?
                .is_some_and(|job| job.input_erased_ms.is_none());
            if !wanted {
                self.objects.erase_input(job).await?;
                erased += 1;
            }
        }
        Ok(erased)
    }
}
