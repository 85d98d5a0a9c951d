//! What is refused when there is too much of it.

use super::support::Server;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use hallmark_server::access::Scope;
use std::sync::Arc;

const FORM: &str = "multipart/form-data; boundary=x";

fn upload(key: &str, number: usize) -> Request<Body> {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"model\"; filename=\"m{number}.onnx\"\r\n\r\n{number}\r\n--x--\r\n"
    );
    Request::post("/v1/models")
        .header("content-type", FORM)
        .header("authorization", format!("Bearer {key}"))
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test]
async fn a_full_queue_refuses_and_says_when_to_come_back() {
    let server = Server::with(|settings| {
        settings.limits.queue_length = 3;
        settings.limits.jobs_per_tenant = 2;
    })
    .await;
    let (ada, bob) = (
        server.key("ada", &Scope::ALL).await,
        server.key("bob", &Scope::ALL).await,
    );
    for number in 0..2 {
        assert_eq!(
            server.send(upload(&ada, number)).await.status,
            StatusCode::ACCEPTED
        );
    }
    let own = server.send(upload(&ada, 2)).await;
    assert_eq!(own.status, StatusCode::TOO_MANY_REQUESTS);
    own.problem("too-many-jobs");
    assert_eq!(server.send(upload(&bob, 3)).await.status, StatusCode::ACCEPTED);
    let full = server.send(upload(&bob, 4)).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
    full.problem("queue-full");
    assert!(full.header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn more_requests_at_once_than_allowed_are_shed() {
    let server = Server::with(|settings| settings.limits.concurrent_requests = 2).await;
    let held = Arc::clone(&server.app.requests)
        .acquire_many_owned(2)
        .await
        .unwrap();
    let shed = server.get("/v1/").await;
    assert_eq!(shed.status, StatusCode::SERVICE_UNAVAILABLE);
    shed.problem("overloaded");
    assert_eq!(shed.header("retry-after"), "1");
    drop(held);
    assert_eq!(server.get("/v1/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_in_words() {
    let server = Server::new().await;
    let long = server.send(
        Request::get("/v1/")
            .header("x-long", "a".repeat(17_000))
            .body(Body::empty())
            .unwrap(),
    );
    let mut many = Request::get("/v1/");
    for index in 0..101 {
        many = many.header(format!("x-{index}"), "1");
    }
    let many = server.send(many.body(Body::empty()).unwrap());
    let target = format!("/v1/models?query={}", "a".repeat(17_000));
    for answer in [long.await, many.await, server.get(&target).await] {
        assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        answer.problem("headers-too-large");
    }
}

#[tokio::test]
async fn a_queued_job_is_listed_cancelled_and_stays_ended() {
    let server = Server::new().await;
    let (ada, bob) = (
        server.key("ada", &Scope::ALL).await,
        server.key("bob", &Scope::ALL).await,
    );
    let job = server.send(upload(&ada, 0)).await.json();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!((&job["state"], &job["position"]), (&"queued".into(), &0.into()));
    let cancel = |key: &str| {
        Request::post(format!("{path}/cancel"))
            .header("authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .unwrap()
    };
    server.get_as(&bob, &path).await.problem("job-not-found");
    server.send(cancel(&bob)).await.problem("job-not-found");
    let early = server.get_as(&ada, &format!("{path}/bundle")).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    early.problem("job-not-done");
    let cancelled = server.send(cancel(&ada)).await;
    assert_eq!(cancelled.status, StatusCode::OK);
    assert_eq!(cancelled.json()["state"], "cancelled");
    assert_eq!(cancelled.json()["cause"]["type"], "cancelled_by_user");
    // Again is no error.
    assert_eq!(server.send(cancel(&ada)).await.status, StatusCode::OK);
    server
        .get_as(&ada, &format!("{path}/bundle"))
        .await
        .problem("no-result");
    let events = server.get_as(&ada, &format!("{path}/events")).await;
    assert_eq!(events.header("content-type"), "text/event-stream");
    let text = events.text();
    assert!(
        text.contains("event: state") && text.contains("\"cancelled\"") && text.contains("id: 2"),
        "{text}"
    );
    let resumed = Request::get(format!("{path}/events"))
        .header("authorization", format!("Bearer {ada}"))
        .header("last-event-id", "1")
        .body(Body::empty())
        .unwrap();
    let resumed = server.send(resumed).await.text();
    assert!(
        !resumed.contains("id: 1\n") && resumed.contains("id: 2\n"),
        "{resumed}"
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = Server::new().await;
    let ada = server.key("ada", &Scope::ALL).await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(server.send(upload(&ada, number)).await.json()["id"].clone());
    }
    made.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server
            .get_as(&ada, &format!("/v1/jobs?limit=2{cursor}"))
            .await
            .json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|job| job["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    for wrong in [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "state=asleep",
        "model=x",
        "kind=x",
    ] {
        let answer = server.get_as(&ada, &format!("/v1/jobs?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        answer.problem("invalid-parameter");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let server = Server::with(|settings| settings.limits.request_seconds = 1).await;
    let stuck = Body::from_stream(futures::stream::pending::<
        Result<bytes::Bytes, std::convert::Infallible>,
    >());
    let answer = server.post("/v1/verifications", "application/json", stuck).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    answer.problem("timed-out");
}

#[tokio::test]
async fn a_server_that_ends_begins_nothing_new() {
    let server = Server::new().await;
    server.app.shutdown.cancel();
    let answer = server.post("/v1/verifications", "application/json", "{}").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    answer.problem("shutting-down");
    assert_eq!(server.get("/v1/").await.status, StatusCode::OK);
}
