//! Workers: they claim jobs, have them done in child processes, and store what comes of it.
//!
//! One worker process has a number of slots; each has child processes of its own, one per tenant, kept warm from job to job. Everything
//! that matters is in the database: a worker may be killed at any moment.

mod artifacts;
mod attempt;
mod once;
mod options;
mod process;
mod scratch;
mod warm;

pub(crate) use once::once;
pub use options::WorkerOptions;

use crate::objects::Objects;
use crate::store::{Database, Sweep};
use attempt::Slot;
use scratch::Scratch;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often a worker looks for jobs that nobody told it of, and for those of dead workers.
const SWEEP: Duration = Duration::from_secs(1);
/// How often a worker says that it lives.
const PRESENCE: Duration = Duration::from_secs(5);

/// What slots share.
struct Shared {
    database: Database,
    objects: Objects,
    options: WorkerOptions,
    scratch: Scratch,
}

/// Why a worker could not start.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A folder of this machine cannot be used.
    #[error("{action} {path:?}: {source}")]
    Folder {
        /// What was attempted.
        action: &'static str,
        /// The folder.
        path: std::path::PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}

/// A worker that can be run.
pub struct Worker(Arc<Shared>);

impl Worker {
    /// Takes its folders.
    ///
    /// # Errors
    /// [`WorkerError`].
    pub fn new(database: Database, objects: Objects, options: WorkerOptions) -> Result<Self, WorkerError> {
        let scratch = Scratch::new(&options.folder, &options.name)?;
        Ok(Self(Arc::new(Shared {
            database,
            objects,
            options,
            scratch,
        })))
    }

    /// Runs jobs until `stop`, then lets those that run finish for [`WorkerOptions::drain`], and gives back the others.
    /// What goes wrong is logged and tried again.
    pub async fn run(self, stop: CancellationToken) {
        let Self(shared) = self;
        let name = &shared.options.name;
        shared.take_over().await;
        let drained = CancellationToken::new();
        let slots = TaskTracker::new();
        for number in 0..shared.options.slots {
            let slot = Slot::new(Arc::clone(&shared), number);
            slots.spawn(slot.run(stop.clone(), drained.clone()));
        }
        slots.close();
        tracing::info!(worker = %name, slots = shared.options.slots, "worker started");
        let drain = async {
            stop.cancelled().await;
            tokio::time::sleep(shared.options.drain).await;
            drained.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = slots.wait() => {}
            () = drain => {}
            () = shared.presence() => {}
        }
        if let Err(error) = shared.database.worker_gone(name).await {
            tracing::debug!(%error, "the worker could not say that it ended");
        }
        tracing::info!(worker = %name, "worker ended");
    }
}

/// Takes jobs back from dead workers, for ever. Any number of processes may do so at once.
pub async fn sweep(database: &Database) {
    let mut interval = tokio::time::interval(SWEEP);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        match database.sweep().await {
            Ok(sweep) if sweep != Sweep::default() => {
                tracing::warn!(?sweep, "took jobs back from workers that lost their leases");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "looking for jobs of dead workers failed; trying again"),
        }
    }
}

impl Shared {
    /// Takes back what workers of this machine had that are known to be dead. Where that fails, their leases end.
    async fn take_over(&self) {
        for dead in self.scratch.dead() {
            match self.database.worker_died(dead).await {
                Ok(sweep) if sweep != Sweep::default() => {
                    tracing::warn!(worker = %dead, ?sweep, "took jobs back from a worker that died");
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(worker = %dead, %error, "taking jobs back from a worker that died")
                }
            }
        }
    }

    /// Says that the worker lives, for ever.
    async fn presence(&self) {
        let mut interval = tokio::time::interval(PRESENCE);
        let slots = i64::try_from(self.options.slots).unwrap_or(i64::MAX);
        loop {
            interval.tick().await;
            if let Err(error) = self.database.worker_seen(&self.options.name, slots).await {
                tracing::warn!(%error, "the worker could not say that it lives; trying again");
            }
        }
    }
}
