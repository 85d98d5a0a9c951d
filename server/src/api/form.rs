//! Uploaded files: parts of a form, streamed to disk within their limits.

use super::app::App;
use super::extract::{from_json, invalid_member, too_slow};
use super::pace::{cause, slowness};
use crate::digest::Digest;
use crate::problem::{Problem, ProblemKind};
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use hyper::body::Frame;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

const OPTIONS_BYTES: usize = 64 << 10;
/// Pieces that the form's reader is given.
const PIECE: usize = 64 << 10;
/// Most that the form's reader may keep to itself: it waits for the ends of heads and boundaries, however far away they are.
const MOST_KEPT: usize = 8 * PIECE;

/// A part that lies on disk.
pub struct Received {
    /// Erased when it is dropped.
    pub file: NamedTempFile,
    /// SHA-256 of its content.
    pub digest: Digest,
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
    request: Request,
) -> Result<Parts<T>, Problem> {
    let kept = Kept::default();
    let request = request.map(|body| Body::new(Piecemeal::new(body, kept.clone())));
    let form = Multipart::from_request(request, app).await;
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
    loop {
        let Some(field) = form.next_field().await.map_err(broken)? else {
            return Ok(Parts {
                model: model.ok_or_else(|| invalid_member("model", "the ONNX file is missing"))?,
                calibration,
                options: options.unwrap_or_default(),
            });
        };
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "model" if model.is_none() => {
                model = Some(to_disk(app, Chunks::new(field, &name, limits.model_bytes, &kept)).await?);
            }
            "calibration" if calibration.is_none() => {
                calibration =
                    Some(to_disk(app, Chunks::new(field, &name, limits.calibration_bytes, &kept)).await?);
            }
            "options" if options.is_none() => {
                let mut chunks = Chunks::new(field, &name, OPTIONS_BYTES, &kept);
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

async fn to_disk(app: &App, mut chunks: Chunks<'_>) -> Result<Received, Problem> {
    let folder = &app.settings.storage.folder;
    let file = NamedTempFile::with_prefix_in(".upload-", folder).map_err(|error| no_room(&error))?;
    let handle = file.reopen().map_err(|error| no_room(&error))?;
    let mut writer = tokio::io::BufWriter::new(tokio::fs::File::from_std(handle));
    let mut hash = Sha256::new();
    while let Some(chunk) = chunks.next().await? {
        hash.update(&chunk);
        writer.write_all(&chunk).await.map_err(|error| no_room(&error))?;
    }
    writer.flush().await.map_err(|error| no_room(&error))?;
    Ok(Received {
        file,
        digest: Digest(hash.finalize().into()),
    })
}

/// The pieces of a part, as long as they are not too many.
struct Chunks<'a> {
    field: Field<'a>,
    name: &'a str,
    left: usize,
    limit: usize,
    kept: &'a Kept,
}

impl<'a> Chunks<'a> {
    fn new(field: Field<'a>, name: &'a str, limit: usize, kept: &'a Kept) -> Self {
        Self {
            field,
            name,
            left: limit,
            limit,
            kept,
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(chunk) = self.field.chunk().await.map_err(broken)? else {
            return Ok(None);
        };
        self.kept.gave(chunk.len());
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

/// Bytes that the form's reader was given and has not given on.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<AtomicUsize>);

impl Kept {
    fn took(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn gave(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The reader waits for the end of a head or boundary that does not come.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the head of a part, or what is outside of the parts, has more than {MOST_KEPT} bytes")]
struct NoEnd;

/// A body in small pieces, one for each time that it is asked for. The form's reader takes all that it can get at once, looks through
/// all that it has each time, and has no bound on it.
struct Piecemeal {
    inner: Body,
    rest: Bytes,
    gave: bool,
    kept: Kept,
}

impl Piecemeal {
    fn new(inner: Body, kept: Kept) -> Self {
        Self {
            inner,
            rest: Bytes::new(),
            gave: false,
            kept,
        }
    }
}

impl hyper::body::Body for Piecemeal {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if std::mem::take(&mut self.gave) {
            // Let it look at what it has.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.kept.0.load(Ordering::Relaxed) >= MOST_KEPT {
            return Poll::Ready(Some(Err(NoEnd.into())));
        }
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.kept.took(length);
        self.gave = true;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

fn broken(error: MultipartError) -> Problem {
    if let Some(slow) = slowness(&error) {
        return too_slow(slow);
    }
    if let Some(no_end) = cause::<NoEnd>(&error) {
        return Problem::new(
            ProblemKind::MalformedBody,
            format!("multipart/form-data: {no_end}"),
        );
    }
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
