//! What was uploaded, so that the same upload is the same model.

use super::StoreError;
use super::database::Database;
use super::job_row::parse;
use super::sql::{Tx, args};
use crate::digest::Digest;
use crate::job::{JobId, JobState};
use hallmark_verifier::ModelId;

/// What came of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// This model.
    Model(ModelId),
    /// It is being compiled.
    Compiling(JobId),
}

impl Database {
    /// What came of the tenant's upload with this digest, if there is one that did not fail.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn upload(&self, tenant: &str, digest: Digest) -> Result<Option<Upload>, StoreError> {
        let row: Option<(String, Option<String>, String)> = self
            .optional(
                "SELECT u.job_id, u.model_id, j.state FROM uploads u JOIN jobs j ON j.id = u.job_id \
                 WHERE u.tenant = $1 AND u.digest = $2",
                args![tenant, digest.to_string()],
            )
            .await?;
        let what = "an upload";
        Ok(match row {
            Some((_, Some(model), _)) => Some(Upload::Model(parse(what, &model)?)),
            Some((job, None, state)) => {
                let state: JobState = parse(what, &state)?;
                (!state.is_terminal())
                    .then(|| parse(what, &job).map(Upload::Compiling))
                    .transpose()?
            }
            None => None,
        })
    }
}

/// Notes that `job` compiles the upload, or returns the job that does already.
pub(super) async fn reserve(
    tx: &mut Tx,
    tenant: &str,
    digest: Digest,
    job: JobId,
) -> Result<Option<JobId>, StoreError> {
    let digest = digest.to_string();
    let free = tx
        .execute(
            "INSERT INTO uploads (tenant, digest, job_id) VALUES ($1, $2, $3) ON CONFLICT (tenant, digest) DO NOTHING",
            args![tenant, &digest, job.to_string()],
        )
        .await?;
    if free == 1 {
        return Ok(None);
    }
    // An upload whose compilation failed may be tried again.
    let replaced = tx
        .execute(
            "UPDATE uploads SET job_id = $3 WHERE tenant = $1 AND digest = $2 AND EXISTS \
             (SELECT 1 FROM jobs WHERE jobs.id = uploads.job_id AND jobs.state IN ('failed', 'cancelled', 'dead'))",
            args![tenant, &digest, job.to_string()],
        )
        .await?;
    if replaced == 1 {
        return Ok(None);
    }
    let (running,): (String,) = tx
        .one(
            "SELECT job_id FROM uploads WHERE tenant = $1 AND digest = $2",
            args![tenant, &digest],
        )
        .await?;
    parse("an upload", &running).map(Some)
}

/// Notes what a compilation made of the upload.
pub(super) async fn finish(
    tx: &mut Tx,
    tenant: &str,
    digest: Digest,
    job: JobId,
    model: ModelId,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE uploads SET model_id = $4 WHERE tenant = $1 AND digest = $2 AND job_id = $3",
        args![tenant, digest.to_string(), job.to_string(), model.to_string()],
    )
    .await?;
    Ok(())
}
