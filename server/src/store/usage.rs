//! Time that jobs took and are expected to take, by key and day.

use super::StoreError;
use super::database::Database;
use super::job_row::{running_jobs, waiting_jobs};
use super::rows::row;
use super::sql::{Arg, Dialect, Tx, args};
use super::submission::Quota;
use super::{paces, shares};
use crate::job::{JobRecord, KeyId};

pub(super) const DAY_MS: i64 = 86_400_000;

row! {
    /// A key's time of the present day (UTC), in milliseconds.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Usage {
        /// What attempts took that ended today.
        pub used_ms: i64,
        /// What jobs that wait and run are expected to take.
        pub reserved_ms: i64,
    }
}

impl Usage {
    /// Whether one job may begin, however long it is expected to take: nothing waits or runs, and something is left. What is expected
    /// may be guessed from jobs of others, and would otherwise never be corrected by what the job takes.
    pub(super) fn may_begin_one(self, quota_ms: i64) -> bool {
        self.reserved_ms == 0 && self.used_ms < quota_ms
    }

    /// Says what is missing, if `wanted_ms` more would be more than the quota. What is wanted counts as a millisecond at least.
    pub(super) fn lacks(self, wanted_ms: i64, quota_ms: i64, now_ms: i64) -> Option<Quota> {
        let taken = self.used_ms.saturating_add(self.reserved_ms);
        if taken.saturating_add(wanted_ms.max(1)) <= quota_ms {
            return None;
        }
        let renewed_in_ms = DAY_MS - now_ms.rem_euclid(DAY_MS);
        Some(Quota {
            used_ms: self.used_ms,
            reserved_ms: self.reserved_ms,
            wanted_ms,
            quota_ms,
            resets_ms: now_ms + renewed_in_ms,
            renewed_in_ms,
        })
    }
}

/// The day of a time, since the epoch.
pub(super) fn day(now_ms: i64) -> i64 {
    now_ms.div_euclid(DAY_MS)
}

impl Database {
    /// What the key (without one: the tenant's callers without a key) has used today and is expected to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn usage_today(&self, tenant: &str, key: Option<KeyId>) -> Result<Usage, StoreError> {
        let day = day(self.now_ms().await?);
        self.one(&today_sql(self.dialect()), today_args(tenant, key, day))
            .await
    }

    /// What is missing, if the key has nothing left of its quota.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn quota_missing(
        &self,
        tenant: &str,
        key: Option<KeyId>,
        quota_ms: i64,
    ) -> Result<Option<Quota>, StoreError> {
        let usage = self.usage_today(tenant, key).await?;
        Ok(usage.lacks(0, quota_ms, self.now_ms().await?))
    }

    /// Adds time that was used without a job.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_usage(&self, tenant: &str, key: Option<KeyId>, used_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        add(&mut tx, tenant, key, used_ms).await?;
        tx.commit().await
    }
}

/// [`Database::usage_today`].
pub(super) async fn today(tx: &mut Tx, tenant: &str, key: Option<KeyId>) -> Result<Usage, StoreError> {
    let day = day(tx.now_ms().await?);
    tx.one(&today_sql(tx.dialect()), today_args(tenant, key, day))
        .await
}

fn today_sql(dialect: Dialect) -> String {
    let reserved = |index: &str, condition: &str| {
        format!(
            "(SELECT COALESCE(SUM(reserved_ms), 0) FROM jobs {index} \
             WHERE {condition} AND tenant = $3 AND COALESCE(key_id, '') = $4)"
        )
    };
    let waiting = reserved(waiting_jobs(dialect), "state = 'queued'");
    let running = reserved(running_jobs(dialect), "token IS NOT NULL");
    format!(
        "SELECT COALESCE((SELECT proof_ms FROM usage WHERE key_id = $1 AND day = $2), 0) AS used_ms, \
         CAST({waiting} + {running} AS BIGINT) AS reserved_ms"
    )
}

fn today_args(tenant: &str, key: Option<KeyId>, day: i64) -> Vec<Arg> {
    let text = key.map_or_else(String::new, |key| key.to_string());
    args![owner(tenant, key), day, tenant, text]
}

/// Settles an attempt that ended: its time is added to what the key used and to the tenant's share of the workers, and, if it
/// did its work, to what such jobs are known to take. Its row is locked and is the attempt's no more.
pub(super) async fn charge(
    tx: &mut Tx,
    job: &JobRecord,
    used_ms: Option<i64>,
    learns: bool,
) -> Result<(), StoreError> {
    let since_claim = match job.attempt_started_ms {
        Some(started) => tx.now_ms().await? - started,
        None => 0,
    };
    let used = used_ms.unwrap_or(since_claim).max(1);
    tx.execute(
        "UPDATE jobs SET used_ms = used_ms + $2 WHERE id = $1",
        args![job.id.to_string(), used],
    )
    .await?;
    add(tx, &job.tenant, job.key, used).await?;
    if learns {
        paces::learn(tx, job, used).await?;
    }
    shares::settle(tx, &job.tenant, used - job.reserved_ms.max(1)).await
}

async fn add(tx: &mut Tx, tenant: &str, key: Option<KeyId>, used_ms: i64) -> Result<(), StoreError> {
    let day = day(tx.now_ms().await?);
    tx.execute(
        "INSERT INTO usage (key_id, day, proof_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (key_id, day) DO UPDATE SET proof_ms = usage.proof_ms + excluded.proof_ms",
        args![owner(tenant, key), day, used_ms],
    )
    .await?;
    Ok(())
}

fn owner(tenant: &str, key: Option<KeyId>) -> String {
    key.map_or_else(|| tenant.to_owned(), |key| key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_MS: i64 = 20_000 * DAY_MS + DAY_MS / 2;

    #[test]
    fn a_quota_is_for_what_was_used_is_reserved_and_wanted_together() {
        let usage = |used_ms, reserved_ms| Usage { used_ms, reserved_ms };
        for (usage, wanted_ms, quota_ms, fits) in [
            (usage(0, 0), 1000, 1000, true),
            (usage(0, 0), 1001, 1000, false),
            (usage(400, 300), 300, 1000, true),
            (usage(400, 301), 300, 1000, false),
            // What is wanted counts as a millisecond at least.
            (usage(1000, 0), 0, 1000, false),
            (usage(999, 0), 0, 1000, true),
            (usage(0, 1000), -5, 1000, false),
            (usage(i64::MAX, i64::MAX), i64::MAX, i64::MAX - 1, false),
            (usage(0, 0), 0, 0, false),
        ] {
            let lacks = usage.lacks(wanted_ms, quota_ms, NOON_MS);
            assert_eq!(lacks.is_none(), fits, "{usage:?} {wanted_ms} of {quota_ms}");
        }
        for (usage, quota_ms, may) in [
            (usage(0, 0), 1, true),
            (usage(999, 0), 1000, true),
            (usage(1000, 0), 1000, false),
            (usage(0, 1), 1000, false),
            (usage(0, 0), 0, false),
        ] {
            assert_eq!(usage.may_begin_one(quota_ms), may, "{usage:?} of {quota_ms}");
        }
    }

    #[test]
    fn a_quota_begins_anew_at_midnight() {
        let spent = Usage {
            used_ms: 10,
            reserved_ms: 0,
        };
        for (now, left) in [
            (NOON_MS, DAY_MS / 2),
            (20_000 * DAY_MS, DAY_MS),
            (20_000 * DAY_MS - 1, 1),
            (-1, 1),
        ] {
            let quota = spent.lacks(1, 10, now).unwrap();
            assert_eq!(quota.renewed_in_ms, left, "{now}");
            assert_eq!(day(quota.resets_ms), day(now) + 1);
            assert_eq!(day(quota.resets_ms - 1), day(now));
        }
    }
}
