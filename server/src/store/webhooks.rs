//! Webhooks of tenants.

use super::StoreError;
use super::connect::Database;
use super::job_row::{json, parse, to_json};
use super::sql::args;
use crate::job::WebhookId;
use crate::webhooks::Secret;
use sqlx::FromRow;

/// An address that wants to know of the ends of jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub tenant: String,
    /// Where messages go.
    pub url: String,
    /// Key of the signatures.
    pub secret: Secret,
    /// Names of the events that it wants; `*` for all.
    pub events: Vec<String>,
    /// When it was made.
    pub created_ms: i64,
    /// When it was switched off, because the receiver answered 410.
    pub disabled_ms: Option<i64>,
}

#[derive(FromRow)]
struct WebhookRow {
    id: String,
    tenant: String,
    url: String,
    secret: String,
    events: String,
    created_ms: i64,
    disabled_ms: Option<i64>,
}

const COLUMNS: &str = "id, tenant, url, secret, events, created_ms, disabled_ms";

impl TryFrom<WebhookRow> for Webhook {
    type Error = StoreError;

    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        let what = format!("webhook {}", row.id);
        Ok(Self {
            id: parse(&what, &row.id)?,
            tenant: row.tenant,
            url: row.url,
            secret: Secret::parse(&row.secret)
                .ok_or_else(|| StoreError::row(&what, "its secret is malformed"))?,
            events: json(&what, &row.events)?,
            created_ms: row.created_ms,
            disabled_ms: row.disabled_ms,
        })
    }
}

impl Database {
    /// Makes a webhook; none if the tenant has `most` already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_webhook(
        &self,
        tenant: &str,
        url: &str,
        events: &[String],
        most: i64,
    ) -> Result<Option<Webhook>, StoreError> {
        let mut tx = self.begin().await?;
        let (count,): (i64,) = tx
            .one("SELECT COUNT(*) FROM webhooks WHERE tenant = $1", args![tenant])
            .await?;
        if count >= most {
            return Ok(None);
        }
        let webhook = Webhook {
            id: WebhookId::new(),
            tenant: tenant.to_owned(),
            url: url.to_owned(),
            secret: Secret::random(),
            events: events.to_vec(),
            created_ms: tx.now_ms().await?,
            disabled_ms: None,
        };
        tx.execute(
            "INSERT INTO webhooks (id, tenant, url, secret, events, created_ms) VALUES ($1, $2, $3, $4, $5, $6)",
            args![
                webhook.id.to_string(),
                tenant,
                url,
                webhook.secret.text(),
                to_json(&webhook.events)?,
                webhook.created_ms
            ],
        )
        .await?;
        tx.commit().await?;
        Ok(Some(webhook))
    }

    /// A tenant's webhooks, the newest first, those older than `before` if it is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn webhooks(
        &self,
        tenant: &str,
        before: Option<WebhookId>,
        limit: i64,
    ) -> Result<Vec<Webhook>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhooks WHERE tenant = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        );
        let before = before.map(|id| id.to_string());
        let rows: Vec<WebhookRow> = self.all(&sql, args![tenant, before, limit]).await?;
        rows.into_iter().map(Webhook::try_from).collect()
    }

    /// One of a tenant's webhooks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn webhook(&self, tenant: &str, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM webhooks WHERE tenant = $1 AND id = $2");
        let row: Option<WebhookRow> = self.optional(&sql, args![tenant, id.to_string()]).await?;
        row.map(Webhook::try_from).transpose()
    }

    /// Removes a webhook and what was to be sent to it. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_webhook(&self, tenant: &str, id: WebhookId) -> Result<bool, StoreError> {
        let removed = self
            .execute(
                "DELETE FROM webhooks WHERE tenant = $1 AND id = $2",
                args![tenant, id.to_string()],
            )
            .await?;
        Ok(removed > 0)
    }
}
