//! Tenants' keys, uploads and workers, as rows.

use crate::compiled::{compilation, model, options};
use crate::databases::each;
use crate::models::tenant;
use crate::samples::{claim, submit};
use hallmark_server::digest::Digest;
use hallmark_server::job::{ANONYMOUS, Cause, CauseKind, JobSpec, KeyId, NewJob};
use hallmark_server::store::{Database, Ending, Idempotency, Inserted, Measured, NewApiKey, Upload};
use hallmark_verifier::ModelId;

fn key(tenant: &str, name: &str) -> NewApiKey {
    NewApiKey {
        id: KeyId::new(),
        tenant: tenant.to_owned(),
        name: name.to_owned(),
        hash: vec![7; 32],
        scopes: "read admin".to_owned(),
        rate_per_minute: Some(17),
        proof_ms_per_day: None,
        expires_ms: Some(1_900_000_000_000),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_with_their_tenants_and_revoked_once() {
    each(|database| async move {
        let made = [key("ada", "first"), key("ada", "second"), key("bob", "third")];
        for key in &made {
            database.create_key(key).await.unwrap();
        }
        let listed = database.keys().await.unwrap();
        let names: Vec<_> = listed
            .iter()
            .map(|(tenant, key)| (tenant.name.as_str(), key.name.as_str()))
            .collect();
        assert_eq!(names, [("ada", "first"), ("ada", "second"), ("bob", "third")]);
        let (owner, found) = &listed[0];
        assert_eq!((found.id, &found.tenant), (made[0].id, &owner.id));
        assert_eq!((&found.hash, found.scopes.as_str()), (&vec![7; 32], "read admin"));
        assert_eq!(
            (found.rate_per_minute, found.proof_ms_per_day, found.expires_ms),
            (Some(17), None, Some(1_900_000_000_000))
        );
        assert_eq!((found.revoked_ms, found.last_used_ms), (None, None));
        assert_eq!(database.tenant(&owner.id).await.unwrap().as_ref(), Some(owner));
        assert_eq!(database.tenant("ten_nobody").await.unwrap(), None);

        assert!(database.revoke_key(found.id).await.unwrap());
        let revoked = async || database.key(made[0].id).await.unwrap().unwrap().revoked_ms;
        let first = revoked().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        assert!(database.revoke_key(found.id).await.unwrap());
        assert_eq!(revoked().await, Some(first), "when it ended does not change");
        let other = database.key(made[1].id).await.unwrap().unwrap();
        assert_eq!(other.revoked_ms, None);
        // One id is one key, whoever makes it.
        let again = NewApiKey {
            id: made[2].id,
            ..key("eve", "stolen")
        };
        database.create_key(&again).await.unwrap_err();
        let kept = database.key(made[2].id).await.unwrap().unwrap();
        assert_eq!(kept.name, "third");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_use_of_a_key_is_noted_once_a_minute() {
    each(|database| async move {
        let made = key("ada", "first");
        database.create_key(&made).await.unwrap();
        let stored = async || database.key(made.id).await.unwrap().unwrap();
        database.key_used(&stored().await).await.unwrap();
        let first = stored().await.last_used_ms.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        database.key_used(&stored().await).await.unwrap();
        assert_eq!(stored().await.last_used_ms, Some(first));
        // Also by one who looked before it was noted.
        let mut stale = stored().await;
        stale.last_used_ms = None;
        database.key_used(&stale).await.unwrap();
        assert_eq!(stored().await.last_used_ms, Some(first));
        let long_ago = "UPDATE api_keys SET last_used_ms = last_used_ms - 61000";
        database.execute(long_ago, Vec::new()).await.unwrap();
        database.key_used(&stored().await).await.unwrap();
        assert!(stored().await.last_used_ms.unwrap() >= first);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_there_while_they_say_so() {
    each(|database| async move {
        database.worker_seen("a", 2).await.unwrap();
        database.worker_seen("b", 1).await.unwrap();
        database.worker_seen("a", 4).await.unwrap();
        let seen = async |within_ms| {
            let mut workers = database.workers(within_ms).await.unwrap();
            workers.sort_by(|one, other| one.name.cmp(&other.name));
            workers
                .into_iter()
                .map(|worker| (worker.name, worker.slots))
                .collect::<Vec<_>>()
        };
        assert_eq!(seen(60_000).await, [("a".to_owned(), 4), ("b".to_owned(), 1)]);
        let silent = "UPDATE workers SET seen_ms = seen_ms - 40000 WHERE name = 'b'";
        database.execute(silent, Vec::new()).await.unwrap();
        assert_eq!(seen(30_000).await, [("a".to_owned(), 4)]);
        assert_eq!(seen(60_000).await.len(), 2);
        // One that was silent for an hour is forgotten when another speaks.
        let silent = "UPDATE workers SET seen_ms = seen_ms - 3600000 WHERE name = 'b'";
        database.execute(silent, Vec::new()).await.unwrap();
        database.worker_seen("a", 4).await.unwrap();
        assert_eq!(seen(i64::from(u32::MAX)).await.len(), 1);
        database.worker_gone("a").await.unwrap();
        database.worker_gone("a").await.unwrap();
        assert!(seen(60_000).await.is_empty());
    })
    .await;
}

async fn submitted(database: &Database, job: &NewJob, key: Option<&Idempotency>) -> Inserted {
    database
        .insert_jobs(std::slice::from_ref(job), key, None)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_what_its_compilation_made_of_it() {
    each(|database| async move {
        let other = tenant(&database, "other").await;
        let job = compilation(ANONYMOUS, b"onnx", options("digits", "1"));
        let JobSpec::Compile(spec) = &job.spec else {
            panic!()
        };
        let upload = async |tenant: &str| database.upload(tenant, spec.upload).await.unwrap();
        assert_eq!(upload(ANONYMOUS).await, None);
        submit(&database, &job).await;
        assert_eq!(upload(ANONYMOUS).await, Some(Upload::Compiling(job.id)));
        assert_eq!(upload(&other).await, None);

        // The same once more, also under a key, is the compilation that runs; and so it stays for that key.
        let again = compilation(ANONYMOUS, b"onnx", options("digits", "2"));
        let idempotency = Idempotency {
            key: "upload".to_owned(),
            body: Digest::of(b"body"),
        };
        for key in [None, Some(&idempotency), Some(&idempotency)] {
            let Inserted::Existing(jobs) = submitted(&database, &again, key).await else {
                panic!()
            };
            assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [job.id]);
        }
        // Another tenant's upload is its own.
        let theirs = compilation(&other, b"onnx", options("digits", "1"));
        submit(&database, &theirs).await;
        assert_eq!(upload(&other).await, Some(Upload::Compiling(theirs.id)));

        // What failed is forgotten, and may be tried again.
        let first = database.claim("tester", 60_000).await.unwrap().unwrap();
        let cause = Cause::new(CauseKind::InvalidModel, "no");
        database
            .complete(&first, Ending::Failed(cause), &Measured::default())
            .await
            .unwrap();
        let owner = first.job.tenant.clone();
        assert_eq!(upload(&owner).await, None);
        let second = claim(&database).await;
        database
            .complete(
                &second,
                Ending::Compiled(Box::new(model(5))),
                &Measured::default(),
            )
            .await
            .unwrap();
        let done = upload(&second.job.tenant).await;
        assert_eq!(done, Some(Upload::Model(ModelId([5; 32]))));
        let retry = compilation(&owner, b"onnx", options("digits", "1"));
        assert!(matches!(
            submitted(&database, &retry, None).await,
            Inserted::Created(_)
        ));
        assert_eq!(upload(&owner).await, Some(Upload::Compiling(retry.id)));
    })
    .await;
}
