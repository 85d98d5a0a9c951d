//! Progress on its way to the caller.

use hallmark_prover::Observer;
use hallmark_prover::observer::Silent;
use std::time::{Duration, Instant};

/// A step that the prover's stages do not cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Choosing scales and rounding weights.
    Quantising,
    /// Running the float and the integer model on the calibration data.
    Comparing,
    /// Choosing the layout of the circuits.
    Planning,
    /// Checking an SRS file.
    CheckingSrs,
}

impl Step {
    /// The step in words, for progress lines.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Quantising => "quantising",
            Self::Comparing => "comparing with floats",
            Self::Planning => hallmark_prover::Stage::Plan.words(),
            Self::CheckingSrs => "checking the SRS file",
        }
    }
}

/// Receives steps and remarks besides the prover's events.
pub trait Progress: Observer {
    /// A step began.
    fn began(&self, step: Step);
    /// It ended.
    fn ended(&self, step: Step, elapsed: Duration);
    /// Something that the user may want to know.
    fn remark(&self, text: &str);
}

impl Progress for Silent {
    fn began(&self, _: Step) {}
    fn ended(&self, _: Step, _: Duration) {}
    fn remark(&self, _: &str) {}
}

/// Runs `work` as `step`.
pub fn during<T>(progress: &dyn Progress, step: Step, work: impl FnOnce() -> T) -> T {
    progress.began(step);
    let start = Instant::now();
    let result = work();
    progress.ended(step, start.elapsed());
    result
}
