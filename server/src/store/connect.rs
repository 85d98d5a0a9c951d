//! Opening a database.

use super::StoreError;
use super::clock::Clock;
use super::intake::Intake;
use super::migrations::migrate;
use super::signals::Signals;
use super::sql::{Arg, Connection, Dialect, Row, Tx, args};
use super::sweep::Watch;
use crate::job::JobId;
use crate::private;
use rustix::fs::{FlockOperation, flock};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const BUSY: Duration = Duration::from_secs(10);
const ACQUIRE: Duration = Duration::from_secs(10);
/// Between two tries of a database that does not answer at the start.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
const READERS: u32 = 4;
const CHANNEL: &str = "hallmark_jobs";
/// The payload that tells of claimable jobs; every other one is a job's id.
const WORK: &str = "work";

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Database {
    pools: Pools,
    clock: Arc<Clock>,
    signals: Signals,
    watch: Arc<Watch>,
    /// Where submissions to SQLite share transactions.
    intake: Option<Intake>,
    /// Held while a process works on a SQLite database.
    lock: Option<Arc<File>>,
}

#[derive(Clone)]
enum Pools {
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
    /// Opens `postgres://…`, with at most `connections`, or the SQLite file at a path (or `sqlite:PATH`), and makes or
    /// updates the tables.
    ///
    /// # Errors
    /// [`StoreError::Address`], [`StoreError::Folder`], [`StoreError::Migration`], or the database's own.
    pub async fn open(address: &str, connections: u32) -> Result<Self, StoreError> {
        match sqlite_path(address)? {
            Some(path) => Self::open_sqlite(&path).await,
            None => Self::open_postgres(address, connections).await,
        }
    }

    /// The file of a SQLite database that is not there yet: [`Database::open`] would make it. `None` for PostgreSQL, and where
    /// there is one.
    ///
    /// # Errors
    /// [`StoreError::Address`].
    pub fn missing_file(address: &str) -> Result<Option<PathBuf>, StoreError> {
        Ok(sqlite_path(address)?.filter(|path| !path.is_file()))
    }

    /// As [`Database::open`], for a process that runs jobs. A SQLite database has one such process; jobs that are still
    /// running in it are those of a dead one, and go back to the queue at once.
    ///
    /// # Errors
    /// [`StoreError::InUse`], and as [`Database::open`].
    pub async fn open_to_work(address: &str, connections: u32) -> Result<Self, StoreError> {
        let Some(path) = sqlite_path(address)? else {
            return Self::open_postgres(address, connections).await;
        };
        let lock = lock(&path)?;
        let mut database = Self::open_sqlite(&path).await?;
        database.lock = Some(Arc::new(lock));
        database.release_orphans().await?;
        Ok(database)
    }

    /// What `open` opens. While the database does not answer, tries again for `patience`: after a power failure it may be the last
    /// one that is there.
    ///
    /// # Errors
    /// Those of `open`.
    pub async fn patiently(
        patience: Duration,
        open: impl AsyncFn() -> Result<Self, StoreError>,
    ) -> Result<Self, StoreError> {
        let until = Instant::now() + patience;
        let mut pause = SHORTEST_PAUSE;
        loop {
            match open().await {
                Err(error) if error.is_unavailable() && Instant::now() + pause < until => {
                    tracing::warn!(%error, "the database does not answer yet");
                    tokio::time::sleep(pause).await;
                    pause = (2 * pause).min(LONGEST_PAUSE);
                }
                ended => return ended,
            }
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self, StoreError> {
        create_folder_of(path)?;
        // The library makes files that everybody can read; those beside the database get its permissions.
        private::make_file(path).map_err(failed("creating", path))?;
        for end in ["-wal", "-shm", "-journal"] {
            private::close(&beside(path, end));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            // What is erased, a key of the receipt log for example, does not stay in the file's free space.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY)
            .journal_mode(SqliteJournalMode::Wal)
            // A 202 is a promise: a commit has reached the disk.
            .synchronous(SqliteSynchronous::Full);
        let pool = |connections, options| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE)
                // Where the disk is full, SQLite undoes a transaction by itself, and the library goes on to believe that it is in
                // it. Such a connection is replaced.
                .before_acquire(|connection, _| {
                    let usable = !connection.is_in_transaction();
                    Box::pin(async move { Ok(usable) })
                })
                .connect_with(options)
        };
        let write = pool(1, options.clone()).await?;
        migrate(Dialect::Sqlite, &write).await?;
        let read = pool(READERS, options.read_only(true)).await?;
        let (latest,): (i64,) = sqlx::query_as("SELECT COALESCE(MAX(at_ms), 0) FROM job_events")
            .fetch_one(&read)
            .await?;
        let mut database = Self {
            pools: Pools::Sqlite { read, write },
            clock: Arc::new(Clock::starting_after(latest)),
            signals: Signals::new(),
            watch: Arc::default(),
            intake: None,
            lock: None,
        };
        database.intake = Some(Intake::start(database.clone()));
        Ok(database)
    }

    async fn open_postgres(address: &str, connections: u32) -> Result<Self, StoreError> {
        let options: PgConnectOptions = address.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE)
            .connect_with(options)
            .await?;
        migrate(Dialect::Postgres, &pool).await?;
        let database = Self {
            pools: Pools::Postgres(pool),
            clock: Arc::new(Clock::starting_after(0)),
            signals: Signals::new(),
            watch: Arc::default(),
            intake: None,
            lock: None,
        };
        Ok(database)
    }

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

/// The file of a SQLite database; nothing for PostgreSQL.
fn sqlite_path(address: &str) -> Result<Option<PathBuf>, StoreError> {
    if let Some(path) = address.strip_prefix("sqlite:") {
        return Ok(Some(PathBuf::from(path)));
    }
    match address.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(None),
        // What follows the scheme may hold a password.
        Some((scheme, _)) => Err(StoreError::Address(format!("{scheme}://…"))),
        None => Ok(Some(PathBuf::from(address))),
    }
}

/// Takes the lock of the database's folder, so that two servers cannot take each other's running jobs for orphans.
fn lock(path: &Path) -> Result<File, StoreError> {
    create_folder_of(path)?;
    let lock_path = beside(path, ".lock");
    let file = private::make_file(&lock_path).map_err(failed("creating", &lock_path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse(path.to_owned())),
        Err(error) => Err(failed("locking", &lock_path)(error.into())),
    }
}

/// The path with something at its end.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn create_folder_of(path: &Path) -> Result<(), StoreError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => private::make_folder(folder).map_err(failed("creating", folder)),
        None => Ok(()),
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Folder { action, path, source }
}
