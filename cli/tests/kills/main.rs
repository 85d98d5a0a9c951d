//! Processes are killed at random while clients submit proofs: every accepted job ends exactly once, with one result, and
//! nothing half-written is served.
//!
//! A few kills by default; `KILLS=50 cargo test --release -p hallmark-cli --test kills -- --nocapture` for many.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod clients;
#[path = "../../../server/tests/store/databases.rs"]
mod databases;
mod processes;

use clients::{Accepted, Client};
use hallmark_server::job::JobState;
use hallmark_server::store::{Database, JobFilter};
use processes::Fleet;
use rand_core::{OsRng, RngCore};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: usize = 6;

fn kills() -> usize {
    std::env::var("KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(6)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_sqlite_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("hallmark.sqlite").display().to_string();
    let fleet = Fleet::of_one_server(folder.path(), &database);
    survive("SQLite, one server", fleet, &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_and_two_workers_on_postgresql_survive_kills() {
    let Some(fresh) = databases::postgres().await else {
        return;
    };
    fresh.database.close().await;
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::of_a_server_and_two_workers(folder.path(), &fresh.address);
    survive("PostgreSQL, a server and two workers", fleet, &fresh.address).await;
}

async fn survive(place: &str, mut fleet: Fleet, address: &str) {
    let client = Arc::new(Client::new(fleet.url()).await);
    let over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (client, over) = (Arc::clone(&client), Arc::clone(&over));
            tokio::spawn(async move {
                let mut accepted = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    accepted.push(client.prove().await);
                }
                accepted
            })
        })
        .collect();
    let begin = Instant::now();
    let mut killed = Vec::new();
    for _ in 0..kills() {
        tokio::time::sleep(Duration::from_millis(u64::from(100 + OsRng.next_u32() % 900))).await;
        killed.push(fleet.kill_one());
    }
    over.store(true, Ordering::Relaxed);
    let mut accepted: Vec<Accepted> = Vec::new();
    for task in tasks {
        accepted.extend(task.await.unwrap());
    }
    let seconds = begin.elapsed().as_secs_f64();
    // What was answered stays so.
    for job in &accepted {
        assert_eq!(client.job(&job.id).await, job.answer, "an ended job changed");
    }
    drop(fleet);
    let mut names = killed.clone();
    names.sort();
    names.dedup();
    let counts: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "{} × {name}",
                killed.iter().filter(|other| *other == name).count()
            )
        })
        .collect();
    let retried = accepted.iter().filter(|job| job.answer["attempt"] != 1).count();
    println!(
        "{place}: {} kills ({}) in {seconds:.0} s: {} jobs accepted, all ended once; {retried} were tried more than once",
        killed.len(),
        counts.join(", "),
        accepted.len(),
    );
    check(address, &accepted).await;
}

/// What the database holds is what was answered.
async fn check(address: &str, accepted: &[Accepted]) {
    let database = Database::open(address, 2).await.unwrap();
    let jobs = database.jobs(&JobFilter::default(), None, 100_000).await.unwrap();
    let proofs: Vec<_> = jobs
        .iter()
        .filter(|job| job.kind == hallmark_server::job::JobKind::Prove)
        .collect();
    let ids: HashSet<String> = proofs.iter().map(|job| job.id.to_string()).collect();
    let answered: HashSet<String> = accepted.iter().map(|job| job.id.clone()).collect();
    assert_eq!(answered.len(), accepted.len(), "two requests were given one job");
    assert_eq!(ids, answered, "jobs were lost or made twice");
    assert!(proofs.iter().all(|job| job.state == JobState::Done));
    let receipts = database.receipts(None, 0, 100_000).await.unwrap();
    assert_eq!(receipts.len(), jobs.len(), "a job has no receipt, or several");
    let places: HashSet<i64> = proofs.iter().filter_map(|job| job.receipt_index).collect();
    assert_eq!(places.len(), proofs.len());
    for job in &proofs {
        let events = database.events_after(job.id, 0, 1000).await.unwrap();
        let ends = events.iter().filter(|event| event.state.is_terminal()).count();
        assert_eq!(ends, 1, "{} ended {ends} times", job.id);
    }
    database.close().await;
}
