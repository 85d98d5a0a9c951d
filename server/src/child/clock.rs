//! Which stage a job is in, and how long each took.

use super::protocol::{Output, Reply};
use crate::job::{JobStage, StageTime};
use hallmark::{Event, Observer, Stage};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Follows the library's progress and tells the worker.
pub(super) struct StageClock<'a> {
    output: &'a Output,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: Vec<StageTime>,
    current: Option<(JobStage, Instant)>,
}

impl State {
    /// Ends the current stage. One that a job comes into several times has the sum of its times.
    fn end(&mut self) {
        let Some((stage, began)) = self.current.take() else {
            return;
        };
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        match self.done.iter_mut().find(|time| time.stage == stage) {
            Some(time) => time.ms += ms,
            None => self.done.push(StageTime { stage, ms }),
        }
    }
}

impl<'a> StageClock<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        Self {
            output,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job comes into a stage. Nothing happens if it is there.
    pub(super) fn enter(&self, stage: JobStage, estimate_ms: Option<u64>) {
        let mut state = self.state();
        if state.current.is_some_and(|(current, _)| current == stage) {
            return;
        }
        state.end();
        state.current = Some((stage, Instant::now()));
        let stages = state.done.clone();
        // A worker that does not listen any more has ended; so will this process.
        let _ = self.output.send(&Reply::Stage {
            stage,
            estimate_ms,
            stages,
        });
    }

    /// Times of all stages.
    pub(super) fn finish(&self) -> Vec<StageTime> {
        let mut state = self.state();
        state.end();
        state.done.clone()
    }
}

/// Compiling: the library's stages, as those of jobs.
pub(super) struct Compiling<'a>(pub(super) &'a StageClock<'a>);

impl Observer for Compiling<'_> {
    fn notice(&self, event: Event) {
        if let Event::StageStarted { stage, estimate_ms } = event {
            match stage {
                Stage::Quantise | Stage::Compare | Stage::CheckSrs => {
                    self.0.enter(JobStage::Importing, estimate_ms);
                }
                Stage::Plan => self.0.enter(JobStage::Planning, estimate_ms),
                Stage::Srs | Stage::Keys => self.0.enter(JobStage::Keys, estimate_ms),
                Stage::Layout | Stage::Witness | Stage::Prove | Stage::SelfVerify => {}
            }
        }
    }
}

/// Proving.
pub(super) struct Proving<'a>(pub(super) &'a StageClock<'a>);

impl Observer for Proving<'_> {
    fn notice(&self, event: Event) {
        if let Event::StageStarted { stage, estimate_ms } = event {
            match stage {
                Stage::Prove => self.0.enter(JobStage::Proving, estimate_ms),
                Stage::SelfVerify => self.0.enter(JobStage::Verifying, estimate_ms),
                _ => {}
            }
        }
    }
}
