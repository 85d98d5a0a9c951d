//! What belongs to one tenant is not there for another: on every path that the server describes.

use crate::server::{Server, answer, picture, problem, upload};
use reqwest::Method;
use serde_json::{Value, json};

/// Operations that answer anybody who knows an id, and why.
const OPEN: &[&str] = &[
    // The log of receipts is public, so that nobody can be shown another one.
    "/v1/receipts/{index}",
];

#[tokio::test]
async fn no_operation_shows_another_tenants_model_or_job() {
    let (server, _) = Server::start(&["--set", "webhooks.allow_private=true"]).await;
    let (ada, bob) = (
        server.key("ada", &["--scopes", "read,predict,prove,admin"]),
        server.key("bob", &[]),
    );
    let model = upload(&server, &ada, "private").await;
    // Nobody listens there: deliveries stay in the log.
    let hook = json!({ "url": "http://127.0.0.1:9/hook" });
    let (_, hook) = server.post(Some(&ada), "/v1/webhooks", &hook).await;
    let hook = hook["id"].as_str().unwrap_or_else(|| panic!("{hook}")).to_owned();
    let request = json!({ "input": picture(5), "private_input": true });
    let job = server.prove(Some(&ada), &model, &request).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, deliveries) = server
        .get(Some(&ada), &format!("/v1/webhooks/{hook}/deliveries"))
        .await;
    let delivery = deliveries["items"][0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{deliveries}"));
    let (_, document) = server.get(None, "/openapi.json").await;
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(id) = example(path, &model, &job, &hook) else {
            continue;
        };
        let place = path.replace("{id}", &id).replace("{delivery}", delivery);
        for method in operations.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            for key in [Some(bob.as_str()), None] {
                let request = server.request(method.clone(), key, &place);
                let request = match operations[method.as_str().to_lowercase()].get("requestBody") {
                    Some(_) => request.json(&body(path)),
                    None => request,
                };
                let (status, found) = answer(request.send().await.unwrap()).await;
                assert_eq!(status, 404, "{method} {place} as {key:?}: {found}");
                assert!(!found.to_string().contains("private\""), "{found}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 2 * 12, "{tried}");
    // Nothing of it was changed, and it is there for its owner.
    let (status, shown) = server.get(Some(&ada), &format!("/v1/models/{model}")).await;
    assert_eq!((status.as_u16(), &shown["public"]), (200, &json!(false)));
    // Lists and bodies with ids tell as little.
    for key in [Some(bob.as_str()), None] {
        for list in ["/v1/models?q=private", "/v1/jobs", "/v1/webhooks"] {
            assert_eq!(server.get(key, list).await.1["items"], json!([]), "{list}");
        }
        let trail = server.get(key, "/v1/audit.ndjson").await.1.to_string();
        let receipts = server.get(key, "/v1/receipts").await.1.to_string();
        assert!(
            !trail.contains(&job) && !receipts.contains(&job),
            "{trail} {receipts}"
        );
        let estimate = server
            .post(key, "/v1/estimates", &json!({ "model_id": model }))
            .await;
        problem(estimate, "model-not-found");
    }
}

/// An id of the other tenant's for paths with one.
fn example(path: &str, model: &str, job: &str, hook: &str) -> Option<String> {
    if !path.contains('{') || OPEN.contains(&path) {
        return None;
    }
    Some(match path.split('/').nth(2).unwrap() {
        "models" => model.to_owned(),
        "jobs" => job.to_owned(),
        "webhooks" => hook.to_owned(),
        other => panic!("{path}: say here what an id of {other} is, or why the path is open"),
    })
}

/// A body that would be accepted.
fn body(path: &str) -> Value {
    match path {
        "/v1/models/{id}" => json!({ "description": "taken over" }),
        "/v1/webhooks/{id}" => json!({ "disabled": true }),
        "/v1/webhooks/{id}/secret" => json!({}),
        "/v1/models/{id}/proofs/batch" => json!({ "requests": [{ "input": picture(1) }] }),
        _ => json!({ "input": picture(1) }),
    }
}
