//! Webhooks and their outbox.

use crate::databases::each;
use crate::models::tenant;
use crate::samples::{claim, proof, result, submit};
use hallmark_server::job::{ANONYMOUS, DeliveryId, WebhookId};
use hallmark_server::store::{Attempt, Database, Delivery, Ending, Measured, Webhook, WebhookChanges};

const LEASE_MS: i64 = 60_000;

async fn hook(database: &Database, events: &[&str]) -> Webhook {
    let events: Vec<String> = events.iter().map(|&word| word.to_owned()).collect();
    let made = database
        .create_webhook(ANONYMOUS, "https://example.com/hook", &events, 10)
        .await;
    made.unwrap().unwrap()
}

async fn finish_a_proof(database: &Database) {
    submit(database, &proof()).await;
    let claim = claim(database).await;
    database
        .complete(&claim, Ending::Proved(result(b"bundle")), &Measured::default())
        .await
        .unwrap();
}

async fn outbox(database: &Database, webhook: WebhookId) -> Vec<Delivery> {
    database.deliveries(webhook, None, 100).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_belong_to_their_tenant() {
    each(|database| async move {
        let other = tenant(&database, "other").await;
        let made = hook(&database, &["*"]).await;
        assert_eq!(
            database.webhook(ANONYMOUS, made.id).await.unwrap(),
            Some(made.clone())
        );
        assert_eq!(database.webhook(&other, made.id).await.unwrap(), None);
        assert!(database.webhooks(&other, None, 10).await.unwrap().is_empty());
        assert!(!database.delete_webhook(&other, made.id).await.unwrap());

        let second = hook(&database, &["job.done"]).await;
        let ids = |hooks: Vec<Webhook>| hooks.iter().map(|hook| hook.id).collect::<Vec<_>>();
        let list = database.webhooks(ANONYMOUS, None, 10).await.unwrap();
        assert_eq!(ids(list), [second.id, made.id]);
        let list = database.webhooks(ANONYMOUS, Some(second.id), 10).await.unwrap();
        assert_eq!(ids(list), [made.id]);
        let refused = database
            .create_webhook(ANONYMOUS, "https://example.com/", &[], 2)
            .await;
        assert_eq!(refused.unwrap(), None);

        finish_a_proof(&database).await;
        assert_eq!(outbox(&database, made.id).await.len(), 1);
        assert!(database.delete_webhook(ANONYMOUS, made.id).await.unwrap());
        assert!(outbox(&database, made.id).await.is_empty());
        assert_eq!(outbox(&database, second.id).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_job_is_told_to_those_who_asked() {
    each(|database| async move {
        let all = hook(&database, &["*"]).await;
        let done = hook(&database, &["job.done", "job.failed"]).await;
        let dead = hook(&database, &["job.dead"]).await;
        finish_a_proof(&database).await;
        for wanted in [&all, &done] {
            let messages = outbox(&database, wanted.id).await;
            assert_eq!(messages.len(), 1);
            let message = &messages[0];
            assert_eq!(
                (message.event.as_str(), message.state.as_str()),
                ("job.done", "pending")
            );
            let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
            assert_eq!(body["id"], message.id.to_string());
            assert_eq!(body["job"]["id"], message.job.unwrap().to_string());
            assert_eq!(body["job"]["state"], "done");
            assert_eq!(body["job"]["metadata"]["order"], 17);
        }
        assert!(outbox(&database, dead.id).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_claimed_once_at_a_time() {
    each(|database| async move {
        let hook = hook(&database, &["*"]).await;
        assert!(!database.delivery_is_due().await.unwrap());
        finish_a_proof(&database).await;
        assert!(database.delivery_is_due().await.unwrap());
        let claims = (0..20).map(|_| database.claim_delivery(LEASE_MS));
        let claims = futures::future::join_all(claims).await;
        let won: Vec<_> = claims.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(won.len(), 1);
        assert_eq!(
            (won[0].url.as_str(), &won[0].secrets),
            ("https://example.com/hook", &vec![hook.secret.clone()])
        );
        assert!(!database.delivery_is_due().await.unwrap());
        database
            .finish_attempt(&won[0], &Attempt::Delivered(204))
            .await
            .unwrap();
        let message = &outbox(&database, hook.id).await[0];
        assert_eq!((message.state.as_str(), message.attempt), ("delivered", 1));
        assert_eq!(
            (message.last_status, message.finished_ms.is_some()),
            (Some(204), true)
        );
        assert!(!database.delivery_is_due().await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_secret_signs_for_its_time_and_no_longer() {
    each(|database| async move {
        let other = tenant(&database, "other").await;
        let hook = hook(&database, &["*"]).await;
        assert_eq!(database.rotate_secret(&other, hook.id, 1).await.unwrap(), None);
        let rotated = database
            .rotate_secret(ANONYMOUS, hook.id, LEASE_MS)
            .await
            .unwrap()
            .unwrap();
        assert_ne!(rotated.secret, hook.secret);
        let (previous, until) = rotated.previous.clone().unwrap();
        assert_eq!(previous, hook.secret);
        assert!(until > database.now_ms().await.unwrap());
        finish_a_proof(&database).await;
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        assert_eq!(due.secrets, [rotated.secret.clone(), hook.secret.clone()]);
        assert_eq!(database.forget_secrets().await.unwrap(), 0);

        // Whoever must not know the old one any more replaces it at once.
        let last = database
            .rotate_secret(ANONYMOUS, hook.id, 0)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(last.previous, None);
        finish_a_proof(&database).await;
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        assert_eq!(due.secrets, std::slice::from_ref(&last.secret));

        // When its time is over it neither signs nor stays.
        database.rotate_secret(ANONYMOUS, hook.id, 1).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        finish_a_proof(&database).await;
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        assert_eq!(due.secrets.len(), 1);
        assert_eq!(database.forget_secrets().await.unwrap(), 1);
        let found = database.webhook(ANONYMOUS, hook.id).await.unwrap().unwrap();
        assert_eq!(found.previous, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_was_switched_off_is_switched_on_again() {
    each(|database| async move {
        let other = tenant(&database, "other").await;
        let hook = hook(&database, &["*"]).await;
        finish_a_proof(&database).await;
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        let gone = Attempt::Failed {
            status: Some(410),
            error: "gone".to_owned(),
            disable: true,
        };
        database.finish_attempt(&due, &gone).await.unwrap();
        let on = WebhookChanges {
            disabled: Some(false),
            ..WebhookChanges::default()
        };
        assert_eq!(database.change_webhook(&other, hook.id, &on).await.unwrap(), None);
        let found = database.webhook(ANONYMOUS, hook.id).await.unwrap().unwrap();
        assert!(found.disabled_ms.is_some());
        finish_a_proof(&database).await;
        assert_eq!(outbox(&database, hook.id).await.len(), 1, "it is told nothing");
        // A test message is sent all the same.
        assert_eq!(database.test_webhook(&other, hook.id).await.unwrap(), None);
        let test = database.test_webhook(ANONYMOUS, hook.id).await.unwrap().unwrap();
        assert_eq!(
            (test.event.as_str(), test.job, test.attempt),
            ("webhook.test", None, 0)
        );
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        assert_eq!(due.delivery.id, test.id);

        let changes = WebhookChanges {
            url: Some("https://example.com/other".to_owned()),
            events: Some(vec!["job.done".to_owned()]),
            ..on
        };
        let changed = database
            .change_webhook(ANONYMOUS, hook.id, &changes)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (changed.url.as_str(), changed.events.len(), changed.disabled_ms),
            ("https://example.com/other", 1, None)
        );
        finish_a_proof(&database).await;
        assert_eq!(outbox(&database, hook.id).await.len(), 3);
    })
    .await;
}

/// A process that was away for longer than its lease must not overwrite what its successor found out.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_is_taken_over_and_its_end_does_not_count() {
    each(|database| async move {
        let hook = hook(&database, &["*"]).await;
        finish_a_proof(&database).await;
        let slow = database.claim_delivery(-1).await.unwrap().unwrap();
        let next = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        assert_eq!(next.delivery.attempt, 2);
        database
            .finish_attempt(&next, &Attempt::Delivered(200))
            .await
            .unwrap();
        let failed = Attempt::Failed {
            status: None,
            error: "too late".to_owned(),
            disable: true,
        };
        database.finish_attempt(&slow, &failed).await.unwrap();
        assert_eq!(outbox(&database, hook.id).await[0].state, "delivered");
        let found = database.webhook(ANONYMOUS, hook.id).await.unwrap().unwrap();
        assert_eq!(found.disabled_ms, None, "nor is the receiver taken for gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_wait_end_and_can_be_sent_again() {
    each(|database| async move {
        let hook = hook(&database, &["*"]).await;
        finish_a_proof(&database).await;
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        let retry = Attempt::Retry {
            status: Some(500),
            error: "broken".to_owned(),
            after_ms: 3_600_000,
        };
        database.finish_attempt(&due, &retry).await.unwrap();
        let message = outbox(&database, hook.id).await.remove(0);
        assert_eq!(
            (message.state.as_str(), message.last_error.as_deref()),
            ("pending", Some("broken"))
        );
        assert!(message.next_ms > message.created_ms + 3_000_000);
        assert!(!database.delivery_is_due().await.unwrap());

        let again = database.redeliver(hook.id, message.id).await.unwrap().unwrap();
        assert_eq!((again.id, again.attempt), (message.id, 0));
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        let gone = Attempt::Failed {
            status: Some(410),
            error: "gone".to_owned(),
            disable: true,
        };
        database.finish_attempt(&due, &gone).await.unwrap();
        assert_eq!(outbox(&database, hook.id).await[0].state, "failed");
        let hook = database.webhook(ANONYMOUS, hook.id).await.unwrap().unwrap();
        assert!(hook.disabled_ms.is_some());
        finish_a_proof(&database).await;
        assert_eq!(outbox(&database, hook.id).await.len(), 1);
        assert_eq!(
            database.redeliver(hook.id, DeliveryId::new()).await.unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_to_be_sent_again_is_whatever_comes_of_the_attempt_under_way() {
    each(|database| async move {
        let hook = hook(&database, &["*"]).await;
        finish_a_proof(&database).await;
        let under_way = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        let again = database.redeliver(hook.id, under_way.delivery.id).await.unwrap();
        assert_eq!(again.unwrap().state, "pending");
        database
            .finish_attempt(&under_way, &Attempt::Delivered(200))
            .await
            .unwrap();
        let due = database.claim_delivery(LEASE_MS).await.unwrap().unwrap();
        assert_eq!(
            (due.delivery.id, due.delivery.attempt),
            (under_way.delivery.id, 1)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_slow_receiver_does_not_take_every_place() {
    each(|database| async move {
        let slow = hook(&database, &["*"]).await;
        for _ in 0..8 {
            finish_a_proof(&database).await;
        }
        let quick = hook(&database, &["*"]).await;
        finish_a_proof(&database).await;
        let mut claimed = Vec::new();
        while let Some(due) = database.claim_delivery(LEASE_MS).await.unwrap() {
            claimed.push(due.delivery.webhook);
        }
        let count = |id| claimed.iter().filter(|&&webhook| webhook == id).count();
        assert_eq!((count(slow.id), count(quick.id)), (4, 1));
    })
    .await;
}
