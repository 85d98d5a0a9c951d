//! Progress and warnings on their way to the caller.

use std::path::PathBuf;

/// The steps of making keys and proofs, in the order in which they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Loading, generating or checking the SRS.
    Srs,
    /// Choosing the layout of the circuit.
    Plan,
    /// Making the verifying and proving keys, or loading them from the cache.
    Keys,
    /// Running the integer model and laying out the witness columns.
    Witness,
    /// Making the proof.
    Prove,
    /// Checking the new proof with the independent verifier.
    SelfVerify,
}

impl Stage {
    /// The stage in words, for progress lines.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Srs => "preparing the SRS",
            Self::Plan => "planning the layout",
            Self::Keys => "making the keys",
            Self::Witness => "computing the witness",
            Self::Prove => "proving",
            Self::SelfVerify => "verifying the proof",
        }
    }
}

/// Something a caller may want to show or log.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum Event {
    /// A stage began. `estimate_ms` is a rough expectation of its length, where there is one.
    StageStarted {
        /// The stage.
        stage: Stage,
        /// Expected length in milliseconds.
        estimate_ms: Option<u64>,
    },
    /// A part of a stage is done.
    Progress {
        /// The stage.
        stage: Stage,
        /// The part, about: from 0 to 1, growing.
        fraction: f64,
    },
    /// A stage ended.
    StageFinished {
        /// The stage.
        stage: Stage,
        /// Its length in milliseconds.
        elapsed_ms: u64,
    },
    /// A cached file was damaged; it is not used and is made anew.
    CacheDamaged {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A result could not be kept in the cache (full disk, permissions). The work goes on without.
    CacheNotWritten {
        /// Why not.
        problem: String,
    },
    /// A development SRS is in use: its secret is public and proofs made with it prove nothing.
    InsecureSrs,
}

/// Receives [`Event`]s, on the thread that does the work.
pub trait Observer {
    /// Called for every event, and meant to return quickly.
    fn notice(&self, event: Event);
}

impl<F: Fn(Event)> Observer for F {
    fn notice(&self, event: Event) {
        self(event);
    }
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn notice(&self, _event: Event) {}
}

/// Runs `work` as `stage`, reports its begin and end, and returns the result with the elapsed milliseconds.
pub(crate) fn timed<T, E>(
    observer: &dyn Observer,
    stage: Stage,
    estimate_ms: Option<u64>,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<(T, f64), E> {
    let _span = tracing::info_span!("stage", step = stage.words()).entered();
    observer.notice(Event::StageStarted { stage, estimate_ms });
    let start = std::time::Instant::now();
    let result = work();
    let elapsed = start.elapsed();
    observer.notice(Event::StageFinished {
        stage,
        elapsed_ms: elapsed.as_millis().try_into().unwrap_or(u64::MAX),
    });
    Ok((result?, elapsed.as_secs_f64() * 1000.0))
}
