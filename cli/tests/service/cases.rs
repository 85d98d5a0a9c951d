//! Models and inputs that outsiders reported, over HTTP: what is wrong is said in the terms of the API.

use crate::file::{FLOAT, Model, Node};
use crate::server::{Server, answer, problem};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn server() -> Server {
    Server::start_in(
        tempfile::tempdir().unwrap(),
        &["--set", "server.register_digits=false"],
    )
}

/// Sends a model with data, and waits for what comes of it.
async fn send(
    server: &Server,
    path: &str,
    model: &Model,
    data: &Value,
    options: &Value,
) -> (StatusCode, Value) {
    let mut body = Vec::new();
    for (part, content) in [
        ("model", model.bytes()),
        ("calibration", data.to_string().into_bytes()),
        ("options", options.to_string().into_bytes()),
    ] {
        body.extend(
            format!("--x\r\ncontent-disposition: form-data; name=\"{part}\"; filename=\"{part}\"\r\n\r\n")
                .bytes(),
        );
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    let request = server
        .request(Method::POST, None, path)
        .header("content-type", "multipart/form-data; boundary=x")
        .header("prefer", "wait=60")
        .body(body);
    answer(request.send().await.unwrap()).await
}

/// The cause of a compilation that is not possible.
async fn cause(server: &Server, model: &Model, data: &Value, options: &Value) -> (String, String) {
    let (_, job) = send(server, "/v1/models", model, data, options).await;
    assert_eq!(job["state"], "failed", "{job}");
    let text = |member: &str| job["cause"][member].as_str().unwrap().to_owned();
    (text("type"), text("detail"))
}

fn dense(batch: &str, weights: &[f32]) -> Model {
    Model::new()
        .input("x", FLOAT, &["2", batch, "2"])
        .output("y", FLOAT)
        .floats("w", &[2, 2], weights)
        .node(Node::new("MatMul", &["x", "w"], &["y"]))
}

#[tokio::test]
async fn models_are_refused_in_the_terms_of_the_api() {
    let server = server().await;
    let flat = json!({ "x": [0.5, 1.0, 0.25, 0.75] });
    let open = dense("batch", &[0.5, 0.25, 0.125, 1.0]);
    let (kind, detail) = cause(&server, &open, &flat, &json!({ "name": "open" })).await;
    assert_eq!(kind, "invalid_model", "{detail}");
    assert!(
        detail.contains("`\"dimensions\": {\"batch\": N}` or `\"shapes\": {\"x\": [2, N, 2]}` in `options`"),
        "{detail}"
    );
    problem(
        send(&server, "/v1/estimates", &open, &flat, &json!({})).await,
        "invalid-model",
    );
    for (version, options) in [
        ("1", json!({ "dimensions": { "batch": 1 } })),
        ("2", json!({ "shapes": { "x": [2, 1, 2] } })),
    ] {
        let (status, estimate) = send(&server, "/v1/estimates", &open, &flat, &options).await;
        assert_eq!(status, StatusCode::OK, "{estimate}");
        let mut options = options;
        (options["name"], options["version"]) = (json!("open"), json!(version));
        let (status, model) = send(&server, "/v1/models", &open, &flat, &options).await;
        assert_eq!(
            (status, &model["inputs"][0]["shape"]),
            (StatusCode::OK, &json!([2, 1, 2])),
            "{model}"
        );
    }
    let nested = json!({ "x": [[[0.5, 1.0]], [[0.25, 0.75]]] });
    let (status, model) = send(&server, "/v1/models", &open, &nested, &json!({ "name": "data" })).await;
    assert_eq!(status, StatusCode::OK, "{model}");
    // A proof opens the folder again, with the shapes that were chosen.
    let path = format!("/v1/models/{}/proofs", model["model_id"].as_str().unwrap());
    let request = server
        .request(Method::POST, None, &path)
        .header("prefer", "wait=60");
    let (_, job) = answer(
        request
            .json(&json!({ "input": [0.5, 1.0, 0.25, 0.75] }))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(job["state"], "done", "{job}");

    problem(
        send(
            &server,
            "/v1/models",
            &open,
            &flat,
            &json!({ "shapes": { "x": [0] } }),
        )
        .await,
        "invalid-body",
    );
    let nan = dense("1", &[0.5, f32::NAN, 0.125, 1.0]);
    let (kind, detail) = cause(&server, &nan, &flat, &json!({ "name": "nan" })).await;
    assert!(
        kind == "invalid_model" && detail.contains("`w` is NaN at [0, 1]"),
        "{kind}: {detail}"
    );

    // A price beside a probability: what one number says of both says nothing of the other.
    let mixed = dense("1", &[80_000.0, 0.0, 0.0, 1.0]);
    let samples: Vec<[f32; 2]> = (0..20)
        .map(|i| [(i % 7) as f32 / 7.0, (i % 9) as f32 / 9.0])
        .collect();
    let data = json!({ "x": samples });
    let (kind, detail) = cause(&server, &mixed, &data, &json!({ "name": "mixed" })).await;
    assert_eq!(kind, "inaccurate", "{detail}");
    assert!(
        detail.contains("y, column 1: the error reaches") && detail.contains("`bits: 16` in `options`"),
        "{detail}"
    );
    assert!(
        detail.contains("`accept_inaccurate: true`") && !detail.contains("--"),
        "{detail}"
    );
    let accepted = json!({ "name": "mixed", "accept_inaccurate": true });
    let (status, model) = send(&server, "/v1/models", &mixed, &data, &accepted).await;
    assert_eq!(status, StatusCode::OK, "{model}");
    let path = format!("/v1/models/{}/report", model["model_id"].as_str().unwrap());
    let (_, report) = server.get(None, &path).await;
    assert!(
        report["warnings"][0]
            .as_str()
            .unwrap()
            .contains("column 1: the error reaches"),
        "{report}"
    );
}

#[tokio::test]
async fn inputs_are_refused_by_their_cause() {
    let server = server().await;
    let two = Model::new()
        .input("img1", FLOAT, &["1", "2"])
        .input("img2", FLOAT, &["1", "2"])
        .output("y", FLOAT)
        .node(Node::new("Add", &["img1", "img2"], &["y"]));
    let data = json!({ "img1": [1, 2], "img2": [3, 4] });
    let (status, model) = send(&server, "/v1/models", &two, &data, &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{model}");
    // What the file calls its graph, not what the file is called.
    assert_eq!(model["name"], "g");
    let path = format!("/v1/models/{}/predictions", model["model_id"].as_str().unwrap());
    let body = async |text: &[u8], encoding: &str| {
        let mut request = server
            .request(Method::POST, None, &path)
            .header("content-type", "application/json")
            .body(text.to_vec());
        if !encoding.is_empty() {
            request = request.header("content-encoding", encoding);
        }
        answer(request.send().await.unwrap()).await
    };
    let good = r#"{"input": {"img1": [1, 2], "img2": [3, 4]}}"#.to_owned();
    assert_eq!(body(good.as_bytes(), "").await.0, StatusCode::OK);
    assert_eq!(
        body(format!("\u{feff}{good}").as_bytes(), "").await.0,
        StatusCode::OK
    );
    let refused = problem(body(good.as_bytes(), "gzip").await, "unsupported-media-type");
    assert!(refused["detail"].as_str().unwrap().contains("gzip"), "{refused}");
    let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let refused = problem(body(&wide, "").await, "malformed-json");
    assert!(
        refused["detail"].as_str().unwrap().contains("UTF-16"),
        "{refused}"
    );
    for (input, words) in [
        (
            r#"{"img1": [1, 2], "image2": [3, 4]}"#,
            "there is only `img1`, `image2`",
        ),
        (
            r#"{"img1": [1, 2], "img1": [3, 4], "img2": [3, 4]}"#,
            "`img1` is there twice",
        ),
        ("[1, 2, 3]", "numbers without a name"),
        (r#"{"img1": [[1], [2], [3]], "img2": [3, 4]}"#, "needs 2 numbers"),
    ] {
        let refused = problem(
            body(format!("{{\"input\": {input}}}").as_bytes(), "").await,
            "invalid-input",
        );
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(words) && !detail.contains("file"), "{detail}");
    }
}

#[tokio::test]
async fn names_that_no_key_holds_are_the_models_fault() {
    let server = server().await;
    for name in ["n".repeat(300), "line\nbreak".to_owned()] {
        let model = Model::new()
            .input("x", FLOAT, &["1", "2"])
            .output(&name, FLOAT)
            .node(Node::new("Relu", &["x"], &[&name]));
        let (kind, detail) = cause(
            &server,
            &model,
            &json!({ "x": [1, 2] }),
            &json!({ "name": "named" }),
        )
        .await;
        assert!(kind != "internal" && detail.contains("name"), "{kind}: {detail}");
    }
}

#[tokio::test]
async fn a_job_can_be_waited_for() {
    let server = server().await;
    let model = dense("1", &[0.5, 0.25, 0.125, 1.0]);
    let data = json!({ "x": [0.5, 1.0, 0.25, 0.75] });
    let (_, model) = send(&server, "/v1/models", &model, &data, &json!({ "name": "waited" })).await;
    let path = format!("/v1/models/{}/proofs", model["model_id"].as_str().unwrap());
    let (status, job) = server
        .post(None, &path, &json!({ "input": [0.5, 1.0, 0.25, 0.75] }))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{job}");
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    let request = server
        .request(Method::GET, None, &path)
        .header("prefer", "wait=60");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["preference-applied"], "wait=60");
    assert_eq!(answer(response).await.1["state"], "done");
}
