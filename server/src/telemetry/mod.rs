//! What the service tells its operator: log lines, traces, metrics, health.

mod error;
mod export;
mod http;
mod labels;
mod logging;
mod metrics;
mod tally;

pub use error::TelemetryError;
pub use http::observe;
pub use logging::{Telemetry, start};
pub use metrics::{CONTENT_TYPE, FinishedJob, Metrics, Outcome, Verdict};
pub use tally::{Tally, WORKER_SILENT_MS};
