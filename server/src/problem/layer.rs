//! What every answer gets: a request id, and the form of a problem if it is an error.

use super::{Problem, ProblemKind};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID: usize = 128;

/// Id of a request: the client's, or a new one.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Gives the request an id, and the answer the same.
pub async fn request_id(mut request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let id: Arc<str> = match given.filter(|id| acceptable(id)) {
        Some(id) => id.into(),
        None => Uuid::now_v7().simple().to_string().into(),
    };
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Ids go into logs: they are short and of harmless characters.
fn acceptable(id: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.chars().all(harmless)
}

/// Completes problems with the request's path and id, and makes problems of the bare errors of lower layers.
pub async fn problem_details(request: Request, next: Next) -> Response {
    let instance = request.uri().path().to_owned();
    let head = request.method() == Method::HEAD;
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    let problem = match response.extensions().get::<Arc<Problem>>() {
        Some(problem) => problem.as_ref().clone(),
        None => match from_status(response.status()) {
            Some(problem) if !has_own_body(&response) => problem,
            _ => return response,
        },
    };
    let mut complete = problem.response(Some(&instance), id.as_ref().map(|id| id.0.as_ref()));
    for (name, value) in response.headers() {
        if !complete.headers().contains_key(name) && !is_about_body(name) {
            complete.headers_mut().insert(name, value.clone());
        }
    }
    if head {
        *complete.body_mut() = axum::body::Body::empty();
    }
    // The log and the metrics want to know which problem it was.
    complete.extensions_mut().insert(problem.kind);
    complete
}

/// Whether a handler answered an error status with a document of its own, as readiness does.
fn has_own_body(response: &Response) -> bool {
    response
        .headers()
        .get(axum::http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn is_about_body(name: &HeaderName) -> bool {
    use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
    [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING].contains(name)
}

/// Errors that the router and its layers answer without a body of ours.
fn from_status(status: StatusCode) -> Option<Problem> {
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let (kind, detail) = match status {
        StatusCode::NOT_FOUND => (ProblemKind::RouteNotFound, "no route has this path"),
        StatusCode::METHOD_NOT_ALLOWED => (
            ProblemKind::MethodNotAllowed,
            "this path is there, but not for this method",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            ProblemKind::BodyTooLarge,
            "the body is larger than this path accepts",
        ),
        StatusCode::REQUEST_TIMEOUT => (ProblemKind::BodyTooSlow, "the body did not arrive in time"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            ProblemKind::UnsupportedMediaType,
            "this path does not accept this kind of body",
        ),
        StatusCode::NOT_ACCEPTABLE => (ProblemKind::NotAcceptable, "there is no such representation here"),
        StatusCode::SERVICE_UNAVAILABLE => (ProblemKind::TimedOut, "the request was given up"),
        status if status.is_client_error() => {
            (ProblemKind::InvalidParameter, "the request cannot be understood")
        }
        _ => return Some(Problem::internal(format!("a bare answer with status {status}"))),
    };
    Some(Problem::new(kind, detail))
}
