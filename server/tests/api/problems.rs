//! Errors that no handler of ours wrote: each gets the form, the id and the words of a problem.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hallmark_server::problem::{Problem, ProblemKind, problem_details, request_id};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// What comes out of the layers for what a handler answered.
async fn through(
    method: Method,
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> (Response, Vec<u8>) {
    let router = Router::new()
        .route("/v1/x", get(async move || answer()))
        .layer(from_fn(problem_details))
        .layer(from_fn(request_id));
    let request = Request::builder()
        .method(method)
        .uri("/v1/x?token=hidden")
        .header("x-request-id", "r-1")
        .body(Body::empty())
        .unwrap();
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    (Response::from_parts(parts, Body::empty()), bytes)
}

#[tokio::test]
async fn every_bare_error_becomes_the_problem_of_its_status() {
    for (status, code, as_status) in [
        (400, "invalid-parameter", 400),
        (404, "route-not-found", 404),
        (405, "method-not-allowed", 405),
        (406, "not-acceptable", 406),
        (408, "body-too-slow", 408),
        (413, "body-too-large", 413),
        (415, "unsupported-media-type", 415),
        (418, "invalid-parameter", 400),
        (431, "invalid-parameter", 400),
        (500, "internal", 500),
        (502, "internal", 500),
        (503, "timed-out", 503),
    ] {
        let bare = StatusCode::from_u16(status).unwrap();
        let (response, body) = through(Method::GET, move || {
            (bare, "bare words of a library").into_response()
        })
        .await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(response.status().as_u16(), as_status, "{status}");
        assert_eq!(body["type"], format!("urn:hallmark:problem:{code}"), "{status}");
        assert_eq!(
            (&body["status"], &body["instance"], &body["request_id"]),
            (&json!(as_status), &json!("/v1/x"), &json!("r-1"))
        );
        assert!(
            !body.to_string().contains("library") && !body.to_string().contains("hidden"),
            "{body}"
        );
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
}

#[tokio::test]
async fn answers_that_are_no_errors_and_documents_of_a_handlers_own_stay_as_they_are() {
    for status in [200, 204, 304, 307] {
        let status = StatusCode::from_u16(status).unwrap();
        let (response, body) = through(Method::GET, move || (status, "as it is").into_response()).await;
        assert_eq!(response.status(), status);
        assert_eq!(body, b"as it is");
    }
    let own = || {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            axum::Json(json!({ "ready": false })),
        )
            .into_response()
    };
    let (response, body) = through(Method::GET, own).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body, br#"{"ready":false}"#);
}

#[tokio::test]
async fn a_problem_keeps_what_its_handler_said_and_nothing_of_the_body_before() {
    let refused = || {
        let problem = Problem::new(ProblemKind::QueueFull, "17 wait")
            .retry_after(7)
            .with("waiting", 17);
        let mut response = problem.into_response();
        let headers = response.headers_mut();
        headers.insert("x-own", "kept".parse().unwrap());
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        headers.insert(header::ALLOW, "GET".parse().unwrap());
        response
    };
    let (response, body) = through(Method::GET, refused).await;
    let headers = response.headers();
    for (name, value) in [("retry-after", "7"), ("x-own", "kept"), ("allow", "GET")] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert!(!headers.contains_key(header::CONTENT_ENCODING));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&body["detail"], &body["waiting"]),
        (&json!("17 wait"), &json!(17))
    );
    assert!(!headers.contains_key(header::WWW_AUTHENTICATE));

    let (response, body) = through(Method::HEAD, refused).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.is_empty());

    let unknown = || Problem::new(ProblemKind::InvalidKey, "no").into_response();
    let (response, _) = through(Method::GET, unknown).await;
    assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
}

#[tokio::test]
async fn what_went_wrong_inside_is_not_told_outside() {
    let broken = || Problem::internal("password=hunter2 in /etc/hallmark").into_response();
    let (response, body) = through(Method::GET, broken).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let text = String::from_utf8(body).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("/etc"), "{text}");
    assert!(text.contains("r-1"), "{text}");
}
