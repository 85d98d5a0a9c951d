//! Webhooks of tenants.

use super::StoreError;
use super::database::Database;
use super::job_row::{json, parse, to_json};
use super::rows::row;
use super::sql::args;
use crate::job::WebhookId;
use crate::webhook_secret::Secret;

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
    /// The one before, with which messages are signed too until this time.
    pub previous: Option<(Secret, i64)>,
    /// Names of the events that it wants; `*` for all.
    pub events: Vec<String>,
    /// When it was made.
    pub created_ms: i64,
    /// When it was switched off, because the receiver answered 410.
    pub disabled_ms: Option<i64>,
}

row! {
    struct WebhookRow {
        id: String,
        tenant: String,
        url: String,
        secret: String,
        previous_secret: Option<String>,
        previous_until_ms: Option<i64>,
        events: String,
        created_ms: i64,
        disabled_ms: Option<i64>,
    }
}

const COLUMNS: &str =
    "id, tenant, url, secret, previous_secret, previous_until_ms, events, created_ms, disabled_ms";

impl TryFrom<WebhookRow> for Webhook {
    type Error = StoreError;

    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        let what = format!("webhook {}", row.id);
        Ok(Self {
            id: parse(&what, &row.id)?,
            tenant: row.tenant,
            url: row.url,
            secret: secret(&what, &row.secret)?,
            previous: match (row.previous_secret, row.previous_until_ms) {
                (Some(text), Some(until)) => Some((secret(&what, &text)?, until)),
                _ => None,
            },
            events: json(&what, &row.events)?,
            created_ms: row.created_ms,
            disabled_ms: row.disabled_ms,
        })
    }
}

/// Reads a secret that this program wrote.
pub(super) fn secret(what: &str, text: &str) -> Result<Secret, StoreError> {
    Secret::parse(text).ok_or_else(|| StoreError::row(what, "its secret is malformed"))
}

/// What may be changed about a webhook; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookChanges {
    /// Where messages go.
    pub url: Option<String>,
    /// Names of the events that it wants.
    pub events: Option<Vec<String>>,
    /// Whether it is told nothing.
    pub disabled: Option<bool>,
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
            previous: None,
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

    /// Changes a webhook, and gives it as it then is. None if the tenant has none of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_webhook(
        &self,
        tenant: &str,
        id: WebhookId,
        changes: &WebhookChanges,
    ) -> Result<Option<Webhook>, StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let sql = format!(
            "UPDATE webhooks SET url = COALESCE($3, url), events = COALESCE($4, events), \
             disabled_ms = CASE WHEN $5 THEN COALESCE(disabled_ms, $6) WHEN NOT $5 THEN NULL ELSE disabled_ms END \
             WHERE tenant = $1 AND id = $2 RETURNING {COLUMNS}"
        );
        let row: Option<WebhookRow> = tx
            .optional(
                &sql,
                args![
                    tenant,
                    id.to_string(),
                    changes.url.clone(),
                    changes.events.as_ref().map(to_json).transpose()?,
                    changes.disabled,
                    now
                ],
            )
            .await?;
        tx.commit().await?;
        row.map(Webhook::try_from).transpose()
    }

    /// Gives a webhook a new secret; messages are signed with the one before too, for `overlap_ms`. None if the tenant has none of
    /// this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rotate_secret(
        &self,
        tenant: &str,
        id: WebhookId,
        overlap_ms: i64,
    ) -> Result<Option<Webhook>, StoreError> {
        let mut tx = self.begin().await?;
        let until = tx.now_ms().await?.saturating_add(overlap_ms);
        let (kept, until) = match overlap_ms > 0 {
            true => ("secret", Some(until)),
            false => ("NULL", None),
        };
        let sql = format!(
            "UPDATE webhooks SET previous_secret = {kept}, previous_until_ms = $3, secret = $4 \
             WHERE tenant = $1 AND id = $2 RETURNING {COLUMNS}"
        );
        let new = Secret::random().text();
        let row: Option<WebhookRow> = tx
            .optional(&sql, args![tenant, id.to_string(), until, new])
            .await?;
        tx.commit().await?;
        row.map(Webhook::try_from).transpose()
    }

    /// Forgets secrets before whose time is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_secrets(&self) -> Result<u64, StoreError> {
        let now = self.now_ms().await?;
        self.execute(
            "UPDATE webhooks SET previous_secret = NULL, previous_until_ms = NULL WHERE previous_until_ms <= $1",
            args![now],
        )
        .await
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
