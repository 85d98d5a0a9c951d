//! Tenants share the workers.

use crate::databases::each;
use crate::models::tenant;
use crate::samples::{proof, result, submit};
use hallmark_server::job::NewJob;
use hallmark_server::store::{Claim, Database, Ending, Inserted, Measured};
use std::time::{Duration, Instant};

fn job_of(tenant: &str, priority: i64) -> NewJob {
    let mut job = proof();
    tenant.clone_into(&mut job.tenant);
    job.priority = priority;
    job.estimate_ms = Some(100);
    job
}

async fn queue(database: &Database, tenant: &str, priority: i64, count: usize) {
    let jobs: Vec<NewJob> = (0..count).map(|_| job_of(tenant, priority)).collect();
    let inserted = database.insert_jobs(&jobs, None, None).await.unwrap();
    assert!(matches!(inserted, Inserted::Created(_)));
}

async fn take(database: &Database) -> Claim {
    database.claim("tester", 600_000).await.unwrap().unwrap()
}

/// Takes the next job up and ends it, after what is said to have been `used_ms`. Says whose it was.
async fn work(database: &Database, used_ms: i64) -> String {
    let claim = take(database).await;
    let measured = Measured {
        used_ms: Some(used_ms),
        ..Measured::default()
    };
    let ending = Ending::Proved(result(b"r"));
    database.complete(&claim, ending, &measured).await.unwrap();
    claim.job.tenant
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_a_thousand_urgent_jobs_does_not_keep_another_waiting() {
    each(|database| async move {
        let (a, b) = (tenant(&database, "a").await, tenant(&database, "b").await);
        queue(&database, &a, 10, 1000).await;
        for _ in 0..3 {
            assert_eq!(work(&database, 100).await, a);
        }
        let waiting = submit(&database, &job_of(&b, -10)).await;
        let next = [take(&database).await, take(&database).await];
        assert!(next.iter().any(|claim| claim.job.id == waiting), "{next:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_are_by_weight_and_by_what_was_used() {
    each(|database| async move {
        let (a, b) = (tenant(&database, "a").await, tenant(&database, "b").await);
        assert!(database.set_weight("a", 2).await.unwrap());
        assert!(!database.set_weight("c", 2).await.unwrap());
        queue(&database, &a, 0, 60).await;
        queue(&database, &b, 10, 60).await;
        let mut of_a = 0;
        for _ in 0..45 {
            of_a += usize::from(work(&database, 100).await == a);
        }
        assert!((28..=32).contains(&of_a), "{of_a} of 45");
        // Jobs that take three times as long as was expected come a third as often.
        let (c, d) = (tenant(&database, "c").await, tenant(&database, "d").await);
        for tenant in [&a, &b] {
            for job in database.jobs(&waiting(tenant), None, 200).await.unwrap() {
                database.cancel(None, job.id).await.unwrap();
            }
        }
        queue(&database, &c, 0, 60).await;
        queue(&database, &d, 0, 60).await;
        let mut of_c = 0;
        for _ in 0..40 {
            let claim = take(&database).await;
            let mine = claim.job.tenant == c;
            of_c += usize::from(mine);
            let measured = Measured {
                used_ms: Some(if mine { 300 } else { 100 }),
                ..Measured::default()
            };
            database
                .complete(&claim, Ending::Proved(result(b"r")), &measured)
                .await
                .unwrap();
        }
        assert!((8..=12).contains(&of_c), "{of_c} of 40");
    })
    .await;
}

fn waiting(tenant: &str) -> hallmark_server::store::JobFilter {
    hallmark_server::store::JobFilter {
        tenant: Some(tenant.to_owned()),
        states: vec![hallmark_server::job::JobState::Queued],
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn having_been_away_is_no_credit() {
    each(|database| async move {
        let (a, b) = (tenant(&database, "a").await, tenant(&database, "b").await);
        // B has a share from before; then A works alone for long.
        queue(&database, &b, 0, 1).await;
        work(&database, 100).await;
        queue(&database, &a, 0, 40).await;
        for _ in 0..20 {
            work(&database, 10_000).await;
        }
        queue(&database, &b, 0, 20).await;
        let mut of_b = 0;
        for _ in 0..12 {
            of_b += usize::from(work(&database, 10_000).await == b);
        }
        assert!((5..=8).contains(&of_b), "{of_b} of 12");
        // Nor is it for one who comes when nobody is there.
        for _ in 12..40 {
            work(&database, 10_000).await;
        }
        assert!(database.claim("tester", 1000).await.unwrap().is_none());
        queue(&database, &a, 0, 6).await;
        for _ in 0..6 {
            work(&database, 10_000).await;
        }
        queue(&database, &b, 0, 20).await;
        queue(&database, &a, 0, 20).await;
        let mut of_b = 0;
        for _ in 0..12 {
            of_b += usize::from(work(&database, 10_000).await == b);
        }
        assert!((4..=8).contains(&of_b), "{of_b} of 12");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_at_once_share_too() {
    each(|database| async move {
        let (a, b) = (tenant(&database, "a").await, tenant(&database, "b").await);
        queue(&database, &a, 10, 100).await;
        queue(&database, &b, 0, 100).await;
        let workers = (0..6).map(|_| {
            let (database, a) = (database.clone(), a.clone());
            tokio::spawn(async move {
                let mut of_a = 0;
                for _ in 0..10 {
                    of_a += usize::from(work(&database, 100).await == a);
                }
                of_a
            })
        });
        let counts = futures::future::join_all(workers).await;
        let of_a: usize = counts.into_iter().map(Result::unwrap).sum();
        assert!((20..=40).contains(&of_a), "{of_a} of 60");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_cheap_however_much_waits() {
    each(|database| async move {
        let mut tenants = Vec::new();
        for number in 0..10 {
            tenants.push(tenant(&database, &format!("t{number}")).await);
        }
        for tenant in &tenants {
            for _ in 0..2 {
                queue(&database, tenant, 0, 1000).await;
            }
        }
        // Without statistics PostgreSQL cannot know what is rare.
        if database.dialect() == hallmark_server::store::Dialect::Postgres {
            database.execute("ANALYZE jobs", Vec::new()).await.unwrap();
        }
        let begin = Instant::now();
        for _ in 0..50 {
            take(&database).await;
        }
        let each = begin.elapsed() / 50;
        assert!(each < Duration::from_millis(100), "{each:?} a claim");
    })
    .await;
}
