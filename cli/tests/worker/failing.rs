//! What cannot be done, and what fails on the way.

use crate::bench::{Bench, MODEL};
use hallmark_server::job::{CauseKind, EventKind, JobState, ModelTarget};
use std::time::Duration;

const LARGER_MODEL: &[u8] = include_bytes!("../../../examples/digits/cnn.onnx");

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_proven_fails_with_its_reason_and_is_not_tried_again() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let model = bench.digits().await;
    let id = bench.submit(bench.proof(model, false, 1e6).await).await;
    let job = bench.ended(id).await;
    let cause = job.cause.unwrap();
    assert_eq!(
        (job.state, job.attempt, cause.kind),
        (JobState::Failed, 1, CauseKind::InputOutOfRange)
    );
    // An input that was erased in between.
    let new = bench.proof(model, false, 0.5).await;
    bench.objects.erase_input(new.id).await.unwrap();
    let job = bench.ended(bench.submit(new).await).await;
    assert_eq!(
        (job.state, job.cause.unwrap().kind),
        (JobState::Failed, CauseKind::InputErased)
    );
    // A file that is no model.
    let job = bench.compilation(b"not a model", ModelTarget::Fast).await;
    let job = bench.ended(bench.submit(job).await).await;
    assert_eq!(
        (job.state, job.cause.unwrap().kind),
        (JobState::Failed, CauseKind::InvalidModel)
    );
    // The same child goes on.
    let job = bench
        .ended(bench.submit(bench.proof(model, false, 0.5).await).await)
        .await;
    assert_eq!(job.state, JobState::Done);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_limited_and_its_end_is_said() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let model = bench.digits().await;
    // The worker has the model's files, so nothing is estimated again.
    bench
        .ended(bench.submit(bench.proof(model, false, 0.5).await).await)
        .await;
    bench.stop().await;
    let mut options = bench.options();
    options.child.memory_bytes = 6_000_000;
    bench.start(options);
    let mut job = bench.proof(model, false, 0.5).await;
    job.max_attempts = 2;
    let job = bench.ended(bench.submit(job).await).await;
    let cause = job.cause.unwrap();
    assert_eq!(
        (job.state, job.attempt, cause.kind),
        (JobState::Dead, 2, CauseKind::OutOfMemory),
        "{cause}"
    );
    assert!(cause.detail.contains("workers.memory_mb"), "{cause}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_cannot_fit_is_refused_before_it_begins() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let model = bench.digits().await;
    bench.stop().await;
    let mut options = bench.options();
    options.folder = bench.path("another");
    options.child.memory_bytes = 1_000_000;
    bench.start(options);
    let job = bench
        .ended(bench.submit(bench.proof(model, false, 0.5).await).await)
        .await;
    assert_eq!(
        (job.state, job.cause.unwrap().kind),
        (JobState::Failed, CauseKind::TooLarge)
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_whose_keys_cannot_fit_is_refused_before_they_are_made() {
    let mut bench = Bench::on_sqlite().await;
    let mut options = bench.options();
    options.child.memory_bytes = 26_000_000;
    bench.start(options);
    let job = bench.compilation(LARGER_MODEL, ModelTarget::Fast).await;
    let job = bench.ended(bench.submit(job).await).await;
    let cause = job.cause.unwrap();
    assert_eq!(
        (job.state, job.attempt, cause.kind),
        (JobState::Failed, 1, CauseKind::TooLarge),
        "{cause}"
    );
    assert!(cause.detail.contains("26 MB are allowed"), "{cause}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_that_take_too_long_are_ended() {
    let mut bench = Bench::on_sqlite().await;
    let mut options = bench.options();
    options.compile_limit = Duration::from_millis(30);
    bench.start(options);
    let job = bench.compilation(MODEL, ModelTarget::Evm).await;
    let job = bench.ended(bench.submit(job).await).await;
    assert_eq!(
        (job.state, job.cause.unwrap().kind),
        (JobState::Failed, CauseKind::TimedOut)
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_costs_an_attempt_and_not_the_job() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let model = bench.digits().await;
    // Opened, so that only the storing of the bundle can fail.
    bench
        .ended(bench.submit(bench.proof(model, false, 0.4).await).await)
        .await;
    let (place, away) = (bench.path("objects/artifacts"), bench.path("objects/away"));
    std::fs::rename(&place, &away).unwrap();
    std::fs::write(&place, "not a folder").unwrap();
    let id = bench.submit(bench.proof(model, false, 0.5).await).await;
    bench.until(id, |job| job.cause.is_some()).await;
    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&away, &place).unwrap();
    let job = bench.ended(id).await;
    assert_eq!(job.state, JobState::Done);
    assert!(job.attempt > 1);
    let events = bench.database.events_after(id, 0, 100).await.unwrap();
    let retry = events
        .iter()
        .find(|event| event.kind == EventKind::Retry)
        .unwrap();
    assert_eq!(retry.data["cause"]["type"], "storage");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_costs_no_job() {
    let Some(server) = crate::databases::OwnPostgres::start() else {
        return;
    };
    let mut bench = Bench::new(server.fresh().await);
    bench.start(bench.options());
    let model = bench.digits().await;
    let mut jobs = Vec::new();
    for _ in 0..12 {
        jobs.push(bench.submit(bench.proof(model, false, 0.5).await).await);
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        server.restart();
    }
    for id in &jobs {
        assert_eq!(bench.ended(*id).await.state, JobState::Done);
    }
    let receipts = bench.database.receipts(None, 0, 100).await.unwrap();
    assert_eq!(receipts.len(), jobs.len() + 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_comes_late_is_waited_for() {
    use hallmark_server::store::Database;
    let Some(server) = crate::databases::OwnPostgres::start() else {
        return;
    };
    let fresh = server.fresh().await;
    server.stop();
    let open = async || Database::open(&fresh.address, 2).await;
    let error = Database::patiently(Duration::ZERO, open).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    let begun = std::time::Instant::now();
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.again();
    };
    let (database, ()) = tokio::join!(Database::patiently(Duration::from_secs(60), open), later);
    let database = database.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(1));
    assert!(database.now_ms().await.unwrap() > 0);
}

/// A day back and a day forward: jobs that wait, run, or belong to a dead worker all end, and soon.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_clock_is_set_costs_no_job() {
    let Some(server) = crate::databases::OwnPostgres::with_movable_clock() else {
        return;
    };
    let mut bench = Bench::new(server.fresh().await);
    bench.start(bench.options());
    let model = bench.digits().await;
    for offset in ["-1d", "+1d", "+0"] {
        // One whose worker is dead, one that waits, and some that run while the clock is set.
        bench.stop().await;
        let lost = bench.submit(bench.proof(model, false, 0.5).await).await;
        let claim = bench
            .database
            .claim("a worker that is dead", 3_000)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(claim.job.id, lost);
        let mut jobs = vec![lost, bench.submit(bench.proof(model, false, 0.5).await).await];
        bench.start(bench.options());
        for _ in 0..6 {
            jobs.push(bench.submit(bench.proof(model, false, 0.5).await).await);
        }
        let before = bench.database.now_ms().await.unwrap();
        // The sweep has looked at the clock before.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        server.move_clock(offset);
        let moved = bench.database.now_ms().await.unwrap() - before;
        assert!(moved.abs() > 80_000_000, "{moved}");
        let begun = std::time::Instant::now();
        for id in jobs {
            let job = bench.ended(id).await;
            assert_eq!(job.state, JobState::Done, "{job:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
    let receipts = bench.database.receipts(None, 0, 100).await.unwrap();
    assert_eq!(receipts.len(), 3 * 8 + 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_said_so() {
    use hallmark_server::store::Database;
    let error = Database::open("postgres://nobody@127.0.0.1:1/none", 1)
        .await
        .unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    let error = Database::open("mysql://user:secret@host/name", 1)
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}
