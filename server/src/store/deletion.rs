//! Deleting jobs and models. Rows say first that something is gone; bytes follow, and whoever dies in between leaves a row by which
//! the rest is found.

use super::StoreError;
use super::database::Database;
use super::job_row::{COLUMNS, JobRow, records, to_json};
use super::models::Model;
use super::rows::row;
use super::sql::{Tx, args};
use crate::digest::Digest;
use crate::job::{Cause, JobId, JobRecord, JobSpec, KeyId};
use hallmark_verifier::ModelId;

/// What became of the wish to delete a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobDeletion {
    /// There is none of this tenant.
    NotFound,
    /// It has not ended.
    Unended(Box<JobRecord>),
    /// Nobody sees it any more; what is left of it is to be erased, as far as it is not.
    Deleted(Box<JobRecord>),
}

/// What became of the wish to delete a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelDeletion {
    /// The tenant has none of this id, and never deleted it.
    NotFound,
    /// So many of the tenant's jobs need it.
    InUse(i64),
    /// The tenant has it no longer.
    Deleted,
}

row! {
    /// Something that was deleted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Deletion {
        /// Id of this note, in order of time; cursor of lists.
        pub id: String,
        /// `job` or `model`.
        pub what: String,
        /// Its id.
        pub name: String,
        /// The key that did it, unless it was done without one.
        pub key_id: Option<String>,
        /// When.
        pub at_ms: i64,
    }
}

impl Database {
    /// Takes an ended job away from its tenant, with its history, messages about it, and what repeated requests would find. Doing
    /// it again is no error. [`Database::job_erased`] follows when its bytes are gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_job(
        &self,
        tenant: &str,
        id: JobId,
        by: Option<KeyId>,
    ) -> Result<JobDeletion, StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let text = id.to_string();
        let sql = format!(
            "UPDATE jobs SET deleted_ms = COALESCE(deleted_ms, $3) \
             WHERE id = $1 AND tenant = $2 AND finished_ms IS NOT NULL RETURNING {COLUMNS}"
        );
        let row: Option<JobRow> = tx.optional(&sql, args![&text, tenant, now]).await?;
        let Some(row) = row else {
            return Ok(match self.job(Some(tenant), id).await? {
                Some(job) => JobDeletion::Unended(Box::new(job)),
                None => JobDeletion::NotFound,
            });
        };
        tx.execute("DELETE FROM job_events WHERE job_id = $1", args![&text])
            .await?;
        tx.execute("DELETE FROM deliveries WHERE job_id = $1", args![&text])
            .await?;
        // The digest is that of a body with an input, which may be guessed; without it the key is used up.
        tx.execute(
            "UPDATE idempotency SET body_digest = '' WHERE tenant = $1 AND jobs LIKE $2",
            args![tenant, format!("%\"{text}\"%")],
        )
        .await?;
        let job = JobRecord::try_from(row)?;
        if job.deleted_ms == Some(now) {
            note(&mut tx, tenant, "job", &text, by).await?;
        }
        tx.commit().await?;
        Ok(JobDeletion::Deleted(Box::new(job)))
    }

    /// Deleted jobs whose bytes are not known to be gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs_to_erase(&self, limit: i64) -> Result<Vec<JobRecord>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE deleted_ms IS NOT NULL AND erased_ms IS NULL ORDER BY deleted_ms LIMIT $1"
        );
        records(self.all(&sql, args![limit]).await?)
    }

    /// Forgets what a deleted job's row says beyond what its receipt does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn job_erased(&self, job: &JobRecord) -> Result<(), StoreError> {
        let now = self.now_ms().await?;
        let cause = job.cause.as_ref().map(|cause| Cause::new(cause.kind, ""));
        self.execute(
            "UPDATE jobs SET spec = $2, result = NULL, cause = $3, stages = '[]', erased_ms = $4, \
             input_erased_ms = COALESCE(input_erased_ms, $4) WHERE id = $1 AND deleted_ms IS NOT NULL",
            args![
                job.id.to_string(),
                to_json(&bare(&job.spec))?,
                cause.as_ref().map(to_json).transpose()?,
                now
            ],
        )
        .await?;
        Ok(())
    }

    /// Takes a model from a tenant, unless jobs of the tenant's that have not ended need it. Doing it again is no error.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_registration(
        &self,
        tenant: &str,
        model: &ModelId,
        by: Option<KeyId>,
    ) -> Result<ModelDeletion, StoreError> {
        let mut tx = self.begin().await?;
        let id = model.to_string();
        let removed = tx
            .execute(
                "DELETE FROM registrations WHERE tenant = $1 AND model_id = $2",
                args![tenant, &id],
            )
            .await?;
        if removed == 0 {
            let before: Option<(i64,)> = tx
                .optional(
                    "SELECT at_ms FROM deletions WHERE tenant = $1 AND what = 'model' AND name = $2 LIMIT 1",
                    args![tenant, &id],
                )
                .await?;
            return Ok(before.map_or(ModelDeletion::NotFound, |_| ModelDeletion::Deleted));
        }
        let (waiting,): (i64,) = tx
            .one(
                "SELECT COUNT(*) FROM jobs WHERE tenant = $1 AND model_id = $2 AND (state = 'queued' OR token IS NOT NULL)",
                args![tenant, &id],
            )
            .await?;
        if waiting > 0 {
            return Ok(ModelDeletion::InUse(waiting));
        }
        // The same upload is compiled again from now on.
        tx.execute(
            "DELETE FROM uploads WHERE tenant = $1 AND model_id = $2",
            args![tenant, &id],
        )
        .await?;
        note(&mut tx, tenant, "model", &id, by).await?;
        tx.commit().await?;
        Ok(ModelDeletion::Deleted)
    }

    /// Models that nobody has any more and no job needs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn abandoned_models(&self) -> Result<Vec<Model>, StoreError> {
        let sql = format!("SELECT {} FROM models m WHERE {ABANDONED}", super::models::MODEL);
        let rows: Vec<super::models::ModelRow> = self.all(&sql, args![]).await?;
        rows.into_iter().map(Model::try_from).collect()
    }

    /// Whether another model than `but` has this artifact, or a compilation that has not ended is about it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn artifact_is_used(&self, digest: Digest, but: &ModelId) -> Result<bool, StoreError> {
        let pattern = format!("%\"{digest}\"%");
        let row: Option<(i64,)> = self
            .optional(
                "SELECT CAST(1 AS BIGINT) WHERE EXISTS (SELECT 1 FROM models WHERE model_id <> $1 AND artifacts LIKE $2) \
                 OR EXISTS (SELECT 1 FROM jobs WHERE (state = 'queued' OR token IS NOT NULL) AND kind = 'compile' AND spec LIKE $2)",
                args![but.to_string(), pattern],
            )
            .await?;
        Ok(row.is_some())
    }

    /// Forgets a model whose artifacts are gone. Says whether it did: not if somebody has it again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_model(&self, model: &ModelId) -> Result<bool, StoreError> {
        let sql = format!("DELETE FROM models AS m WHERE m.model_id = $1 AND {ABANDONED}");
        Ok(self.execute(&sql, args![model.to_string()]).await? > 0)
    }

    /// What a tenant deleted, the latest first, what came before `before` if it is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deletions(
        &self,
        tenant: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Deletion>, StoreError> {
        self.all(
            "SELECT id, what, name, key_id, at_ms FROM deletions WHERE tenant = $1 AND ($2 IS NULL OR id < $2) \
             ORDER BY id DESC LIMIT $3",
            args![tenant, before, limit],
        )
        .await
    }
}

/// The condition that nobody has the model `m`, and that no job which has not ended is about it.
const ABANDONED: &str = "NOT EXISTS (SELECT 1 FROM registrations r WHERE r.model_id = m.model_id) \
     AND NOT EXISTS (SELECT 1 FROM jobs j WHERE (j.state = 'queued' OR j.token IS NOT NULL) AND j.model_id = m.model_id)";

/// Writes down that something was deleted, and by whom.
async fn note(
    tx: &mut Tx,
    tenant: &str,
    what: &str,
    name: &str,
    by: Option<KeyId>,
) -> Result<(), StoreError> {
    let now = tx.now_ms().await?;
    tx.execute(
        "INSERT INTO deletions (id, tenant, what, name, key_id, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        args![
            format!("del_{}", uuid::Uuid::now_v7().simple()),
            tenant,
            what,
            name,
            by.map(|key| key.to_string()),
            now
        ],
    )
    .await?;
    Ok(())
}

/// A job's work without anything that its owner gave.
fn bare(spec: &JobSpec) -> JobSpec {
    let mut spec = spec.clone();
    match &mut spec {
        JobSpec::Prove(proof) => {
            proof.input = Digest([0; 32]);
            proof.nonce = [0; 32];
            proof.metadata = None;
        }
        JobSpec::Compile(compile) => {
            compile.upload = Digest([0; 32]);
            compile.onnx = Digest([0; 32]);
            compile.calibration = None;
            let options = &mut compile.options;
            for text in [
                &mut options.version,
                &mut options.description,
                &mut options.licence,
            ] {
                text.clear();
            }
            options.name = None;
            options.tags.clear();
        }
    }
    spec
}
