//! The receipt log and the audit trail.

use super::ended::{ended, waiting};
use super::support::{Answer, Server};
use axum::http::StatusCode;
use hallmark_server::access::Scope;
use hallmark_server::digest::{Digest, unhex};
use hallmark_server::store::{Arg, Database, TreeHead};
use hallmark_verifier::log_head::{Compared, LogKey, SignedHead, compare};
use hallmark_verifier::receipt::{leaf_hash, verify_consistency, verify_inclusion};
use serde_json::Value;

fn hash(value: &Value) -> [u8; 32] {
    unhex(value.as_str().unwrap()).unwrap()
}

fn path(value: &Value) -> Vec<[u8; 32]> {
    value["path"].as_array().unwrap().iter().map(hash).collect()
}

/// Checks a proven receipt and returns it.
fn proven(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let value = answer.json();
    let (receipt, head) = (&value["receipt"], &value["head"]);
    let size = head["tree_size"].as_u64().unwrap();
    assert_eq!(value["inclusion"]["tree_size"], size);
    let index = receipt["index"].as_u64().unwrap();
    let leaf = hash(&receipt["leaf_hash"]);
    let path = path(&value["inclusion"]);
    verify_inclusion(&leaf, index, size, &path, &hash(&head["root_hash"])).unwrap();
    if let Some(entry) = receipt["entry"].as_str() {
        assert_eq!(leaf_hash(entry.as_bytes()), leaf);
    }
    value
}

#[tokio::test]
async fn everybody_can_check_the_log_and_only_owners_read_it() {
    let server = Server::new().await;
    let empty = server.get("/v1/receipts/head").await.json();
    assert_eq!(empty["tree_size"], 0);
    server.get("/v1/receipts/0").await.problem("receipt-not-found");
    let ada = server.key("ada", &[Scope::Read]).await;
    let ben = server.key("ben", &[Scope::Read]).await;
    let admin = server.key("auditors", &[Scope::Admin]).await;
    let mut heads = vec![empty];
    let mut jobs = Vec::new();
    for index in 0..7 {
        let key = if index % 2 == 0 { &ada } else { &ben };
        jobs.push(ended(&server, key).await);
        heads.push(server.get("/v1/receipts/head").await.json());
    }
    for (index, job) in jobs.iter().enumerate() {
        let place = format!("/v1/receipts/{index}");
        let (owner, other) = if index % 2 == 0 {
            (&ada, &ben)
        } else {
            (&ben, &ada)
        };
        for key in [owner, &admin] {
            let value = proven(&server.get_as(key, &place).await);
            let entry: Value = serde_json::from_str(value["receipt"]["entry"].as_str().unwrap()).unwrap();
            assert_eq!(
                (entry["job"].as_str(), entry["state"].as_str()),
                (Some(job.to_string().as_str()), Some("cancelled"))
            );
        }
        for answer in [server.get_as(other, &place).await, server.get(&place).await] {
            let value = proven(&answer);
            assert!(value["receipt"].get("entry").is_none(), "{value}");
            assert!(!answer.text().contains(&job.to_string()));
        }
        for (size, head) in heads.iter().enumerate().skip(index + 1) {
            let value = proven(&server.get(&format!("{place}?size={size}")).await);
            for member in ["tree_size", "root_hash"] {
                assert_eq!(value["head"][member], head[member]);
            }
        }
    }
    for (second, now) in heads.iter().enumerate() {
        for (first, before) in heads.iter().enumerate().take(second + 1) {
            let answer = server
                .get(&format!("/v1/receipts/consistency?first={first}&second={second}"))
                .await;
            let roots = (hash(&before["root_hash"]), hash(&now["root_hash"]));
            let path = path(&answer.json());
            verify_consistency(first as u64, &roots.0, second as u64, &roots.1, &path).unwrap();
        }
    }
}

#[tokio::test]
async fn entries_are_listed_in_pages() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read]).await;
    for _ in 0..5 {
        ended(&server, &ada).await;
    }
    let first = server.get_as(&ada, "/v1/receipts?limit=3").await.json();
    let places = |page: &Value| {
        let items = page["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["index"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&first), [0, 1, 2]);
    assert!(first["items"][0]["entry"].is_string());
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server
        .get(&format!("/v1/receipts?limit=3&cursor={cursor}"))
        .await
        .json();
    assert_eq!(places(&second), [3, 4]);
    assert_eq!(second["next_cursor"], Value::Null);
    assert!(second["items"][0].get("entry").is_none());
    assert_eq!(
        places(&server.get("/v1/receipts?after=1").await.json()),
        [2, 3, 4]
    );
}

#[tokio::test]
async fn what_the_log_cannot_say() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read]).await;
    ended(&server, &ada).await;
    for place in ["1", "-1", "9223372036854775807"] {
        let answer = server.get(&format!("/v1/receipts/{place}")).await;
        answer.problem("receipt-not-found");
    }
    for query in [
        "/v1/receipts/first",
        "/v1/receipts/0?size=0",
        "/v1/receipts/0?size=2",
        "/v1/receipts/0?size=x",
        "/v1/receipts/consistency",
        "/v1/receipts/consistency?first=0&second=2",
        "/v1/receipts/consistency?first=1&second=0",
        "/v1/receipts/consistency?first=-1&second=1",
        "/v1/receipts?limit=0",
        "/v1/receipts?limit=201",
        "/v1/receipts?after=-2",
        "/v1/receipts?cursor=x",
    ] {
        server.get(query).await.problem("invalid-parameter");
    }
}

#[tokio::test]
async fn the_trail_is_a_tenants_own_and_an_auditors_whole() {
    let server = Server::with(|settings| settings.access.anonymous = Some(Vec::new())).await;
    let ada = server.key("ada", &[Scope::Read]).await;
    let ben = server.key("ben", &[Scope::Read]).await;
    let admin = server.key("auditors", &[Scope::Admin]).await;
    let own = [ended(&server, &ada).await, ended(&server, &ada).await];
    // More than are read in one go.
    for _ in 0..600 {
        ended(&server, &ben).await;
    }
    waiting(&server, &ada, false).await;
    let lines = async |key: &str| {
        let answer = server.get_as(key, "/v1/audit.ndjson").await;
        assert_eq!(answer.header("content-type"), "application/x-ndjson");
        let entries: Vec<Value> = answer
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        entries
    };
    let trail = lines(&ada).await;
    let jobs: Vec<_> = trail
        .iter()
        .map(|entry| entry["job"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(jobs, own.map(|job| job.to_string()));
    let whole = lines(&admin).await;
    let places: Vec<_> = whole
        .iter()
        .map(|entry| entry["index"].as_i64().unwrap())
        .collect();
    assert_eq!(places, (0..602).collect::<Vec<_>>());
    server.get("/v1/audit.ndjson").await.problem("unauthenticated");
    let predictor = server.key("ada", &[Scope::Predict]).await;
    server
        .get_as(&predictor, "/v1/audit.ndjson")
        .await
        .problem("missing-scope");
    let file = server.get_as(&ada, &format!("/v1/jobs/{}/audit", own[0])).await;
    file.problem("no-result");
    let file = server.get_as(&ben, &format!("/v1/jobs/{}/audit", own[0])).await;
    file.problem("job-not-found");
}

#[tokio::test]
async fn heads_are_signed_and_keys_hand_over() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read]).await;
    let head = async || {
        let answer = server.get("/v1/receipts/head").await;
        SignedHead::parse(answer.text().as_bytes()).unwrap()
    };
    // Two servers that ask at once make one key.
    let (empty, again) = tokio::join!(head(), head());
    empty.verify().unwrap();
    assert_eq!((empty.log, empty.tree_size), (again.log, 0));
    assert_eq!(compare(&empty, &again, None), Ok(Compared::Same));
    let mut heads = vec![empty];
    let mut keys: Vec<LogKey> = vec![heads[0].key()];
    let named = async || server.get("/v1/").await.json()["log"].clone();
    for round in 0..3 {
        ended(&server, &ada).await;
        if round > 0 {
            let (log, key) = server.app.database.rotate_log_key().await.unwrap();
            assert_eq!(log, heads[0].log);
            keys.push(key);
        }
        let now = head().await;
        now.verify().unwrap();
        assert_eq!(
            (now.log, now.key(), now.tree_size),
            (heads[0].log, *keys.last().unwrap(), round + 1)
        );
        for key in &keys {
            now.is_of(key).unwrap();
        }
        let named = named().await;
        assert_eq!(named["id"], now.log.to_string());
        assert_eq!(named["key"], now.key().to_string());
        for before in &heads {
            let (first, second) = (before.tree_size, now.tree_size);
            let query = format!("/v1/receipts/consistency?first={first}&second={second}");
            let proof = path(&server.get(&query).await.json());
            assert_eq!(compare(before, &now, Some(&proof)), Ok(Compared::Continued));
        }
        heads.push(now);
    }
    assert!(heads[0].is_of(keys.last().unwrap()).is_err());
}

/// A larger head with an earlier time would be evidence against an honest log.
#[tokio::test]
async fn the_times_of_heads_do_not_go_back_with_the_clock() {
    let server = Server::new().await;
    let database = &server.app.database;
    let head = TreeHead {
        size: 0,
        root: Digest::of(b""),
    };
    let signed_ms = async || {
        let (time,): (i64,) = database
            .one("SELECT MAX(signed_ms) FROM log_keys", Vec::new())
            .await
            .unwrap();
        u64::try_from(time).unwrap()
    };
    let first = database.sign_head(head).await.unwrap();
    // What a clock that was an hour ahead, or behind, has left.
    let set = async |time: u64| {
        let time = Arg::Integer(Some(i64::try_from(time).unwrap()));
        let sql = "UPDATE log_keys SET signed_ms = $1";
        database.execute(sql, vec![time]).await.unwrap();
    };
    set(first.time_ms - 3_600_000).await;
    let noted = database.sign_head(head).await.unwrap();
    assert_eq!(signed_ms().await, noted.time_ms);
    assert!(noted.time_ms >= first.time_ms);
    let ahead = first.time_ms + 3_600_000;
    set(ahead).await;
    assert_eq!(database.sign_head(head).await.unwrap().time_ms, ahead);
    database.rotate_log_key().await.unwrap();
    let rotated = database.sign_head(head).await.unwrap();
    assert_eq!((rotated.time_ms, rotated.rotations[0].since_ms), (ahead, ahead));
    rotated.verify().unwrap();
}

#[tokio::test]
async fn a_replaced_secret_is_not_left_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.sqlite");
    let database = Database::open(path.to_str().unwrap(), 1).await.unwrap();
    let head = TreeHead {
        size: 0,
        root: Digest::of(b""),
    };
    database.sign_head(head).await.unwrap();
    let (secret,): (Vec<u8>,) = database
        .one("SELECT secret FROM log_keys", Vec::new())
        .await
        .unwrap();
    let is_there = || {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(secret.len()).any(|window| window == secret)
    };
    database.close().await;
    assert!(is_there());
    let database = Database::open(path.to_str().unwrap(), 1).await.unwrap();
    database.rotate_log_key().await.unwrap();
    database.close().await;
    assert!(!is_there());
}

#[tokio::test]
async fn the_service_names_the_logs_key_before_there_is_a_head() {
    let server = Server::new().await;
    let named = server.get("/v1/").await.json()["log"].clone();
    let head = server.get("/v1/receipts/head").await.json();
    assert_eq!((&named["id"], &named["key"]), (&head["log"], &head["log"]));
    server.app.database.close().await;
    let alone = server.get("/v1/").await;
    assert_eq!(alone.status, StatusCode::OK);
    assert!(alone.json().get("log").is_none(), "{}", alone.text());
}
