//! Jobs that have ended without a worker: cancelled while they waited.

use super::support::{Answer, Server};
use axum::body::Body;
use axum::http::{Method, Request};
use hallmark_server::digest::Digest;
use hallmark_server::job::{JobId, JobSpec, NewJob, ProveSpec};
use hallmark_verifier::ModelId;

/// A proof that waits for a worker.
pub async fn waiting(server: &Server, key: &str, private_input: bool) -> JobId {
    let me = server.get_as(key, "/v1/me").await.json();
    let input = format!("[{private_input}]");
    let spec = ProveSpec {
        model_id: ModelId([7; 32]),
        input: Digest::of(input.as_bytes()),
        private_input,
        nonce: [3; 32],
        metadata: None,
    };
    let job = NewJob::new(me["tenant"].as_str().unwrap(), None, JobSpec::Prove(spec));
    server.app.objects.put_input(job.id, input).await.unwrap();
    server
        .app
        .database
        .insert_jobs(std::slice::from_ref(&job), None, None)
        .await
        .unwrap();
    job.id
}

/// A proof that was cancelled.
pub async fn ended(server: &Server, key: &str) -> JobId {
    let job = waiting(server, key, true).await;
    server.app.database.cancel(None, job).await.unwrap();
    job
}

pub async fn call(server: &Server, method: Method, key: &str, path: &str, body: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    server
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}
