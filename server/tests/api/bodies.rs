//! Bodies that are wrong in every way.

use super::support::Server;
use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use futures::StreamExt;
use std::convert::Infallible;
use std::time::Duration;

const PATH: &str = "/v1/verifications";
const JSON: &str = "application/json";

#[tokio::test]
async fn a_body_of_another_kind_is_named() {
    let server = Server::new().await;
    for kind in ["text/plain", "application/xml", "image/png"] {
        let answer = server.post(PATH, kind, "{}").await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(answer.problem("unsupported-media-type").contains(kind));
    }
    server
        .post("/v1/models", JSON, "{}")
        .await
        .problem("unsupported-media-type");
    server
        .post("/v1/estimates", "text/plain", "{}")
        .await
        .problem("unsupported-media-type");
}

#[tokio::test]
async fn what_is_no_json_is_told_from_what_is_not_expected() {
    let server = Server::new().await;
    let deep = format!("{{\"bundle\": {}}}", "[".repeat(100_000));
    let invalid_utf8 = b"{\"model_id\": \"\xff\"}".to_vec();
    let malformed: [Vec<u8>; 6] = [
        Vec::new(),
        b"{".to_vec(),
        b"{} {}".to_vec(),
        b"nonsense".to_vec(),
        deep.into_bytes(),
        invalid_utf8,
    ];
    for body in malformed {
        let shown = String::from_utf8_lossy(&body[..body.len().min(30)]).into_owned();
        let answer = server.post(PATH, JSON, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown}");
        answer.problem("malformed-json");
    }
    for (body, place) in [
        ("[]", ""),
        ("{\"model_id\": 7}", "model_id"),
        ("{\"bundle\": {}, \"colour\": 1}", "colour"),
        ("{\"bundles\": [{\"nonce\": []}]}", "bundles[0].nonce"),
        ("{\"bundles\": []}", "bundles"),
        ("{\"bundle\": {}}", "model_id"),
        ("{\"model_id\": \"a\"}", "bundle"),
        ("{\"model_id\": \"a\", \"bundle_base64\": \"?\"}", "bundle_base64"),
        ("{\"bundle\": {}, \"bundles\": [{}]}", "bundles"),
    ] {
        let answer = server.post(PATH, JSON, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let detail = answer.problem("invalid-body");
        assert!(detail.contains(place), "{body}: {detail}");
    }
}

#[tokio::test]
async fn a_body_over_its_limit_is_not_read() {
    let server = Server::with(|settings| settings.limits.body_bytes = 1 << 16).await;
    let answer = server.post(PATH, JSON, vec![b' '; (1 << 16) + 1]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.problem("body-too-large");
    assert_eq!(answer.json()["limit_bytes"], 1 << 16);
    // One without a length and without an end, too.
    let endless = futures::stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b' '; 4096])));
    server
        .post(PATH, JSON, Body::from_stream(endless))
        .await
        .problem("body-too-large");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::with(|settings| settings.limits.body_seconds = 1).await;
    let begun = futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]);
    let stuck = || Body::from_stream(begun.clone().chain(futures::stream::pending()));
    let start = std::time::Instant::now();
    let answer = server.post(PATH, JSON, stuck()).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    answer.problem("body-too-slow");
    let boundary = "multipart/form-data; boundary=x";
    server
        .post("/v1/models", boundary, stuck())
        .await
        .problem("body-too-slow");
    assert!(start.elapsed() < Duration::from_secs(10));
}

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        body.extend(
            format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"m.onnx\"\r\n\r\n")
                .bytes(),
        );
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    body
}

#[tokio::test]
async fn uploads_are_checked_part_by_part() {
    let server = Server::with(|settings| settings.limits.model_bytes = 100).await;
    let kind = "multipart/form-data; boundary=x";
    let upload = async |parts: &[(&str, &[u8])]| server.post("/v1/models", kind, form(parts)).await;
    assert!(upload(&[]).await.problem("invalid-body").contains("model"));
    assert!(
        upload(&[("modell", b"x")])
            .await
            .problem("invalid-body")
            .contains("modell")
    );
    upload(&[("model", b"x"), ("model", b"y")])
        .await
        .problem("invalid-body");
    upload(&[("model", &[0; 101])]).await.problem("body-too-large");
    upload(&[("model", b"x"), ("options", b"{")])
        .await
        .problem("malformed-json");
    for options in [
        r#"{"bits": 3}"#,
        r#"{"bits": 17}"#,
        r#"{"name": ""}"#,
        r#"{"name": "a\u0000b"}"#,
        r#"{"version": " "}"#,
        r#"{"target": "slow"}"#,
        r#"{"tags": [""]}"#,
        r#"{"colour": 1}"#,
    ] {
        let answer = upload(&[("model", b"x"), ("options", options.as_bytes())]).await;
        answer.problem("invalid-body");
    }
    let cut = &form(&[("model", b"x")])[..60];
    server
        .post("/v1/models", kind, cut.to_vec())
        .await
        .problem("malformed-body");
    server
        .post("/v1/models", "multipart/form-data", Vec::new())
        .await
        .problem("unsupported-media-type");
    // Nothing of it is left in the folder, and no job is there.
    let left = std::fs::read_dir(&server.app.settings.storage.folder)
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with(".upload")
        })
        .count();
    assert_eq!(left, 0);
    assert_eq!(
        server.get("/v1/jobs").await.json()["items"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn the_same_upload_at_the_same_time_is_one_job() {
    let server = Server::new().await;
    let kind = "multipart/form-data; boundary=x";
    let body = || form(&[("model", b"not really a model"), ("options", br#"{"name": "m"}"#)]);
    let (first, second) = tokio::join!(
        server.post("/v1/models", kind, body()),
        server.post("/v1/models", kind, body())
    );
    // What the file is called at the client's is not part of it.
    let (unnamed, renamed) = (form(&[("model", b"another")]), "m.onnx");
    let text = String::from_utf8(unnamed.clone())
        .unwrap()
        .replace(renamed, "n.onnx");
    let third = server.post("/v1/models", kind, unnamed).await;
    assert_eq!(third.status, StatusCode::ACCEPTED, "{}", third.text());
    let fourth = server.post("/v1/models", kind, text).await;
    assert_eq!(third.json()["id"], fourth.json()["id"]);
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text());
    assert_eq!(second.status, StatusCode::ACCEPTED);
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(
        first.header("location"),
        format!("/v1/jobs/{}", first.json()["id"].as_str().unwrap())
    );
    assert_eq!(
        server.get("/v1/jobs?kind=compile&state=queued").await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
