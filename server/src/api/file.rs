//! Content-addressed files as answers: digests, entity tags, and answers to those who have them already.

use super::app::App;
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
        if let Some(name) = self.name {
            headers.insert(header::CONTENT_DISPOSITION, attachment(&name));
        }
        response
    }
}

/// `Content-Disposition` for a file to be saved. A name is letters, digits, `-`, `_` and single dots: whatever else is in it becomes
/// `_`, so that it neither ends the header's quotation nor names a folder.
#[must_use]
pub fn attachment(name: &str) -> HeaderValue {
    let mut harmless = String::with_capacity(name.len());
    for character in name.chars() {
        let fine = character.is_ascii_alphanumeric()
            || matches!(character, '-' | '_')
            || (character == '.' && !harmless.is_empty() && !harmless.ends_with('.'));
        harmless.push(if fine { character } else { '_' });
    }
    HeaderValue::from_str(&format!("attachment; filename=\"{harmless}\""))
        .unwrap_or(HeaderValue::from_static("attachment"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_quotation() {
        for (name, expected) in [
            ("job_01.opening.json", "job_01.opening.json"),
            ("x\"; filename=y.exe", "x___filename_y.exe"),
            ("a\r\nset-cookie: b=c", "a__set-cookie__b_c"),
            ("../../etc/passwd", "_._.__etc_passwd"),
            ("\u{202e}gnp.exe\\", "_gnp.exe_"),
        ] {
            let value = attachment(name);
            assert_eq!(value, format!("attachment; filename=\"{expected}\"").as_str());
        }
    }
}
