//! Deleting jobs and models over HTTP.

use super::ended::{call, waiting};
use super::support::Server;
use axum::http::{Method, StatusCode};
use hallmark_server::access::Scope;
use hallmark_verifier::ModelId;
use serde_json::json;

const MODEL: ModelId = ModelId([7; 32]);

#[tokio::test]
async fn a_job_is_cancelled_and_deleted_by_its_owner() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let ben = server.key("ben", &[Scope::Read, Scope::Prove]).await;
    let reader = server.key("ada", &[Scope::Read]).await;
    let job = waiting(&server, &ada, true).await;
    let path = format!("/v1/jobs/{job}");
    let refused = call(&server, Method::DELETE, &ada, &path, "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let detail = refused.problem("job-not-done");
    // The remedy is a request that can be made.
    let remedy = detail.rsplit("POST ").next().unwrap();
    assert_eq!(remedy, format!("{path}/cancel"));
    for _ in 0..2 {
        let cancelled = call(&server, Method::POST, &ada, remedy, "").await;
        assert_eq!(
            (cancelled.status, &cancelled.json()["state"]),
            (StatusCode::OK, &json!("cancelled"))
        );
    }
    call(&server, Method::DELETE, &ben, &path, "")
        .await
        .problem("job-not-found");
    call(&server, Method::DELETE, &reader, &path, "")
        .await
        .problem("missing-scope");
    let index = server.get_as(&ada, &path).await.json();
    assert!(index["finished_at"].is_string());
    let before = server.get("/v1/receipts/0").await.json();
    for _ in 0..2 {
        let deleted = call(&server, Method::DELETE, &ada, &path, "").await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text());
    }
    for part in ["", "/events", "/bundle", "/opening", "/audit"] {
        server
            .get_as(&ada, &format!("{path}{part}"))
            .await
            .problem("job-not-found");
    }
    call(&server, Method::POST, &ada, remedy, "")
        .await
        .problem("job-not-found");
    assert_eq!(server.get_as(&ada, "/v1/jobs").await.json()["items"], json!([]));
    assert!(server.app.objects.input(job).await.unwrap_err().is_not_found());
    assert_eq!(server.get("/v1/receipts/0").await.json(), before);
    let receipt = server.get_as(&ada, "/v1/receipts/0").await.json();
    assert!(
        receipt["receipt"]["entry"]
            .as_str()
            .unwrap()
            .contains(&job.to_string())
    );

    let deletions = server.get_as(&ada, "/v1/deletions").await.json();
    let items = deletions["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["what"], &items[0]["id"]),
        (&json!("job"), &json!(job.to_string()))
    );
    assert_eq!(
        items[0]["key_id"],
        server.get_as(&ada, "/v1/me").await.json()["key"]["id"]
    );
    assert_eq!(
        server.get_as(&ben, "/v1/deletions").await.json()["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_model_is_deleted_by_its_owner_when_nothing_waits_for_it() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let ben = server.key("ben", &[Scope::Read, Scope::Prove]).await;
    let owner = server.tenant_of(&ada).await;
    server.publish(&owner, 7, "digits", "1").await;
    let path = format!("/v1/models/{MODEL}");
    assert_eq!(server.get_as(&ben, &path).await.status, StatusCode::OK);
    call(&server, Method::DELETE, &ben, &path, "")
        .await
        .problem("model-not-found");
    let job = waiting(&server, &ada, false).await;
    let refused = call(&server, Method::DELETE, &ada, &path, "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.problem("model-in-use");
    let needed = server
        .get_as(&ada, &format!("/v1/jobs?model={MODEL}&state=queued,running"))
        .await
        .json();
    assert_eq!(needed["items"][0]["id"], job.to_string());
    call(&server, Method::POST, &ada, &format!("/v1/jobs/{job}/cancel"), "").await;
    for _ in 0..2 {
        let deleted = call(&server, Method::DELETE, &ada, &path, "").await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text());
    }
    for key in [&ada, &ben] {
        server.get_as(key, &path).await.problem("model-not-found");
        let verification = format!("/v1/verifications?model_id={MODEL}");
        let request = axum::http::Request::post(verification)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/octet-stream")
            .body(axum::body::Body::from("no bundle"))
            .unwrap();
        server.send(request).await.problem("model-not-found");
    }
    let listed = server.get_as(&ada, "/v1/deletions").await.json();
    assert_eq!(listed["items"][0]["what"], "model");
}
