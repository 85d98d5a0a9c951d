//! Clients that do not give up, and believe nothing.

use hallmark_verifier::{Bundle, ModelId, VerifyOptions, VerifyingKey, verify_with};
use rand_core::{OsRng, RngCore};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const MODEL: &[u8] = include_bytes!("../../../examples/digits/mlp.onnx");
const CALIBRATION: &[u8] = include_bytes!("../../../examples/digits/calibration.npz");
/// A stuck job is a failure. (It is so however many kills there are: what was tried before goes first, so no job is passed over.)
const PATIENCE: Duration = Duration::from_secs(120);

/// A job that was accepted, with what it is in the end.
pub struct Accepted {
    pub id: String,
    pub answer: Value,
}

pub struct Client {
    http: reqwest::Client,
    url: String,
    model: ModelId,
    key: VerifyingKey,
}

impl Client {
    /// Uploads the digits MLP and waits for it.
    pub async fn new(url: &str) -> Self {
        hallmark_server::tls::install_provider();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        let (body, kind) = upload();
        let post = || {
            http.post(format!("{url}/v1/models"))
                .header("content-type", &kind)
                .body(body.clone())
                .send()
        };
        let job = answered(post).await.json::<Value>().await.unwrap();
        let place = format!(
            "{url}{}",
            job["links"]["self"].as_str().unwrap_or_else(|| panic!("{job}"))
        );
        let begin = Instant::now();
        let model = loop {
            let job: Value = answered(|| http.get(&place).send()).await.json().await.unwrap();
            match job["state"].as_str().unwrap() {
                "done" => break job["model_id"].as_str().unwrap().to_owned(),
                "failed" | "dead" | "cancelled" => panic!("{job}"),
                _ => assert!(begin.elapsed() < PATIENCE, "{job}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let place = format!("{url}/v1/models/{model}/verifying-key");
        let key = answered(|| http.get(&place).send()).await.bytes().await.unwrap();
        Self {
            http,
            url: url.to_owned(),
            model: model.parse().unwrap(),
            key: VerifyingKey::from_bytes(&key).unwrap(),
        }
    }

    /// Has one proof made, and checks it.
    pub async fn prove(&self) -> Accepted {
        let mut nonce = [0; 32];
        OsRng.fill_bytes(&mut nonce);
        let nonce_text = hex::encode(nonce);
        let input = vec![f32::from(nonce[0]) / 255.0; 64];
        let body = json!({ "input": input, "nonce": nonce_text });
        let place = format!("{}/v1/models/{}/proofs", self.url, self.model);
        let post = || {
            self.http
                .post(&place)
                .header("idempotency-key", &nonce_text)
                .json(&body)
                .send()
        };
        let job: Value = answered(post).await.json().await.unwrap();
        let id = job["id"].as_str().unwrap_or_else(|| panic!("{job}")).to_owned();
        let bundle = format!("{}/v1/jobs/{id}/bundle", self.url);
        let begin = Instant::now();
        loop {
            // Asked for at any time; what is served is whole and right.
            let found = self
                .http
                .get(&bundle)
                .header("accept", "application/octet-stream")
                .send()
                .await;
            if let Ok(found) = found
                && found.status() == StatusCode::OK
                && let Ok(bytes) = found.bytes().await
            {
                self.check(&bytes, nonce);
                let answer = self.job(&id).await;
                assert_eq!(answer["state"], "done", "{answer}");
                return Accepted { id, answer };
            }
            let answer = self.job(&id).await;
            let state = answer["state"].as_str().unwrap();
            assert!(!["failed", "cancelled", "dead"].contains(&state), "{answer}");
            assert!(begin.elapsed() < PATIENCE, "stuck: {answer}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// The job as it is answered now.
    pub async fn job(&self, id: &str) -> Value {
        let place = format!("{}/v1/jobs/{id}", self.url);
        answered(|| self.http.get(&place).send())
            .await
            .json()
            .await
            .unwrap()
    }

    fn check(&self, bytes: &[u8], nonce: [u8; 32]) {
        let bundle = Bundle::parse(bytes).unwrap();
        let options = VerifyOptions {
            nonce: Some(nonce),
            ..VerifyOptions::default()
        };
        verify_with(&self.key, &self.model, &bundle, &options).unwrap();
    }
}

/// Asks until there is an answer that is no refusal for the moment.
async fn answered<F, R>(ask: F) -> Response
where
    F: Fn() -> R,
    R: Future<Output = reqwest::Result<Response>>,
{
    let begin = Instant::now();
    loop {
        match ask().await {
            Ok(response) if response.status().is_success() => return response,
            Ok(response)
                if response.status().is_client_error()
                    && response.status() != StatusCode::TOO_MANY_REQUESTS =>
            {
                panic!("{} {}", response.status(), response.text().await.unwrap())
            }
            last => assert!(begin.elapsed() < PATIENCE, "no answer: {last:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The multipart body of an upload, and its type.
fn upload() -> (Vec<u8>, String) {
    let boundary = "hallmark-kill-test";
    let mut body = Vec::new();
    let options = json!({ "name": "digits", "version": "1", "public": true }).to_string();
    for (name, bytes) in [
        ("options", options.as_bytes()),
        ("calibration", CALIBRATION),
        ("model", MODEL),
    ] {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (body, format!("multipart/form-data; boundary={boundary}"))
}
