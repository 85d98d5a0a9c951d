//! Times in answers.

use std::time::{Duration, UNIX_EPOCH};

/// Milliseconds since the epoch as RFC 3339, in UTC.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_in_utc() {
        assert_eq!(super::rfc3339(1_763_728_496_007), "2025-11-21T12:34:56.007Z");
    }
}
