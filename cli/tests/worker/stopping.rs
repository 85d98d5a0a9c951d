//! Cancelling jobs, and workers that end.

use crate::bench::{Bench, MODEL};
use hallmark_server::job::{CauseKind, JobState, ModelTarget};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_cancelled_within_a_second_or_two() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    for wait_ms in [0, 30, 100, 200] {
        let id = bench
            .submit(bench.compilation(MODEL, ModelTarget::Evm).await)
            .await;
        bench.until(id, |job| job.state.is_running()).await;
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        let begin = Instant::now();
        bench.database.cancel(None, id).await.unwrap();
        let job = bench.ended(id).await;
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
        assert_eq!(
            (job.state, job.cause.unwrap().kind),
            (JobState::Cancelled, CauseKind::CancelledByUser)
        );
    }
    // The next one has a new child.
    bench.digits().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ends_gives_back_what_it_cannot_finish() {
    let mut bench = Bench::on_sqlite().await;
    let mut options = bench.options();
    options.drain = Duration::ZERO;
    bench.start(options);
    let id = bench
        .submit(bench.compilation(MODEL, ModelTarget::Evm).await)
        .await;
    bench.until(id, |job| job.state.is_running()).await;
    bench.stop().await;
    let job = bench.database.job(None, id).await.unwrap().unwrap();
    assert_eq!((job.state, job.attempt), (JobState::Queued, 0));
    assert!(bench.database.workers(60_000).await.unwrap().is_empty());
    // With time to drain, it is finished.
    bench.start(bench.options());
    bench.until(id, |job| job.state.is_running()).await;
    bench.stop().await;
    let job = bench.database.job(None, id).await.unwrap().unwrap();
    assert_eq!((job.state, job.attempt), (JobState::Done, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_takes_over_from_one_that_died_on_its_machine() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let model = bench.digits().await;
    bench.stop().await;
    // What a worker leaves that was killed: its folder with a lock that was held and is not, and a lease that goes on.
    let dead = bench.options().folder.join("scratch/dead-1-ab");
    std::fs::create_dir_all(dead.join("job-1")).unwrap();
    std::fs::write(dead.join("lock"), "held\n").unwrap();
    let id = bench.submit(bench.proof(model, false, 0.5).await).await;
    bench
        .database
        .claim("dead-1-ab/0", 600_000)
        .await
        .unwrap()
        .unwrap();
    bench.start(bench.options());
    let job = bench.ended(id).await;
    assert_eq!((job.state, job.attempt, job.lost), (JobState::Done, 2, 1));
    assert!(!dead.exists());
    bench.stop().await;
}
