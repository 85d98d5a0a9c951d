//! What is told about each request: a span with its ids, a line when it is over, and its metrics.

use super::metrics::Metrics;
use crate::problem::{ProblemKind, RequestId};
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::{Instrument, Span, field};

/// Longest job id that is taken over into a span.
const MAX_ID: usize = 64;

/// Middleware around all routes, within [`crate::problem::request_id`]. Headers, bodies and queries are not told: they hold
/// keys and inputs.
pub async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let method = method_name(request.method());
    let route = route_of(&request);
    let span = span_of(&request, method, &route);
    let guard = InFlight::new(metrics.clone());
    let began = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let took = began.elapsed();
    drop(guard);
    let status = response.status().as_u16();
    metrics.request(method, &route, status, took);
    let problem = response.extensions().get::<ProblemKind>().map(|kind| kind.code());
    if let Some(code) = problem {
        metrics.problem(code);
    }
    span.in_scope(|| {
        span.record("status", status);
        let took_ms = took.as_secs_f64() * 1e3;
        if status >= 500 {
            tracing::error!(status, took_ms, problem, "request failed");
        } else {
            tracing::debug!(status, took_ms, problem, "request answered");
        }
    });
    response
}

fn route_of(request: &Request) -> String {
    match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        // Paths that nobody serves are as many as callers can think of.
        None => "none".to_owned(),
    }
}

fn span_of(request: &Request, method: &'static str, route: &str) -> Span {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.as_ref());
    let span = tracing::info_span!(
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        method,
        route,
        request_id = id,
        job_id = field::Empty,
        status = field::Empty,
    );
    if let Some(job) = job_id(request.uri().path()) {
        span.record("job_id", job);
    }
    span
}

/// The job that a path is about.
fn job_id(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/v1/jobs/")?.split('/').next()?;
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!id.is_empty() && id.len() <= MAX_ID && id.bytes().all(harmless)).then_some(id)
}

/// The methods that labels know; callers may send any word.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts a request down also when its client goes away and the future is dropped.
struct InFlight(Metrics);

impl InFlight {
    fn new(metrics: Metrics) -> Self {
        metrics.request_began();
        Self(metrics)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.request_ended();
    }
}
