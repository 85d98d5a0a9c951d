//! Models by name.

use super::support::Server;
use axum::http::StatusCode;
use hallmark_server::access::Scope;
use hallmark_server::job::{OPERATOR, OPERATOR_NAME};
use serde_json::{Value, json};

#[tokio::test]
async fn public_names_are_shown_with_their_publishers_and_found_by_them() {
    let server = Server::new().await;
    let database = &server.app.database;
    database.ensure_tenant(OPERATOR, OPERATOR_NAME).await.unwrap();
    server.publish(OPERATOR, 1, "digits-cnn", "1").await;
    let eve = server.key("eve", &Scope::ALL).await;
    let ada = server.key("ada", &Scope::ALL).await;
    let eves = server.tenant_of(&eve).await;
    server.publish(&eves, 2, "digits-cnn", "1").await;
    let list: Value = server.get_as(&ada, "/v1/models").await.json();
    let shown: Vec<(&str, bool)> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| {
            (
                model["reference"].as_str().unwrap(),
                model["operator"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [("hallmark/digits-cnn@1", true), ("eve/digits-cnn@1", false)]
    );
    let id = |byte: u8| format!("{byte:02x}").repeat(32);
    for (name, publisher, byte) in [
        ("digits-cnn", "hallmark", 1),
        ("digits-cnn@1", "hallmark", 1),
        ("hallmark%2Fdigits-cnn@1", "hallmark", 1),
        ("eve%2Fdigits-cnn", "eve", 2),
        (&id(2), "eve", 2),
    ] {
        let model = server.get_as(&ada, &format!("/v1/models/{name}")).await;
        assert_eq!(model.status, StatusCode::OK, "{name}: {}", model.text());
        let model = model.json();
        assert_eq!(model["model_id"], id(byte), "{name}");
        assert_eq!(model["publisher"], publisher, "{name}");
    }
    // To her it is ambiguous, and the answer says what it may be.
    let answer = server.get_as(&eve, "/v1/models/digits-cnn@1").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.problem("ambiguous-model");
    assert_eq!(
        answer.json()["candidates"],
        json!(["eve/digits-cnn@1", "hallmark/digits-cnn@1"])
    );
    for nothing in ["faces", "digits-cnn@2", "bob%2Fdigits-cnn", "%2F", "@"] {
        let answer = server.get_as(&ada, &format!("/v1/models/{nothing}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nothing}");
        answer.problem("model-not-found");
    }
}

#[tokio::test]
async fn a_model_cannot_be_named_like_anothers_reference() {
    let server = Server::new().await;
    for name in [
        "hallmark/digits-cnn",
        "digits-cnn@1",
        " digits",
        &"ab".repeat(32),
        ".",
        "..",
        "digits\u{a0}cnn",
        "digits\u{3000}cnn",
        "digits\u{fffc}",
        "digits\u{ffff}",
        "digits\u{e000}",
        "digits\0",
    ] {
        let options = json!({ "name": name }).to_string();
        let body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"options\"\r\n\r\n{options}\r\n\
             --x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--x--\r\n"
        );
        let answer = server
            .post("/v1/models", "multipart/form-data; boundary=x", body)
            .await;
        assert!(answer.problem("invalid-body").contains("options.name"), "{name}");
    }
}

#[tokio::test]
async fn control_characters_in_a_target_are_refused_before_anything_reads_them() {
    let server = Server::new().await;
    for path in [
        "/v1/models?q=%00",
        "/v1/models?tag=%00",
        "/v1/models?cursor=%00",
        "/v1/models?q=a%1Bb",
        "/v1/models/%00",
        "/v1/models/a%00%40b",
        "/v1/models/a%7fb/report",
        "/v1/models/%00%2Fdigits/evm/key",
        "/v1/jobs?cursor=%00",
        "/v1/jobs/%00",
        "/v1/deletions?cursor=%00",
        "/v1/receipts?cursor=%00",
        "/v1/webhooks/%00",
        "/docs/%00",
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{path}: {}",
            answer.text()
        );
        let detail = answer.problem("invalid-parameter");
        assert!(detail.contains("control character"), "{path}: {detail}");
    }
    for path in ["proofs", "proofs/batch", "predictions"] {
        let path = format!("/v1/models/%00/{path}");
        let answer = server.post(&path, "application/json", r#"{"input": [0]}"#).await;
        assert!(
            answer.problem("invalid-parameter").starts_with("path: %00"),
            "{path}"
        );
    }
    // A percent sign that is one, and characters of any script.
    for path in [
        "/v1/models?q=%2500",
        "/v1/models?q=%E6%95%B0",
        "/v1/models?q=100%",
    ] {
        assert_eq!(server.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn control_characters_in_members_are_refused() {
    let server = Server::new().await;
    let ada = server.key("ada", &Scope::ALL).await;
    let owner = server.tenant_of(&ada).await;
    server.publish(&owner, 1, "digits", "1").await;
    let send = async |method: &str, path: &str, body: Value| {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {ada}"))
            .header("content-type", "application/json");
        server.send(request.body(body.to_string().into()).unwrap()).await
    };
    let path = format!("/v1/models/{}", "01".repeat(32));
    for change in [
        json!({ "description": "a\0b" }),
        json!({ "licence": "a\0b" }),
        json!({ "tags": ["a\0b"] }),
    ] {
        send("PATCH", &path, change).await.problem("invalid-body");
    }
    for (path, body, code) in [
        (
            "/v1/verifications",
            json!({ "model_id": "\0", "bundle": {} }),
            "model-not-found",
        ),
        ("/v1/estimates", json!({ "model_id": "\0" }), "model-not-found"),
        (
            "/v1/estimates",
            json!({ "model_id": "ada/\0@1" }),
            "model-not-found",
        ),
        (
            "/v1/webhooks",
            json!({ "url": "http://example.org/", "events": ["\0"] }),
            "invalid-body",
        ),
    ] {
        send("POST", path, body).await.problem(code);
    }
}

#[tokio::test]
async fn what_takes_ids_only_says_so() {
    let server = Server::new().await;
    let body = json!({ "model_id": "hallmark/digits-cnn@1", "bundle": {} }).to_string();
    let answer = server.post("/v1/verifications", "application/json", body).await;
    assert!(
        answer
            .problem("model-not-found")
            .contains("only that is taken here")
    );
    let request = axum::http::Request::delete("/v1/models/hallmark%2Fdigits-cnn@1");
    let answer = server
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert!(
        answer
            .problem("model-not-found")
            .contains("only that is taken here")
    );
}

#[tokio::test]
async fn who_may_not_change_a_model_is_told_whose_it_is() {
    let server = Server::new().await;
    let database = &server.app.database;
    database.ensure_tenant(OPERATOR, OPERATOR_NAME).await.unwrap();
    server.publish(OPERATOR, 1, "digits-cnn", "1").await;
    let eve = server.key("eve", &Scope::ALL).await;
    let path = format!("/v1/models/{}", "01".repeat(32));
    for (method, body) in [("PATCH", r#"{"deprecated": true}"#), ("DELETE", "")] {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(&path)
            .header("authorization", format!("Bearer {eve}"))
            .header("content-type", "application/json");
        let answer = server.send(request.body(body.into()).unwrap()).await;
        let detail = answer.problem("model-not-found");
        assert!(
            detail.contains("hallmark/digits-cnn@1, which only its publisher"),
            "{method}: {detail}"
        );
    }
    assert_eq!(server.get_as(&eve, &path).await.status, StatusCode::OK);
}
