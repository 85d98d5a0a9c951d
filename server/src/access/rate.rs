//! Requests per minute, by key or address.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Limiters that are remembered; more callers than this within the time push the longest unseen one out.
const REMEMBERED: u64 = 100_000;
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// A token bucket per caller: a quarter of a minute's requests at once, refilled evenly.
#[derive(Clone)]
pub struct RateLimits {
    limiters: Cache<(String, u32), Arc<DefaultDirectRateLimiter>>,
    clock: DefaultClock,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            limiters: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_idle(FORGOTTEN_AFTER)
                .build(),
            clock: DefaultClock::default(),
        }
    }
}

impl RateLimits {
    /// Takes one request from the caller's bucket.
    ///
    /// # Errors
    /// How long to wait until there is one again.
    pub fn take(&self, caller: &str, per_minute: u32) -> Result<(), Duration> {
        let limiter = self.limiters.get_with((caller.to_owned(), per_minute), || {
            let rate = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
            let burst = NonZeroU32::new(per_minute / 4).unwrap_or(NonZeroU32::MIN);
            Arc::new(RateLimiter::direct(Quota::per_minute(rate).allow_burst(burst)))
        });
        limiter
            .check()
            .map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_emptied_and_belongs_to_one_caller() {
        let limits = RateLimits::default();
        for _ in 0..5 {
            limits.take("a", 20).unwrap();
        }
        let wait = limits.take("a", 20).unwrap_err();
        assert!(
            wait <= Duration::from_secs(3) && wait > Duration::from_secs(2),
            "{wait:?}"
        );
        limits.take("b", 20).unwrap();
    }
}
