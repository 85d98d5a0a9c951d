//! Quotas: what is reserved, used and learnt.

use crate::compiled::{compilation, model, options};
use crate::databases::each;
use crate::models::tenant;
use crate::samples::{claim, proof, result, submit};
use hallmark_server::job::{ANONYMOUS, Cause, CauseKind, JobSpec, NewJob};
use hallmark_server::store::{Database, Ending, Inserted, Measured, QueueLimits, Usage};

const QUOTA: QueueLimits = QueueLimits {
    total: 1000,
    per_tenant: 1000,
    proof_ms_per_day: Some(1_000),
};

fn estimated(ms: i64) -> NewJob {
    let mut job = proof();
    job.estimate_ms = Some(ms);
    job
}

fn took(ms: i64) -> Measured {
    Measured {
        used_ms: Some(ms),
        ..Measured::default()
    }
}

async fn usage(database: &Database) -> Usage {
    database.usage_today(ANONYMOUS, None).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_estimates_say_too_little_of_is_charged_and_stops() {
    each(|database| async move {
        // Estimated at 22 ms each, 45 fit into a second; each takes 650.
        let jobs: Vec<NewJob> = (0..45).map(|_| estimated(22)).collect();
        let accepted = database.insert_jobs(&jobs, None, Some(QUOTA)).await.unwrap();
        assert!(matches!(accepted, Inserted::Created(_)));
        assert_eq!(usage(&database).await.reserved_ms, 45 * 22);
        let mut done = 0;
        while let Some(claim) = database.claim("tester", 60_000).await.unwrap() {
            let ending = Ending::Proved(result(b"r"));
            database.complete(&claim, ending, &took(650)).await.unwrap();
            done += 1;
            assert!(done < 10, "the quota stopped nothing");
        }
        assert_eq!((done, usage(&database).await.used_ms), (2, 1_300));
        // The others wait, and are not lost.
        let counts = database.queue_counts().await.unwrap();
        assert_eq!(counts.by_state.iter().map(|(_, count)| count).sum::<i64>(), 43);
        // Others are not stopped by it.
        let free = submit(&database, &proof()).await;
        assert_eq!(claim(&database).await.job.id, free);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reservations_follow_what_such_jobs_took() {
    each(|database| async move {
        submit(&database, &estimated(22)).await;
        let first = claim(&database).await;
        assert_eq!(first.job.reserved_ms, 22);
        let ending = Ending::Proved(result(b"r"));
        database.complete(&first, ending, &took(660)).await.unwrap();
        // The same model: what it took. Another kind of statement: the estimate, corrected alike.
        submit(&database, &estimated(22)).await;
        assert_eq!(claim(&database).await.job.reserved_ms, 660);
        let mut other = estimated(10);
        if let hallmark_server::job::JobSpec::Prove(spec) = &mut other.spec {
            spec.private_input = true;
        }
        submit(&database, &other).await;
        assert_eq!(claim(&database).await.job.reserved_ms, 300);
        // One more of them would be too much, though the estimate would fit.
        let usage = usage(&database).await;
        assert_eq!((usage.used_ms, usage.reserved_ms), (660, 960));
        let limits = QueueLimits {
            proof_ms_per_day: Some(2_000),
            ..QUOTA
        };
        let refused = database
            .insert_jobs(&[estimated(22)], None, Some(limits))
            .await
            .unwrap();
        let Inserted::QuotaExhausted(quota) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            (quota.used_ms, quota.reserved_ms, quota.wanted_ms),
            (660, 960, 660)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_jobs_of_others_shut_nobody_out() {
    each(|database| async move {
        const SLOW_MS: i64 = 600_000;
        for number in 1..=8 {
            let version = number.to_string();
            submit(
                &database,
                &compilation(ANONYMOUS, &[number], options("x", &version)),
            )
            .await;
            let ending = Ending::Compiled(Box::new(model(number)));
            let slow = claim(&database).await;
            database.complete(&slow, ending, &took(SLOW_MS)).await.unwrap();
        }
        submit(&database, &proof()).await;
        let slow = claim(&database).await;
        let ending = Ending::Proved(result(b"slow"));
        database.complete(&slow, ending, &took(SLOW_MS)).await.unwrap();

        let JobSpec::Prove(spec) = proof().spec else {
            panic!()
        };
        let limits = Some(QueueLimits {
            proof_ms_per_day: Some(60_000),
            ..QUOTA
        });
        for kind in ["compile", "prove"] {
            let other = tenant(&database, kind).await;
            let job = |number: u8| match kind {
                "compile" => compilation(&other, &[number], options("y", &number.to_string())),
                // Of a model that was never proven.
                _ => {
                    let mut spec = spec.clone();
                    spec.model_id = model(2).model_id;
                    NewJob::new(&other, None, JobSpec::Prove(spec))
                }
            };
            // A batch is as long as it is expected to be; of two requests at once one is accepted.
            let batch = database
                .insert_jobs(&[job(11), job(12)], None, limits)
                .await
                .unwrap();
            assert!(matches!(batch, Inserted::QuotaExhausted(_)), "{batch:?}");
            let (first, second) = ([job(13)], [job(14)]);
            let (first, second) = tokio::join!(
                database.insert_jobs(&first, None, limits),
                database.insert_jobs(&second, None, limits)
            );
            let mut both = [first.unwrap(), second.unwrap()];
            both.sort_by_key(|inserted| matches!(inserted, Inserted::QuotaExhausted(_)));
            let [Inserted::Created(_), Inserted::QuotaExhausted(quota)] = &both else {
                panic!("{both:?}")
            };
            assert_eq!(
                (quota.used_ms, quota.reserved_ms, quota.wanted_ms),
                (0, SLOW_MS, SLOW_MS)
            );
            // It is charged for what it took. While something is left, another may follow, and then none.
            for used in [59_999, 1] {
                let begun = claim(&database).await;
                assert_eq!(begun.job.tenant, other);
                let cause = Cause::new(CauseKind::InputOutOfRange, "no");
                database.fail(&begun, cause, &took(used)).await.unwrap();
                let next = database.insert_jobs(&[job(15)], None, limits).await.unwrap();
                assert_eq!(matches!(next, Inserted::Created(_)), used > 1, "{next:?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_is_charged_for_what_it_took_but_not_those_that_workers_lose() {
    each(|database| async move {
        // Crashed.
        let id = submit(&database, &estimated(50)).await;
        let crash = claim(&database).await;
        let cause = Cause::new(CauseKind::OutOfMemory, "too much");
        database.fail(&crash, cause, &took(100)).await.unwrap();
        assert_eq!(
            usage(&database).await,
            Usage {
                used_ms: 100,
                reserved_ms: 50
            }
        );
        database.cancel(None, id).await.unwrap();
        assert_eq!(
            usage(&database).await,
            Usage {
                used_ms: 100,
                reserved_ms: 0
            }
        );
        // Failed.
        submit(&database, &estimated(50)).await;
        let cause = Cause::new(CauseKind::InputOutOfRange, "no");
        let failed = claim(&database).await;
        database.fail(&failed, cause, &took(10)).await.unwrap();
        // Cancelled while it ran.
        let id = submit(&database, &estimated(50)).await;
        let running = claim(&database).await;
        database.cancel(None, id).await.unwrap();
        let cause = Cause::new(CauseKind::CancelledByUser, "cancelled");
        database.fail(&running, cause, &took(20)).await.unwrap();
        assert_eq!(usage(&database).await.used_ms, 130);
        // Compiled, in vain.
        submit(&database, &compilation(ANONYMOUS, b"onnx", options("x", "1"))).await;
        let compiling = claim(&database).await;
        assert!(
            usage(&database).await.reserved_ms > 0,
            "compilations are reserved for"
        );
        let cause = Cause::new(CauseKind::UnsupportedModel, "no");
        database.fail(&compiling, cause, &took(1_000)).await.unwrap();
        assert_eq!(
            usage(&database).await,
            Usage {
                used_ms: 1_130,
                reserved_ms: 0
            }
        );
        // Lost with its worker, and given back: nobody's fault, and nobody pays.
        submit(&database, &estimated(50)).await;
        database.claim("dying", -1).await.unwrap().unwrap();
        database.sweep().await.unwrap();
        let back = claim(&database).await;
        database.give_back(&back).await.unwrap();
        assert_eq!(
            usage(&database).await,
            Usage {
                used_ms: 1_130,
                reserved_ms: 50
            }
        );
    })
    .await;
}

/// A proof of another model, estimated at `ms` if at all.
fn of_model(id: u8, ms: Option<i64>) -> NewJob {
    let mut job = proof();
    job.estimate_ms = ms;
    if let JobSpec::Prove(spec) = &mut job.spec {
        spec.model_id = hallmark_verifier::ModelId([id; 32]);
    }
    job
}

/// How long the job is expected to take; it is done at once, and took so long.
async fn expected_then(database: &Database, job: &NewJob, used_ms: i64) -> i64 {
    submit(database, job).await;
    let claim = claim(database).await;
    let ending = Ending::Proved(result(b"r"));
    database.complete(&claim, ending, &took(used_ms)).await.unwrap();
    claim.job.reserved_ms
}

#[tokio::test(flavor = "multi_thread")]
async fn averages_begin_with_what_there_is_and_follow_what_changes() {
    each(|database| async move {
        let job = || of_model(1, Some(10));
        // Nothing is known: the estimate. Then the average of what there was.
        for (used_ms, expected_ms) in [(100, 10), (300, 100), (200, 200), (200, 200)] {
            assert_eq!(expected_then(&database, &job(), used_ms).await, expected_ms);
        }
        for _ in 4..8 {
            expected_then(&database, &job(), 200).await;
        }
        // From then on each moves it by an eighth.
        for (used_ms, expected_ms) in [(1_000, 200), (300, 300), (300, 300)] {
            assert_eq!(expected_then(&database, &job(), used_ms).await, expected_ms);
        }
        // What failed says nothing.
        submit(&database, &job()).await;
        let failed = claim(&database).await;
        let cause = Cause::new(CauseKind::InvalidInput, "no");
        database.fail(&failed, cause, &took(90_000)).await.unwrap();
        assert_eq!(expected_then(&database, &job(), 300).await, 300);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_of_a_model_is_guessed_from_others_within_bounds() {
    each(|database| async move {
        // Before there was any: what is said, and a millisecond where nothing is.
        let compile = compilation(ANONYMOUS, b"first", options("first", "1"));
        submit(&database, &compile).await;
        let compiling = claim(&database).await;
        assert_eq!(compiling.job.reserved_ms, 5_000);
        database
            .complete(&compiling, Ending::Compiled(Box::new(model(99))), &took(700))
            .await
            .unwrap();
        submit(
            &database,
            &compilation(ANONYMOUS, b"second", options("second", "1")),
        )
        .await;
        assert_eq!(claim(&database).await.job.reserved_ms, 700);

        assert_eq!(expected_then(&database, &of_model(1, None), 1).await, 1);
        // (Of that one there was no estimate to compare with, which halves the average of estimates.)
        assert_eq!(expected_then(&database, &of_model(2, Some(10)), 1_999).await, 10);
        // Others took two hundred times what was estimated: at most a hundred times is believed.
        assert_eq!(expected_then(&database, &of_model(3, Some(4)), 1_000).await, 400);
        assert_eq!(expected_then(&database, &of_model(4, None), 1_000).await, 1_000);
        // Nothing is expected to take longer than the longest attempt that settings allow.
        let overlong = of_model(5, Some(i64::MAX / 1_000));
        assert_eq!(expected_then(&database, &overlong, 1_000).await, 86_400_000);
    })
    .await;
}
