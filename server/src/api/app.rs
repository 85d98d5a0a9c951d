//! What every handler can reach.

use super::budget::Budget;
use crate::access::{RateLimits, Shares};
use crate::compute::Compute;
use crate::models::Models;
use crate::objects::Objects;
use crate::retention::Retention;
use crate::settings::Settings;
use crate::store::Database;
use crate::telemetry::{Metrics, Tally};
use hallmark_verifier::SrsPoints;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Models that are laid out for an estimate at once, each in a process of its own.
const ESTIMATES: usize = 1;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<AppParts>);

/// The parts of [`App`].
pub struct AppParts {
    /// What was set.
    pub settings: Settings,
    /// Jobs, models, keys.
    pub database: Database,
    /// Files by digest.
    pub objects: Objects,
    /// Opened models.
    pub models: Models,
    /// The SRS of new models, once it was found.
    pub srs: OnceLock<SrsPoints>,
    /// Threads for verifications and predictions.
    pub compute: Compute,
    /// Requests per minute of every caller.
    pub rates: RateLimits,
    /// Requests under way of every address that a trusted proxy names.
    pub shares: Shares,
    /// Memory for bodies.
    pub bodies: Budget,
    /// Requests that may still be taken on.
    pub requests: Arc<Semaphore>,
    /// Estimates of models that are not registered, which may still be begun.
    pub estimates: Semaphore,
    /// Event streams that may still be opened.
    pub streams: Arc<Semaphore>,
    /// What is counted.
    pub metrics: Metrics,
    /// Counts what the database knows.
    pub tally: Tally,
    /// Erases inputs.
    pub retention: Retention,
    /// Cancelled when the server stops.
    pub shutdown: CancellationToken,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        settings: Settings,
        database: Database,
        objects: Objects,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) -> Self {
        let limits = &settings.limits;
        Self(Arc::new(AppParts {
            models: Models::new(database.clone(), objects.clone(), limits.model_cache_mb),
            srs: OnceLock::new(),
            compute: Compute::new(limits.compute_threads),
            rates: RateLimits::default(),
            shares: Shares::new(limits.connections_per_address),
            bodies: Budget::new(limits.bodies_bytes, limits.body_bytes),
            requests: Arc::new(Semaphore::new(limits.concurrent_requests)),
            estimates: Semaphore::new(ESTIMATES),
            streams: Arc::new(Semaphore::new(limits.event_streams)),
            tally: Tally::new(database.clone(), metrics.clone()),
            retention: Retention::new(
                database.clone(),
                objects.clone(),
                settings.retention.clone(),
                metrics.clone(),
            ),
            settings,
            database,
            objects,
            metrics,
            shutdown,
        }))
    }
}

impl App {
    /// Whether anybody can forge proofs of new models, as far as is known: their SRS is recognised by its points.
    #[must_use]
    pub fn insecure_srs(&self) -> bool {
        let found = self.srs.get().map(SrsPoints::is_insecure);
        found.unwrap_or(self.settings.srs.source == "dev")
    }
}

impl Deref for App {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}
