//! The page: hand-written files that are part of the program, served as they are.
//!
//! `server/page/index.html` is `/`, every other file of that folder is below `/page/`. Addresses in it are relative, so that a
//! reverse proxy may put the service under a path of its own.

#[cfg(test)]
mod tests;

use crate::digest::hex;
use crate::problem::{Problem, ProblemKind};
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "page/"]
struct Assets;

const INDEX: &str = "index.html";

/// What a page of this server may do: its own scripts, styles and requests, pictures from memory, nothing else.
macro_rules! own_things_only {
    () => {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    };
}

/// The page's policy. No script is ever made from a string, so trusted types are not needed and hence forbidden.
const CONTENT_SECURITY_POLICY: &str = concat!(
    own_things_only!(),
    "; require-trusted-types-for 'script'; trusted-types 'none'"
);

/// The policy of `/docs`: that program makes markup from strings, which its own filter cleans.
const POLICY_OF_DOCS: &str = own_things_only!();

/// Sent with every file. Caches ask again each time and get a 304: a new program's page is never mixed with an old one's.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// The routes of the page, for any state.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/",
            get(|headers: HeaderMap| async move { answer(INDEX, &headers) }),
        )
        .route(
            "/page/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { answer(&path, &headers) }),
        )
}

/// Puts what every file of a page is sent with on the answer with a file of `/docs`.
pub fn secure_docs(headers: &mut HeaderMap) {
    secure(headers, POLICY_OF_DOCS);
}

fn secure(headers: &mut HeaderMap, policy: &'static str) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn answer(path: &str, request: &HeaderMap) -> Response {
    match (Assets::get(path), media_type(path)) {
        (Some(file), Some(media_type)) => respond(file, media_type, request),
        _ => Problem::new(
            ProblemKind::RouteNotFound,
            format!("the page has no file {path:?}"),
        )
        .into_response(),
    }
}

fn respond(file: EmbeddedFile, media_type: &'static str, request: &HeaderMap) -> Response {
    let tag = entity_tag(&file);
    let mut response = if is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, media_type)], file.data.into_owned()).into_response()
    };
    let headers = response.headers_mut();
    secure(headers, CONTENT_SECURITY_POLICY);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The type of a file by its name's end; files of other types are not served.
fn media_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// A strong tag of the file's SHA-256.
fn entity_tag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]))
}

/// Whether the client has the file already (RFC 9110, 13.1.2: weak comparison).
fn is_known(request: &HeaderMap, tag: &str) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}
