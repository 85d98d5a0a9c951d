//! The vocabulary of jobs, shared by store, workers and API.

mod cause;
mod event;
mod id;
mod record;
mod spec;
mod state;

pub use cause::{Cause, CauseKind};
pub use event::{EventKind, JobEvent};
pub use id::{DeliveryId, JobId, KeyId, NotAnId, WebhookId};
pub use record::{BundleInfo, CompileResult, JobRecord, JobResult, OutputTensor, ProveResult, StageTime};
pub use spec::{CompileOptions, CompileSpec, JobSpec, ModelTarget, NewJob, ProveSpec, model_id_text};
pub use state::{JobKind, JobStage, JobState};

/// Tenant of callers without a key.
pub const ANONYMOUS: &str = "anonymous";
/// Tenant of what comes with the program: nobody has a key of it, so nobody but the server's operator publishes there.
pub const OPERATOR: &str = "builtin";
/// Its name.
pub const OPERATOR_NAME: &str = "hallmark";
