//! Uploaded files: parts of a form, streamed to disk within their limits.

use super::App;
use super::extract::{from_json, invalid_member, too_slow};
use crate::digest::Digest;
use crate::problem::{Problem, ProblemKind};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

const OPTIONS_BYTES: usize = 64 << 10;

/// A part that lies on disk.
pub struct Received {
    /// Erased when it is dropped.
    pub file: NamedTempFile,
    /// SHA-256 of its content.
    pub digest: Digest,
    /// Its name at the client's.
    pub name: Option<String>,
}

/// A model with all that comes with it.
pub struct Parts<T> {
    /// The ONNX file.
    pub model: Received,
    /// Typical inputs.
    pub calibration: Option<Received>,
    /// Options.
    pub options: T,
}

/// Reads the parts `model`, `calibration` and `options`, in any order.
///
/// # Errors
/// If a part is missing, there twice, too large or too slow.
pub async fn receive<T: DeserializeOwned + Default>(
    app: &App,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Parts<T>, Problem> {
    let mut form = form.map_err(|rejection| {
        Problem::new(
            ProblemKind::UnsupportedMediaType,
            format!(
                "Content-Type: expected multipart/form-data: {}",
                rejection.body_text()
            ),
        )
    })?;
    let limits = &app.settings.limits;
    let (mut model, mut calibration, mut options) = (None, None, None);
    let pause = Duration::from_secs(limits.body_seconds);
    loop {
        let next = tokio::time::timeout(pause, form.next_field()).await;
        let Some(field) = next.map_err(|_| too_slow(limits.body_seconds))?.map_err(broken)? else {
            return Ok(Parts {
                model: model.ok_or_else(|| invalid_member("model", "the ONNX file is missing"))?,
                calibration,
                options: options.unwrap_or_default(),
            });
        };
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "model" if model.is_none() => {
                model = Some(to_disk(app, field, &name, limits.model_bytes, pause).await?);
            }
            "calibration" if calibration.is_none() => {
                calibration = Some(to_disk(app, field, &name, limits.calibration_bytes, pause).await?);
            }
            "options" if options.is_none() => {
                let mut chunks = Chunks::new(field, &name, OPTIONS_BYTES, pause);
                let mut bytes = Vec::new();
                while let Some(chunk) = chunks.next().await? {
                    bytes.extend_from_slice(&chunk);
                }
                options = Some(from_json(&bytes)?);
            }
            _ => {
                return Err(invalid_member(
                    &name,
                    "expected the parts `model`, `calibration` and `options`, each once",
                ));
            }
        }
    }
}

async fn to_disk(
    app: &App,
    field: Field<'_>,
    name: &str,
    limit: usize,
    pause: Duration,
) -> Result<Received, Problem> {
    let file_name = field.file_name().map(str::to_owned);
    let folder = &app.settings.storage.folder;
    let file = NamedTempFile::with_prefix_in(".upload-", folder).map_err(|error| no_room(&error))?;
    let handle = file.reopen().map_err(|error| no_room(&error))?;
    let mut writer = tokio::io::BufWriter::new(tokio::fs::File::from_std(handle));
    let mut hash = Sha256::new();
    let mut chunks = Chunks::new(field, name, limit, pause);
    while let Some(chunk) = chunks.next().await? {
        hash.update(&chunk);
        writer.write_all(&chunk).await.map_err(|error| no_room(&error))?;
    }
    writer.flush().await.map_err(|error| no_room(&error))?;
    Ok(Received {
        file,
        digest: Digest(hash.finalize().into()),
        name: file_name,
    })
}

/// The pieces of a part, as long as they come in time and are not too many.
struct Chunks<'a> {
    field: Field<'a>,
    name: &'a str,
    left: usize,
    limit: usize,
    pause: Duration,
}

impl<'a> Chunks<'a> {
    fn new(field: Field<'a>, name: &'a str, limit: usize, pause: Duration) -> Self {
        Self {
            field,
            name,
            left: limit,
            limit,
            pause,
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let next = tokio::time::timeout(self.pause, self.field.chunk()).await;
        let Some(chunk) = next
            .map_err(|_| too_slow(self.pause.as_secs()))?
            .map_err(broken)?
        else {
            return Ok(None);
        };
        self.left = self.left.checked_sub(chunk.len()).ok_or_else(|| {
            Problem::new(
                ProblemKind::BodyTooLarge,
                format!("{}: larger than {} bytes", self.name, self.limit),
            )
            .with("limit_bytes", self.limit)
        })?;
        Ok(Some(chunk))
    }
}

fn broken(error: MultipartError) -> Problem {
    Problem::new(
        ProblemKind::MalformedBody,
        format!("multipart/form-data: {}", error.body_text()),
    )
}

fn no_room(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "writing an upload to disk");
    Problem::new(
        ProblemKind::StorageUnavailable,
        "the upload cannot be written to disk",
    )
    .retry_after(30)
}
