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
    for name in ["hallmark/digits-cnn", "digits-cnn@1", " digits", &"ab".repeat(32)] {
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
