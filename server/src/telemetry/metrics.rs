//! The metrics of a server, in OpenMetrics' text format.

use super::labels::{Build, Code, End, Kind, Request, Result, Route, Stage, State, What};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of a server. Clones are the same metrics.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Request, Counter>,
    request_seconds: Family<Route, Histogram>,
    requests_in_flight: Gauge,
    problems: Family<Code, Counter>,
    jobs: Family<State, Gauge>,
    oldest_queued_seconds: Gauge,
    workers: Gauge,
    finished: Family<End, Counter>,
    stage_seconds: Family<Stage, Histogram>,
    wait_seconds: Family<Kind, Histogram>,
    job_seconds: Family<Kind, Histogram>,
    peak_bytes: Family<Kind, Histogram>,
    retries: Family<Kind, Counter>,
    receipts: Gauge,
    verifications: Family<Result, Counter>,
    verification_seconds: Histogram,
    deliveries: Family<Result, Counter>,
    erased: Family<What, Counter>,
}

/// A job that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedJob {
    /// `prove` or `compile`.
    pub kind: &'static str,
    /// Its last state.
    pub state: &'static str,
    /// Why it has no result; empty if it has one.
    pub cause: &'static str,
    /// Stages and their milliseconds.
    pub stages: Vec<(&'static str, f64)>,
    /// From acceptance to the first attempt, in milliseconds.
    pub waited_ms: Option<i64>,
    /// From acceptance to the end, in milliseconds.
    pub took_ms: i64,
    /// Greatest resident memory of the child process.
    pub peak_bytes: Option<i64>,
    /// Attempts begun.
    pub attempts: i64,
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The proof is valid.
    Valid,
    /// It is not.
    Invalid,
    /// It is no proof.
    Malformed,
}

/// How an attempt at a webhook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver accepted it.
    Delivered,
    /// It will be tried again.
    Retried,
    /// It was given up.
    Failed,
}

/// Milliseconds to minutes.
fn seconds() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
    ])
}

/// 16 MiB to 32 GiB.
fn bytes() -> Histogram {
    Histogram::new((24..=35).map(|bits| f64::from(bits).exp2()))
}

/// Counts as gauges take them.
fn gauge_value(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Arc::new(Registry::default()),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            requests_in_flight: Gauge::default(),
            problems: Family::default(),
            jobs: Family::default(),
            oldest_queued_seconds: Gauge::default(),
            workers: Gauge::default(),
            finished: Family::default(),
            stage_seconds: Family::new_with_constructor(seconds),
            wait_seconds: Family::new_with_constructor(seconds),
            job_seconds: Family::new_with_constructor(seconds),
            peak_bytes: Family::new_with_constructor(bytes),
            retries: Family::default(),
            receipts: Gauge::default(),
            verifications: Family::default(),
            verification_seconds: seconds(),
            deliveries: Family::default(),
            erased: Family::default(),
        };
        let mut registry = Registry::with_prefix("hallmark");
        metrics.register(&mut registry);
        metrics.registry = Arc::new(registry);
        metrics
    }

    fn register(&self, registry: &mut Registry) {
        let build = Info::new(Build {
            version: env!("CARGO_PKG_VERSION"),
        });
        registry.register("build", "The program", build);
        self.register_http(registry);
        self.register_jobs(registry);
        registry.register("verifications", "Proofs checked", self.verifications.clone());
        registry.register_with_unit(
            "verification",
            "Time of a verification",
            Unit::Seconds,
            self.verification_seconds.clone(),
        );
        registry.register(
            "webhook_deliveries",
            "Attempts to deliver to webhooks",
            self.deliveries.clone(),
        );
        registry.register(
            "erased",
            "Things erased because their time had come",
            self.erased.clone(),
        );
    }

    fn register_http(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until the answer's head",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests under way",
            self.requests_in_flight.clone(),
        );
        registry.register("problems", "Problem answers by type", self.problems.clone());
    }

    fn register_jobs(&self, registry: &mut Registry) {
        registry.register("jobs", "Jobs that have not ended", self.jobs.clone());
        registry.register_with_unit(
            "queue_oldest",
            "Age of the oldest queued job",
            Unit::Seconds,
            self.oldest_queued_seconds.clone(),
        );
        registry.register("workers", "Workers seen lately", self.workers.clone());
        registry.register("jobs_finished", "Jobs that have ended", self.finished.clone());
        registry.register_with_unit(
            "job_stage",
            "Time of a stage of a job",
            Unit::Seconds,
            self.stage_seconds.clone(),
        );
        registry.register_with_unit(
            "job_wait",
            "Time from acceptance to the first attempt",
            Unit::Seconds,
            self.wait_seconds.clone(),
        );
        registry.register_with_unit(
            "job",
            "Time from acceptance to the end",
            Unit::Seconds,
            self.job_seconds.clone(),
        );
        registry.register_with_unit(
            "job_peak_memory",
            "Greatest resident memory of a job's process",
            Unit::Bytes,
            self.peak_bytes.clone(),
        );
        registry.register("job_retries", "Attempts after the first", self.retries.clone());
        registry.register("receipts", "Entries of the receipt log", self.receipts.clone());
    }

    /// A request has come.
    pub(super) fn request_began(&self) {
        self.requests_in_flight.inc();
    }

    /// A request has been answered, or given up by its client.
    pub(super) fn request_ended(&self) {
        self.requests_in_flight.dec();
    }

    /// A request was answered.
    pub(super) fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.request_seconds
            .get_or_create(&Route {
                method,
                route: route.clone(),
            })
            .observe(took.as_secs_f64());
        self.requests
            .get_or_create(&Request {
                method,
                route,
                status,
            })
            .inc();
    }

    /// A problem was answered.
    pub(super) fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&Code { code }).inc();
    }

    /// The jobs that have not ended, by state, and the age of the oldest that waits.
    pub fn set_jobs(&self, counts: &[(&'static str, u64)], oldest_queued: Option<Duration>) {
        // States without jobs disappear, which a sum over states reads as zero.
        self.jobs.clear();
        for (state, count) in counts {
            self.jobs.get_or_create(&State { state }).set(gauge_value(*count));
        }
        let age = oldest_queued.unwrap_or_default().as_secs();
        self.oldest_queued_seconds.set(gauge_value(age));
    }

    /// How many workers have been seen lately.
    pub fn set_workers(&self, count: u64) {
        self.workers.set(gauge_value(count));
    }

    /// The size of the receipt log.
    pub fn set_receipts(&self, count: u64) {
        self.receipts.set(gauge_value(count));
    }

    /// A job has ended.
    pub fn job_finished(&self, job: &FinishedJob) {
        let kind = Kind { kind: job.kind };
        self.finished
            .get_or_create(&End {
                kind: job.kind,
                state: job.state,
                cause: job.cause,
            })
            .inc();
        for (stage, ms) in &job.stages {
            let labels = Stage {
                kind: job.kind,
                stage,
            };
            self.stage_seconds.get_or_create(&labels).observe(ms / 1e3);
        }
        if let Some(ms) = job.waited_ms {
            self.wait_seconds.get_or_create(&kind).observe(ms as f64 / 1e3);
        }
        self.job_seconds
            .get_or_create(&kind)
            .observe(job.took_ms as f64 / 1e3);
        if let Some(bytes) = job.peak_bytes {
            self.peak_bytes.get_or_create(&kind).observe(bytes as f64);
        }
        let retries = u64::try_from(job.attempts.saturating_sub(1)).unwrap_or(0);
        self.retries.get_or_create(&kind).inc_by(retries);
    }

    /// Proofs were checked in one go.
    pub fn verified(&self, verdicts: &[Verdict], took: Duration) {
        for verdict in verdicts {
            let result = match verdict {
                Verdict::Valid => "valid",
                Verdict::Invalid => "invalid",
                Verdict::Malformed => "malformed",
            };
            self.verifications.get_or_create(&Result { result }).inc();
        }
        self.verification_seconds.observe(took.as_secs_f64());
    }

    /// A delivery was tried.
    pub fn delivery(&self, outcome: Outcome) {
        let result = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Retried => "retried",
            Outcome::Failed => "failed",
        };
        self.deliveries.get_or_create(&Result { result }).inc();
    }

    /// Things were erased.
    pub fn erased(&self, what: &'static str, count: u64) {
        self.erased.get_or_create(&What { what }).inc_by(count);
    }

    /// Everything in OpenMetrics' text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
