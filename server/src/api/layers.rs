//! What every request passes through.

use super::app::App;
use super::caller::{authenticate, forwarded};
use super::extract::preferred_wait;
use super::pace::{LastPiece, PacedBody};
use crate::access::{Network, Site, same_site};
use crate::problem::{Problem, ProblemKind, problem_details, request_id};
use crate::settings::Cors;
use crate::telemetry::observe;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

/// How long a browser may remember what it may ask for.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// Resources want to know who calls; the description of the API, probes and the page do not.
pub(super) fn with_caller(resources: Router<App>, app: &App) -> Router<App> {
    resources.layer(from_fn_with_state(app.clone(), authenticate))
}

/// Puts the layers around `router`; the last one added sees a request first.
pub(super) fn around(router: Router<App>, app: &App) -> Router<App> {
    let mut router = router
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), bounded))
        .layer(from_fn(plain_target))
        .layer(from_fn(small_head));
    if let Some(cors) = cors(&app.settings.cors) {
        router = router.layer(cors);
    }
    router
        .layer(from_fn_with_state(Site::new(&app.settings), same_site))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(problem_details))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(from_fn_with_state(app.metrics.clone(), observe))
        .layer(from_fn(request_id))
}

/// Greatest size of a request's target and header fields, in bytes. The HTTP library cuts connections off far above it.
const HEAD_BYTES: usize = 16 << 10;
/// Greatest number of header fields.
const HEAD_FIELDS: usize = 100;

/// Refuses heads that are too large.
async fn small_head(request: Request, next: Next) -> Response {
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let fields = request.headers();
    let bytes = target
        + fields
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum::<usize>();
    if bytes <= HEAD_BYTES && fields.len() <= HEAD_FIELDS {
        return next.run(request).await;
    }
    Problem::new(
        ProblemKind::HeadersTooLarge,
        format!(
            "{bytes} bytes in target and {} header fields; at most {HEAD_BYTES} bytes and {HEAD_FIELDS} fields are read",
            fields.len()
        ),
    )
    .into_response()
}

/// Refuses paths and queries that hold control characters once their escapes are read: none means anything here, not every database
/// takes U+0000 in text, and they are spoken of in logs.
async fn plain_target(request: Request, next: Next) -> Response {
    let uri = request.uri();
    for (part, text) in [("path", uri.path()), ("query", uri.query().unwrap_or_default())] {
        if let Some(byte) = control_byte(text) {
            let detail = format!("{part}: %{byte:02X} stands for a control character, which is not taken");
            return Problem::new(ProblemKind::InvalidParameter, detail).into_response();
        }
    }
    next.run(request).await
}

/// The first byte below U+0020, or U+007F, of a text in which `%` and two digits stand for a byte.
fn control_byte(text: &str) -> Option<u8> {
    let bytes = text.as_bytes();
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let decoded = bytes.windows(3).filter_map(|window| match window {
        [b'%', high, low] => Some(16 * digit(*high)? + digit(*low)?),
        _ => None,
    });
    decoded.chain(bytes.iter().copied()).find(u8::is_ascii_control)
}

/// One request of those that are taken on at once, for a bounded time.
async fn bounded(State(app): State<App>, request: Request, next: Next) -> Response {
    // Probes have to be answered when nothing else is.
    if matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics") {
        return next.run(request).await;
    }
    let Ok(_place) = Arc::clone(&app.requests).try_acquire_owned() else {
        let detail = format!(
            "{} requests are under way already",
            app.settings.limits.concurrent_requests
        );
        return Problem::new(ProblemKind::Overloaded, detail)
            .retry_after(1)
            .into_response();
    };
    if app.shutdown.is_cancelled() && request.method() != Method::GET {
        return Problem::new(ProblemKind::ShuttingDown, "nothing new is begun any more")
            .retry_after(5)
            .into_response();
    }
    if let Some(problem) = encoded(request.headers()) {
        return with_identity(problem);
    }
    let share = forwarded(&app, &request).map(|address| app.shares.take(Network::of(address)));
    if matches!(share, Some(None)) {
        let most = app.settings.limits.connections_per_address;
        let detail = format!("{most} requests of your address are under way already");
        return Problem::new(ProblemKind::TooManyConnections, detail)
            .retry_after(1)
            .into_response();
    }
    let wait = preferred_wait(request.headers()).unwrap_or(0);
    let limits = &app.settings.limits;
    let seconds = limits.request_seconds + wait.min(limits.wait_seconds);
    let (head, body) = request.into_parts();
    let body = PacedBody::new(body, limits);
    let last = body.last_piece();
    let request = Request::from_parts(head, Body::new(body));
    match within(&last, Duration::from_secs(seconds), next.run(request)).await {
        Some(response) => response,
        None => Problem::new(
            ProblemKind::TimedOut,
            format!("the request was given up after {seconds} seconds"),
        )
        .retry_after(5)
        .into_response(),
    }
}

/// What `work` gives, if it is done within `time` after the last piece of the body: what flows is not cut.
async fn within<T>(last: &LastPiece, time: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    loop {
        if let Ok(done) = timeout_at(last.at() + time, work.as_mut()).await {
            return Some(done);
        }
        if last.at() + time <= Instant::now() {
            return None;
        }
    }
}

/// The refusal of a body that would have to be decompressed.
fn encoded(headers: &HeaderMap) -> Option<Problem> {
    let coding = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .map(|value| value.to_str().unwrap_or("?"))
        .find(|coding| !coding.trim().eq_ignore_ascii_case("identity") && !coding.trim().is_empty())?;
    Some(Problem::new(
        ProblemKind::UnsupportedMediaType,
        format!("Content-Encoding: expected none, got {coding:?}; bodies are sent as they are"),
    ))
}

/// The problem, with the codings of bodies that are accepted (RFC 9110, 12.5.3).
fn with_identity(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response
        .headers_mut()
        .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

fn panicked(payload: Box<dyn std::any::Any + Send>) -> Response {
    let message = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(format!("a handler panicked: {message}")).into_response()
}

fn cors(settings: &Cors) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = settings
        .origins
        .iter()
        .filter_map(|origin| origin.parse().ok())
        .collect();
    let allowed = match settings.origins.as_slice() {
        [] => return None,
        [any] if any == "*" => AllowOrigin::any(),
        _ => AllowOrigin::list(origins),
    };
    let names = |names: &'static [&'static str]| names.iter().map(|name| HeaderName::from_static(name));
    let asked = names(&["idempotency-key", "last-event-id", "prefer", "x-request-id"]);
    let shown = names(&[
        "location",
        "etag",
        "repr-digest",
        "retry-after",
        "preference-applied",
        "x-request-id",
    ]);
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers(
                [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT]
                    .into_iter()
                    .chain(asked)
                    .collect::<Vec<_>>(),
            )
            .expose_headers(shown.collect::<Vec<_>>())
            .max_age(PREFLIGHT_AGE),
    )
}
