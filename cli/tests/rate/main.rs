//! How much faster two workers are than one, each with a core of its own, on PostgreSQL.
//!
//! On a machine of two cores that does nothing else:
//! `cargo test --release -p hallmark-cli --test rate -- --ignored --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout
)]

#[path = "../worker/bench.rs"]
#[allow(dead_code, reason = "it uses a part of it")]
mod bench;
#[path = "../../../server/tests/store/databases.rs"]
mod databases;

use bench::Bench;
use hallmark_server::job::JobState;
use hallmark_server::store::JobFilter;
use hallmark_verifier::ModelId;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PROOFS: usize = 150;
const REPEATS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement for a quiet machine"]
async fn two_workers_prove_at_least_1_7_times_as_fast_as_one() {
    let Some(fresh) = databases::postgres().await else {
        return;
    };
    let address = fresh.address.clone();
    let mut bench = Bench::new(fresh);
    bench.start(bench.options());
    let model = bench.digits().await;
    bench.stop().await;
    let (mut one, mut two) = (0f64, 0f64);
    // In turns, so that both see the same of what else the machine does; the best of each counts.
    for _ in 0..REPEATS {
        one = one.max(rate(&bench, &address, model, &["0"]).await);
        two = two.max(rate(&bench, &address, model, &["0", "1"]).await);
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "one worker {one:.1} proofs/s, two workers {two:.1} proofs/s: {:.2} times; load average {}",
        two / one,
        load.trim()
    );
    assert!(two >= 1.7 * one, "{:.2}", two / one);
}

/// Proofs per second between the first claim and the last end, by the database's clock.
async fn rate(bench: &Bench, address: &str, model: ModelId, cores: &[&str]) -> f64 {
    let mut ids = Vec::new();
    for number in 0..PROOFS {
        ids.push(
            bench
                .submit(bench.proof(model, false, number as f32 / PROOFS as f32).await)
                .await,
        );
    }
    let workers: Vec<Worker> = cores
        .iter()
        .map(|core| Worker::start(bench, address, core))
        .collect();
    let filter = JobFilter {
        states: vec![
            JobState::Queued,
            JobState::Witness,
            JobState::Proving,
            JobState::Verifying,
        ],
        ..JobFilter::default()
    };
    while !bench.database.jobs(&filter, None, 1).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(workers);
    let jobs = bench.database.jobs_by_id(&ids).await.unwrap();
    assert!(jobs.iter().all(|job| job.state == JobState::Done));
    // The first proofs open the model.
    let mut ends: Vec<i64> = jobs.iter().filter_map(|job| job.finished_ms).collect();
    ends.sort_unstable();
    let (first, last) = (ends[PROOFS / 10], ends[PROOFS - 1]);
    (PROOFS - PROOFS / 10 - 1) as f64 * 1000.0 / (last - first) as f64
}

struct Worker(Child);

impl Worker {
    fn start(bench: &Bench, address: &str, core: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_hallmark");
        let folder = bench.folder.path().to_str().unwrap();
        let child = Command::new("taskset")
            .args([
                "-c",
                core,
                program,
                "worker",
                "--jobs",
                "1",
                "--data",
                folder,
                "--database",
                address,
            ])
            .args(["--set", "workers.threads=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
