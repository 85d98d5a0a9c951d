//! The database: SQLite in a file, or PostgreSQL.
//!
//! The job row is the truth about a job; see `docs/service/jobs.md`. Every method is one transaction, or one statement.

mod attempts;
mod claims;
mod clock;
mod connect;
mod database;
mod deletion;
mod deliveries;
mod events;
mod idempotency;
mod intake;
mod job_row;
mod jobs;
mod keys;
mod log_keys;
mod migrations;
mod models;
mod names;
mod outbox;
mod paces;
mod receipts;
mod retention;
mod rows;
mod shares;
mod signals;
pub(crate) mod sql;
mod submission;
mod sweep;
mod uploads;
mod usage;
mod webhooks;
mod workers;

pub use attempts::{Ending, Heartbeat, Measured};
pub use claims::Claim;
pub use clock::Clock;
pub use database::Database;
pub use deletion::{Deletion, JobDeletion, ModelDeletion};
pub use deliveries::{Attempt, Delivery, DueDelivery};
pub use jobs::{JobFilter, QueueCounts};
pub use keys::{ApiKey, NewApiKey, Tenant};
pub use models::{Changes, ListedModel, Model, ModelArtifacts, ModelFilter, NewRegistration, Registration};
pub use names::{ModelName, tenant_name_problem};
pub use receipts::{Receipt, TreeHead};
pub use shares::GREATEST_WEIGHT;
pub use signals::Signals;
pub use sql::{Arg, Dialect, Row, Tx};
pub use submission::{Idempotency, Inserted, QueueLimits, Quota};
pub use sweep::Sweep;
pub use uploads::Upload;
pub use usage::Usage;
pub use webhooks::{Webhook, WebhookChanges};
pub use workers::WorkerRow;

use std::path::PathBuf;

/// Why the store could not answer.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused, or cannot be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be made or brought up to date.
    #[error("database tables: {0}; was the database made by a newer version of this program?")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The address of the database has no meaning.
    #[error("database address {0:?}: expected the path of a SQLite file or postgres://USER@HOST/NAME")]
    Address(String),
    /// The folder of a SQLite database cannot be used.
    #[error("{action} {path:?}: {source}")]
    Folder {
        /// What was attempted.
        action: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// Another process has the SQLite database.
    #[error("{0:?} is in use by another server; stop it, or give this one a data folder of its own")]
    InUse(PathBuf),
    /// A row that this program would not have written.
    #[error("the database holds {what} that cannot be read: {problem}")]
    Row {
        /// Which.
        what: String,
        /// Why.
        problem: String,
    },
    /// The tenant has another model of this name and version.
    #[error(
        "there is another model with name {name:?} and version {version:?}; choose another version, or another name"
    )]
    VersionTaken {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
    /// No database takes such text.
    #[error("text holds the character U+0000, which is not taken")]
    Nul,
    /// There can be no tenant of this name.
    #[error("a tenant cannot be named {name:?}: {problem}")]
    TenantName {
        /// The name.
        name: String,
        /// Why.
        problem: &'static str,
    },
    /// A name that must be unique is taken.
    #[error("there is a {what} named {name:?} already")]
    NameTaken {
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
    },
}

impl StoreError {
    /// Whether the database is away or busy, so that the same request may succeed later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
        match self {
            Self::Database(Io(_) | PoolClosed | PoolTimedOut | Protocol(_) | Tls(_) | WorkerCrashed) => true,
            Self::Database(sqlx::Error::Database(error)) => {
                // PostgreSQL's classes 08 (connection), 53 (resources), 57 (operator, shutting down), 40 (rolled back, try
                // again); SQLite's 5 (busy), 10 (I/O), 13 (full), 14 (cannot open).
                error.code().is_some_and(|code| {
                    ["08", "53", "57", "40"]
                        .iter()
                        .any(|class| code.len() == 5 && code.starts_with(class))
                        || code
                            .parse::<u32>()
                            .is_ok_and(|code| matches!(code & 0xff, 5 | 10 | 13 | 14) && code < 10_000)
                })
            }
            _ => false,
        }
    }

    pub(crate) fn row(what: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        Self::Row {
            what: what.into(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}
