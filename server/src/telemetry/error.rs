//! What can be wrong with the settings of telemetry.

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// `telemetry.log` is not a filter.
    #[error(
        "telemetry.log = {value:?} is not a filter such as \"info\" or \"info,hallmark_server=debug\": {problem}"
    )]
    Filter {
        /// What was set.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The exporter refused its settings.
    #[error(
        "telemetry.otlp_endpoint = {endpoint:?} cannot be used: {problem}. Give a URL such as \"http://localhost:4318\"."
    )]
    Otlp {
        /// What was set.
        endpoint: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Another subscriber is there.
    #[error("logging was started twice in one process")]
    Started,
}
