//! What is accepted, once.

use crate::compiled::{compilation, options};
use crate::databases::each;
use crate::samples::{claim, proof, record, submit};
use hallmark_server::digest::Digest;
use hallmark_server::job::{ANONYMOUS, JobState, NewJob};
use hallmark_server::store::{Database, Idempotency, Inserted, JobFilter, QueueLimits, Upload};
use std::collections::HashSet;

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_job_is_there_as_it_was_given() {
    each(|database| async move {
        let mut job = proof();
        job.priority = 3;
        job.estimate_ms = Some(40);
        submit(&database, &job).await;
        let found = record(&database, job.id).await;
        assert_eq!(
            (found.state, found.attempt, found.max_attempts),
            (JobState::Queued, 0, 3)
        );
        assert_eq!(
            (found.spec, found.priority, found.estimate_ms),
            (job.spec.clone(), 3, Some(40))
        );
        assert!(database.job(Some("somebody"), job.id).await.unwrap().is_none());
        let events = database.events_after(job.id, 0, 10).await.unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].seq, events[0].state), (1, JobState::Queued));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_the_same_job_however_often_and_at_once() {
    each(|database| async move {
        let same = Idempotency {
            key: "k".to_owned(),
            body: Digest::of(b"body"),
        };
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (database, same) = (database.clone(), same.clone());
                tokio::spawn(
                    async move { database.insert_jobs(&[proof()], Some(&same), None).await.unwrap() },
                )
            })
            .collect();
        let (mut created, mut ids) = (0, HashSet::new());
        for task in tasks {
            let jobs = match task.await.unwrap() {
                Inserted::Created(jobs) => {
                    created += 1;
                    jobs
                }
                Inserted::Existing(jobs) => jobs,
                other => panic!("{other:?}"),
            };
            ids.extend(jobs.iter().map(|job| job.id));
        }
        assert_eq!((created, ids.len()), (1, 1));
        let other = Idempotency {
            body: Digest::of(b"another body"),
            ..same.clone()
        };
        let conflict = database
            .insert_jobs(&[proof()], Some(&other), None)
            .await
            .unwrap();
        assert_eq!(conflict, Inserted::Conflict);
        assert_eq!(all(&database).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_whole_or_not_there_and_queues_have_ends() {
    each(|database| async move {
        let limits = QueueLimits {
            total: 5,
            per_tenant: 4,
            proof_ms_per_day: None,
        };
        let batch: Vec<NewJob> = (0..3).map(|_| proof()).collect();
        let created = database.insert_jobs(&batch, None, Some(limits)).await.unwrap();
        let Inserted::Created(created) = created else {
            panic!("{created:?}")
        };
        let order: Vec<_> = created.iter().map(|job| job.id).collect();
        assert_eq!(order, batch.iter().map(|job| job.id).collect::<Vec<_>>());
        let refused = database
            .insert_jobs(&[proof(), proof()], None, Some(limits))
            .await
            .unwrap();
        let full = Inserted::QueueFull {
            waiting: 3,
            of_tenant: true,
        };
        assert_eq!(refused, full);
        // One bad job (its id is taken) takes the whole batch with it.
        let bad = [proof(), batch[0].clone()];
        assert!(database.insert_jobs(&bad, None, None).await.is_err());
        assert_eq!(all(&database).await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_share_one_quota() {
    each(|database| async move {
        let limits = QueueLimits {
            total: 100,
            per_tenant: 100,
            proof_ms_per_day: Some(3_500),
        };
        let requests = (0..8).map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                let mut job = proof();
                job.estimate_ms = Some(1_000);
                database.insert_jobs(&[job], None, Some(limits)).await.unwrap()
            })
        });
        let (mut created, mut refused) = (0, Vec::new());
        for answer in futures::future::join_all(requests).await {
            match answer.unwrap() {
                Inserted::Created(jobs) => created += jobs.len(),
                Inserted::QuotaExhausted(quota) => refused.push(quota),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((created, refused.len()), (3, 5));
        for quota in refused {
            assert_eq!(
                (quota.used_ms, quota.reserved_ms, quota.wanted_ms, quota.quota_ms),
                (0, 3_000, 1_000, 3_500)
            );
            assert_eq!(quota.resets_ms % 86_400_000, 0);
            assert!((1..=86_400_000).contains(&quota.renewed_in_ms));
        }
        assert_eq!(all(&database).await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_upload_is_compiled_once() {
    each(|database| async move {
        let job = compilation(ANONYMOUS, b"onnx", options("digits", "1"));
        submit(&database, &job).await;
        let again = compilation(ANONYMOUS, b"onnx", options("digits", "1"));
        let Inserted::Existing(existing) = database
            .insert_jobs(std::slice::from_ref(&again), None, None)
            .await
            .unwrap()
        else {
            panic!("compiled twice");
        };
        assert_eq!(existing[0].id, job.id);
        let hallmark_server::job::JobSpec::Compile(spec) = &job.spec else {
            panic!()
        };
        let upload = database.upload(ANONYMOUS, spec.upload).await.unwrap();
        assert_eq!(upload, Some(Upload::Compiling(job.id)));
        // After a failure it may be tried again.
        database.cancel(None, job.id).await.unwrap();
        assert_eq!(database.upload(ANONYMOUS, spec.upload).await.unwrap(), None);
        submit(&database, &again).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_is_priority_then_age_and_positions_say_so() {
    each(|database| async move {
        let mut jobs = vec![proof(), proof(), proof()];
        jobs[2].priority = 1;
        for job in &jobs {
            submit(&database, job).await;
        }
        let mut positions = Vec::new();
        for job in &jobs {
            positions.push(
                database
                    .queue_position(&record(&database, job.id).await)
                    .await
                    .unwrap(),
            );
        }
        assert_eq!(positions, [1, 2, 0]);
        let order = [
            claim(&database).await,
            claim(&database).await,
            claim(&database).await,
        ]
        .map(|claim| claim.job.id);
        assert_eq!(order, [jobs[2].id, jobs[0].id, jobs[1].id]);
        assert!(database.claim("tester", 1000).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_filter_and_continue() {
    each(|database| async move {
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(submit(&database, &proof()).await);
        }
        submit(&database, &compilation(ANONYMOUS, b"x", options("x", "1"))).await;
        database.cancel(None, ids[0]).await.unwrap();
        let filter = JobFilter {
            tenant: Some(ANONYMOUS.to_owned()),
            kind: Some(hallmark_server::job::JobKind::Prove),
            states: vec![JobState::Queued],
            ..JobFilter::default()
        };
        let first = database.jobs(&filter, None, 3).await.unwrap();
        assert_eq!(
            first.iter().map(|job| job.id).collect::<Vec<_>>(),
            [ids[4], ids[3], ids[2]]
        );
        let rest = database.jobs(&filter, Some(ids[2]), 3).await.unwrap();
        assert_eq!(rest.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[1]]);
        let nobody = JobFilter {
            tenant: Some("nobody".to_owned()),
            ..filter
        };
        assert!(database.jobs(&nobody, None, 3).await.unwrap().is_empty());
    })
    .await;
}

async fn all(database: &Database) -> usize {
    database
        .jobs(&JobFilter::default(), None, 100)
        .await
        .unwrap()
        .len()
}
