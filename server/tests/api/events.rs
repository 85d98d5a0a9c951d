//! Progress of a job as server-sent events.

use super::ended::{ended, waiting};
use super::support::{Answer, Server};
use axum::body::Body;
use axum::http::Request;
use hallmark_server::access::Scope;
use hallmark_server::job::{Cause, CauseKind, JobId, JobStage, StageTime};
use hallmark_server::store::Measured;
use serde_json::{Value, json};

async fn events(server: &Server, key: &str, job: JobId, last: Option<&str>) -> Answer {
    let mut request =
        Request::get(format!("/v1/jobs/{job}/events")).header("authorization", format!("Bearer {key}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

/// Id, kind and data of every event of a stream.
fn read(answer: &Answer) -> Vec<(Option<u64>, String, Value)> {
    let text = answer.text();
    let blocks = text.split("\n\n").filter(|block| block.contains("data:"));
    let told = blocks.map(|block| {
        let field = |name: &str| {
            let start = format!("{name}: ");
            block.lines().find_map(|line| line.strip_prefix(&start))
        };
        let id = field("id").map(|id| id.parse().unwrap());
        let data = serde_json::from_str(field("data").unwrap()).unwrap();
        (id, field("event").unwrap().to_owned(), data)
    });
    told.collect()
}

/// A job that was tried twice and failed for good.
async fn failed(server: &Server, key: &str) -> JobId {
    let database = &server.app.database;
    let job = waiting(server, key, false).await;
    for (kind, stages) in [
        (CauseKind::WorkerDied, vec![]),
        (
            CauseKind::InvalidInput,
            vec![StageTime {
                stage: JobStage::Witness,
                ms: 3.5,
            }],
        ),
    ] {
        let claim = database.claim("tester", 60_000).await.unwrap().unwrap();
        let data = json!({ "stage": "proving", "estimate_ms": 80, "stages": stages });
        database
            .stage(job, &claim.token, JobStage::Proving, &stages, &data)
            .await
            .unwrap();
        let cause = Cause::new(kind, "told to");
        database.fail(&claim, cause, &Measured::default()).await.unwrap();
        let soon = "UPDATE jobs SET run_after_ms = 0 WHERE state = 'queued'";
        database.execute(soon, Vec::new()).await.unwrap();
    }
    job
}

#[tokio::test]
async fn a_job_is_told_from_its_beginning_or_from_where_its_reader_was() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let job = failed(&server, &ada).await;
    let answer = events(&server, &ada, job, None).await;
    assert_eq!(answer.header("x-accel-buffering"), "no");
    let all = read(&answer);
    let course: Vec<(&str, &str)> = all
        .iter()
        .map(|(_, kind, data)| (kind.as_str(), data["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        course,
        [
            ("state", "queued"),
            ("state", "witness"),
            ("state", "proving"),
            ("retry", "queued"),
            ("state", "witness"),
            ("state", "proving"),
            ("state", "failed"),
        ]
    );
    let ids: Vec<u64> = all.iter().map(|(id, ..)| id.unwrap()).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    // How far it is never goes back but for another attempt, and is one only at the end.
    let fractions: Vec<f64> = all
        .iter()
        .map(|(.., data)| data["fraction"].as_f64().unwrap())
        .collect();
    assert_eq!(fractions, [0.0, 0.05, 0.1, 0.0, 0.05, 0.1, 1.0]);
    let (_, _, proving) = &all[5];
    assert_eq!(
        (&proving["estimate_ms"], &proving["stages"]),
        (&json!(80), &json!([{ "stage": "witness", "ms": 3.5 }]))
    );
    let (_, _, end) = &all[6];
    assert_eq!(
        (&end["cause"]["type"], &end["job"]),
        (&json!("invalid_input"), &json!(job.to_string()))
    );
    assert_eq!(end["receipt_index"], 0);

    for (from, id) in ids.iter().enumerate() {
        let rest = read(&events(&server, &ada, job, Some(&id.to_string())).await);
        assert_eq!(rest, all[from + 1..], "after {id}");
    }
    for last in ["-1", "0"] {
        assert_eq!(read(&events(&server, &ada, job, Some(last)).await), all, "{last}");
    }
    for wrong in ["x", "1.5", "", "99999999999999999999"] {
        let answer = events(&server, &ada, job, Some(wrong)).await;
        assert!(
            answer.problem("invalid-parameter").starts_with("last-event-id"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn an_end_is_told_when_what_led_to_it_is_forgotten() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let job = ended(&server, &ada).await;
    let forget = "DELETE FROM job_events";
    server.app.database.execute(forget, Vec::new()).await.unwrap();
    let told = read(&events(&server, &ada, job, None).await);
    let [(None, kind, data)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(
        (kind.as_str(), &data["state"], &data["fraction"]),
        ("state", &json!("cancelled"), &json!(1.0))
    );
    // Who has heard of it is told nothing twice.
    assert!(read(&events(&server, &ada, job, Some("2")).await).is_empty());
}

#[tokio::test]
async fn streams_are_their_tenants_counted_and_ended_with_the_server() {
    let server = Server::with(|settings| settings.limits.event_streams = 1).await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let ben = server.key("ben", &[Scope::Read]).await;
    let job = waiting(&server, &ada, false).await;
    events(&server, &ben, job, None).await.problem("job-not-found");

    // One that stays open as long as its job waits.
    let place = server.app.streams.clone().try_acquire_owned().unwrap();
    let refused = events(&server, &ada, job, None).await;
    refused.problem("overloaded");
    assert_eq!(refused.header("retry-after"), "5");
    drop(place);
    let shutdown = server.app.shutdown.clone();
    let (answer, ()) = tokio::join!(events(&server, &ada, job, None), async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        shutdown.cancel();
    });
    assert_eq!(read(&answer).len(), 1);
    assert_eq!(server.app.streams.available_permits(), 1);
}

#[tokio::test]
async fn what_happens_is_told_when_it_happens_and_estimated_in_between() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let job = waiting(&server, &ada, false).await;
    let database = server.app.database.clone();
    let work = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let claim = database.claim("tester", 60_000).await.unwrap().unwrap();
        // Long enough for one word in between.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let cause = Cause::new(CauseKind::InvalidInput, "told to");
        database.fail(&claim, cause, &Measured::default()).await.unwrap();
    };
    let (answer, ()) = tokio::join!(events(&server, &ada, job, None), work);
    let mut kinds: Vec<_> = read(&answer)
        .into_iter()
        .map(|(id, kind, data)| (id.is_some(), kind, data["state"].as_str().unwrap().to_owned()))
        .collect();
    // One word in between, or more where the machine is slow.
    kinds.dedup();
    let expected = [
        (true, "state", "queued"),
        (true, "state", "witness"),
        (false, "progress", "witness"),
        (true, "state", "failed"),
    ];
    let expected = expected.map(|(id, kind, state)| (id, kind.to_owned(), state.to_owned()));
    assert_eq!(kinds, expected);
}
