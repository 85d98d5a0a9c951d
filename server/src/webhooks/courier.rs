//! Takes messages from the outbox and sends them, until the process ends.
//!
//! At least once: a message is marked as delivered after the receiver accepted it, so a process that dies in between has it
//! sent again, with the same id.

use super::sender::{Message, SendError, Sender};
use crate::store::{Attempt, Database, DueDelivery, StoreError};
use crate::telemetry::{Metrics, Outcome};
use rand::Rng;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Messages under way at once.
const AT_ONCE: usize = 16;
/// Longest time between two looks at the outbox.
const LOOK: Duration = Duration::from_secs(1);
/// Shortest time between two looks, however many jobs end.
const PAUSE: Duration = Duration::from_millis(50);
/// What a lease has beyond the time that sending may take.
const LEASE_MARGIN: Duration = Duration::from_secs(20);
/// Wait after the first failed attempt, quadrupled after each further one.
const FIRST_RETRY_MS: i64 = 2_000;
/// Longest wait between two attempts.
const LONGEST_RETRY_MS: i64 = 6 * 3_600_000;

/// Sends what is in the outbox.
#[derive(Clone, Debug)]
pub struct Courier {
    database: Database,
    sender: Sender,
    metrics: Metrics,
    timeout: Duration,
    max_attempts: u32,
}

impl Courier {
    /// A courier; `timeout` is the sender's.
    #[must_use]
    pub fn new(
        database: Database,
        sender: Sender,
        metrics: Metrics,
        timeout: Duration,
        max_attempts: u32,
    ) -> Self {
        Self {
            database,
            sender,
            metrics,
            timeout,
            max_attempts,
        }
    }

    /// Sends until `shutdown`; then waits for what is under way.
    pub async fn run(self, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut events = self.database.signals().events();
        loop {
            if let Err(error) = self.send_due(&tasks, &places).await {
                tracing::warn!(%error, "reading the outbox of webhooks failed; trying again");
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                // A signal, or that some were missed: both are a reason to look.
                _ = events.recv() => tokio::time::sleep(PAUSE).await,
                () = tokio::time::sleep(LOOK) => {}
            }
            events = events.resubscribe();
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn send_due(&self, tasks: &TaskTracker, places: &Arc<Semaphore>) -> Result<(), StoreError> {
        let lease = self.timeout + LEASE_MARGIN;
        let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        while let Ok(place) = Arc::clone(places).try_acquire_owned() {
            if !self.database.delivery_is_due().await? {
                break;
            }
            let Some(due) = self.database.claim_delivery(lease_ms).await? else {
                break;
            };
            let courier = self.clone();
            tasks.spawn(async move {
                courier.deliver(&due).await;
                drop(place);
            });
        }
        Ok(())
    }

    async fn deliver(&self, due: &DueDelivery) {
        let delivery = &due.delivery;
        let id = delivery.id.to_string();
        let message = Message {
            url: &due.url,
            secrets: &due.secrets,
            id: &id,
            timestamp: due.claimed_ms / 1000,
            body: &delivery.body,
        };
        let sent = self.sender.send(&message).await;
        let attempt = self.judge(delivery.attempt, sent);
        self.metrics.delivery(match &attempt {
            Attempt::Delivered(_) => Outcome::Delivered,
            Attempt::Retry { .. } => Outcome::Retried,
            Attempt::Failed { .. } => Outcome::Failed,
        });
        let job = delivery.job.map(|job| job.to_string());
        tracing::debug!(delivery = id, webhook = %delivery.webhook, job_id = job, ?attempt, "webhook tried");
        if let Err(error) = self.database.finish_attempt(due, &attempt).await {
            // The lease ends by itself, and the message is sent again.
            tracing::warn!(%error, delivery = id, "noting the end of a delivery failed");
        }
    }

    fn judge(&self, attempt: i64, sent: Result<u16, SendError>) -> Attempt {
        match sent {
            Ok(status) => Attempt::Delivered(status),
            Err(error) if error.is_final() || attempt >= i64::from(self.max_attempts) => Attempt::Failed {
                status: error.status(),
                disable: error.is_final(),
                error: error.to_string(),
            },
            Err(error) => Attempt::Retry {
                status: error.status(),
                error: error.to_string(),
                after_ms: retry_after_ms(attempt),
            },
        }
    }
}

/// Two seconds, eight, half a minute, two minutes …, with a random fifth more or less, so that messages that failed together do not
/// come back together.
fn retry_after_ms(attempt: i64) -> i64 {
    let doublings = (2 * (attempt - 1)).clamp(0, 24);
    let wait = (FIRST_RETRY_MS << doublings).min(LONGEST_RETRY_MS);
    wait + rand::rngs::OsRng.gen_range(-wait / 5..=wait / 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        let mut least = 0;
        for attempt in 1..=40 {
            let wait = retry_after_ms(attempt);
            assert!(
                (FIRST_RETRY_MS * 4 / 5..=LONGEST_RETRY_MS * 6 / 5).contains(&wait),
                "{attempt}: {wait}"
            );
            assert!(wait >= least);
            // A quadrupled wait minus a fifth is more than the wait plus a fifth.
            least = if attempt < 7 { wait } else { 0 };
        }
    }
}
