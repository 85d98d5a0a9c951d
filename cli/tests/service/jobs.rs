//! Jobs: once each, followed, cancelled, and not lost at the end of the server.

use crate::server::{Server, answer, mlp, picture, problem, send_model};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

#[tokio::test]
async fn equal_requests_with_one_key_are_one_job() {
    let (server, model) = Server::start(&[]).await;
    let path = format!("/v1/models/{model}/proofs");
    let send = async |path: &str, body: Value| {
        let request = server
            .request(Method::POST, None, path)
            .header("idempotency-key", "order-1")
            .json(&body);
        answer(request.send().await.unwrap()).await
    };
    let many = join_all((0..20).map(|_| send(&path, json!({ "input": picture(1) })))).await;
    let ids: BTreeSet<&str> = many.iter().map(|(_, job)| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "{many:?}");
    for other in [
        json!({ "input": picture(2) }),
        json!({ "input": picture(1), "priority": 1 }),
    ] {
        problem(send(&path, other).await, "idempotency-conflict");
    }
    let batch = json!({ "requests": [{ "input": picture(1) }] });
    problem(
        send(&format!("{path}/batch"), batch).await,
        "idempotency-conflict",
    );
    let (_, jobs) = server.get(None, "/v1/jobs?kind=prove").await;
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1);
    // Another tenant's key of the same text is another key.
    let ada = server.key("ada", &[]);
    let request = server
        .request(Method::POST, Some(&ada), &path)
        .header("idempotency-key", "order-1")
        .json(&json!({ "input": picture(9) }));
    assert_eq!(
        answer(request.send().await.unwrap()).await.0,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn a_batch_is_proven_in_order_of_priority() {
    let (server, model) = Server::start(&[]).await;
    let requests: Vec<Value> = (0..6)
        .map(|number| json!({ "input": picture(number), "priority": number }))
        .collect();
    let (status, batch) = server
        .post(
            None,
            &format!("/v1/models/{model}/proofs/batch"),
            &json!({ "requests": requests }),
        )
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{batch}");
    let ids: Vec<&str> = batch["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["id"].as_str().unwrap())
        .collect();
    let mut finished = Vec::new();
    for id in &ids {
        let job = ended(&server, id).await;
        assert_eq!(job["state"], "done", "{job}");
        finished.push(job["started_at"].as_str().unwrap().to_owned());
    }
    // The first may have been taken before the others were there; all were handed in at once, so it was not.
    let mut order: Vec<usize> = (0..6).collect();
    order.sort_by_key(|index| finished[*index].clone());
    assert_eq!(order, [5, 4, 3, 2, 1, 0]);
}

async fn ended(server: &Server, id: &str) -> Value {
    let begun = Instant::now();
    loop {
        let (_, job) = server.get(None, &format!("/v1/jobs/{id}")).await;
        if ["done", "failed", "cancelled", "dead"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn events_are_told_live_and_from_where_the_reader_was() {
    let (server, model) = Server::start(&[]).await;
    let (_, job) = server
        .post(
            None,
            &format!("/v1/models/{model}/proofs"),
            &json!({ "input": picture(7) }),
        )
        .await;
    let path = job["links"]["events"].as_str().unwrap().to_owned();
    // The stream ends with the job.
    let all = server
        .request(Method::GET, None, &path)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let told = events(&all);
    let states: Vec<&str> = told
        .iter()
        .map(|(_, data)| data["state"].as_str().unwrap())
        .collect();
    assert_eq!((states[0], *states.last().unwrap()), ("queued", "done"), "{all}");
    for state in ["witness", "proving", "verifying"] {
        assert!(states.contains(&state), "{state} in {states:?}");
    }
    let numbers: Vec<i64> = told.iter().filter_map(|(id, _)| *id).collect();
    assert_eq!(
        numbers,
        (1..=numbers.len() as i64).collect::<Vec<_>>(),
        "each once, in order"
    );
    let resumed = server
        .request(Method::GET, None, &path)
        .header("last-event-id", "3");
    let rest = events(&resumed.send().await.unwrap().text().await.unwrap());
    assert_eq!(
        rest.iter().filter_map(|(id, _)| *id).collect::<Vec<_>>(),
        numbers[3..]
    );
    let wrong = server
        .request(Method::GET, None, &path)
        .header("last-event-id", "x");
    problem(answer(wrong.send().await.unwrap()).await, "invalid-parameter");
}

/// Ids and data of the events in a stream.
fn events(text: &str) -> Vec<(Option<i64>, Value)> {
    text.split("\n\n")
        .filter_map(|event| {
            let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            let data = serde_json::from_str(line("data: ")?).unwrap();
            Some((line("id: ").map(|id| id.parse().unwrap()), data))
        })
        .collect()
}

#[tokio::test]
async fn a_job_is_cancelled_wherever_it_is() {
    let (server, model) = Server::start(&[]).await;
    let requests: Vec<Value> = (0..8).map(|number| json!({ "input": picture(number) })).collect();
    let (_, batch) = server
        .post(
            None,
            &format!("/v1/models/{model}/proofs/batch"),
            &json!({ "requests": requests }),
        )
        .await;
    for job in batch["jobs"].as_array().unwrap() {
        let id = job["id"].as_str().unwrap();
        let begun = Instant::now();
        let cancel = server.request(Method::POST, None, &format!("/v1/jobs/{id}/cancel"));
        let (status, body) = answer(cancel.send().await.unwrap()).await;
        let state = ended(&server, id).await["state"].as_str().unwrap().to_owned();
        assert!(begun.elapsed() < Duration::from_secs(5));
        match status {
            StatusCode::OK => assert_eq!(state, "cancelled"),
            StatusCode::ACCEPTED => assert!(state == "cancelled" || state == "done", "{state}"),
            _ => {
                problem((status, body), "job-ended");
                assert_eq!(state, "done");
            }
        }
    }
    // Whatever was killed, the next proof is made.
    server.prove(None, &model, &json!({ "input": picture(1) })).await;
}

#[tokio::test]
async fn jobs_outlive_the_end_of_the_server() {
    let (server, model) = Server::start(&["--set", "server.drain_seconds=0"]).await;
    let requests: Vec<Value> = (0..12)
        .map(|number| json!({ "input": picture(number) }))
        .collect();
    let (_, batch) = server
        .post(
            None,
            &format!("/v1/models/{model}/proofs/batch"),
            &json!({ "requests": requests }),
        )
        .await;
    let (status, folder) = server.stop();
    assert!(status.success(), "{status}");
    let server = Server::start_in(folder, &[]);
    for job in batch["jobs"].as_array().unwrap() {
        let job = ended(&server, job["id"].as_str().unwrap()).await;
        assert_eq!(
            (&job["state"], &job["attempt"]),
            (&json!("done"), &json!(1)),
            "{job}"
        );
    }
    let (_, jobs) = server.get(None, "/v1/jobs?kind=prove").await;
    assert_eq!(jobs["items"].as_array().unwrap().len(), 12);
}

#[tokio::test]
async fn a_quota_of_proving_time_is_kept() {
    let (server, model) = Server::start(&[]).await;
    let ada = server.key("ada", &["--quota", "0"]);
    let path = format!("/v1/models/{model}/proofs");
    let request = server
        .request(Method::POST, Some(&ada), &path)
        .json(&json!({ "input": picture(1) }));
    let response = request.send().await.unwrap();
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=86_400).contains(&wait));
    problem(answer(response).await, "quota-exhausted");
    // Predictions are no proofs, and others have their own quota.
    let prediction = server
        .post(
            Some(&ada),
            &format!("/v1/models/{model}/predictions"),
            &json!({ "input": picture(1) }),
        )
        .await;
    assert_eq!(prediction.0, StatusCode::OK);
    let bob = server.key("bob", &["--quota", "60"]);
    server
        .prove(Some(&bob), &model, &json!({ "input": picture(1) }))
        .await;
    let (_, me) = server.get(Some(&bob), "/v1/me").await;
    let used = me["usage"]["proof_seconds_today"].as_f64().unwrap();
    assert!(used > 0.0 && used < 60.0, "{me}");
    assert_eq!(me["usage"]["proof_seconds_reserved"], 0.0);
    // So do compilations and estimates of what is uploaded; a failed one too.
    let eve = server.key("eve", &["--quota", "60"]);
    let mut before = 0.0;
    for path in ["/v1/estimates", "/v1/models"] {
        let (status, answer) = send_model(&server, &eve, path, &json!({}), mlp()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        let begin = Instant::now();
        // An estimate's time is noted when its answer is under way.
        let used = loop {
            let (_, me) = server.get(Some(&eve), "/v1/me").await;
            let used = me["usage"]["proof_seconds_today"].as_f64().unwrap();
            if used > before || begin.elapsed() > Duration::from_secs(10) {
                break used;
            }
        };
        assert!(used > before, "{path}");
        before = used;
    }
    // Without a quota left nothing of the kind is begun, and the answer says until when.
    for path in ["/v1/estimates", "/v1/models"] {
        let refused = send_model(&server, &ada, path, &json!({}), mlp()).await;
        let refused = problem(refused, "quota-exhausted");
        assert!(
            refused["resets_at"].as_str().unwrap().ends_with("T00:00:00.000Z"),
            "{refused}"
        );
        assert_eq!(refused["quota_ms"], 0);
    }
}
