//! What is the same for all routes: problems, ids, cross-origin requests, the description.

use super::support::Server;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let server = Server::new().await;
    server.get("/nothing").await.problem("route-not-found");
    server.get("/docs/nothing.js").await.problem("route-not-found");
    for method in [Method::PUT, Method::DELETE] {
        let request = Request::builder()
            .method(method)
            .uri("/v1/models")
            .body(Body::empty())
            .unwrap();
        let answer = server.send(request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        answer.problem("method-not-allowed");
        assert!(answer.header("allow").contains("GET"), "{:?}", answer.headers);
    }
    for id in ["x", "%ff", &"g".repeat(64), &"0".repeat(64), "..%2f..%2fetc"] {
        let answer = server.get(&format!("/v1/models/{id}")).await;
        assert!(answer.status.is_client_error(), "{id}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    server.get("/v1/jobs/job_1").await.problem("job-not-found");
}

#[tokio::test]
async fn request_ids_are_taken_over_if_they_are_harmless() {
    let server = Server::new().await;
    let with = |id: &str| {
        Request::get("/nothing")
            .header("x-request-id", id)
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(
        server.send(with("order-66")).await.header("x-request-id"),
        "order-66"
    );
    for harmful in ["a b", "<script>", &"x".repeat(129), ""] {
        let answer = server.send(with(harmful)).await;
        assert_ne!(answer.header("x-request-id"), harmful);
        assert_eq!(answer.header("x-request-id").len(), 32);
        answer.problem("route-not-found");
    }
}

#[tokio::test]
async fn other_origins_may_call_only_if_they_are_named() {
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/v1/models")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,idempotency-key")
            .body(Body::empty())
            .unwrap()
    };
    let allowed = "access-control-allow-origin";
    let closed = Server::new().await;
    assert_eq!(
        closed
            .send(preflight("https://example.org"))
            .await
            .header(allowed),
        ""
    );
    let open = Server::with(|settings| settings.cors.origins = vec!["https://example.org".to_owned()]).await;
    let answer = open.send(preflight("https://example.org")).await;
    assert_eq!(answer.header(allowed), "https://example.org");
    assert!(
        answer
            .header("access-control-allow-headers")
            .contains("idempotency-key")
    );
    assert_eq!(
        open.send(preflight("https://example.com")).await.header(allowed),
        ""
    );
}

/// Schemas of objects say what members these have, or that they may have any: generators make types of it, and of nothing a type of nothing.
fn no_object_is_empty(value: &Value, place: &str) {
    match value {
        Value::Object(members) => {
            let is_type = |word: &Value| word == "object";
            let is_object = members.get("type").is_some_and(|kind| {
                is_type(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is_type))
            });
            let says = ["properties", "additionalProperties", "oneOf", "anyOf", "allOf"];
            assert!(
                !is_object || says.iter().any(|word| members.contains_key(*word)),
                "{place}: {value}"
            );
            for (name, member) in members.iter().filter(|(name, _)| !name.starts_with("example")) {
                no_object_is_empty(member, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| no_object_is_empty(item, place)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_names_every_problem_that_an_operation_answers_with() {
    let server = Server::new().await;
    let document = server.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    no_object_is_empty(&document, "document");
    let prove = &document["paths"]["/v1/models/{id}/proofs"]["post"];
    let conflict = &prove["responses"]["409"];
    assert!(
        conflict["description"]
            .as_str()
            .unwrap()
            .contains("idempotency-conflict")
    );
    assert!(conflict["content"]["application/problem+json"].is_object());
    assert!(prove["description"].as_str().unwrap().contains("scope `prove`"));
    let page = server.get("/docs/").await;
    assert!(page.text().contains("swagger-ui"));
}
