//! Opened models, kept within a budget of memory.

use super::clock::StageClock;
use super::memory::resident;
use super::protocol::ChildConfig;
use crate::job::JobStage;
use crate::settings::Kernels;
use hallmark::Error;
use hallmark::project::{Project, Surroundings, open};
use hallmark_prover::cache::Cache;
use hallmark_prover::engine::Backend;
use hallmark_prover::observer::Silent;
use hallmark_prover::{PRECOMPUTED_BYTES, Prover};
use hallmark_verifier::Form;
use std::path::{Path, PathBuf};

/// Models with their provers, the one that was used last at the end.
pub(super) struct Models {
    cache: Cache,
    budget_bytes: u64,
    kernels: Kernels,
    opened: Vec<Opened>,
}

struct Opened {
    folder: PathBuf,
    form: Form,
    project: Project,
    prover: Prover,
    bytes: u64,
}

impl Models {
    pub(super) fn new(config: &ChildConfig) -> Self {
        Self {
            cache: Cache::new(&config.cache),
            budget_bytes: config.key_cache_bytes,
            kernels: config.kernels,
            opened: Vec::new(),
        }
    }

    /// The model in `folder`, ready for proofs of this kind.
    pub(super) fn get(
        &mut self,
        folder: &Path,
        form: Form,
        clock: &StageClock<'_>,
    ) -> Result<(&Project, &Prover), Error> {
        let found = self
            .opened
            .iter()
            .position(|opened| opened.folder == folder && opened.form == form);
        let opened = match found {
            Some(place) => self.opened.remove(place),
            None => self.open(folder, form, clock)?,
        };
        self.opened.push(opened);
        self.evict();
        let last = self.opened.last();
        last.map(|opened| (&opened.project, &opened.prover))
            .ok_or_else(|| Error::NoFolder(folder.to_owned()))
    }

    fn open(&self, folder: &Path, form: Form, clock: &StageClock<'_>) -> Result<Opened, Error> {
        clock.enter(JobStage::Opening, None);
        let before = resident();
        let project = Project::load(folder)?;
        let surroundings = Surroundings {
            cache: Some(&self.cache),
            // A stage of its own, whatever the library does in it.
            progress: &Silent,
        };
        let mut prover = open(&project, form, &surroundings)?;
        if self.kernels == Kernels::Portable {
            prover = prover.with_backend(Backend::PORTABLE)?;
        }
        let share = usize::try_from(self.budget_bytes / 8).unwrap_or(usize::MAX);
        prover.precompute(share.min(PRECOMPUTED_BYTES))?;
        // What it takes is what it added. Where the system does not tell, a model counts as a third of the budget.
        let bytes = match (before, resident()) {
            (Some(before), Some(after)) => u64::try_from(after - before).unwrap_or(0).max(1 << 20),
            _ => self.budget_bytes / 3,
        };
        Ok(Opened {
            folder: folder.to_owned(),
            form,
            project,
            prover,
            bytes,
        })
    }

    /// Forgets what was not used for the longest time. The one in use stays.
    fn evict(&mut self) {
        while self.opened.len() > 1
            && self.opened.iter().map(|opened| opened.bytes).sum::<u64>() > self.budget_bytes
        {
            self.opened.remove(0);
        }
    }
}
