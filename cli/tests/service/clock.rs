//! A system clock that is set while the server runs.

use crate::databases::{fake_clock, libfaketime};
use crate::server::{Server, hallmark, picture};
use serde_json::json;
use std::collections::HashSet;

#[tokio::test]
async fn setting_the_system_clock_loses_nothing_and_turns_no_time_back() {
    let Some(library) = libfaketime() else { return };
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    std::fs::write(&offset, "+0").unwrap();
    let command = || {
        let mut command = hallmark();
        fake_clock(&mut command, &library, &offset);
        command
    };
    let mut server = Server::start_as(command(), tempfile::tempdir().unwrap(), &[]);
    let model = server.digits().await;
    let mut made = HashSet::new();
    let mut latest = String::new();
    for (number, moved) in ["+0", "+3d", "-400d", "+1h"].iter().enumerate() {
        std::fs::write(&offset, moved).unwrap();
        // Once while it runs, and once after it was started by that clock.
        for restarted in [false, true] {
            if restarted {
                let (status, data) = server.stop();
                assert!(status.success());
                server = Server::start_as(command(), data, &[]);
            }
            let input = json!({ "input": picture(2 * number + usize::from(restarted)) });
            let job = server.prove(None, &model, &input).await;
            // Times in UTC, of one length: the later one is the greater text.
            let [created, finished] =
                ["created_at", "finished_at"].map(|name| job[name].as_str().unwrap().to_owned());
            assert!(
                latest <= created && created <= finished,
                "{moved}: {latest}, {job}"
            );
            latest = finished;
            made.insert(job["id"].clone());
        }
    }
    let (_, listed) = server.get(None, "/v1/jobs?kind=prove").await;
    let listed: HashSet<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["id"].clone())
        .collect();
    assert_eq!(listed, made);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
