//! What happened to a job, in order.

use super::state::{UnknownWord, words};
use super::{JobId, JobState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The job came into [`JobEvent::state`].
    State,
    /// An attempt crashed and another one follows; `data.cause` says why.
    Retry,
}

words!(EventKind { State => "state", Retry => "retry" });

/// One entry of a job's history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobEvent {
    /// The job.
    pub job: JobId,
    /// 1, 2, 3, … within the job; the `id` of server-sent events.
    pub seq: i64,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// What it tells.
    pub kind: EventKind,
    /// The job's state from then on.
    pub state: JobState,
    /// Details: `attempt`, `worker`, `stage`, `fraction` (0 to 1), `estimate_ms`, `cause`.
    pub data: Value,
}
