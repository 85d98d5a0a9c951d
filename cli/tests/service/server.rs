//! A real server with real workers, in a folder of its own.

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct Server {
    child: Child,
    pub folder: TempDir,
    pub url: String,
    pub client: Client,
}

pub fn hallmark() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallmark"));
    command.env_remove("HALLMARK_STORAGE__FOLDER");
    command
}

impl Server {
    /// Starts one and waits until the digits model is there.
    pub async fn start(flags: &[&str]) -> (Self, String) {
        let server = Self::start_in(tempfile::tempdir().unwrap(), flags);
        let model = server.digits().await;
        (server, model)
    }

    pub fn start_in(folder: TempDir, flags: &[&str]) -> Self {
        Self::start_as(hallmark(), folder, flags)
    }

    /// Starts one by a command that takes the program's arguments.
    pub fn start_as(mut command: Command, folder: TempDir, flags: &[&str]) -> Self {
        hallmark_server::tls::install_provider();
        let client = Client::new();
        let mut child = command
            .args(["--json", "serve", "--bind", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!(
                "no start: {line} {}",
                std::fs::read_to_string(folder.path().join("log")).unwrap()
            )
        });
        Self {
            child,
            url: started["url"].as_str().unwrap().trim_end_matches('/').to_owned(),
            folder,
            client,
        }
    }

    pub fn request(&self, method: Method, key: Option<&str>, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    pub async fn get(&self, key: Option<&str>, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, key, path).send().await.unwrap()).await
    }

    pub async fn post(&self, key: Option<&str>, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(
            self.request(Method::POST, key, path)
                .json(body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// Has a digit proven and waits for it.
    pub async fn prove(&self, key: Option<&str>, model: &str, body: &Value) -> Value {
        let request = self
            .request(Method::POST, key, &format!("/v1/models/{model}/proofs"))
            .header("prefer", "wait=60")
            .json(body);
        let (status, job) = answer(request.send().await.unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{job}");
        assert_eq!(job["state"], "done", "{job}");
        job
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the digits model is there.
    pub async fn digits(&self) -> String {
        let begun = Instant::now();
        loop {
            let (_, models) = self.get(None, "/v1/models?q=digits").await;
            if let Some(id) = models["items"][0]["model_id"].as_str() {
                return id.to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes a key of a tenant.
    pub fn key(&self, tenant: &str, flags: &[&str]) -> String {
        let made = hallmark()
            .args(["keys", "create", tenant, "--data"])
            .arg(self.folder.path())
            .args(flags)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Asks it to end, and returns how it did and its folder.
    pub fn stop(mut self) -> (std::process::ExitStatus, TempDir) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (status, folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Checks that an answer is a problem of this code.
#[track_caller]
pub fn problem((status, body): (StatusCode, Value), code: &str) -> Value {
    assert_eq!(
        body["type"],
        format!("urn:hallmark:problem:{code}"),
        "{status}: {body}"
    );
    assert_eq!(body["status"], status.as_u16());
    assert!(
        body["request_id"].is_string() && body["instance"].is_string(),
        "{body}"
    );
    body
}

/// A picture that is dark except for one bright spot, different for every number.
pub fn picture(number: usize) -> Value {
    let pixels: Vec<f64> = (0..64)
        .map(|index| {
            if index == number % 64 {
                0.75
            } else {
                (number / 64) as f64 / 1024.0
            }
        })
        .collect();
    json!(pixels)
}

/// Registers a private copy of the digits model under another name.
pub async fn upload(server: &Server, key: &str, name: &str) -> String {
    let (status, model) = send_model(server, key, "/v1/models", &json!({ "name": name }), mlp()).await;
    assert_eq!(status, StatusCode::OK, "{model}");
    model["model_id"].as_str().unwrap().to_owned()
}

/// The ONNX file of the dense digits network.
pub fn mlp() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/digits/mlp.onnx")).unwrap()
}

/// Sends a model with calibration data and options, and waits for what comes of it.
pub async fn send_model(
    server: &Server,
    key: &str,
    path: &str,
    options: &Value,
    onnx: Vec<u8>,
) -> (StatusCode, Value) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/digits");
    let mut body = Vec::new();
    for (part, content) in [
        ("model", onnx),
        (
            "calibration",
            std::fs::read(examples.join("calibration.npz")).unwrap(),
        ),
        ("options", options.to_string().into_bytes()),
    ] {
        let head =
            format!("--x\r\ncontent-disposition: form-data; name=\"{part}\"; filename=\"{part}\"\r\n\r\n");
        body.extend(head.bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    let request = server
        .request(Method::POST, Some(key), path)
        .header("content-type", "multipart/form-data; boundary=x")
        .header("prefer", "wait=60")
        .body(body);
    answer(request.send().await.unwrap()).await
}
