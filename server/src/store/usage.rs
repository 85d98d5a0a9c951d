//! Time spent on proofs.

use super::StoreError;
use super::connect::Database;
use super::sql::{Tx, args};
use crate::job::KeyId;

pub(super) const DAY_MS: i64 = 86_400_000;

const USED: &str = "SELECT proof_ms FROM usage WHERE key_id = $1 AND day = $2";

impl Database {
    /// Milliseconds of proving that the key (without one: the tenant) has used today, in UTC.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn proof_ms_today(&self, tenant: &str, key: Option<KeyId>) -> Result<i64, StoreError> {
        let day = self.now_ms().await?.div_euclid(DAY_MS);
        let row: Option<(i64,)> = self.optional(USED, args![owner(tenant, key), day]).await?;
        Ok(row.map_or(0, |(used,)| used))
    }
}

/// [`Database::proof_ms_today`].
pub(super) async fn used(tx: &mut Tx, tenant: &str, key: Option<KeyId>) -> Result<i64, StoreError> {
    let day = tx.now_ms().await?.div_euclid(DAY_MS);
    let row: Option<(i64,)> = tx.optional(USED, args![owner(tenant, key), day]).await?;
    Ok(row.map_or(0, |(used,)| used))
}

/// Milliseconds that the waiting and running proofs of the key (without one: of the tenant's callers without a key) are
/// expected to take.
pub(super) async fn pending(tx: &mut Tx, tenant: &str, key: Option<KeyId>) -> Result<i64, StoreError> {
    let (pending,): (i64,) = tx
        .one(
            "SELECT CAST(COALESCE(SUM(estimate_ms), 0) AS BIGINT) FROM jobs WHERE (state = 'queued' OR token IS NOT NULL) \
             AND kind = 'prove' AND tenant = $1 AND COALESCE(key_id, '') = $2",
            args![tenant, key.map_or_else(String::new, |key| key.to_string())],
        )
        .await?;
    Ok(pending)
}

pub(super) async fn add(
    tx: &mut Tx,
    tenant: &str,
    key: Option<KeyId>,
    proof_ms: i64,
) -> Result<(), StoreError> {
    let day = tx.now_ms().await?.div_euclid(DAY_MS);
    tx.execute(
        "INSERT INTO usage (key_id, day, proof_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (key_id, day) DO UPDATE SET proof_ms = usage.proof_ms + excluded.proof_ms",
        args![owner(tenant, key), day, proof_ms],
    )
    .await?;
    Ok(())
}

fn owner(tenant: &str, key: Option<KeyId>) -> String {
    key.map_or_else(|| tenant.to_owned(), |key| key.to_string())
}
