//! From a picture to a proof that somebody else checks.

use crate::server::{Server, answer, hallmark, mlp, picture, problem, send_model, upload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_picture_is_read_proven_and_checked() {
    let (server, model) = Server::start(&[]).await;
    let nonce = "ab".repeat(32);
    let (status, prediction) = server
        .post(
            None,
            &format!("/v1/models/{model}/predictions"),
            &json!({ "input": { "image": picture(20) } }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{prediction}");
    let request = json!({ "input": picture(20), "nonce": nonce, "metadata": { "order": 7 } });
    let job = server.prove(None, &model, &request).await;
    assert_eq!(
        job["result"]["outputs"], prediction["outputs"],
        "proven as predicted"
    );
    assert_eq!(job["metadata"]["order"], 7);
    assert_eq!(job["nonce"], nonce);
    assert!(
        job["stages"]
            .as_array()
            .unwrap()
            .iter()
            .any(|stage| stage["stage"] == "proving")
    );
    assert!(job["peak_memory_bytes"].as_i64().unwrap() > 1_000_000);

    // The compact form has the digest that the job names; the JSON form an own one.
    let path = job["links"]["bundle"].as_str().unwrap();
    let binary = server
        .request(Method::GET, None, path)
        .header("accept", "application/octet-stream");
    let binary = binary.send().await.unwrap();
    let tag = binary.headers()["etag"].to_str().unwrap().to_owned();
    let label = binary.headers()["repr-digest"].to_str().unwrap().to_owned();
    let compact = binary.bytes().await.unwrap();
    let digest = Sha256::digest(&compact);
    assert_eq!(tag.trim_matches('"'), job["result"]["bundle"]["digest"]);
    assert_eq!(label, format!("sha-256=:{}:", STANDARD.encode(digest)));
    let again = server
        .request(Method::GET, None, path)
        .header("accept", "application/octet-stream")
        .header("if-none-match", &tag);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let (_, bundle) = server.get(None, path).await;
    let neither = server
        .request(Method::GET, None, path)
        .header("accept", "text/html");
    problem(answer(neither.send().await.unwrap()).await, "not-acceptable");

    verdicts(&server, &model, &nonce, &bundle, &compact).await;
    offline(&server, &model, &compact).await;
}

/// What the server says to true, false and malformed proofs.
async fn verdicts(server: &Server, model: &str, nonce: &str, bundle: &Value, compact: &[u8]) {
    let verify = async |body: Value| server.post(None, "/v1/verifications", &body).await;
    let (status, verdict) = verify(json!({ "model_id": model, "bundle": bundle, "nonce": nonce })).await;
    assert_eq!(
        (status, &verdict["valid"]),
        (StatusCode::OK, &json!(true)),
        "{verdict}"
    );
    let bound = verdict["statement"]["bound"].to_string();
    for part in [model, "the input", "the output", "the expected nonce", nonce] {
        assert!(bound.contains(part), "{part} is not in {bound}");
    }
    assert!(verdict["statement"]["trusted"].to_string().contains("INSECURE"));
    let base64 = STANDARD.encode(compact);
    assert_eq!(
        verify(json!({ "model_id": model, "bundle_base64": base64 }))
            .await
            .1["valid"],
        true
    );

    let mut forged = bundle.clone();
    forged["outputs"][0][3] = json!(forged["outputs"][0][3].as_i64().unwrap() + 1);
    let mut flipped = compact.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    let flipped = STANDARD.encode(flipped);
    for (body, code) in [
        (json!({ "model_id": model, "bundle": forged }), "invalid_proof"),
        (
            json!({ "model_id": model, "bundle": bundle, "nonce": "01" }),
            "wrong_nonce",
        ),
        (
            json!({ "model_id": model, "bundle": bundle, "refuse_insecure": true }),
            "insecure_srs",
        ),
        (
            json!({ "model_id": model, "bundle": bundle, "only_ceremonies": true }),
            "insecure_srs",
        ),
        (
            json!({ "model_id": model, "bundle": bundle, "srs": ["00".repeat(32)] }),
            "other_srs",
        ),
        (
            json!({ "model_id": model, "bundle_base64": flipped }),
            "invalid_proof",
        ),
    ] {
        let (status, verdict) = verify(body).await;
        assert_eq!(
            (status, &verdict["valid"]),
            (StatusCode::OK, &json!(false)),
            "{verdict}"
        );
        let told = verdict["code"].as_str().unwrap();
        assert!(
            told == code || (code == "invalid_proof" && told == "malformed_proof"),
            "{verdict}"
        );
        assert!(!verdict["reason"].as_str().unwrap().is_empty());
    }
    // Several at once: each has its own verdict.
    let items = json!([{ "bundle": bundle }, { "bundle": forged }, { "bundle": bundle, "nonce": "01" }, { "bundle": bundle }]);
    let (_, batch) = verify(json!({ "model_id": model, "bundles": items })).await;
    let valid: Vec<bool> = batch["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["valid"] == true)
        .collect();
    assert_eq!(valid, [true, false, false, true], "{batch}");
    assert_eq!(batch["valid"], false);

    problem(
        verify(json!({ "model_id": "0".repeat(64), "bundle": bundle })).await,
        "model-not-found",
    );
    problem(
        verify(json!({ "model_id": model, "bundle": { "format": "other" } })).await,
        "malformed-bundle",
    );
    let cut = STANDARD.encode(&compact[..100]);
    problem(
        verify(json!({ "model_id": model, "bundle_base64": cut })).await,
        "malformed-bundle",
    );
    let many = json!({ "model_id": model, "bundles": vec![json!({ "bundle": bundle }); 257] });
    problem(verify(many).await, "invalid-body");
}

/// An auditor without the server.
async fn offline(server: &Server, model: &str, compact: &[u8]) {
    let key = server
        .request(Method::GET, None, &format!("/v1/models/{model}/verifying-key"))
        .send()
        .await
        .unwrap();
    let (vk, proof) = (
        server.folder.path().join("vk"),
        server.folder.path().join("proof"),
    );
    std::fs::write(&vk, key.bytes().await.unwrap()).unwrap();
    std::fs::write(&proof, compact).unwrap();
    let checked = hallmark()
        .args(["verify", "--model", model, "--vk"])
        .args([&vk, &proof])
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
}

#[tokio::test]
async fn a_private_input_stays_with_its_owner() {
    let (server, model) = Server::start(&[]).await;
    let (ada, bob) = (server.key("ada", &[]), server.key("bob", &[]));
    let request = json!({ "input": picture(3), "private_input": true });
    let job = server.prove(Some(&ada), &model, &request).await;
    let (_, bundle) = server
        .get(Some(&ada), job["links"]["bundle"].as_str().unwrap())
        .await;
    assert!(
        bundle["inputs"].is_null() && bundle["input_commitment"].is_string(),
        "{bundle}"
    );
    let opening = job["links"]["opening"].as_str().unwrap();
    let (status, opened) = server.get(Some(&ada), opening).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(opened["commitment"], bundle["input_commitment"]);
    problem(server.get(Some(&bob), opening).await, "job-not-found");
    problem(server.get(None, opening).await, "job-not-found");
    // A proof of a public input has nothing to open.
    let job = server
        .prove(Some(&ada), &model, &json!({ "input": picture(3) }))
        .await;
    let id = job["id"].as_str().unwrap();
    problem(
        server.get(Some(&ada), &format!("/v1/jobs/{id}/opening")).await,
        "no-result",
    );
}

#[tokio::test]
async fn a_model_is_registered_described_and_never_changed() {
    let (server, _) = Server::start(&[]).await;
    let ada = server.key("ada", &[]);
    let model = upload(&server, &ada, "mine").await;
    assert_eq!(
        upload(&server, &ada, "mine").await,
        model,
        "the same upload is the same model"
    );
    let path = format!("/v1/models/{model}");
    let (_, shown) = server.get(Some(&ada), &path).await;
    assert_eq!(
        (&shown["name"], &shown["version"], &shown["mine"]),
        (&json!("mine"), &json!("1"), &json!(true))
    );
    for file in ["report", "layout"] {
        let (status, content) = server.get(Some(&ada), &format!("{path}/{file}")).await;
        assert!(status == StatusCode::OK && content.is_object(), "{file}");
    }
    let (_, svg) = server.get(Some(&ada), &format!("{path}/layout.svg")).await;
    assert!(svg.as_str().unwrap().starts_with("<svg"));

    let change = server.request(Method::PATCH, Some(&ada), &path).json(&json!({
        "description": "reads digits", "tags": ["mlp"], "licence": "MIT", "deprecated": true
    }));
    let (status, changed) = answer(change.send().await.unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["description"], &changed["deprecated"]),
        (&json!("reads digits"), &json!(true))
    );
    let found = async |query: &str| {
        let (_, list) = server.get(Some(&ada), &format!("/v1/models?{query}")).await;
        list["items"].as_array().unwrap().len()
    };
    assert_eq!(
        (
            found("mine=true").await,
            found("mine=true&deprecated=true&tag=mlp").await
        ),
        (0, 1)
    );
    let renamed = server
        .request(Method::PATCH, Some(&ada), &path)
        .json(&json!({ "name": "other" }));
    problem(answer(renamed.send().await.unwrap()).await, "invalid-body");

    let (status, estimate) = server
        .post(Some(&ada), "/v1/estimates", &json!({ "model_id": model }))
        .await;
    assert_eq!(status, StatusCode::OK, "{estimate}");
    assert_eq!(estimate["fits"], true);
    assert!(estimate["circuits"][0]["memory_bytes_estimate"].as_u64().unwrap() > 10_000_000);
    assert!(estimate["circuits"][0]["gas"].is_null() && estimate["circuits"][0]["gas_reason"].is_string());
}

#[tokio::test]
async fn an_input_that_does_not_fit_is_refused_at_once() {
    let (server, model) = Server::start(&[]).await;
    for path in ["predictions", "proofs"] {
        let send = async |input: Value| {
            server
                .post(
                    None,
                    &format!("/v1/models/{model}/{path}"),
                    &json!({ "input": input }),
                )
                .await
        };
        let refused = problem(send(json!(vec![1e9; 64])).await, "input-out-of-range");
        assert_eq!(refused["tensor"], "image");
        for wrong in [
            json!([1, 2, 3]),
            json!({ "picture": [1] }),
            json!([]),
            json!(vec![0; 128]),
            json!("text"),
        ] {
            let refused = problem(send(wrong).await, "invalid-input");
            assert_eq!(refused["expected"][0]["shape"], json!([1, 1, 8, 8]));
        }
    }
    let send = async |body: Value| {
        server
            .post(None, &format!("/v1/models/{model}/proofs"), &body)
            .await
    };
    problem(
        send(json!({ "input": picture(1), "nonce": "xyz" })).await,
        "invalid-body",
    );
    problem(
        send(json!({ "input": picture(1), "priority": 11 })).await,
        "invalid-body",
    );
    problem(
        send(json!({ "input": picture(1), "metadata": "x".repeat(5000) })).await,
        "invalid-body",
    );
    let batch = format!("/v1/models/{model}/proofs/batch");
    let mixed = json!({ "requests": [{ "input": picture(1) }, { "input": [1] }] });
    let refused = problem(server.post(None, &batch, &mixed).await, "invalid-input");
    assert!(
        refused["detail"].as_str().unwrap().starts_with("requests[1]."),
        "{refused}"
    );
    let (_, jobs) = server.get(None, "/v1/jobs").await;
    assert_eq!(jobs["items"], json!([]), "none of a refused batch is queued");
}

#[tokio::test]
async fn a_model_that_cannot_be_used_is_refused_with_its_reason() {
    let (server, _) = Server::start(&[]).await;
    let ada = server.key("ada", &[]);
    // An operator that nobody has heard of.
    let mut unknown = mlp();
    let place = unknown.windows(4).position(|bytes| bytes == b"Relu").unwrap();
    unknown[place..place + 4].copy_from_slice(b"Rely");
    let estimate = async |onnx: Vec<u8>, options: Value| {
        send_model(&server, &ada, "/v1/estimates", &options, onnx).await
    };
    problem(estimate(b"no model".to_vec(), json!({})).await, "invalid-model");
    let refused = problem(estimate(unknown.clone(), json!({})).await, "unsupported-model");
    assert!(refused["detail"].as_str().unwrap().contains("Rely"), "{refused}");
    let (status, estimated) = estimate(mlp(), json!({ "target": "evm", "private_input": false })).await;
    assert_eq!(status, StatusCode::OK, "{estimated}");
    assert_eq!(estimated["circuits"].as_array().unwrap().len(), 1);
    // What compiling finds out is the job's cause.
    for (onnx, cause) in [
        (b"no model".to_vec(), "invalid_model"),
        (unknown, "unsupported_model"),
    ] {
        let (status, job) = send_model(&server, &ada, "/v1/models", &json!({}), onnx).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        assert_eq!(
            (&job["state"], &job["cause"]["type"]),
            (&json!("failed"), &json!(cause))
        );
    }
}

#[tokio::test]
async fn a_version_is_taken_once() {
    let (server, _) = Server::start(&[]).await;
    let ada = server.key("ada", &[]);
    let options = json!({ "name": "mine", "private_input": false });
    let (status, model) = send_model(&server, &ada, "/v1/models", &options, mlp()).await;
    assert_eq!(status, StatusCode::OK, "{model}");
    let other = json!({ "name": "mine", "private_input": false, "bits": 10 });
    let taken = problem(
        send_model(&server, &ada, "/v1/models", &other, mlp()).await,
        "version-taken",
    );
    assert_eq!(taken["model_id"], model["model_id"]);
    let next = json!({ "name": "mine", "private_input": false, "bits": 10, "version": "2" });
    let (status, second) = send_model(&server, &ada, "/v1/models", &next, mlp()).await;
    assert_eq!(status, StatusCode::OK, "{second}");
    assert_ne!(second["model_id"], model["model_id"]);
    // The first is what it was.
    let path = format!("/v1/models/{}", model["model_id"].as_str().unwrap());
    assert_eq!(server.get(Some(&ada), &path).await.1["version"], "1");
    let private = json!({ "input": picture(1), "private_input": true });
    problem(
        server.post(Some(&ada), &format!("{path}/proofs"), &private).await,
        "no-private-input",
    );
}
