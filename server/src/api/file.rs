//! Content-addressed files as answers: digests, entity tags, and answers to those who have them already.

use super::App;
use crate::digest::Digest;
use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// A stored file on its way out.
pub struct File {
    digest: Digest,
    media_type: &'static str,
    name: Option<String>,
}

impl File {
    /// The file with this digest.
    #[must_use]
    pub fn new(digest: Digest, media_type: &'static str) -> Self {
        Self {
            digest,
            media_type,
            name: None,
        }
    }

    /// A file of JSON.
    #[must_use]
    pub fn json(digest: Digest) -> Self {
        Self::new(digest, "application/json")
    }

    /// What to call it when it is saved.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Reads it, unless the client has it.
    ///
    /// # Errors
    /// If the object store does not answer.
    pub async fn send(self, app: &App, headers: &HeaderMap) -> Result<Response, Problem> {
        if has_already(headers, self.digest) {
            return Ok(not_modified(self.digest));
        }
        let bytes = app.objects.get(self.digest).await?;
        Ok(self.answer(bytes))
    }

    /// The answer with these bytes, whose digest the file's is.
    #[must_use]
    pub fn answer(self, bytes: impl Into<Body>) -> Response {
        let mut response = Response::new(bytes.into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        label(headers, self.digest);
        let disposition = self
            .name
            .and_then(|name| HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).ok());
        if let Some(disposition) = disposition {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        response
    }
}

fn label(headers: &mut HeaderMap, digest: Digest) {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{digest}\"")) {
        headers.insert(header::ETAG, tag);
    }
    if let Ok(value) = HeaderValue::from_str(&format!("sha-256=:{}:", STANDARD.encode(digest.0))) {
        headers.insert(REPR_DIGEST, value);
    }
    // What a digest names never changes, but who may see it does.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
}

/// Whether `If-None-Match` names the digest.
#[must_use]
pub fn has_already(headers: &HeaderMap, digest: Digest) -> bool {
    let tag = format!("\"{digest}\"");
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().trim_start_matches("W/"))
        .any(|value| value == "*" || value == tag)
}

/// The answer to somebody who has the file.
#[must_use]
pub fn not_modified(digest: Digest) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    label(response.headers_mut(), digest);
    response
}
