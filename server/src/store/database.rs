//! A database that is open: transactions, queries, signals.

use super::StoreError;
use super::clock::{Clock, Watch};
use super::signals::Signals;
use super::sql::{Arg, Connection, Dialect, Row, Tx, args};
use super::submission::Intake;
use crate::job::JobId;
use sqlx::postgres::{PgListener, PgPool};
use sqlx::sqlite::SqlitePool;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

const CHANNEL: &str = "hallmark_jobs";
/// The payload that tells of claimable jobs; every other one is a job's id.
const WORK: &str = "work";

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Database {
    pub(super) pools: Pools,
    pub(super) clock: Arc<Clock>,
    pub(super) signals: Signals,
    pub(super) watch: Arc<Watch>,
    /// Where submissions to SQLite share transactions.
    pub(super) intake: Option<Intake>,
    /// Held while a process works on a SQLite database.
    pub(super) lock: Option<Arc<File>>,
}

#[derive(Clone)]
pub(super) enum Pools {
    /// SQLite has one writer at a time. A pool of one queues them fairly, instead of having them retry.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({:?})", self.dialect())
    }
}

impl Database {
    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Wake-ups of this process.
    #[must_use]
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    pub(super) fn intake(&self) -> Option<&Intake> {
        self.intake.as_ref()
    }

    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Begins a transaction that writes: once it is committed, it is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let clock = Arc::clone(&self.clock);
        Ok(match &self.pools {
            // A transaction that begins with reading could not become a writing one while another one writes.
            Pools::Sqlite { write, .. } => Tx::sqlite(
                write
                    .begin_with("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
                    .await?,
                clock,
            ),
            Pools::Postgres(pool) => Tx::postgres(pool.begin().await?, clock),
        })
    }

    /// Begins a transaction that may be undone by a power failure, as a whole and with what was begun after it: for what an attempt
    /// says on its way, which a power failure ends anyway. (Claims are not of that kind: a job that takes the machine down has to run out
    /// of attempts.)
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub(super) async fn begin_passing(&self) -> Result<Tx, StoreError> {
        if let Pools::Sqlite { write, .. } = &self.pools {
            let begun = write
                .begin_with("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE")
                .await?;
            return Ok(Tx::sqlite(begun, Arc::clone(&self.clock)));
        }
        let mut tx = self.begin().await?;
        tx.execute("SET LOCAL synchronous_commit TO OFF", args![]).await?;
        Ok(tx)
    }

    /// All rows of a query that does not write.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn all<T: Row>(&self, sql: &str, args: Vec<Arg>) -> Result<Vec<T>, StoreError> {
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                let mut connection = read.acquire().await?;
                Connection::Sqlite(&mut connection).all(sql, args).await
            }
            Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                Connection::Postgres(&mut connection).all(sql, args).await
            }
        }
    }

    /// The first row of a query that does not write.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn optional<T: Row>(&self, sql: &str, args: Vec<Arg>) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// The only row of a query that does not write.
    ///
    /// # Errors
    /// [`StoreError::Database`], also if there is none.
    pub async fn one<T: Row>(&self, sql: &str, args: Vec<Arg>) -> Result<T, StoreError> {
        self.optional(sql, args)
            .await?
            .ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// Runs one writing statement and returns how many rows it touched.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn execute(&self, sql: &str, args: Vec<Arg>) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let touched = tx.execute(sql, args).await?;
        tx.commit().await?;
        Ok(touched)
    }

    /// The time by the clock that the rows are written with.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn now_ms(&self) -> Result<i64, StoreError> {
        match self.dialect() {
            Dialect::Sqlite => Ok(self.clock.now_ms()),
            Dialect::Postgres => self.begin().await?.now_ms().await,
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Database`] if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: (i64,) = self.one("SELECT CAST(1 AS BIGINT)", args![]).await?;
        Ok(())
    }

    /// Forwards wake-ups of other processes to this one's [`Signals`], for ever. Nothing to do on SQLite.
    pub async fn forward_signals(&self) {
        let Pools::Postgres(pool) = &self.pools else {
            return std::future::pending().await;
        };
        loop {
            if let Err(error) = self.listen(pool).await {
                tracing::warn!(%error, "waiting for signals of the database failed; trying again");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn listen(&self, pool: &PgPool) -> Result<(), StoreError> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        // Jobs that came while nobody listened.
        self.signals.notify_work();
        loop {
            let notification = listener.recv().await?;
            match notification.payload() {
                WORK => self.signals.notify_work(),
                job => {
                    if let Ok(job) = job.parse::<JobId>() {
                        self.signals.notify_event(job);
                    }
                }
            }
        }
    }

    /// Has workers told, when `tx` commits, that jobs may be claimed.
    pub(super) async fn announce_work(tx: &mut Tx) -> Result<(), StoreError> {
        Self::announce(tx, WORK).await
    }

    /// Has other processes woken when `tx` commits.
    pub(super) async fn announce(tx: &mut Tx, payload: &str) -> Result<(), StoreError> {
        if tx.dialect() == Dialect::Postgres {
            let _: Vec<(i64,)> = tx
                .all(
                    "SELECT CAST(1 AS BIGINT) FROM (SELECT pg_notify($1, $2)) AS sent",
                    args![CHANNEL, payload],
                )
                .await?;
        }
        Ok(())
    }

    /// Closes all connections after what runs on them.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}
