//! Small bodies that are large in memory, many at once, on a real server: they are refused, and nobody else notices.

use crate::server::{Server, answer, picture};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Largest body that the server reads.
const BODY_BYTES: usize = 16 << 20;
/// Memory that all of it may take: the bodies, what is read of them, and room for allocators. Without bounds it is a gigabyte for each.
const MOST_GROWTH_KB: u64 = 400_000;
/// Longest time that a probe may wait on a machine that has much else to do.
const PROBE: Duration = Duration::from_secs(4);

/// The greatest memory that the process has had, in kilobytes.
fn peak_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn list(before: &str, element: &str, after: &str) -> String {
    let count = (BODY_BYTES - before.len() - after.len() - 2) / (element.len() + 1);
    format!("{before}[{}]{after}", vec![element; count].join(","))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_grow_are_refused_and_probes_are_answered() {
    // One address holds a quarter of the memory for bodies: all seven are read at once.
    let (server, model) = Server::start(&["--set", "limits.bodies_bytes=536870912"]).await;
    // What is opened once is opened.
    server
        .prove(
            None,
            &model,
            &json!({ "input": picture(1), "metadata": { "mine": [1, 2] } }),
        )
        .await;
    let of_model = |end: &str| format!("/v1/models/{model}/{end}");
    let good = picture(2);
    let bodies = [
        ("/v1/verifications".to_owned(), list("{\"bundles\":", "{}", "}")),
        (
            of_model("proofs"),
            list(&format!("{{\"input\":{good},\"metadata\":"), "{}", "}"),
        ),
        (of_model("proofs"), list("{\"input\":", "[]", "}")),
        (of_model("proofs"), list("{\"input\":{\"image\":", "[[0]]", "}}")),
        (
            of_model("proofs/batch"),
            list("{\"requests\":", "{\"input\":0}", "}"),
        ),
        (
            of_model("predictions"),
            list("{\"input\":{\"input_data\":", "[]", "}}"),
        ),
        (of_model("predictions"), list("{\"input\":", "{}", "}")),
    ];
    let before = peak_kb(server.pid());
    let over = Arc::new(AtomicBool::new(false));
    let probing = tokio::spawn({
        let (client, url, over) = (server.client.clone(), server.url.clone(), Arc::clone(&over));
        async move {
            let mut longest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let probe = client.get(format!("{url}/healthz")).timeout(PROBE).send().await;
                assert_eq!(probe.unwrap().status(), StatusCode::OK);
                longest = longest.max(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            longest
        }
    });
    let answers = bodies.map(|(path, body)| {
        let request = server.request(Method::POST, None, &path);
        let request = request
            .header("content-type", "application/json")
            .body(body)
            .send();
        tokio::spawn(async move { (path, answer(request.await.unwrap()).await) })
    });
    for one in answers {
        let (path, (status, body)) = one.await.unwrap();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {body}");
        let kind = body["type"].as_str().unwrap();
        assert!(
            kind.ends_with("invalid-body") || kind.ends_with("invalid-input"),
            "{path}: {body}"
        );
    }
    over.store(true, Ordering::Relaxed);
    let longest = probing.await.unwrap();
    let growth = peak_kb(server.pid()) - before;
    eprintln!("{} kB more, a probe waited for {longest:?} at most", growth);
    assert!(growth < MOST_GROWTH_KB, "{growth} kB");
}

/// Everything below a folder that somebody else may read, write or enter.
fn open_to_others(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(data) = path.symlink_metadata() else {
            continue;
        };
        if data.mode() & 0o077 != 0 {
            found.push(format!("{} {:o}", path.display(), data.mode()));
        }
        if data.is_dir() {
            open_to_others(&path, found);
        }
    }
}

#[tokio::test]
async fn what_a_server_keeps_is_its_owners_alone() {
    let (server, model) = Server::start(&[]).await;
    let request = json!({ "input": picture(3), "private_input": true });
    let job = server.prove(None, &model, &request).await;
    let opening = job["links"]["opening"].as_str().unwrap();
    assert_eq!(server.get(None, opening).await.0, StatusCode::OK);
    let key = server.key("ada", &[]);
    assert!(key.starts_with("hmk_"));
    let mut found = Vec::new();
    open_to_others(server.folder.path(), &mut found);
    // The log is this test's own.
    found.retain(|line| !line.contains("/log "));
    assert_eq!(found, Vec::<String>::new());
    // An older server's files, which everybody could read.
    let (_, folder) = server.stop();
    let data = folder.path().to_owned();
    let opened = std::process::Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(&data)
        .status();
    assert!(opened.unwrap().success());
    std::fs::remove_file(data.join("log")).unwrap();
    let again = Server::start_in(folder, &[]);
    again.digits().await;
    let mut found = Vec::new();
    open_to_others(&data, &mut found);
    found.retain(|line| !line.contains("/log "));
    assert_eq!(found, Vec::<String>::new());
}
