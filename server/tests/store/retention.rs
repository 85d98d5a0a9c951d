//! What is forgotten, and what is not.

use crate::compiled::{compilation, model, options};
use crate::databases::each;
use crate::samples::{claim, proof, record, result, submit};
use hallmark_server::digest::Digest;
use hallmark_server::job::{ANONYMOUS, JobSpec};
use hallmark_server::store::{Attempt, Ending, Idempotency, Inserted, Measured};

const LATER_MS: i64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn inputs_of_ended_jobs_are_erased_once() {
    each(|database| async move {
        let mut job = proof();
        let JobSpec::Prove(spec) = &mut job.spec else {
            unreachable!()
        };
        spec.private_input = true;
        let private = submit(&database, &job).await;
        let now = database.now_ms().await.unwrap();
        let due = async |before| {
            let jobs = database.inputs_to_erase(before, 10).await.unwrap();
            jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
        };
        // Neither waiting nor running jobs lose their input.
        assert!(due(now + LATER_MS).await.is_empty());
        database.input_erased(private).await.unwrap();
        assert_eq!(record(&database, private).await.input_erased_ms, None);
        let claim = claim(&database).await;
        assert!(due(now + LATER_MS).await.is_empty());
        database
            .complete(&claim, Ending::Proved(result(b"r")), &Measured::default())
            .await
            .unwrap();
        assert!(due(now - LATER_MS).await.is_empty());
        assert_eq!(due(now + 60_000).await, [private]);

        database.input_erased(private).await.unwrap();
        assert!(due(now + 60_000).await.is_empty());
        let job = record(&database, private).await;
        assert!(job.input_erased_ms.is_some());
        let JobSpec::Prove(spec) = &job.spec else {
            unreachable!()
        };
        assert_eq!(spec.input, Digest([0; 32]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_go_and_new_ones_stay() {
    each(|database| async move {
        let hook = database
            .create_webhook(ANONYMOUS, "https://example.com/", &["*".to_owned()], 10)
            .await
            .unwrap()
            .unwrap();
        let job = proof();
        let key = Idempotency {
            key: "order-17".to_owned(),
            body: Digest::of(b"body"),
        };
        let inserted = database
            .insert_jobs(std::slice::from_ref(&job), Some(&key), None)
            .await;
        assert!(matches!(inserted, Ok(Inserted::Created(_))));
        let claim = claim(&database).await;
        database
            .complete(&claim, Ending::Proved(result(b"r")), &Measured::default())
            .await
            .unwrap();
        let waiting = submit(&database, &proof()).await;
        let due = database.claim_delivery(60_000).await.unwrap().unwrap();

        let now = database.now_ms().await.unwrap();
        let (before, after) = (now - 60_000, now + 60_000);
        assert_eq!(database.forget_idempotency(before).await.unwrap(), 0);
        assert_eq!(database.forget_events(before).await.unwrap(), 0);
        assert_eq!(database.forget_deliveries(after).await.unwrap(), 0);
        database
            .finish_attempt(&due, &Attempt::Delivered(200))
            .await
            .unwrap();
        assert_eq!(database.forget_deliveries(before).await.unwrap(), 0);

        assert_eq!(database.forget_idempotency(after).await.unwrap(), 1);
        assert_eq!(database.forget_events(after).await.unwrap(), 2);
        assert_eq!(database.forget_deliveries(after).await.unwrap(), 1);
        assert!(database.deliveries(hook.id, None, 10).await.unwrap().is_empty());
        let told = database.events_after(job.id, 0, 10).await.unwrap();
        assert_eq!(told.len(), 1);
        assert!(told[0].state.is_terminal());
        assert_eq!(database.events_after(waiting, 0, 10).await.unwrap().len(), 1);
        assert_eq!(database.forget_events(after).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn artifacts_in_use_are_known() {
    each(|database| async move {
        let waiting = compilation(ANONYMOUS, b"onnx that waits", options("waiting", "1"));
        let ended = compilation(ANONYMOUS, b"onnx that was refused", options("refused", "1"));
        submit(&database, &ended).await;
        let refused = claim(&database).await;
        let cause = hallmark_server::job::Cause::new(hallmark_server::job::CauseKind::InvalidModel, "no");
        database
            .complete(&refused, Ending::Failed(cause), &Measured::default())
            .await
            .unwrap();
        submit(
            &database,
            &compilation(ANONYMOUS, b"onnx of a model", options("model", "1")),
        )
        .await;
        let compiled = claim(&database).await;
        let made = model(9);
        database
            .complete(
                &compiled,
                Ending::Compiled(Box::new(made.clone())),
                &Measured::default(),
            )
            .await
            .unwrap();
        submit(&database, &proof()).await;
        let proved = claim(&database).await;
        database
            .complete(&proved, Ending::Proved(result(b"a bundle")), &Measured::default())
            .await
            .unwrap();
        submit(&database, &waiting).await;

        let used = database.referenced_artifacts().await.unwrap();
        for digest in [
            Digest::of(b"onnx that waits"),
            Digest::of(b"a bundle"),
            made.artifacts.key,
            made.artifacts.layout_svg,
        ] {
            assert!(used.contains(&digest), "{digest}");
        }
        assert!(!used.contains(&Digest::of(b"onnx that was refused")));
    })
    .await;
}
