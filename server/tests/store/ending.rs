//! Ends: retries, dead jobs, cancellations, what comes with an end.

use crate::databases::each;
use crate::samples::{claim, proof, record, result, submit};
use hallmark_server::job::{ANONYMOUS, Cause, CauseKind, JobId, JobStage, JobState, StageTime};
use hallmark_server::store::{Claim, Database, Ending, Heartbeat, Measured};
use serde_json::json;
use std::time::Duration;

/// Claims as soon as the back-off is over.
async fn claim_again(database: &Database) -> Claim {
    for _ in 0..400 {
        if let Some(claim) = database.claim("tester", 60_000).await.unwrap() {
            return claim;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the job did not come back");
}

async fn states(database: &Database, id: JobId) -> Vec<JobState> {
    let events = database.events_after(id, 0, 100).await.unwrap();
    events.into_iter().map(|event| event.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_ends_with_result_receipt_history_and_usage() {
    each(|database| async move {
        let id = submit(&database, &proof()).await;
        let claim = claim(&database).await;
        let data = json!({ "estimate_ms": 40 });
        for stage in [JobStage::Proving, JobStage::Verifying] {
            let answer = database.stage(id, &claim.token, stage, &[], &data).await.unwrap();
            assert_eq!(answer, Heartbeat::Continue);
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
        let measured = Measured {
            stages: vec![StageTime {
                stage: JobStage::Proving,
                ms: 31.5,
            }],
            peak_bytes: Some(1 << 30),
            used_ms: None,
        };
        database
            .complete(&claim, Ending::Proved(result(b"r")), &measured)
            .await
            .unwrap();
        let job = record(&database, id).await;
        assert_eq!(
            (job.state, job.stages, job.peak_bytes),
            (JobState::Done, measured.stages, Some(1 << 30))
        );
        assert_eq!((job.receipt_index, job.lease_until_ms), (Some(0), None));
        assert!(job.finished_ms.unwrap() >= job.started_ms.unwrap() + 15);
        use JobState::{Done, Proving, Queued, Verifying, Witness};
        assert_eq!(
            states(&database, id).await,
            [Queued, Witness, Proving, Verifying, Done]
        );
        let usage = database.usage_today(ANONYMOUS, None).await.unwrap();
        assert!(usage.used_ms >= 15 && usage.used_ms == job.used_ms, "{usage:?}");
        assert_eq!(usage.reserved_ms, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_are_retried_up_to_the_limit_and_then_dead() {
    each(|database| async move {
        let mut job = proof();
        job.max_attempts = 2;
        let id = submit(&database, &job).await;
        for attempt in 1..=2 {
            let claim = claim_again(&database).await;
            assert_eq!(claim.job.attempt, attempt);
            let cause = Cause::new(CauseKind::OutOfMemory, "the child reached its limit");
            database.fail(&claim, cause, &Measured::default()).await.unwrap();
        }
        let job = record(&database, id).await;
        assert_eq!((job.state, job.attempt), (JobState::Dead, 2));
        assert_eq!(job.cause.unwrap().kind, CauseKind::OutOfMemory);
        assert!(job.receipt_index.is_some());
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(database.claim("tester", 1000).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_that_workers_lose_are_claimable_at_once_and_counted_apart() {
    each(|database| async move {
        let mut job = proof();
        (job.max_attempts, job.max_lost) = (1, 5);
        let id = submit(&database, &job).await;
        for lost in 1..5 {
            database.claim("tester", -1).await.unwrap().unwrap();
            assert_eq!(database.sweep().await.unwrap().requeued, 1);
            let job = record(&database, id).await;
            assert_eq!((job.state, job.lost, job.attempt), (JobState::Queued, lost, lost));
            assert_eq!(job.cause.unwrap().kind, CauseKind::WorkerDied);
        }
        // A job that takes worker after worker with it does not do so for ever.
        database.claim("tester", -1).await.unwrap().unwrap();
        assert_eq!(database.sweep().await.unwrap().dead, 1);
        let job = record(&database, id).await;
        assert_eq!(
            (job.state, job.lost, job.cause.unwrap().kind),
            (JobState::Dead, 5, CauseKind::WorkerDied)
        );
        assert!(database.claim("tester", 1000).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_before_goes_first_and_suspects_go_last() {
    each(|database| async move {
        let first = submit(&database, &proof()).await;
        let tried = submit(&database, &proof()).await;
        // The second is taken up while the first is not there to be.
        let holder = claim(&database).await;
        assert_eq!(holder.job.id, first);
        database.claim("dying", -1).await.unwrap().unwrap();
        assert_eq!(database.sweep().await.unwrap().requeued, 1);
        database.give_back(&holder).await.unwrap();
        let fresh = submit(&database, &proof()).await;
        let mut order = Vec::new();
        while let Some(claim) = database.claim("tester", 60_000).await.unwrap() {
            order.push(claim.job.id);
        }
        assert_eq!(order, [first, tried, fresh]);
        // One that lost four workers goes behind what waits, though it is older.
        let suspect = submit(&database, &proof()).await;
        for _ in 0..4 {
            assert_eq!(
                database.claim("dying", -1).await.unwrap().unwrap().job.id,
                suspect
            );
            assert_eq!(database.sweep().await.unwrap().requeued, 1);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        let later = submit(&database, &proof()).await;
        let mut raised = proof();
        raised.priority = 1;
        let raised = submit(&database, &raised).await;
        assert_eq!(claim(&database).await.job.id, raised);
        assert_eq!(
            claim(&database).await.job.id,
            suspect,
            "it came before what came after"
        );
        assert_eq!(claim(&database).await.job.id, later);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_work_refuses_is_not_tried_again() {
    each(|database| async move {
        let id = submit(&database, &proof()).await;
        let claim = claim(&database).await;
        let cause = Cause::new(
            CauseKind::InputOutOfRange,
            "input x, element 3: 17.2 is outside [-1, 1]",
        );
        database
            .fail(&claim, cause.clone(), &Measured::default())
            .await
            .unwrap();
        let job = record(&database, id).await;
        assert_eq!(
            (job.state, job.attempt, job.cause),
            (JobState::Failed, 1, Some(cause))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_works_in_every_state() {
    each(|database| async move {
        // Waiting: at once.
        let id = submit(&database, &proof()).await;
        let job = database.cancel(Some(ANONYMOUS), id).await.unwrap().unwrap();
        assert_eq!(
            (job.state, job.cause.unwrap().kind),
            (JobState::Cancelled, CauseKind::CancelledByUser)
        );
        assert!(database.claim("tester", 1000).await.unwrap().is_none());
        // Running: the worker learns of it and ends it, whatever its cause.
        let id = submit(&database, &proof()).await;
        let running = claim(&database).await;
        let job = database.cancel(None, id).await.unwrap().unwrap();
        assert!(job.cancel_requested && job.state == JobState::Witness);
        assert_eq!(
            database.heartbeat(id, &running.token, 60_000).await.unwrap(),
            Heartbeat::Cancel
        );
        let cause = Cause::new(CauseKind::WorkerDied, "killed");
        database
            .fail(&running, cause, &Measured::default())
            .await
            .unwrap();
        assert_eq!(record(&database, id).await.state, JobState::Cancelled);
        // Running on a worker that is gone: the sweep ends it.
        let id = submit(&database, &proof()).await;
        database.claim("tester", -1).await.unwrap().unwrap();
        database.cancel(None, id).await.unwrap();
        assert_eq!(database.sweep().await.unwrap().cancelled, 1);
        assert_eq!(record(&database, id).await.state, JobState::Cancelled);
        // Ended: stays as it is. Somebody else's or none: nothing.
        let before = record(&database, id).await;
        assert_eq!(database.cancel(None, id).await.unwrap().unwrap(), before);
        assert!(database.cancel(Some("somebody"), id).await.unwrap().is_none());
        assert!(database.cancel(None, JobId::new()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_races_with_claiming_without_a_job_lost() {
    each(|database| async move {
        for _ in 0..20 {
            let id = submit(&database, &proof()).await;
            let (claiming, cancelling) = (database.clone(), database.clone());
            let claiming = tokio::spawn(async move { claiming.claim("tester", 60_000).await.unwrap() });
            let cancelling = tokio::spawn(async move { cancelling.cancel(None, id).await.unwrap() });
            let (claim, _) = (claiming.await.unwrap(), cancelling.await.unwrap());
            let job = record(&database, id).await;
            match claim {
                Some(claim) => {
                    assert!(job.cancel_requested && job.state == JobState::Witness);
                    let cause = Cause::new(CauseKind::CancelledByUser, "asked for");
                    database.fail(&claim, cause, &Measured::default()).await.unwrap();
                    assert_eq!(record(&database, id).await.state, JobState::Cancelled);
                }
                None => assert_eq!(job.state, JobState::Cancelled),
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ends_gives_its_job_back_without_an_attempt() {
    each(|database| async move {
        let id = submit(&database, &proof()).await;
        let first = claim(&database).await;
        assert_eq!(database.give_back(&first).await.unwrap(), Heartbeat::Continue);
        assert_eq!(record(&database, id).await.attempt, 0);
        assert_eq!(claim(&database).await.job.attempt, 1);
    })
    .await;
}
