//! Claims, leases and fencing.

use crate::databases::each;
use crate::samples::{claim, proof, record, result, submit};
use hallmark_server::job::{Cause, CauseKind, EventKind, JobStage, JobState};
use hallmark_server::store::{Ending, Heartbeat, Measured, Sweep};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_claimers_one_wins() {
    each(|database| async move {
        for _ in 0..10 {
            let id = submit(&database, &proof()).await;
            let tasks: Vec<_> = (0..8)
                .map(|number| {
                    let database = database.clone();
                    tokio::spawn(async move { database.claim(&format!("w{number}"), 60_000).await.unwrap() })
                })
                .collect();
            let mut winners = Vec::new();
            for task in tasks {
                winners.extend(task.await.unwrap());
            }
            assert_eq!(winners.len(), 1);
            let job = record(&database, id).await;
            assert_eq!((job.attempt, job.state), (1, JobState::Witness));
            assert_eq!(job.worker, winners[0].job.worker);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_attempt_can_write_nothing() {
    each(|database| async move {
        let id = submit(&database, &proof()).await;
        let stale = database.claim("first", -1).await.unwrap().unwrap();
        let sweep = database.sweep().await.unwrap();
        assert_eq!((sweep.requeued, sweep.dead), (1, 0));
        tokio::time::sleep(Duration::from_millis(600)).await;
        let fresh = claim(&database).await;
        assert_eq!((fresh.job.id, fresh.job.attempt), (id, 2));
        let none = Measured::default();
        let data = json!({});
        assert_eq!(
            database.heartbeat(id, &stale.token, 1000).await.unwrap(),
            Heartbeat::Lost
        );
        let stage = database
            .stage(id, &stale.token, JobStage::Proving, &[], &data)
            .await;
        assert_eq!(stage.unwrap(), Heartbeat::Lost);
        let complete = database
            .complete(&stale, Ending::Proved(result(b"stale")), &none)
            .await;
        assert_eq!(complete.unwrap(), Heartbeat::Lost);
        let cause = Cause::new(CauseKind::Internal, "stale");
        assert_eq!(
            database.fail(&stale, cause, &none).await.unwrap(),
            Heartbeat::Lost
        );
        assert_eq!(database.give_back(&stale).await.unwrap(), Heartbeat::Lost);
        assert_eq!(record(&database, id).await.state, JobState::Witness);
        let done = database
            .complete(&fresh, Ending::Proved(result(b"fresh")), &none)
            .await;
        assert_eq!(done.unwrap(), Heartbeat::Continue);
        let again = database
            .complete(&fresh, Ending::Proved(result(b"again")), &none)
            .await;
        assert_eq!(again.unwrap(), Heartbeat::Lost);
        let job = record(&database, id).await;
        assert_eq!(job.state, JobState::Done);
        let Some(hallmark_server::job::JobResult::Prove(made)) = job.result else {
            panic!()
        };
        assert_eq!(made, result(b"fresh"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_keeps_the_job_and_a_sweep_spares_it() {
    each(|database| async move {
        let id = submit(&database, &proof()).await;
        let claim = database.claim("tester", 300).await.unwrap().unwrap();
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(120)).await;
            assert_eq!(
                database.heartbeat(id, &claim.token, 300).await.unwrap(),
                Heartbeat::Continue
            );
            assert_eq!(database.sweep().await.unwrap(), Sweep::default());
        }
        assert!(record(&database, id).await.lease_until_ms > claim.job.lease_until_ms);
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(database.sweep().await.unwrap().requeued, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeps_at_once_take_a_job_back_once() {
    each(|database| async move {
        let id = submit(&database, &proof()).await;
        database.claim("tester", -1).await.unwrap().unwrap();
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let database = database.clone();
                tokio::spawn(async move { database.sweep().await.unwrap() })
            })
            .collect();
        let mut requeued = 0;
        for task in tasks {
            requeued += task.await.unwrap().requeued;
        }
        assert_eq!(requeued, 1);
        let events = database.events_after(id, 0, 100).await.unwrap();
        let retries = events
            .iter()
            .filter(|event| event.kind == EventKind::Retry)
            .count();
        assert_eq!(retries, 1);
        let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=events.len() as i64).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_sqlite_file_are_refused() {
    use hallmark_server::store::{Database, StoreError};
    let fresh = crate::databases::sqlite().await;
    let second = Database::open_to_work(&fresh.address, 1).await;
    assert!(matches!(second, Err(StoreError::InUse(_))), "{second:?}");
    // Looking at it is fine: the command line makes keys while the server runs.
    Database::open(&fresh.address, 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_on_sqlite_takes_running_jobs_back_at_once() {
    use hallmark_server::store::Database;
    let folder = tempfile::TempDir::new().unwrap();
    let address = format!("sqlite:{}", folder.path().join("a/b.db").display());
    let first = Database::open_to_work(&address, 1).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..130 {
        ids.push(submit(&first, &proof()).await);
        claim(&first).await;
    }
    first.close().await;
    drop(first);
    let second = Database::open_to_work(&address, 1).await.unwrap();
    for id in &ids {
        let job = record(&second, *id).await;
        assert_eq!((job.state, job.attempt, job.lost), (JobState::Queued, 1, 1));
        assert_eq!(job.cause.unwrap().kind, CauseKind::WorkerDied);
    }
    // Nothing has to be waited for, neither a lease nor a pause.
    assert_eq!(claim(&second).await.job.id, ids[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_worker_had_is_taken_back_and_nothing_else() {
    each(|database| async move {
        let dead = submit(&database, &proof()).await;
        let living = submit(&database, &proof()).await;
        database.claim("host-1-ab/0", 60_000).await.unwrap().unwrap();
        database.claim("host-1-abc/0", 60_000).await.unwrap().unwrap();
        assert_eq!(database.worker_died("host-1-a").await.unwrap(), Sweep::default());
        assert_eq!(database.worker_died("host-1-ab").await.unwrap().requeued, 1);
        assert_eq!(record(&database, dead).await.state, JobState::Queued);
        assert_eq!(record(&database, living).await.state, JobState::Witness);
    })
    .await;
}
