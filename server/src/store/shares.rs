//! How tenants share the workers: what each has used, divided by its weight.
//!
//! Start-time fair queueing. `used` is a tenant's virtual time; `begun` is what it was when a job of the tenant was last taken up. The
//! greatest `begun` is the time of the queue. A tenant that comes back after a while begins there: having waited for nothing is no credit.

use super::StoreError;
use super::database::Database;
use super::job_row::{running_jobs, waiting_jobs};
use super::sql::{Tx, args};

/// Virtual time of a millisecond at weight 1.
const UNIT: i64 = 1000;

/// The greatest weight.
pub const GREATEST_WEIGHT: i64 = 1000;

impl Database {
    /// Sets a tenant's weight, 1 to [`GREATEST_WEIGHT`]. Says whether there is a tenant of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_weight(&self, tenant: &str, weight: i64) -> Result<bool, StoreError> {
        let weight = weight.clamp(1, GREATEST_WEIGHT);
        let sql = "UPDATE tenants SET weight = $2 WHERE name = $1";
        Ok(self.execute(sql, args![tenant, weight]).await? == 1)
    }
}

/// Whether the tenant has jobs that wait or run.
pub(super) async fn is_active(tx: &mut Tx, tenant: &str) -> Result<bool, StoreError> {
    let waiting = waiting_jobs(tx.dialect());
    let running = running_jobs(tx.dialect());
    let sql = format!(
        "SELECT CAST(1 AS BIGINT) WHERE EXISTS (SELECT 1 FROM jobs {waiting} WHERE state = 'queued' AND tenant = $1) \
         OR EXISTS (SELECT 1 FROM jobs {running} WHERE token IS NOT NULL AND tenant = $1)"
    );
    Ok(tx.optional::<(i64,)>(&sql, args![tenant]).await?.is_some())
}

/// A tenant that had nothing to do has jobs again.
pub(super) async fn come_back(tx: &mut Tx, tenant: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO shares (tenant, used, begun) SELECT $1, COALESCE(MAX(begun), 0), 0 FROM shares WHERE TRUE \
         ON CONFLICT (tenant) DO UPDATE SET used = CASE WHEN excluded.used > shares.used THEN excluded.used ELSE shares.used END",
        args![tenant],
    )
    .await?;
    Ok(())
}

/// A job of the tenant was taken up, and is expected to take `expected_ms`.
pub(super) async fn begin(tx: &mut Tx, tenant: &str, expected_ms: i64) -> Result<(), StoreError> {
    let cost = expected_ms.max(1) * UNIT;
    tx.execute(
        "INSERT INTO shares (tenant, used, begun) VALUES ($1, $2 / (SELECT weight FROM tenants WHERE id = $1), 0) \
         ON CONFLICT (tenant) DO UPDATE SET used = shares.used + excluded.used, \
         begun = CASE WHEN shares.used > shares.begun THEN shares.used ELSE shares.begun END",
        args![tenant, cost],
    )
    .await?;
    Ok(())
}

/// It took so much more, or less, than was expected.
pub(super) async fn settle(tx: &mut Tx, tenant: &str, difference_ms: i64) -> Result<(), StoreError> {
    if difference_ms == 0 {
        return Ok(());
    }
    tx.execute(
        "UPDATE shares SET used = used + $2 / (SELECT weight FROM tenants WHERE id = $1) WHERE tenant = $1",
        args![tenant, difference_ms.saturating_mul(UNIT)],
    )
    .await?;
    Ok(())
}
