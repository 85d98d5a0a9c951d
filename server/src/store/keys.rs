//! Tenants and their API keys.

use super::StoreError;
use super::database::Database;
use super::job_row::parse;
use super::names::tenant_name_problem;
use super::rows::row;
use super::sql::{Tx, args};
use crate::job::{ANONYMOUS, KeyId, OPERATOR};

row! {
    /// Who owns models, jobs and keys.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Tenant {
        /// Its id.
        pub id: String,
        /// Its name, unique.
        pub name: String,
        /// When it was made.
        pub created_ms: i64,
    }
}

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is part of the key's text.
    pub id: KeyId,
    /// Whose it is.
    pub tenant: String,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// What it may do, words separated by spaces.
    pub scopes: String,
    /// Requests per minute, if it has a limit of its own.
    pub rate_per_minute: Option<i64>,
    /// Milliseconds of proving per day, if it has a quota.
    pub proof_ms_per_day: Option<i64>,
    /// When it was made.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: Option<i64>,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_ms: Option<i64>,
}

/// A key to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// Its id.
    pub id: KeyId,
    /// Name of the tenant, which is made if there is none of that name.
    pub tenant: String,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// What it may do, words separated by spaces.
    pub scopes: String,
    /// Requests per minute.
    pub rate_per_minute: Option<i64>,
    /// Milliseconds of proving per day.
    pub proof_ms_per_day: Option<i64>,
    /// When it ends.
    pub expires_ms: Option<i64>,
}

row! {
    struct KeyRow {
        id: String,
        tenant: String,
        name: String,
        hash: Vec<u8>,
        scopes: String,
        rate_per_minute: Option<i64>,
        proof_ms_per_day: Option<i64>,
        created_ms: i64,
        expires_ms: Option<i64>,
        revoked_ms: Option<i64>,
        last_used_ms: Option<i64>,
    }
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse("an API key", &row.id)?,
            tenant: row.tenant,
            name: row.name,
            hash: row.hash,
            scopes: row.scopes,
            rate_per_minute: row.rate_per_minute,
            proof_ms_per_day: row.proof_ms_per_day,
            created_ms: row.created_ms,
            expires_ms: row.expires_ms,
            revoked_ms: row.revoked_ms,
            last_used_ms: row.last_used_ms,
        })
    }
}

const COLUMNS: &str = "id, tenant, name, hash, scopes, rate_per_minute, proof_ms_per_day, created_ms, expires_ms, revoked_ms, \
     last_used_ms";
const MINUTE_MS: i64 = 60_000;

/// Refuses names that nobody should have. Tenants that were made before keep theirs.
async fn may_have_key(tx: &mut Tx, tenant: &str) -> Result<(), StoreError> {
    let same: Vec<(String, String)> = tx
        .all(
            "SELECT id, name FROM tenants WHERE LOWER(name) = LOWER($1)",
            args![tenant],
        )
        .await?;
    let exact = same.iter().find(|(_, name)| name == tenant);
    if exact.is_some_and(|(id, _)| id != ANONYMOUS && id != OPERATOR) {
        return Ok(());
    }
    if let Some(problem) = tenant_name_problem(tenant) {
        return Err(StoreError::TenantName {
            name: tenant.to_owned(),
            problem,
        });
    }
    match same.into_iter().next() {
        Some((_, name)) => Err(StoreError::NameTaken { what: "tenant", name }),
        None => Ok(()),
    }
}

impl Database {
    /// Makes a key, and its tenant if there is none of that name. Returns the tenant.
    ///
    /// # Errors
    /// [`StoreError::TenantName`], [`StoreError::NameTaken`] where only the case differs, [`StoreError`].
    pub async fn create_key(&self, key: &NewApiKey) -> Result<Tenant, StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        may_have_key(&mut tx, &key.tenant).await?;
        tx.execute(
            "INSERT INTO tenants (id, name, created_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
            args![format!("ten_{}", uuid::Uuid::now_v7().simple()), &key.tenant, now],
        )
        .await?;
        let tenant: Tenant = tx
            .one(
                "SELECT id, name, created_ms FROM tenants WHERE name = $1",
                args![&key.tenant],
            )
            .await?;
        tx.execute(
            "INSERT INTO api_keys (id, tenant, name, hash, scopes, rate_per_minute, proof_ms_per_day, created_ms, expires_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                key.id.to_string(),
                &tenant.id,
                &key.name,
                key.hash.clone(),
                &key.scopes,
                key.rate_per_minute,
                key.proof_ms_per_day,
                now,
                key.expires_ms,
            ],
        )
        .await?;
        tx.commit().await?;
        Ok(tenant)
    }

    /// A key, also a revoked or expired one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key(&self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE id = $1");
        let row: Option<KeyRow> = self.optional(&sql, args![id.to_string()]).await?;
        row.map(ApiKey::try_from).transpose()
    }

    /// All keys, the oldest first, with their tenants.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys(&self) -> Result<Vec<(Tenant, ApiKey)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM api_keys ORDER BY id");
        let keys: Vec<KeyRow> = self.all(&sql, args![]).await?;
        let tenants: Vec<Tenant> = self
            .all("SELECT id, name, created_ms FROM tenants", args![])
            .await?;
        keys.into_iter()
            .filter_map(|key| {
                let tenant = tenants.iter().find(|tenant| tenant.id == key.tenant)?.clone();
                Some(ApiKey::try_from(key).map(|key| (tenant, key)))
            })
            .collect()
    }

    /// Revokes a key. Says whether there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let now = self.now_ms().await?;
        let touched = self
            .execute(
                "UPDATE api_keys SET revoked_ms = COALESCE(revoked_ms, $2) WHERE id = $1",
                args![id.to_string(), now],
            )
            .await?;
        Ok(touched == 1)
    }

    /// Notes that the key was used, at most once a minute.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key_used(&self, key: &ApiKey) -> Result<(), StoreError> {
        let now = self.now_ms().await?;
        if key.last_used_ms.is_some_and(|used| now - used < MINUTE_MS) {
            return Ok(());
        }
        self.execute(
            "UPDATE api_keys SET last_used_ms = $2 WHERE id = $1 AND (last_used_ms IS NULL OR last_used_ms < $3)",
            args![key.id.to_string(), now, now - MINUTE_MS],
        )
        .await?;
        Ok(())
    }

    /// Makes a tenant of the program's own, unless it is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ensure_tenant(&self, id: &str, name: &str) -> Result<(), StoreError> {
        let now = self.now_ms().await?;
        self.execute(
            "INSERT INTO tenants (id, name, created_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![id, name, now],
        )
        .await?;
        Ok(())
    }

    /// A tenant by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tenant(&self, id: &str) -> Result<Option<Tenant>, StoreError> {
        self.optional(
            "SELECT id, name, created_ms FROM tenants WHERE id = $1",
            args![id],
        )
        .await
    }
}
