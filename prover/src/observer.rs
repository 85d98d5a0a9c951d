//! Progress and warnings on their way to the caller.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// The steps from a float model to a proof, in the order in which they happen: what progress is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Choosing scales and rounding weights.
    Quantise,
    /// Running the float and the integer model on the calibration data.
    Compare,
    /// Checking an SRS file.
    CheckSrs,
    /// Loading, generating or checking the SRS.
    Srs,
    /// Choosing the layout of the circuit.
    Plan,
    /// Laying the circuit out as was decided when the model was compiled.
    Layout,
    /// Making the verifying and proving keys, or putting them together from what is known of them.
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
            Self::Quantise => "quantising",
            Self::Compare => "comparing with floats",
            Self::CheckSrs => "checking the SRS file",
            Self::Srs => "preparing the SRS",
            Self::Plan => "planning the layout",
            Self::Layout => "laying out the circuit",
            Self::Keys => "preparing the keys",
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
    /// Something that the user may want to know, in words.
    Remark(String),
    /// A development SRS is in use: its secret is public and proofs made with it prove nothing.
    InsecureSrs,
}

/// Receives [`Event`]s, on the thread that does the work.
pub trait Observer: Sync {
    /// Called for every event, and meant to return quickly.
    fn notice(&self, event: Event);
}

impl<F: Fn(Event) + Sync> Observer for F {
    fn notice(&self, event: Event) {
        self(event);
    }
}

/// Runs `work` as `stage` on the calling thread, and reports its begin and end.
pub fn during<T>(observer: &dyn Observer, stage: Stage, work: impl FnOnce() -> T) -> T {
    observer.notice(Event::StageStarted {
        stage,
        estimate_ms: None,
    });
    let start = std::time::Instant::now();
    let result = work();
    observer.notice(Event::StageFinished {
        stage,
        elapsed_ms: start.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
    });
    result
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn notice(&self, _event: Event) {}
}

/// Runs `work` as `stage`, reports its begin and end, and returns the result with the elapsed milliseconds.
///
/// It runs on one of rayon's threads: from any other, each parallel step would have to wake one up and to be woken by it.
pub(crate) fn timed<T: Send, E: Send>(
    observer: &dyn Observer,
    stage: Stage,
    estimate_ms: Option<u64>,
    work: impl FnOnce() -> Result<T, E> + Send,
) -> Result<(T, f64), E> {
    observer.notice(Event::StageStarted { stage, estimate_ms });
    let start = std::time::Instant::now();
    let span = tracing::info_span!("stage", step = stage.words());
    let result = match stage {
        Stage::Prove => with_all_threads(|| span.in_scope(work)),
        _ => rayon::scope(|_| span.in_scope(work)),
    };
    let elapsed = start.elapsed();
    observer.notice(Event::StageFinished {
        stage,
        elapsed_ms: elapsed.as_millis().try_into().unwrap_or(u64::MAX),
    });
    Ok((result?, elapsed.as_secs_f64() * 1000.0))
}

/// Runs `work` on one of rayon's threads and keeps the others awake until it ends.
///
/// A proof is a sequence of hundreds of parallel steps of some hundred microseconds. A thread that goes to sleep in between
/// takes tens of microseconds to wake up, which is a tenth of the time of a small proof. Those that wait give way to
/// whatever else wants to run.
fn with_all_threads<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let over = AtomicBool::new(false);
    rayon::scope(|scope| {
        let (over, own) = (&over, rayon::current_thread_index());
        scope.spawn_broadcast(move |_, context| {
            while Some(context.index()) != own && !over.load(Ordering::Acquire) {
                if rayon::yield_now() != Some(rayon::Yield::Executed) {
                    std::thread::yield_now();
                }
            }
        });
        let _end = End(over);
        work()
    })
}

/// Says that something is over when it is dropped, panics included.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn proofs_side_by_side_end_and_panics_come_through() {
        let sum = |n: u64| with_all_threads(|| (0..n).into_par_iter().map(|i| i % 7).sum::<u64>());
        let expected: u64 = (0..100_000).map(|i| i % 7).sum();
        std::thread::scope(|threads| {
            let all: Vec<_> = (0..8).map(|_| threads.spawn(|| sum(100_000))).collect();
            for one in all {
                assert_eq!(one.join().unwrap(), expected);
            }
        });
        let panicked = std::panic::catch_unwind(|| with_all_threads(|| panic!("inside")));
        assert!(panicked.is_err());
        assert_eq!(sum(100_000), expected);
    }

    /// What an observer was told, without the times.
    fn told(work: impl FnOnce(&dyn Observer)) -> Vec<String> {
        let events = std::sync::Mutex::new(Vec::new());
        let observer = |event: Event| {
            let words = match event {
                Event::StageStarted { stage, estimate_ms } => {
                    format!("{} from {estimate_ms:?}", stage.words())
                }
                Event::StageFinished { stage, .. } => format!("{} ended", stage.words()),
                other => format!("{other:?}"),
            };
            events.lock().unwrap().push(words);
        };
        work(&observer);
        events.into_inner().unwrap()
    }

    /// Begin and end of a stage are told around the work, whether it succeeds or not.
    #[test]
    fn stages_begin_and_end_around_the_work() {
        let inside = |observer: &dyn Observer| observer.notice(Event::Remark("inside".to_owned()));
        let around = |stage: Stage, estimate: Option<u64>| {
            let words = stage.words();
            vec![format!("{words} from {estimate:?}"), format!("{words} ended")]
        };
        let mut order = around(Stage::Prove, Some(7));
        order.insert(1, "Remark(\"inside\")".to_owned());
        let found = told(|observer| {
            let made = timed(observer, Stage::Prove, Some(7), || {
                inside(observer);
                assert!(
                    rayon::current_thread_index().is_some(),
                    "on one of rayon's threads"
                );
                Ok::<_, ()>(5)
            });
            let (result, ms) = made.unwrap();
            assert!(result == 5 && ms >= 0.0);
        });
        assert_eq!(found, order);
        let found = told(|observer| {
            let failed = timed(observer, Stage::Keys, None, || Err::<(), _>("no"));
            assert_eq!(failed.unwrap_err(), "no");
        });
        assert_eq!(found, around(Stage::Keys, None));
        let found = told(|observer| assert_eq!(during(observer, Stage::Compare, || 3), 3));
        assert_eq!(found, around(Stage::Compare, None));
    }

    /// A stage takes as long as its work does.
    #[test]
    fn times_are_those_of_the_work() {
        let pause = std::time::Duration::from_millis(30);
        let (_, ms) = timed(&Silent, Stage::Witness, None, || {
            std::thread::sleep(pause);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert!((30.0..20_000.0).contains(&ms), "{ms} ms");
    }
}
