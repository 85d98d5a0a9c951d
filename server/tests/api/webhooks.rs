//! Webhooks as clients manage them.

use super::ended::{call, ended};
use super::support::Server;
use axum::http::{Method, StatusCode};
use hallmark_server::access::Scope;
use serde_json::{Value, json};

const PATH: &str = "/v1/webhooks";

#[tokio::test]
async fn a_webhook_is_its_tenants_and_its_secret_is_shown_once() {
    let server = Server::with(|settings| settings.webhooks.allow_private = true).await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let ben = server.key("ben", &[Scope::Read, Scope::Prove]).await;
    let body =
        r#"{"url": "http://127.0.0.1:9/hook#part", "events": ["job.done", "job.cancelled", "job.done"]}"#;
    let made = call(&server, Method::POST, &ada, PATH, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.header("cache-control"), "no-store");
    let webhook = made.json();
    let place = format!("{PATH}/{}", webhook["id"].as_str().unwrap());
    assert_eq!(made.header("location"), place);
    let secret = webhook["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(webhook["url"], "http://127.0.0.1:9/hook");
    assert_eq!(webhook["events"], json!(["job.cancelled", "job.done"]));

    let job = ended(&server, &ada).await;
    ended(&server, &ben).await;
    let deliveries = server.get_as(&ada, &format!("{place}/deliveries")).await.json();
    let items = deliveries["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["event"], &items[0]["job_id"]),
        (&json!("job.cancelled"), &json!(job.to_string()))
    );
    assert_eq!(items[0]["body"]["job"]["state"], "cancelled");
    let again = format!(
        "{place}/deliveries/{}/redeliver",
        items[0]["id"].as_str().unwrap()
    );
    assert_eq!(
        call(&server, Method::POST, &ada, &again, "").await.status,
        StatusCode::ACCEPTED
    );

    for path in [&place, &format!("{place}/deliveries")] {
        server.get_as(&ben, path).await.problem("webhook-not-found");
    }
    call(&server, Method::POST, &ben, &again, "")
        .await
        .problem("webhook-not-found");
    call(&server, Method::DELETE, &ben, &place, "")
        .await
        .problem("webhook-not-found");
    assert_eq!(server.get_as(&ben, PATH).await.json()["items"], json!([]));
    for path in [PATH, &place, &format!("{place}/deliveries")] {
        let answer = server.get_as(&ada, path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.text().contains(secret), "{path}");
    }
    assert_eq!(
        call(&server, Method::DELETE, &ada, &place, "").await.status,
        StatusCode::NO_CONTENT
    );
    server.get_as(&ada, &place).await.problem("webhook-not-found");
}

#[tokio::test]
async fn addresses_and_events_are_checked() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Prove]).await;
    let detail = async |body: Value, code: &str| {
        let answer = call(&server, Method::POST, &ada, PATH, &body.to_string()).await;
        answer.problem(code)
    };
    for url in [
        "http://127.0.0.1/",
        "http://localhost:8420/",
        "http://[::1]/",
        "http://169.254.169.254/",
    ] {
        let detail = detail(json!({ "url": url }), "invalid-webhook").await;
        assert!(detail.contains("webhooks.allow_private"), "{detail}");
    }
    for url in [
        "",
        "example.com",
        "ftp://example.com/",
        "https://user:word@example.com/",
    ] {
        detail(json!({ "url": url }), "invalid-webhook").await;
    }
    for events in [json!([]), json!(["job.done", "job.started"])] {
        let detail = detail(
            json!({ "url": "https://example.com/", "events": events }),
            "invalid-body",
        )
        .await;
        assert!(detail.starts_with("events: expected"), "{detail}");
    }
    detail(json!({}), "invalid-body").await;
    detail(
        json!({ "url": "https://example.com/", "secret": "mine" }),
        "invalid-body",
    )
    .await;
    let reader = server.key("ada", &[Scope::Read]).await;
    let body = r#"{"url": "https://example.com/"}"#;
    call(&server, Method::POST, &reader, PATH, body)
        .await
        .problem("missing-scope");
    server
        .get_as(&reader, "/v1/webhooks?cursor=x")
        .await
        .problem("invalid-parameter");
}

#[tokio::test]
async fn a_webhook_is_changed_tried_and_given_another_secret() {
    let server = Server::with(|settings| settings.webhooks.allow_private = true).await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let ben = server.key("ben", &[Scope::Read, Scope::Prove]).await;
    let reader = server.key("ada", &[Scope::Read]).await;
    let body = r#"{"url": "http://127.0.0.1:9/hook"}"#;
    let made = call(&server, Method::POST, &ada, PATH, body).await.json();
    let place = format!("{PATH}/{}", made["id"].as_str().unwrap());

    let off = call(&server, Method::PATCH, &ada, &place, r#"{"disabled": true}"#).await;
    assert_eq!(
        (off.status, &off.json()["disabled"]),
        (StatusCode::OK, &json!(true))
    );
    ended(&server, &ada).await;
    let change = r#"{"disabled": false, "events": ["job.cancelled"], "url": "http://127.0.0.1:9/other"}"#;
    let on = call(&server, Method::PATCH, &ada, &place, change).await.json();
    assert_eq!(
        (&on["disabled"], &on["events"], &on["url"]),
        (
            &json!(false),
            &json!(["job.cancelled"]),
            &json!("http://127.0.0.1:9/other")
        )
    );
    for (change, code) in [
        (r#"{"url": "ftp://example.com/"}"#, "invalid-webhook"),
        (r#"{"events": []}"#, "invalid-body"),
        (r#"{"secret": "mine"}"#, "invalid-body"),
    ] {
        call(&server, Method::PATCH, &ada, &place, change)
            .await
            .problem(code);
    }
    let test = call(&server, Method::POST, &ada, &format!("{place}/test"), "").await;
    assert_eq!(test.status, StatusCode::ACCEPTED);
    let test = test.json();
    assert_eq!(
        (&test["event"], &test["body"]["type"]),
        (&json!("webhook.test"), &json!("webhook.test"))
    );
    let deliveries = server.get_as(&ada, &format!("{place}/deliveries")).await.json();
    assert_eq!(
        deliveries["items"].as_array().unwrap().len(),
        1,
        "what happened meanwhile is not told"
    );

    let secret = format!("{place}/secret");
    let rotated = call(&server, Method::POST, &ada, &secret, r#"{"overlap_seconds": 60}"#).await;
    assert_eq!(
        (rotated.status, rotated.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let rotated = rotated.json();
    assert_ne!(rotated["secret"], made["secret"]);
    assert!(rotated["old_secret_until"].is_string());
    let shown = server.get_as(&ada, &place).await;
    assert!(!shown.text().contains(rotated["secret"].as_str().unwrap()));
    let at_once = call(&server, Method::POST, &ada, &secret, r#"{"overlap_seconds": 0}"#)
        .await
        .json();
    assert_eq!(at_once["old_secret_until"], Value::Null);
    for wrong in [r#"{"overlap_seconds": -1}"#, r#"{"overlap_seconds": 2592001}"#] {
        call(&server, Method::POST, &ada, &secret, wrong)
            .await
            .problem("invalid-body");
    }
    for (method, path, body) in [
        (Method::PATCH, &place, r#"{"disabled": true}"#),
        (Method::POST, &format!("{place}/test"), ""),
        (Method::POST, &secret, "{}"),
    ] {
        call(&server, method.clone(), &ben, path, body)
            .await
            .problem("webhook-not-found");
        call(&server, method, &reader, path, body)
            .await
            .problem("missing-scope");
    }
}

#[tokio::test]
async fn a_tenant_has_so_many_webhooks() {
    let server = Server::with(|settings| settings.webhooks.allow_private = true).await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let body = r#"{"url": "http://127.0.0.1:9/"}"#;
    for _ in 0..50 {
        assert_eq!(
            call(&server, Method::POST, &ada, PATH, body).await.status,
            StatusCode::CREATED
        );
    }
    call(&server, Method::POST, &ada, PATH, body)
        .await
        .problem("invalid-webhook");
    let first = server.get_as(&ada, "/v1/webhooks?limit=30").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server
        .get_as(&ada, &format!("/v1/webhooks?limit=30&cursor={cursor}"))
        .await
        .json();
    assert_eq!(second["items"].as_array().unwrap().len(), 20);
    assert_eq!(second["next_cursor"], Value::Null);
}
