//! Load on a running server: clients that have digits proven and look at their jobs, then verifications.
//!
//! `service_load URL CLIENTS SECONDS` prints one JSON object with what was measured, and fails if a job was lost, made twice or
//! got stuck. `benches/service/run.sh` starts the server for it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// In which time the clients begin, one after the other.
const START: Duration = Duration::from_secs(2);
/// How often a client looks at its job.
const LOOK: Duration = Duration::from_millis(250);
/// How long the last jobs may take after the clients stopped.
const DRAIN: Duration = Duration::from_secs(600);
const BATCH: usize = 64;

/// Latencies in milliseconds, by what was asked for.
#[derive(Clone, Default)]
struct Latencies(Arc<Mutex<BTreeMap<&'static str, Vec<f64>>>>);

impl Latencies {
    fn note(&self, what: &'static str, begun: Instant) {
        let ms = begun.elapsed().as_secs_f64() * 1000.0;
        self.0.lock().unwrap().entry(what).or_default().push(ms);
    }

    fn report(&self) -> Value {
        let mut all = self.0.lock().unwrap();
        let rows = all.iter_mut().map(|(what, values)| {
            values.sort_by(f64::total_cmp);
            let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
            let row = json!({
                "requests": values.len(), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0)
            });
            ((*what).to_owned(), row)
        });
        Value::Object(rows.collect())
    }
}

#[derive(Clone)]
struct Load {
    url: String,
    client: Client,
    model: String,
    latencies: Latencies,
}

impl Load {
    async fn get(&self, what: &'static str, path: &str) -> Value {
        let begun = Instant::now();
        let answer = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        self.latencies.note(what, begun);
        serde_json::from_str(&text).unwrap()
    }

    async fn post(&self, what: &'static str, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let begun = Instant::now();
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("idempotency-key", key);
        let answer = request.json(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        self.latencies.note(what, begun);
        (status, serde_json::from_str(&text).unwrap())
    }

    /// One client: a proof after the other, each watched to its end. Returns the ids.
    async fn client(self, number: usize, pause: Duration, until: Instant) -> Vec<String> {
        let mut ids = Vec::new();
        tokio::time::sleep(pause).await;
        while Instant::now() < until {
            let input: Vec<f64> = (0..64)
                .map(|pixel| ((pixel * 7 + number) % 16) as f64 / 16.0)
                .collect();
            let body = json!({ "input": input });
            if ids.len() % 4 == 0 {
                let path = format!("/v1/models/{}/predictions", self.model);
                assert_eq!(self.post("prediction", &path, "-", &body).await.0, StatusCode::OK);
            }
            let path = format!("/v1/models/{}/proofs", self.model);
            let key = format!("client {number} request {}", ids.len());
            let (status, job) = self.post("submit", &path, &key, &body).await;
            assert_eq!(status, StatusCode::ACCEPTED, "{job}");
            let id = job["id"].as_str().unwrap().to_owned();
            ids.push(id.clone());
            loop {
                tokio::time::sleep(LOOK).await;
                let job = self.get("job", &format!("/v1/jobs/{id}")).await;
                match job["state"].as_str().unwrap() {
                    "done" => break,
                    "failed" | "dead" | "cancelled" => panic!("{job}"),
                    _ if Instant::now() > until + DRAIN => panic!("stuck: {job}"),
                    _ => {}
                }
            }
            if ids.len() % 4 == 1 {
                self.get("models", "/v1/models").await;
            }
        }
        ids
    }

    /// Every accepted job is there once and done, and has one receipt of its own.
    async fn account(&self, ids: &[String]) {
        let (mut seen, mut receipts, mut cursor) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page = self
                .get("list", &format!("/v1/jobs?kind=prove&limit=200{cursor}"))
                .await;
            for job in page["items"].as_array().unwrap() {
                assert_eq!(
                    (&job["state"], &job["attempt"]),
                    (&json!("done"), &json!(1)),
                    "{job}"
                );
                seen.push(job["id"].as_str().unwrap().to_owned());
                receipts.push(job["result"]["receipt_index"].as_i64().unwrap());
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let mut expected = ids.to_vec();
        expected.sort();
        seen.sort();
        assert!(
            expected == seen,
            "{} accepted, {} there",
            expected.len(),
            seen.len()
        );
        let count = receipts.len();
        receipts.sort_unstable();
        receipts.dedup();
        assert_eq!(receipts.len(), count, "two jobs with one receipt");
    }

    /// Verifications a second: single ones as they are downloaded, and in batches.
    async fn verifications(&self, id: &str, time: Duration) -> (f64, f64) {
        let request = self.client.get(format!("{}/v1/jobs/{id}/bundle", self.url));
        let bundle = request
            .header("accept", "application/octet-stream")
            .send()
            .await
            .unwrap();
        let bundle = bundle.bytes().await.unwrap();
        let single = format!("{}/v1/verifications?model_id={}", self.url, self.model);
        let one = async |_| {
            self.verify(&single, "application/octet-stream", &bundle).await;
            1
        };
        let item = json!({ "bundle_base64": STANDARD.encode(&bundle) });
        let body = json!({ "model_id": self.model, "bundles": vec![item; BATCH] });
        let body = serde_json::to_vec(&body).unwrap();
        let batch = format!("{}/v1/verifications", self.url);
        let several = async |_| {
            self.verify(&batch, "application/json", &body).await;
            BATCH
        };
        (rate(8, time, one).await, rate(2, time, several).await)
    }

    /// Has something verified that is valid.
    async fn verify(&self, url: &str, kind: &str, body: &[u8]) {
        let request = self
            .client
            .post(url)
            .header("content-type", kind)
            .body(body.to_vec());
        let verdict: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(verdict["valid"], true);
    }
}

async fn rate(clients: usize, time: Duration, once: impl AsyncFn(usize) -> usize) -> f64 {
    let begun = Instant::now();
    let counts = join_all((0..clients).map(async |client| {
        let mut count = 0;
        while begun.elapsed() < time {
            count += once(client).await;
        }
        count
    }));
    let total: usize = counts.await.into_iter().sum();
    total as f64 / begun.elapsed().as_secs_f64()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(clients), Some(seconds)) = (args.next(), args.next(), args.next()) else {
        panic!("usage: service_load URL CLIENTS SECONDS");
    };
    let (clients, seconds): (usize, u64) = (clients.parse().unwrap(), seconds.parse().unwrap());
    hallmark_server::tls::install_provider();
    let mut load = Load {
        url: url.trim_end_matches('/').to_owned(),
        client: Client::new(),
        model: String::new(),
        latencies: Latencies::default(),
    };
    let models = load.get("models", "/v1/models").await;
    load.model = models["items"][0]["model_id"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let pause = |number: usize| START.mul_f64(number as f64 / clients as f64);
    let made = join_all((0..clients).map(|number| load.clone().client(number, pause(number), until))).await;
    let elapsed = begun.elapsed().as_secs_f64();
    let ids: Vec<String> = made.into_iter().flatten().collect();
    load.account(&ids).await;
    let latencies = load.latencies.report();
    let (single, batch) = load.verifications(&ids[0], Duration::from_secs(10)).await;
    let result = json!({
        "clients": clients,
        "seconds": elapsed,
        "proofs": ids.len(),
        "proofs_per_second": ids.len() as f64 / elapsed,
        "latencies": latencies,
        "verifications_per_second": single,
        "batched_verifications_per_second": batch,
    });
    println!("{result}");
}
