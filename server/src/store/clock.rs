//! The clock of a SQLite store, and a watch over any database's.
//!
//! Leases compare times that are written with times that are read later. The system's clock may be set back or forward in
//! between, which must neither revive an ended lease nor end a living one. So the system's clock is looked at once, and from
//! then on the time that passed is added, time asleep included. A store that was written with a later clock continues from
//! its latest time.

use rustix::time::{ClockId, clock_gettime};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// By how much a clock may differ from the time that passed, in milliseconds.
const TOLERANCE_MS: i64 = 2_000;

/// Milliseconds since the epoch that never go back and never jump.
#[derive(Debug)]
pub struct Clock {
    base_ms: i64,
    started_ms: i64,
}

impl Clock {
    /// Starts at the system's time, or at `latest_ms` if that is later.
    #[must_use]
    pub fn starting_after(latest_ms: i64) -> Self {
        Self {
            base_ms: system_ms().max(latest_ms),
            started_ms: passed_ms(),
        }
    }

    /// The time.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.base_ms + (passed_ms() - self.started_ms)
    }
}

fn passed_ms() -> i64 {
    let time = clock_gettime(ClockId::Boottime);
    time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// What the system's clock says.
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Sees when the database's clock is set back.
#[derive(Debug, Default)]
pub(super) struct Watch(Mutex<Option<(Instant, i64)>>);

impl Watch {
    /// Whether less time passed by the database's clock than by this machine's since the last look.
    pub(super) fn went_back(&self, now_ms: i64) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.replace((Instant::now(), now_ms));
        before.is_some_and(|(looked, then_ms)| {
            let passed = i64::try_from(looked.elapsed().as_millis()).unwrap_or(i64::MAX);
            now_ms + TOLERANCE_MS < then_ms.saturating_add(passed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_seen_to_go_back_by_more_than_it_may() {
        let watch = Watch::default();
        let now = 1_000_000;
        // The first look has nothing to compare with.
        assert!(!watch.went_back(now));
        for (then, went_back) in [
            (now + 5_000, false),
            (now + 5_000, false),
            (now + 6_000 - TOLERANCE_MS, false),
            (now, true),
            // What was seen once is what counts from then on.
            (now, false),
            (now - 3 * TOLERANCE_MS, true),
            (i64::MIN / 2, true),
            (i64::MAX / 2, false),
        ] {
            assert_eq!(watch.went_back(then), went_back, "{then}");
        }
    }

    #[test]
    fn a_store_from_the_future_continues_there() {
        let ahead = system_ms() + 3_600_000;
        let clock = Clock::starting_after(ahead);
        let first = clock.now_ms();
        assert!((ahead..ahead + 60_000).contains(&first));
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(clock.now_ms() >= first + 4);
        let present = Clock::starting_after(0);
        assert!((present.now_ms() - system_ms()).abs() < 60_000);
    }
}
