//! One way to run a statement on either database.
//!
//! Statements are written once, with `$1` parameters, which both databases take; rows come back as structs through
//! [`row`](super::rows). Where the databases differ, [`Dialect::pick`] chooses.

use super::StoreError;
use super::clock::Clock;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, FromRow, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction,
};
use std::sync::Arc;

/// A row of either database.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{}

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub enum Arg {
    /// BIGINT.
    Integer(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA or BLOB.
    Bytes(Option<Vec<u8>>),
    /// BOOLEAN.
    Flag(Option<bool>),
}

macro_rules! arg_from {
    ($($variant:ident: $type:ty),*) => {
        $(impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value.into()))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(Into::into))
            }
        })*
    };
}
arg_from!(Integer: i64, Text: String, Text: &str, Text: &String, Bytes: Vec<u8>, Flag: bool);

/// The parameters of a statement in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::Arg::from($value)),*] };
}
pub(crate) use args;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// The one of the two that is for this database.
    pub fn pick<T>(self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

macro_rules! bind {
    ($arguments:expr, $args:expr) => {{
        let mut arguments = $arguments;
        for arg in $args {
            match arg {
                Arg::Integer(value) => arguments.add(value),
                // PostgreSQL has no such text, and SQLite's functions end it there.
                Arg::Text(Some(value)) if value.contains('\0') => return Err(StoreError::Nul),
                Arg::Text(value) => arguments.add(value),
                Arg::Bytes(value) => arguments.add(value),
                Arg::Flag(value) => arguments.add(value),
            }
            .map_err(|error| StoreError::Database(sqlx::Error::Encode(error)))?;
        }
        arguments
    }};
}

/// A connection of either database.
pub enum Connection<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

impl Connection<'_> {
    /// All rows.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn all<T: Row>(&mut self, sql: &str, args: Vec<Arg>) -> Result<Vec<T>, StoreError> {
        // Statements are made of this crate's literals; values are parameters.
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Sqlite(connection) => {
                let arguments = bind!(SqliteArguments::default(), args);
                sqlx::query_as_with::<Sqlite, T, _>(sql, arguments)
                    .fetch_all(&mut **connection)
                    .await?
            }
            Self::Postgres(connection) => {
                let arguments = bind!(PgArguments::default(), args);
                sqlx::query_as_with::<Postgres, T, _>(sql, arguments)
                    .fetch_all(&mut **connection)
                    .await?
            }
        })
    }

    /// Runs a statement and returns how many rows it touched.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn execute(&mut self, sql: &str, args: Vec<Arg>) -> Result<u64, StoreError> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Sqlite(connection) => {
                let arguments = bind!(SqliteArguments::default(), args);
                sqlx::query_with::<Sqlite, _>(sql, arguments)
                    .execute(&mut **connection)
                    .await?
                    .rows_affected()
            }
            Self::Postgres(connection) => {
                let arguments = bind!(PgArguments::default(), args);
                sqlx::query_with::<Postgres, _>(sql, arguments)
                    .execute(&mut **connection)
                    .await?
                    .rows_affected()
            }
        })
    }
}

/// A transaction that writes. Rolled back when dropped.
pub struct Tx {
    inner: Inner,
    clock: Arc<Clock>,
    now_ms: Option<i64>,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>, clock: Arc<Clock>) -> Self {
        Self {
            inner: Inner::Sqlite(transaction),
            clock,
            now_ms: None,
        }
    }

    pub(super) fn postgres(transaction: Transaction<'static, Postgres>, clock: Arc<Clock>) -> Self {
        Self {
            inner: Inner::Postgres(transaction),
            clock,
            now_ms: None,
        }
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    fn connection(&mut self) -> Connection<'_> {
        match &mut self.inner {
            Inner::Sqlite(transaction) => Connection::Sqlite(transaction),
            Inner::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    /// The time, the same during the whole transaction. PostgreSQL's own, so that hosts need not agree about it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn now_ms(&mut self) -> Result<i64, StoreError> {
        if let Some(now) = self.now_ms {
            return Ok(now);
        }
        let now = match self.dialect() {
            Dialect::Sqlite => self.clock.now_ms(),
            Dialect::Postgres => {
                let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
                let (now,): (i64,) = self.one(sql, args![]).await?;
                now
            }
        };
        self.now_ms = Some(now);
        Ok(now)
    }

    /// All rows.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn all<T: Row>(&mut self, sql: &str, args: Vec<Arg>) -> Result<Vec<T>, StoreError> {
        self.connection().all(sql, args).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn optional<T: Row>(&mut self, sql: &str, args: Vec<Arg>) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// The first row.
    ///
    /// # Errors
    /// [`StoreError::Database`], also if there is none.
    pub async fn one<T: Row>(&mut self, sql: &str, args: Vec<Arg>) -> Result<T, StoreError> {
        self.optional(sql, args)
            .await?
            .ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// Runs a statement and returns how many rows it touched.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn execute(&mut self, sql: &str, args: Vec<Arg>) -> Result<u64, StoreError> {
        self.connection().execute(sql, args).await
    }

    /// Makes it so.
    ///
    /// # Errors
    /// [`StoreError::Database`]; whether it was made so may then be unknown.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.commit().await?,
            Inner::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
