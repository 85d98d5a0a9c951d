//! The commands `serve` and `keys`.

use crate::server::{Server, hallmark, problem};
use serde_json::Value;
use std::process::Output;

fn run(args: &[&str]) -> Output {
    hallmark().args(args).output().unwrap()
}

#[test]
fn the_configuration_is_printed_and_its_mistakes_are_named() {
    let printed = run(&[
        "serve",
        "--print-config",
        "--data",
        "/nowhere",
        "--set",
        "limits.queue_length=7",
    ]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.status.success());
    assert!(
        text.contains("queue_length = 7") && text.contains("# Largest ONNX file."),
        "{text}"
    );
    let json = run(&["--json", "serve", "--print-config", "--data", "/nowhere"]);
    let value: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(value["server"]["bind"], "127.0.0.1:8420");
    let wrong = run(&[
        "serve",
        "--set",
        "limits.queue_length=0",
        "--set",
        "cors.origins=[x]",
        "--print-config",
    ]);
    assert_eq!(wrong.status.code(), Some(2));
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        told.contains("limits.queue_length") && told.contains("cors.origins"),
        "{told}"
    );
    let unknown = run(&["serve", "--set", "limits.colour=0", "--print-config"]);
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("colour"));
    assert_eq!(
        run(&["serve", "--set", "nonsense", "--print-config"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_place_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = run(&["serve", "--bind", "127.0.0.1:0", "--data", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains("storage.folder")
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let refused = run(&[
        "serve",
        "--bind",
        &taken,
        "--data",
        folder.path().join("data").to_str().unwrap(),
    ]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(String::from_utf8(refused.stderr).unwrap().contains(&taken));
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked_beside_a_running_server() {
    let (server, _) = Server::start(&[]).await;
    let place = server.folder.path().to_str().unwrap();
    let key = server.key("ada", &["--scopes", "read", "--expires-days", "30"]);
    assert_eq!(
        server.get(Some(&key), "/v1/me").await.1["scopes"],
        serde_json::json!(["read"])
    );
    let listed = run(&["--json", "keys", "list", "--data", place]);
    let keys: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(
        (&keys["keys"][0]["tenant"], &keys["keys"][0]["state"]),
        (&"ada".into(), &"valid".into())
    );
    let text = String::from_utf8(run(&["keys", "list", "--data", place]).stdout).unwrap();
    let secret = key.rsplit('_').next().unwrap();
    assert!(text.contains("ada") && !text.contains(secret), "{text}");
    assert!(!server.log().contains(secret));
    assert!(run(&["keys", "revoke", &key, "--data", place]).status.success());
    problem(server.get(Some(&key), "/v1/me").await, "invalid-key");
    let unknown = format!("key_{}", "0".repeat(32));
    assert_eq!(
        run(&["keys", "revoke", &unknown, "--data", place]).status.code(),
        Some(3)
    );
    assert_eq!(
        run(&["keys", "revoke", "x", "--data", place]).status.code(),
        Some(2)
    );
    assert_eq!(
        run(&["keys", "create", "ada", "--scopes", "all", "--data", place])
            .status
            .code(),
        Some(2)
    );
}
