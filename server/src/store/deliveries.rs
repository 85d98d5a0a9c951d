//! The outbox of webhooks. Its rows are written with the ends of jobs; here they are leased, sent and finished.

use super::StoreError;
use super::database::Database;
use super::job_row::parse;
use super::rows::row;
use super::sql::args;
use super::webhooks::secret;
use crate::digest::hex;
use crate::job::{DeliveryId, JobId, WebhookId};
use crate::webhook_secret::Secret;
use rand::RngCore;
use serde_json::json;

/// How many messages may be under way to one webhook: a slow receiver must not take every place.
const MOST_TO_ONE: i64 = 4;
/// The event of messages that were asked for, to try a receiver.
const TEST: &str = "webhook.test";

/// A message and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, the same in every attempt.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The job that it tells of.
    pub job: Option<JobId>,
    /// What it tells.
    pub event: String,
    /// The message.
    pub body: String,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// Attempts begun.
    pub attempt: i64,
    /// When the next attempt is due.
    pub next_ms: i64,
    /// Status of the last answer.
    pub last_status: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_ms: i64,
    /// When it was delivered or given up.
    pub finished_ms: Option<i64>,
}

/// A message that this process is to send before its lease ends.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    /// The message.
    pub delivery: Delivery,
    /// Where to.
    pub url: String,
    /// Keys of the signatures: the webhook's, and while it is replaced the one before.
    pub secrets: Vec<Secret>,
    /// When it was claimed, in milliseconds since the epoch.
    pub claimed_ms: i64,
    token: String,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Accepted, with this status.
    Delivered(u16),
    /// To be tried again after so many milliseconds.
    Retry {
        /// Status of the answer, if there was one.
        status: Option<u16>,
        /// What happened.
        error: String,
        /// Milliseconds to wait.
        after_ms: i64,
    },
    /// Given up.
    Failed {
        /// Status of the answer, if there was one.
        status: Option<u16>,
        /// What happened.
        error: String,
        /// Whether the webhook wants no more messages at all.
        disable: bool,
    },
}

row! {
    struct DeliveryRow {
        id: String,
        webhook_id: String,
        job_id: Option<String>,
        event: String,
        body: String,
        state: String,
        attempt: i64,
        next_ms: i64,
        last_status: Option<i64>,
        last_error: Option<String>,
        created_ms: i64,
        finished_ms: Option<i64>,
    }
}

const COLUMNS: &str = "id, webhook_id, job_id, event, body, state, attempt, next_ms, last_status, last_error, created_ms, finished_ms";

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        let what = format!("delivery {}", row.id);
        Ok(Self {
            id: parse(&what, &row.id)?,
            webhook: parse(&what, &row.webhook_id)?,
            job: row.job_id.map(|id| parse(&what, &id)).transpose()?,
            event: row.event,
            body: row.body,
            state: row.state,
            attempt: row.attempt,
            next_ms: row.next_ms,
            last_status: row.last_status,
            last_error: row.last_error,
            created_ms: row.created_ms,
            finished_ms: row.finished_ms,
        })
    }
}

impl Database {
    /// Messages of a webhook, the newest first, those older than `before` if it is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliveries(
        &self,
        webhook: WebhookId,
        before: Option<DeliveryId>,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE webhook_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        );
        let before = before.map(|id| id.to_string());
        let rows: Vec<DeliveryRow> = self.all(&sql, args![webhook.to_string(), before, limit]).await?;
        rows.into_iter().map(Delivery::try_from).collect()
    }

    /// Puts a test message to a webhook into the outbox. None if the tenant has no such webhook.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn test_webhook(
        &self,
        tenant: &str,
        webhook: WebhookId,
    ) -> Result<Option<Delivery>, StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let id = DeliveryId::new();
        let body = json!({ "id": id, "type": TEST, "created_ms": now, "webhook": webhook.to_string() });
        let sql = format!(
            "INSERT INTO deliveries (id, webhook_id, tenant, job_id, event, body, state, next_ms, created_ms) \
             SELECT $1, id, tenant, NULL, $2, $3, 'pending', $4, $4 FROM webhooks WHERE tenant = $5 AND id = $6 RETURNING {COLUMNS}"
        );
        let row: Option<DeliveryRow> = tx
            .optional(
                &sql,
                args![
                    id.to_string(),
                    TEST,
                    body.to_string(),
                    now,
                    tenant,
                    webhook.to_string()
                ],
            )
            .await?;
        tx.commit().await?;
        row.map(Delivery::try_from).transpose()
    }

    /// Has a message sent again, with as many attempts as a new one; the end of one that is under way does not count any more. None
    /// if the webhook has no such message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn redeliver(
        &self,
        webhook: WebhookId,
        id: DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let sql = format!(
            "UPDATE deliveries SET state = 'pending', attempt = 0, next_ms = $3, finished_ms = NULL, token = NULL, \
             lease_until_ms = NULL \
             WHERE webhook_id = $1 AND id = $2 RETURNING {COLUMNS}"
        );
        let row: Option<DeliveryRow> = tx
            .optional(&sql, args![webhook.to_string(), id.to_string(), now])
            .await?;
        tx.commit().await?;
        row.map(Delivery::try_from).transpose()
    }

    /// Whether a message is due. Reads only, so that it may be asked often.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delivery_is_due(&self) -> Result<bool, StoreError> {
        let now = self.now_ms().await?;
        let sql = "SELECT CAST(1 AS BIGINT) FROM deliveries WHERE state = 'pending' AND next_ms <= $1 \
                   AND (lease_until_ms IS NULL OR lease_until_ms < $1) LIMIT 1";
        let row: Option<(i64,)> = self.optional(sql, args![now]).await?;
        Ok(row.is_some())
    }

    /// Takes the message that has been due for longest. It is this process's for `lease_ms`; a process that dies with it is
    /// followed by another one then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_delivery(&self, lease_ms: i64) -> Result<Option<DueDelivery>, StoreError> {
        let mut bytes = [0; 16];
        rand::rngs::OsRng.fill_bytes(&mut bytes);
        let token = hex(&bytes);
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let skip = tx.dialect().pick("", "FOR UPDATE SKIP LOCKED");
        let sql = format!(
            "UPDATE deliveries SET attempt = attempt + 1, token = $1, lease_until_ms = $2 WHERE id = ( \
               SELECT id FROM deliveries AS due WHERE state = 'pending' AND next_ms <= $3 \
               AND (lease_until_ms IS NULL OR lease_until_ms < $3) \
               AND (SELECT COUNT(*) FROM deliveries AS busy WHERE busy.webhook_id = due.webhook_id \
                    AND busy.lease_until_ms >= $3) < $4 \
               ORDER BY next_ms, id LIMIT 1 {skip}) RETURNING {COLUMNS}"
        );
        let row: Option<DeliveryRow> = tx
            .optional(&sql, args![&token, now + lease_ms, now, MOST_TO_ONE])
            .await?;
        let Some(row) = row else { return Ok(None) };
        let delivery = Delivery::try_from(row)?;
        let (url, current, previous): (String, String, Option<String>) = tx
            .one(
                "SELECT url, secret, CASE WHEN previous_until_ms > $2 THEN previous_secret END FROM webhooks WHERE id = $1",
                args![delivery.webhook.to_string(), now],
            )
            .await?;
        tx.commit().await?;
        let what = format!("webhook {}", delivery.webhook);
        let secrets = std::iter::once(current)
            .chain(previous)
            .map(|text| secret(&what, &text))
            .collect::<Result<_, _>>()?;
        Ok(Some(DueDelivery {
            delivery,
            url,
            secrets,
            claimed_ms: now,
            token,
        }))
    }

    /// Notes how an attempt ended, unless its lease has ended and another process has the message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finish_attempt(&self, due: &DueDelivery, attempt: &Attempt) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let (state, next_ms, finished_ms, status, error) = match attempt {
            Attempt::Delivered(status) => ("delivered", now, Some(now), Some(*status), None),
            Attempt::Retry {
                status,
                error,
                after_ms,
            } => (
                "pending",
                now.saturating_add(*after_ms),
                None,
                *status,
                Some(error),
            ),
            Attempt::Failed { status, error, .. } => ("failed", now, Some(now), *status, Some(error)),
        };
        let counts = tx.execute(
            "UPDATE deliveries SET state = $3, next_ms = $4, finished_ms = $5, last_status = $6, last_error = $7, \
             token = NULL, lease_until_ms = NULL WHERE id = $1 AND token = $2",
            args![
                due.delivery.id.to_string(),
                &due.token,
                state,
                next_ms,
                finished_ms,
                status.map(i64::from),
                error
            ],
        )
        .await?;
        if counts == 1
            && let Attempt::Failed { disable: true, .. } = attempt
        {
            tx.execute(
                "UPDATE webhooks SET disabled_ms = $2 WHERE id = $1 AND disabled_ms IS NULL",
                args![due.delivery.webhook.to_string(), now],
            )
            .await?;
        }
        tx.commit().await
    }
}
