//! Deleting jobs and models over HTTP.

use super::ended::{call, waiting};
use super::support::Server;
use axum::http::{Method, StatusCode};
use hallmark_server::access::Scope;
use hallmark_server::digest::Digest;
use hallmark_server::job::{CompileOptions, CompileSpec, JobSpec, ModelTarget, NewJob};
use hallmark_server::model_summary::ModelSummary;
use hallmark_server::store::{Ending, Measured, Model, ModelArtifacts};
use hallmark_verifier::ModelId;
use serde_json::json;

const MODEL: ModelId = ModelId([7; 32]);

/// Registers a public model of the key's tenant.
async fn registered(server: &Server, key: &str) {
    let me = server.get_as(key, "/v1/me").await.json();
    let digest = Digest::of(b"a file");
    let options = CompileOptions {
        bits: 12,
        target: ModelTarget::Fast,
        private_input: true,
        name: "digits".to_owned(),
        version: "1".to_owned(),
        tags: Vec::new(),
        description: String::new(),
        licence: String::new(),
        public: true,
        shapes: Default::default(),
        dimensions: Default::default(),
        accept_inaccurate: false,
    };
    let spec = CompileSpec {
        upload: digest,
        onnx: digest,
        calibration: None,
        options,
    };
    let job = NewJob::new(me["tenant"].as_str().unwrap(), None, JobSpec::Compile(spec));
    let database = &server.app.database;
    database.insert_jobs(&[job], None, None).await.unwrap();
    let claim = database.claim("tester", 60_000).await.unwrap().unwrap();
    let summary = ModelSummary {
        name: "digits".to_owned(),
        parameters: 10,
        layers: Vec::new(),
        bits: 12,
        target: ModelTarget::Fast,
        calibration: "data".to_owned(),
        srs_name: "development".to_owned(),
        srs_digest: digest,
        srs_provenance: "insecure".to_owned(),
        insecure_srs: true,
        inputs: Vec::new(),
        outputs: Vec::new(),
        accuracy: json!({}),
        circuits: Vec::new(),
    };
    let model = Model {
        model_id: MODEL,
        summary,
        artifacts: ModelArtifacts {
            project: digest,
            onnx: digest,
            graph: digest,
            key: digest,
            report: digest,
            layout: digest,
            layout_svg: digest,
        },
        created_ms: 0,
    };
    let ending = Ending::Compiled(Box::new(model));
    database
        .complete(&claim, ending, &Measured::default())
        .await
        .unwrap();
}

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
    registered(&server, &ada).await;
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
