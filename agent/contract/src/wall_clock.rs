//! The time of day by this machine's clock, as both sides write it down. Whatever is timed is timed by another clock, which
//! nobody sets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since the Unix epoch; none on a clock that is set before it.
#[must_use]
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same in milliseconds.
#[must_use]
pub fn now_ms() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX)
}
