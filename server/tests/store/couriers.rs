//! From the outbox to receivers that accept, fail and are gone.

use crate::databases::{each, sqlite};
use crate::samples::{claim, proof, result, submit};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use hallmark_server::job::{ANONYMOUS, WebhookId};
use hallmark_server::store::{Database, Delivery, Ending, Measured};
use hallmark_server::telemetry::Metrics;
use hallmark_server::webhooks::{Courier, Guard, Sender};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const TIMEOUT: Duration = Duration::from_secs(5);

/// A receiver with a path per behaviour; counts what comes.
async fn receiver() -> (String, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let answer = |status: StatusCode, wait_ms: u64| {
        let count = Arc::clone(&count);
        post(async move || {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            status
        })
    };
    let router = Router::new()
        .route("/accepts", answer(StatusCode::OK, 0))
        .route("/thinks", answer(StatusCode::OK, 300))
        .route("/fails", answer(StatusCode::INTERNAL_SERVER_ERROR, 0))
        .route("/gone", answer(StatusCode::GONE, 0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}"), count)
}

async fn hook(database: &Database, url: String) -> WebhookId {
    let made = database
        .create_webhook(ANONYMOUS, &url, &["*".to_owned()], 10)
        .await;
    made.unwrap().unwrap().id
}

async fn finish_a_proof(database: &Database) {
    submit(database, &proof()).await;
    let claim = claim(database).await;
    let ending = Ending::Proved(result(b"bundle"));
    database
        .complete(&claim, ending, &Measured::default())
        .await
        .unwrap();
}

async fn message(database: &Database, webhook: WebhookId) -> Delivery {
    database.deliveries(webhook, None, 10).await.unwrap().remove(0)
}

fn courier(database: &Database, metrics: &Metrics, max_attempts: u32) -> Courier {
    let sender = Sender::new(Guard { allow_private: true }, TIMEOUT).unwrap();
    Courier::new(database.clone(), sender, metrics.clone(), TIMEOUT, max_attempts)
}

/// Runs a courier until every message was tried.
async fn deliver(database: &Database, metrics: &Metrics, max_attempts: u32) {
    let stop = CancellationToken::new();
    let running = tokio::spawn(courier(database, metrics, max_attempts).run(stop.clone()));
    for _ in 0..100 {
        if !database.delivery_is_due().await.unwrap() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    // Ends only when what is under way has its end.
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_delivered_tried_again_or_given_up_by_what_its_receiver_says() {
    each(|database| async move {
        let (url, _) = receiver().await;
        let accepts = hook(&database, format!("{url}/accepts")).await;
        let fails = hook(&database, format!("{url}/fails")).await;
        let gone = hook(&database, format!("{url}/gone")).await;
        let nobody = hook(&database, "http://127.0.0.1:9/".to_owned()).await;
        finish_a_proof(&database).await;
        let metrics = Metrics::new();
        deliver(&database, &metrics, 2).await;

        let accepted = message(&database, accepts).await;
        assert_eq!(
            (accepted.state.as_str(), accepted.attempt, accepted.last_status),
            ("delivered", 1, Some(200))
        );
        for (webhook, status) in [(fails, Some(500)), (nobody, None)] {
            let waiting = message(&database, webhook).await;
            assert_eq!(
                (waiting.state.as_str(), waiting.attempt, waiting.last_status),
                ("pending", 1, status)
            );
            let wait = waiting.next_ms - waiting.created_ms;
            assert!((1_600..60_000).contains(&wait), "{wait}");
        }
        assert!(
            message(&database, fails)
                .await
                .last_error
                .unwrap()
                .contains("status 500")
        );
        assert!(
            message(&database, nobody)
                .await
                .last_error
                .unwrap()
                .starts_with("no answer")
        );
        let given_up = message(&database, gone).await;
        assert_eq!((given_up.state.as_str(), given_up.attempt), ("failed", 1));
        let disabled = async |id| {
            let hook = database.webhook(ANONYMOUS, id).await.unwrap().unwrap();
            hook.disabled_ms.is_some()
        };
        assert!(disabled(gone).await && !disabled(fails).await);

        // The second attempt is the last; the receiver stays, for other messages.
        let soon = "UPDATE deliveries SET next_ms = 0 WHERE state = 'pending'";
        database.execute(soon, Vec::new()).await.unwrap();
        deliver(&database, &metrics, 2).await;
        let failed = message(&database, fails).await;
        assert_eq!((failed.state.as_str(), failed.attempt), ("failed", 2));
        assert!(!disabled(fails).await);
        let text = metrics.text();
        for line in [
            r#"hallmark_webhook_deliveries_total{result="delivered"} 1"#,
            r#"hallmark_webhook_deliveries_total{result="retried"} 2"#,
            r#"hallmark_webhook_deliveries_total{result="failed"} 3"#,
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_when_the_server_stops_is_waited_for_and_noted() {
    let fresh = sqlite().await;
    let database = fresh.database.clone();
    let (url, count) = receiver().await;
    let hook = hook(&database, format!("{url}/thinks")).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(courier(&database, &Metrics::new(), 3).run(stop.clone()));
    finish_a_proof(&database).await;
    for _ in 0..200 {
        if count.load(Ordering::SeqCst) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(message(&database, hook).await.state, "delivered");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
