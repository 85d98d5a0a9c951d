//! What a worker is told.

use crate::child::ChildConfig;
use crate::settings::Settings;
use std::path::PathBuf;
use std::time::Duration;

/// What a worker is told.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// Its name, unique among all that live.
    pub name: String,
    /// Jobs at once.
    pub slots: usize,
    /// How long a claim holds without a sign of life.
    pub lease: Duration,
    /// Longest attempt at a proof.
    pub prove_limit: Duration,
    /// Longest attempt at a compilation.
    pub compile_limit: Duration,
    /// How long running jobs may go on after the worker was told to end.
    pub drain: Duration,
    /// Folder of scratch files and models.
    pub folder: PathBuf,
    /// The program whose `child` command does the work.
    pub program: PathBuf,
    /// What the child processes are told.
    pub child: ChildConfig,
}

/// A megabyte.
const MB: u64 = 1_000_000;

impl WorkerOptions {
    /// What the settings say, for a worker with this number of slots.
    #[must_use]
    pub fn new(settings: &Settings, slots: usize) -> Self {
        let workers = &settings.workers;
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = match workers.threads {
            0 => (processors / slots.max(1)).max(1),
            threads => threads,
        };
        Self {
            name: unique_name(),
            slots,
            lease: Duration::from_secs(workers.lease_seconds),
            prove_limit: Duration::from_secs(workers.prove_seconds),
            compile_limit: Duration::from_secs(workers.compile_seconds),
            drain: Duration::from_secs(settings.server.drain_seconds),
            folder: settings.storage.cache.clone(),
            program: own_program(),
            child: ChildConfig {
                cache: settings.storage.cache.clone(),
                memory_bytes: workers.memory_bytes(),
                key_cache_bytes: workers.key_cache_mb * MB,
                threads,
                srs: settings.srs.clone(),
                kernels: workers.kernels,
            },
        }
    }
}

/// This program, also after its file was replaced by a newer one, where the system can say so.
fn own_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() {
        return running;
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hallmark"))
}

/// Host and process for people, and a random part, because both come again.
fn unique_name() -> String {
    let host = sysinfo::System::host_name().unwrap_or_else(|| "host".to_owned());
    let random = uuid::Uuid::new_v4().simple().to_string();
    let random = random.get(..8).unwrap_or_default();
    format!("{host}-{}-{random}", std::process::id())
}
