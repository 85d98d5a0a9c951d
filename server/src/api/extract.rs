//! Bodies, parameters and headers, read with limits; everything that is wrong with them is a problem.

use super::app::App;
use super::caller::caller_network;
use super::pace::{TooSlow, slowness};
use crate::problem::{Problem, ProblemKind};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use serde::de::DeserializeOwned;

/// Bodies up to so many bytes are parsed where they are read: that takes less than a millisecond.
pub(super) const READ_AT_ONCE: usize = 32 << 10;

/// Whether a media type is JSON.
#[must_use]
pub fn is_json(media_type: &str) -> bool {
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// The media type of the body, in lower case and without parameters.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or_default();
    Some(essence.trim().to_ascii_lowercase())
}

/// The refusal of a body that is not of the `expected` media types.
#[must_use]
pub fn unsupported(headers: &HeaderMap, expected: &str) -> Problem {
    let found = media_type(headers).unwrap_or_else(|| "none".to_owned());
    Problem::new(
        ProblemKind::UnsupportedMediaType,
        format!("Content-Type: expected {expected}, got {found}"),
    )
}

/// Reads a whole body within the limits of size and memory. (How it has to flow is a matter of the layers around all routes.)
///
/// # Errors
/// If it is too large, too slow or broken off, or there is no memory for it.
pub async fn read_body(request: Request, app: &App) -> Result<Bytes, Problem> {
    let most = app.settings.limits.body_bytes;
    let too_large = || {
        Problem::new(
            ProblemKind::BodyTooLarge,
            format!("the body is larger than {most} bytes"),
        )
        .with("limit_bytes", most)
    };
    let network = caller_network(app, &request);
    let mut body = request.into_body();
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let mut held = app.bodies.hold(network);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match slowness(&error) {
            Some(slow) => too_slow(slow),
            None => Problem::new(
                ProblemKind::MalformedBody,
                "the connection ended before the body did",
            ),
        })?;
        if let Ok(data) = frame.into_data() {
            if held.len() + data.len() > most {
                return Err(too_large());
            }
            held.extend(&data)?;
        }
    }
    Ok(held.whole())
}

/// A JSON body as it came. Not read before the caller's scope is known, so that nobody holds memory who may not ask.
///
/// # Errors
/// If it is of another media type, and as [`read_body`].
pub async fn json_body(request: Request, app: &App) -> Result<Bytes, Problem> {
    if media_type(request.headers()).is_none_or(|found| !is_json(&found)) {
        return Err(unsupported(request.headers(), "application/json"));
    }
    read_body(request, app).await
}

/// What a JSON body says, read as [`json_body`].
///
/// # Errors
/// As [`json_body`] and [`parse`].
pub async fn read_json<T: DeserializeOwned + Send + 'static>(
    app: &App,
    request: Request,
) -> Result<T, Problem> {
    parse(app, json_body(request, app).await?).await
}

/// The refusal of a body that did not arrive in time.
pub(super) fn too_slow(slow: &TooSlow) -> Problem {
    Problem::new(ProblemKind::BodyTooSlow, slow.to_string())
}

/// Reads JSON as [`from_json`] does; where it is long, beside the threads that answer requests.
///
/// # Errors
/// `malformed-json`, `invalid-body`, or `overloaded` if too much waits already.
pub async fn parse<T: DeserializeOwned + Send + 'static>(app: &App, bytes: Bytes) -> Result<T, Problem> {
    if bytes.len() <= READ_AT_ONCE {
        return from_json(&bytes);
    }
    app.compute.run(move || from_json(&bytes)).await?
}

/// Why text cannot be JSON by its first bytes, where the parser would say only that something else was expected.
fn encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, _, ..] | [_, 0, ..] => {
            Some("the body is in UTF-16 or UTF-32; JSON is sent in UTF-8")
        }
        [0x1f, 0x8b, ..] => Some("the body is compressed with gzip; it has to be sent as it is"),
        _ => None,
    }
}

/// Reads JSON; says whether it is not JSON at all, or which member is not as expected. A byte order mark of UTF-8 is passed over.
///
/// # Errors
/// `malformed-json` or `invalid-body`.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(reason) = encoding(bytes) {
        return Err(Problem::new(ProblemKind::MalformedJson, reason));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::new(ProblemKind::InvalidBody, format!("{path}: {inner}")).with("member", path)
        } else {
            Problem::new(ProblemKind::MalformedJson, inner.to_string())
        }
    })?;
    reader
        .end()
        .map_err(|error| Problem::new(ProblemKind::MalformedJson, error.to_string()))?;
    Ok(value)
}

/// Parameters in the path.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|rejection: PathRejection| {
                Problem::new(
                    ProblemKind::InvalidParameter,
                    format!("path: {}", rejection.body_text()),
                )
            })
    }
}

/// Parameters in the query.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|rejection: QueryRejection| {
                Problem::new(
                    ProblemKind::InvalidParameter,
                    format!("query: {}", rejection.body_text()),
                )
            })
    }
}

/// A header's text.
///
/// # Errors
/// If it is not visible ASCII or longer than `longest` characters.
pub fn header_text<'a>(
    headers: &'a HeaderMap,
    name: &str,
    longest: usize,
) -> Result<Option<&'a str>, Problem> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .ok()
        .filter(|text| !text.is_empty() && text.len() <= longest);
    text.map(Some).ok_or_else(|| {
        Problem::new(
            ProblemKind::InvalidParameter,
            format!("{name}: expected 1 to {longest} visible ASCII characters"),
        )
    })
}

/// Seconds of `Prefer: wait=N`, if it is there.
#[must_use]
pub fn preferred_wait(headers: &HeaderMap) -> Option<u64> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok())
}

/// Whether `Accept` takes a media type; everything, if it is not there.
#[must_use]
pub fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| {
            let (essence, parameters) = range.split_once(';').unwrap_or((range, ""));
            (essence.trim().to_ascii_lowercase(), parameters)
        })
        .peekable();
    if ranges.peek().is_none() {
        return true;
    }
    let kind = media_type.split('/').next().unwrap_or_default();
    ranges.any(|(range, parameters)| {
        let refused = parameters
            .split(';')
            .any(|parameter| matches!(parameter.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused && (range == "*/*" || range == media_type || range == format!("{kind}/*"))
    })
}

/// The refusal of a member of a body that is well-formed but not acceptable.
#[must_use]
pub fn invalid_member(member: &str, reason: &str) -> Problem {
    Problem::new(ProblemKind::InvalidBody, format!("{member}: {reason}")).with("member", member)
}

/// A nonce of up to 32 bytes in hexadecimal digits, with zeros on the left where it is shorter.
///
/// # Errors
/// `invalid-body` with the member's name.
pub fn parse_nonce(member: &str, text: &str) -> Result<[u8; 32], Problem> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let fine = (1..=64).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fine.then(|| crate::digest::unhex(&format!("{:0>64}", digits.to_ascii_lowercase())))
        .flatten()
        .ok_or_else(|| {
            Problem::new(
                ProblemKind::InvalidBody,
                format!("{member}: expected 1 to 64 hexadecimal digits, got {text:?}"),
            )
            .with("member", member)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            header::HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )])
    }

    #[test]
    fn preferences() {
        assert_eq!(
            preferred_wait(&headers("prefer", "respond-async, wait=10")),
            Some(10)
        );
        assert_eq!(preferred_wait(&headers("prefer", "Wait = 7")), Some(7));
        assert_eq!(preferred_wait(&headers("prefer", "wait=soon")), None);
        assert_eq!(preferred_wait(&HeaderMap::new()), None);
    }

    #[test]
    fn acceptance() {
        let json = "application/json";
        assert!(accepts(&HeaderMap::new(), json));
        assert!(accepts(&headers("accept", "text/html, */*;q=0.1"), json));
        assert!(accepts(&headers("accept", "application/*"), json));
        assert!(!accepts(&headers("accept", "text/html"), json));
        assert!(!accepts(&headers("accept", "application/json;q=0"), json));
    }

    #[test]
    fn nonces_are_padded_on_the_left() {
        let nonce = parse_nonce("nonce", "0xABC").unwrap();
        assert_eq!(nonce[30..], [0x0a, 0xbc]);
        assert_eq!(nonce[..30], [0; 30]);
        for wrong in ["", "0x", "xyz", "é", &"0".repeat(65)] {
            assert!(parse_nonce("nonce", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn json_says_which_member_is_wrong() {
        #[derive(Debug, serde::Deserialize)]
        struct Inner {
            _n: u8,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Outer {
            _list: Vec<Inner>,
        }
        let wrong = from_json::<Outer>(br#"{"_list": [{"_n": 1}, {"_n": 300}]}"#).unwrap_err();
        assert_eq!(wrong.kind, ProblemKind::InvalidBody);
        assert!(wrong.detail.starts_with("_list[1]._n: "), "{}", wrong.detail);
        for malformed in ["", "{", "[1] 2", &"[".repeat(100_000)] {
            let kind = from_json::<serde_json::Value>(malformed.as_bytes())
                .unwrap_err()
                .kind;
            assert_eq!(kind, ProblemKind::MalformedJson, "{malformed:.20}");
        }
    }
}
