//! Which workers are there, for people and for readiness.

use super::StoreError;
use super::database::Database;
use super::rows::row;
use super::sql::args;

row! {
    /// A worker process.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WorkerRow {
        /// Its name, unique: host, process and a random part.
        pub name: String,
        /// When it started.
        pub started_ms: i64,
        /// When it last said that it lives.
        pub seen_ms: i64,
        /// How many jobs it runs at once.
        pub slots: i64,
    }
}

/// After how long a silent worker's row goes.
const FORGET_MS: i64 = 3_600_000;

impl Database {
    /// Says that the worker lives.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn worker_seen(&self, name: &str, slots: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        tx.execute(
            "INSERT INTO workers (name, started_ms, seen_ms, slots) VALUES ($1, $2, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET seen_ms = excluded.seen_ms, slots = excluded.slots",
            args![name, now, slots],
        )
        .await?;
        tx.execute("DELETE FROM workers WHERE seen_ms < $1", args![now - FORGET_MS])
            .await?;
        tx.commit().await
    }

    /// Says that the worker ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn worker_gone(&self, name: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM workers WHERE name = $1", args![name])
            .await?;
        Ok(())
    }

    /// Workers that said that they live within the last `within_ms`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn workers(&self, within_ms: i64) -> Result<Vec<WorkerRow>, StoreError> {
        let now = self.now_ms().await?;
        self.all(
            "SELECT name, started_ms, seen_ms, slots FROM workers WHERE seen_ms >= $1 ORDER BY name",
            args![now - within_ms],
        )
        .await
    }
}
