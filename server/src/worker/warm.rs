//! Child processes that wait for further jobs, with models that they opened.
//!
//! A process has had a tenant's inputs and models in its memory, so it works for that tenant only.

use super::process::Process;
use crate::child::ChildConfig;
use std::path::Path;

/// Processes that wait, at most.
const MOST: usize = 8;

/// Of one slot. The one that was used last is at the end.
#[derive(Default)]
pub(super) struct Warm {
    /// One that nobody has used yet.
    fresh: Option<Process>,
    used: Vec<(String, Process)>,
}

impl Warm {
    /// Has a process ready before the first job comes. If that fails, the first job will say why.
    pub(super) async fn prepare(&mut self, program: &Path, config: &ChildConfig) {
        if self.fresh.is_none() {
            self.fresh = Process::start(program, config).await.ok();
        }
    }

    /// The tenant's process, or a new one.
    ///
    /// # Errors
    /// If none can be started.
    pub(super) async fn take(
        &mut self,
        tenant: &str,
        program: &Path,
        config: &ChildConfig,
    ) -> std::io::Result<Process> {
        if let Some(place) = self.used.iter().position(|(owner, _)| owner == tenant) {
            return Ok(self.used.remove(place).1);
        }
        match self.fresh.take() {
            Some(process) => Ok(process),
            None => Process::start(program, config).await,
        }
    }

    /// Keeps a process for the tenant's next job. Those that were not used for the longest time end, where there are too many or they take
    /// more memory than opened models may.
    pub(super) async fn keep(&mut self, tenant: &str, process: Process, budget_bytes: u64) {
        self.used.push((tenant.to_owned(), process));
        while self.used.len() > 1 && (self.used.len() > MOST || self.bytes() > budget_bytes) {
            self.used.remove(0).1.kill().await;
        }
    }

    fn bytes(&self) -> u64 {
        let resident = self.used.iter().filter_map(|(_, process)| process.resident());
        resident.map(i64::unsigned_abs).sum()
    }
}
