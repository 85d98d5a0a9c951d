//! A disk that is full.

use crate::server::{Server, answer, hallmark, picture, problem};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The server in a mount namespace of its own, where its folder is a small file system in memory.
fn on_a_small_disk(megabytes: usize) -> Option<Server> {
    let unshared = |folder: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user", "sh", "-c"]);
        command
            .arg(format!(
                "mount -t tmpfs -o size={megabytes}m none \"$0\" && exec \"$@\""
            ))
            .arg(folder);
        command
    };
    let folder = tempfile::tempdir().unwrap();
    let possible = unshared(folder.path()).arg("true").output();
    if !possible.is_ok_and(|output| output.status.success()) {
        eprintln!("\n*** SKIPPED: this system allows no mount namespaces, so no full disk was tried. ***\n");
        return None;
    }
    let mut command = unshared(folder.path());
    command.arg(hallmark().get_program());
    Some(Server::start_as(command, folder, &[]))
}

/// A file that takes all the room there is.
struct Filler(PathBuf);

impl Filler {
    fn new(server: &Server) -> Self {
        let folder = server.folder.path().strip_prefix("/").unwrap();
        let path = PathBuf::from(format!("/proc/{}/root", server.pid()))
            .join(folder)
            .join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        for piece in [1 << 20, 4096, 1] {
            while file.write_all(&vec![1; piece]).is_ok() {}
        }
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_loses_nothing() {
    let Some(server) = on_a_small_disk(400) else {
        return;
    };
    let model = server.digits().await;
    let job = server.prove(None, &model, &json!({ "input": picture(0) })).await;
    let bundle = format!("/v1/jobs/{}/bundle", job["id"].as_str().unwrap());
    let proofs = format!("/v1/models/{model}/proofs");
    let submit = async |number: usize| {
        server
            .post(None, &proofs, &json!({ "input": picture(number) }))
            .await
    };

    // Some are accepted before, and run into it.
    let mut accepted = vec![job["id"].clone()];
    for number in 1..9 {
        let (status, job) = submit(number).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        accepted.push(job["id"].clone());
    }
    let filler = Filler::new(&server);
    for number in 10..14 {
        let request = server
            .request(Method::POST, None, &proofs)
            .json(&json!({ "input": picture(number) }));
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("retry-after"));
        problem(answer(response).await, "storage-unavailable");
    }
    // What only reads still works, and nothing half-written is served.
    assert_eq!(server.get(None, "/healthz").await.0, StatusCode::OK);
    assert_eq!(
        server.get(None, "/readyz").await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(server.get(None, "/v1/models").await.0, StatusCode::OK);
    let (status, prediction) = server
        .post(
            None,
            &format!("/v1/models/{model}/predictions"),
            &json!({ "input": picture(3) }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{prediction}");
    let (status, stored) = server.get(None, &bundle).await;
    assert_eq!(status, StatusCode::OK);
    let verdict = json!({ "model_id": model, "bundle": stored });
    let (status, verdict) = server.post(None, "/v1/verifications", &verdict).await;
    assert_eq!(
        (status, &verdict["valid"]),
        (StatusCode::OK, &json!(true)),
        "{verdict}"
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    drop(filler);

    for id in &accepted {
        let job = ended(&server, id.as_str().unwrap()).await;
        assert_eq!(job["state"], "done", "{job}");
    }
    server.prove(None, &model, &json!({ "input": picture(10) })).await;
    let (_, jobs) = server.get(None, "/v1/jobs?kind=prove&limit=100").await;
    assert_eq!(jobs["items"].as_array().unwrap().len(), accepted.len() + 1);
    // With 256 MB free again; looked at every few seconds.
    let begun = Instant::now();
    while server.get(None, "/readyz").await.0 != StatusCode::OK {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", server.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn ended(server: &Server, id: &str) -> Value {
    loop {
        let (_, job) = server.get(None, &format!("/v1/jobs/{id}")).await;
        if matches!(
            job["state"].as_str(),
            Some("done" | "failed" | "dead" | "cancelled")
        ) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
