//! What can be set, in one place: defaults, a TOML file, environment variables and flags make one validated value.

mod load;
mod reference;
#[cfg(test)]
mod tests;
mod validate;

pub use load::{Sources, load, print, without_password};
pub use reference::{Line, reference};

use crate::digest::unhex;
use crate::scope::Scope;
use hallmark_verifier::SrsPolicy;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything that a server or worker can be told. `docs/service/configuration.md` lists every key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub server: Server,
    /// Where it keeps things.
    pub storage: Storage,
    /// Which SRS models are compiled with.
    pub srs: Srs,
    /// Bounds on what one request or client can ask for.
    pub limits: Limits,
    /// Who may do what.
    pub access: Access,
    /// Cross-origin requests.
    pub cors: Cors,
    /// Proving.
    pub workers: Workers,
    /// Notifications.
    pub webhooks: Webhooks,
    /// How long things are kept.
    pub retention: Retention,
    /// Logs and traces.
    pub telemetry: Telemetry,
}

/// `server`: where it listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub bind: SocketAddr,
    /// URL under which browsers reach it behind a proxy; empty if that is the address.
    pub public_url: String,
    /// Further names that `Host` may have; `*` for any.
    pub hosts: Vec<String>,
    /// Seconds that requests and, with workers in the same process, proofs get to finish at shutdown.
    pub drain_seconds: u64,
    /// Whether the digits model is registered at the first start.
    pub register_digits: bool,
}

/// `storage`: where things are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Folder of everything that has no place of its own; `$XDG_DATA_HOME/hallmark` if empty.
    pub folder: PathBuf,
    /// `postgres://…`, or the path of an SQLite file; `hallmark.sqlite` in the folder if empty.
    pub database: String,
    /// Seconds to wait at the start for a database that does not answer yet.
    pub wait_seconds: u64,
    /// `s3://bucket/prefix`, or a folder; `objects` in the folder if empty.
    pub objects: String,
    /// How an S3-compatible store is reached.
    pub s3: S3,
    /// Folder of cached SRSs and proving keys; `cache` in the folder if empty.
    pub cache: PathBuf,
}

/// `storage.s3`: how an S3-compatible store is reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3 {
    /// URL of the service; Amazon's if empty.
    pub endpoint: String,
    /// Region.
    pub region: String,
    /// Name of the access key.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: String,
}

/// `srs`: which SRS models are compiled with, and which are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Srs {
    /// `dev`, the digest of an SRS in the cache, or the path of a ceremony's file.
    pub source: String,
    /// Neither compile models over an SRS whose secret is public nor call proofs over one valid.
    pub refuse_insecure: bool,
    /// Compile and accept only over ceremonies that are recognised by their points.
    pub only_ceremonies: bool,
    /// Digests of the SRSs that are accepted; all if empty.
    pub accept: Vec<String>,
}

/// `limits`: bounds on what one request or client can ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a JSON body.
    pub body_bytes: usize,
    /// Bytes of an ONNX file.
    pub model_bytes: usize,
    /// Bytes of calibration data.
    pub calibration_bytes: usize,
    /// Bytes of all JSON bodies in memory at once.
    pub bodies_bytes: usize,
    /// Longest pause within a body, in seconds.
    pub body_seconds: u64,
    /// Least mean rate of a body, in bytes a second, once it has taken longer than one pause.
    pub body_bytes_per_second: u64,
    /// Longest time that any body may take, in seconds.
    pub upload_seconds: u64,
    /// Seconds until a request is given up after its body, without the time that `Prefer: wait` asks for.
    pub request_seconds: u64,
    /// Longest `Prefer: wait` that is honoured.
    pub wait_seconds: u64,
    /// Requests under way at once; more are answered with 503.
    pub concurrent_requests: usize,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one address.
    pub connections_per_address: usize,
    /// Open event streams at once.
    pub event_streams: usize,
    /// Jobs that may wait for a worker; more are refused with 503.
    pub queue_length: u64,
    /// Jobs of one tenant that may wait or run.
    pub jobs_per_tenant: u64,
    /// Proofs in one batch.
    pub batch_proofs: usize,
    /// Bundles in one batch of verifications.
    pub batch_verifications: usize,
    /// Memory for opened models and verifying keys, in megabytes.
    pub model_cache_mb: u64,
    /// Verifications and predictions at once; 0 for one per processor.
    pub compute_threads: usize,
}

/// `access`: who may do what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// What callers without a key may do; if not set, `read`, `predict` and `prove` where the server listens on a
    /// loopback address, else nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<Vec<Scope>>,
    /// Requests a minute of a key that has no rate of its own.
    pub rate_per_minute: u32,
    /// Requests a minute of one address without a key.
    pub anonymous_rate_per_minute: u32,
    /// Seconds of proving a day of a key that has no quota of its own; 0 for no bound.
    pub proof_seconds_per_day: u64,
    /// Take a caller's address from `X-Forwarded-For`: only behind a proxy that sets it.
    pub trust_forwarded_for: bool,
}

/// `cors`: cross-origin requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins whose pages may call the API; `*` for all.
    pub origins: Vec<String>,
}

/// `workers`: proving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workers {
    /// Jobs at once in this process; 0 leaves proving to `hallmark worker`.
    pub count: usize,
    /// Threads of a proof; 0 shares the processors among the workers.
    pub threads: usize,
    /// Address space that one job may take, in megabytes.
    pub memory_mb: u64,
    /// Memory for opened proving keys of one worker, in megabytes.
    pub key_cache_mb: u64,
    /// Longest time that one attempt at a proof may take.
    pub prove_seconds: u64,
    /// Longest time that one attempt at compiling may take.
    pub compile_seconds: u64,
    /// Seconds without a sign of life after which a worker's job is given to another.
    pub lease_seconds: u64,
    /// Attempts before a job whose process dies is given up.
    pub max_attempts: u32,
    /// Attempts that may be lost with their workers, besides those, before a job is given up.
    pub max_lost: u32,
    /// The arithmetic of proofs.
    pub kernels: Kernels,
}

/// The arithmetic of proofs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kernels {
    /// The fastest of the CPU.
    #[default]
    Auto,
    /// What every CPU has.
    Portable,
}

/// `webhooks`: notifications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Deliver to private, loopback and link-local addresses too.
    pub allow_private: bool,
    /// Seconds until a delivery is given up.
    pub timeout_seconds: u64,
    /// Attempts at a delivery.
    pub max_attempts: u32,
}

/// `retention`: how long things are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Hours that a private input and its opening are kept after the job's end.
    pub private_input_hours: u64,
    /// Hours that an idempotency key is remembered.
    pub idempotency_hours: u64,
    /// Days that a finished job's events are kept.
    pub events_days: u64,
    /// Days that the log of deliveries is kept.
    pub deliveries_days: u64,
}

/// `telemetry`: logs and traces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// What is logged, as `RUST_LOG` says it.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
    /// OTLP collector for traces over HTTP, such as `http://localhost:4318`; none if empty.
    pub otlp_endpoint: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8420)),
            public_url: String::new(),
            hosts: Vec::new(),
            drain_seconds: 30,
            register_digits: true,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            database: String::new(),
            wait_seconds: 30,
            objects: String::new(),
            s3: S3::default(),
            cache: PathBuf::new(),
        }
    }
}

impl Default for Srs {
    fn default() -> Self {
        Self {
            source: "dev".to_owned(),
            refuse_insecure: false,
            only_ceremonies: false,
            accept: Vec::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            model_bytes: 256 << 20,
            calibration_bytes: 64 << 20,
            bodies_bytes: 256 << 20,
            body_seconds: 30,
            body_bytes_per_second: 1024,
            upload_seconds: 3600,
            request_seconds: 60,
            wait_seconds: 60,
            concurrent_requests: 512,
            connections: 2048,
            connections_per_address: 256,
            event_streams: 512,
            queue_length: 10_000,
            jobs_per_tenant: 5_000,
            batch_proofs: 256,
            batch_verifications: 256,
            model_cache_mb: 512,
            compute_threads: 0,
        }
    }
}

impl Default for Access {
    fn default() -> Self {
        Self {
            anonymous: None,
            rate_per_minute: 6_000,
            anonymous_rate_per_minute: 6_000,
            proof_seconds_per_day: 0,
            trust_forwarded_for: false,
        }
    }
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            count: 1,
            threads: 0,
            memory_mb: 8192,
            key_cache_mb: 2048,
            prove_seconds: 600,
            compile_seconds: 1200,
            lease_seconds: 15,
            max_attempts: 3,
            max_lost: 20,
            kernels: Kernels::Auto,
        }
    }
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout_seconds: 10,
            max_attempts: 8,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            private_input_hours: 24,
            idempotency_hours: 24,
            events_days: 7,
            deliveries_days: 30,
        }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            otlp_endpoint: String::new(),
        }
    }
}

impl Srs {
    /// What an SRS has to be. A digest that is none, which [`Settings::problems`] names, accepts nothing.
    #[must_use]
    pub fn policy(&self) -> SrsPolicy {
        let digests = self.accept.iter().filter_map(|text| unhex(text));
        SrsPolicy {
            refuse_insecure: self.refuse_insecure,
            only_ceremonies: self.only_ceremonies,
            only: (!self.accept.is_empty()).then(|| digests.collect()),
        }
    }
}

impl Workers {
    /// Memory that one job may take, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory_mb.saturating_mul(1_000_000)
    }
}

impl Settings {
    /// What callers without a key may do.
    #[must_use]
    pub fn anonymous_scopes(&self) -> Vec<Scope> {
        match &self.access.anonymous {
            Some(scopes) => scopes.clone(),
            None if self.server.bind.ip().is_loopback() => vec![Scope::Read, Scope::Predict, Scope::Prove],
            None => Vec::new(),
        }
    }
}
