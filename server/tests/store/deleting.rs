//! What is left of deleted jobs and models.

use crate::compiled::model;
use crate::databases::each;
use crate::models::{compiled, tenant};
use crate::samples::{claim, proof, record, result, submit};
use hallmark_server::digest::Digest;
use hallmark_server::job::{ANONYMOUS, JobSpec, JobState, NewJob};
use hallmark_server::objects::Objects;
use hallmark_server::retention::Retention;
use hallmark_server::settings;
use hallmark_server::store::{
    Database, Ending, Idempotency, Inserted, JobDeletion, JobFilter, Measured, ModelDeletion, Upload,
};
use hallmark_server::telemetry::Metrics;
use hallmark_verifier::ModelId;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

struct Files {
    objects: Objects,
    retention: Retention,
    folder: TempDir,
}

fn files(database: &Database) -> Files {
    let folder = TempDir::new().unwrap();
    let objects = Objects::open_folder(folder.path()).unwrap();
    Files {
        retention: Retention::new(
            database.clone(),
            objects.clone(),
            settings::Retention::default(),
            Metrics::new(),
        ),
        objects,
        folder,
    }
}

fn make_old(folder: &Path, digest: Digest) {
    let name = digest.to_string();
    let path = folder.join("artifacts").join(&name[..2]).join(&name);
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3 * 3600))
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_job_leaves_its_receipt() {
    each(|database| async move {
        let files = files(&database);
        let other = tenant(&database, "other").await;
        let all = ["*".to_owned()];
        let hook = database.create_webhook(ANONYMOUS, "https://example.com/", &all, 10);
        let hook = hook.await.unwrap().unwrap();
        let idempotency = Idempotency {
            key: "order-17".to_owned(),
            body: Digest::of(b"body"),
        };
        let job = proof();
        let handed_in = database.insert_jobs(std::slice::from_ref(&job), Some(&idempotency), None);
        assert!(matches!(handed_in.await.unwrap(), Inserted::Created(_)));
        let bundle = files.objects.put("bundle").await.unwrap();
        let opening = files.objects.put("opening").await.unwrap();
        files.objects.put_input(job.id, "[1]").await.unwrap();
        let unended = database.delete_job(ANONYMOUS, job.id, None).await.unwrap();
        assert!(matches!(unended, JobDeletion::Unended(job) if job.state == JobState::Queued));

        let mut made = result(b"bundle");
        made.opening = Some(opening);
        let claimed = claim(&database).await;
        database
            .complete(&claimed, Ending::Proved(made), &Measured::default())
            .await
            .unwrap();
        let (head, receipt) = (
            database.tree_head().await.unwrap(),
            database.receipt(0).await.unwrap().unwrap(),
        );
        assert_eq!(
            database.delete_job(&other, job.id, None).await.unwrap(),
            JobDeletion::NotFound
        );

        let JobDeletion::Deleted(deleted) = database.delete_job(ANONYMOUS, job.id, None).await.unwrap()
        else {
            panic!()
        };
        assert_eq!(database.job(Some(ANONYMOUS), job.id).await.unwrap(), None);
        assert!(
            database
                .jobs(&JobFilter::default(), None, 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(database.events_after(job.id, 0, 10).await.unwrap().is_empty());
        assert!(database.deliveries(hook.id, None, 10).await.unwrap().is_empty());
        // A process that dies here is followed by retention.
        assert_eq!(database.jobs_to_erase(10).await.unwrap(), [*deleted]);
        assert_eq!(files.retention.round(false).await.unwrap().jobs, 1);
        assert!(files.objects.get(bundle).await.unwrap_err().is_not_found());
        assert!(files.objects.get(opening).await.unwrap_err().is_not_found());
        assert!(files.objects.input(job.id).await.unwrap_err().is_not_found());
        assert!(database.jobs_to_erase(10).await.unwrap().is_empty());
        let left = record(&database, job.id).await;
        let JobSpec::Prove(spec) = left.spec else { panic!() };
        assert_eq!(
            (left.result, spec.metadata, spec.input, spec.nonce),
            (None, None, Digest([0; 32]), [0; 32])
        );

        // The log is what it was, and what the leaf says needs nothing of what is gone.
        assert_eq!(database.tree_head().await.unwrap(), head);
        assert_eq!(database.receipt(0).await.unwrap().unwrap(), receipt);
        assert!(receipt.entry.contains(&bundle.to_string()));

        // Again is no error, and noted once; the same request again is neither the old job nor a new one.
        let again = database.delete_job(ANONYMOUS, job.id, None).await.unwrap();
        assert!(matches!(again, JobDeletion::Deleted(_)));
        let noted = database.deletions(ANONYMOUS, None, 10).await.unwrap();
        assert_eq!(noted.len(), 1);
        assert_eq!(
            (noted[0].what.as_str(), &noted[0].name),
            ("job", &job.id.to_string())
        );
        assert!(database.deletions(&other, None, 10).await.unwrap().is_empty());
        let repeated = database.earlier_jobs(ANONYMOUS, &idempotency).await.unwrap();
        assert_eq!(repeated, Some(Inserted::Deleted));
        let repeated = database
            .insert_jobs(&[proof()], Some(&idempotency), None)
            .await
            .unwrap();
        assert_eq!(repeated, Inserted::Deleted);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_goes_when_nobody_has_it_and_no_job_needs_it() {
    each(|database| async move {
        let files = files(&database);
        let id = ModelId([7; 32]);
        let digest = files.objects.put(vec![7u8]).await.unwrap();
        assert_eq!(model(7).artifacts.key, digest);
        let (alice, bob) = (tenant(&database, "alice").await, tenant(&database, "bob").await);
        compiled(&database, &alice, 7, "digits", "1").await;
        compiled(&database, &bob, 7, "mine", "1").await;
        let gone = database.delete_registration("nobody", &id, None).await.unwrap();
        assert_eq!(gone, ModelDeletion::NotFound);

        // Jobs of one's own are ended first.
        let JobSpec::Prove(spec) = proof().spec else {
            panic!()
        };
        let waiting = NewJob::new(&alice, None, JobSpec::Prove(spec.clone()));
        submit(&database, &waiting).await;
        let refused = database.delete_registration(&alice, &id, None).await.unwrap();
        assert_eq!(refused, ModelDeletion::InUse(1));
        assert!(database.visible_model(&alice, &id).await.unwrap().is_some());
        database.cancel(Some(&alice), waiting.id).await.unwrap();
        for _ in 0..2 {
            let deleted = database.delete_registration(&alice, &id, None).await.unwrap();
            assert_eq!(deleted, ModelDeletion::Deleted);
        }
        assert!(database.visible_model(&alice, &id).await.unwrap().is_none());
        assert!(database.registered_model(&id).await.unwrap().is_some());
        assert_eq!(files.retention.round(false).await.unwrap().models, 0);

        // Accepted jobs of others are done.
        let others = NewJob::new(ANONYMOUS, None, JobSpec::Prove(spec));
        submit(&database, &others).await;
        let deleted = database.delete_registration(&bob, &id, None).await.unwrap();
        assert_eq!(deleted, ModelDeletion::Deleted);
        assert!(database.registered_model(&id).await.unwrap().is_none());
        assert!(database.model(&id).await.unwrap().is_some());
        make_old(files.folder.path(), digest);
        assert_eq!(files.retention.round(false).await.unwrap().models, 0);
        database.cancel(None, others.id).await.unwrap();

        // What was stored lately may be about to be referred to.
        assert_eq!(files.objects.put(vec![7u8]).await.unwrap(), digest);
        assert_eq!(files.retention.round(false).await.unwrap().models, 0);
        assert!(database.model(&id).await.unwrap().is_some());
        make_old(files.folder.path(), digest);
        assert_eq!(files.retention.round(false).await.unwrap().models, 1);
        assert!(database.model(&id).await.unwrap().is_none());
        assert!(files.objects.get(digest).await.unwrap_err().is_not_found());

        // The same upload is compiled again, and not taken for the model that is gone.
        compiled(&database, &alice, 7, "digits", "1").await;
        assert!(database.visible_model(&alice, &id).await.unwrap().is_some());
    })
    .await;
}

/// Two models of one upload, with other options, have the same ONNX file.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_models_share_stay_until_the_last_is_gone() {
    each(|database| async move {
        let files = files(&database);
        let shared = files.objects.put("onnx").await.unwrap();
        let mut own = Vec::new();
        for id in [7u8, 8] {
            own.push(files.objects.put(vec![id]).await.unwrap());
            let mut compiled = model(id);
            compiled.artifacts.onnx = shared;
            let mut options = crate::compiled::options("digits", &id.to_string());
            options.bits = id.into();
            submit(
                &database,
                &crate::compiled::compilation(ANONYMOUS, b"onnx", options),
            )
            .await;
            let claimed = claim(&database).await;
            let ending = Ending::Compiled(Box::new(compiled));
            database
                .complete(&claimed, ending, &Measured::default())
                .await
                .unwrap();
        }
        for digest in [shared, own[0], own[1]] {
            make_old(files.folder.path(), digest);
        }
        for (index, id) in [7u8, 8].into_iter().enumerate() {
            let id = ModelId([id; 32]);
            let deleted = database.delete_registration(ANONYMOUS, &id, None).await.unwrap();
            assert_eq!(deleted, ModelDeletion::Deleted);
            assert_eq!(files.retention.round(false).await.unwrap().models, 1);
            assert!(database.model(&id).await.unwrap().is_none());
            assert!(files.objects.get(own[index]).await.unwrap_err().is_not_found());
            // The other model needs it.
            assert_eq!(files.objects.get(shared).await.is_ok(), index == 0);
            assert_eq!(files.objects.get(own[1]).await.is_ok(), index == 0);
        }
    })
    .await;
}

/// Whoever compiles a model whose files are being erased has stored new ones, perhaps with other digests.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_being_erased_is_compiled_again() {
    each(|database| async move {
        let files = files(&database);
        let id = ModelId([7; 32]);
        let old = files.objects.put(vec![7u8]).await.unwrap();
        compiled(&database, ANONYMOUS, 7, "digits", "1").await;
        database.delete_registration(ANONYMOUS, &id, None).await.unwrap();
        let new = files.objects.put("a new report").await.unwrap();
        let mut again = model(7);
        again.artifacts.report = new;
        let job = crate::compiled::compilation(ANONYMOUS, b"again", crate::compiled::options("digits", "1"));
        submit(&database, &job).await;
        let claimed = claim(&database).await;
        let ending = Ending::Compiled(Box::new(again));
        database
            .complete(&claimed, ending, &Measured::default())
            .await
            .unwrap();
        for digest in [old, new] {
            make_old(files.folder.path(), digest);
        }
        assert_eq!(files.retention.round(false).await.unwrap().models, 0);
        let found = database.registered_model(&id).await.unwrap().unwrap();
        assert_eq!(found.artifacts.report, new);
        for digest in found.artifacts.all() {
            files.objects.get(digest).await.unwrap();
        }
        let JobSpec::Compile(spec) = job.spec else {
            panic!()
        };
        let upload = database.upload(ANONYMOUS, spec.upload).await.unwrap();
        assert_eq!(upload, Some(Upload::Model(id)));
    })
    .await;
}
