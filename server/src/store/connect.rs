//! Opening a database.

use super::StoreError;
use super::clock::Clock;
use super::database::{Database, Pools};
use super::intake;
use super::migrations::migrate;
use super::signals::Signals;
use super::sql::Dialect;
use crate::private;
use rustix::fs::{FlockOperation, flock};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
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
        database.intake = Some(intake::start(database.clone()));
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
