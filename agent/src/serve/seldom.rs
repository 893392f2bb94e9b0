//! Says something at most once a minute, with how often it was left unsaid: strangers must not be able to fill a log.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long it stays quiet after it has spoken.
const QUIET: Duration = Duration::from_secs(60);

/// Something that is said at most once a minute.
#[derive(Debug, Default)]
pub(super) struct Seldom(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    last: Option<Instant>,
    unsaid: u64,
}

impl Seldom {
    /// How often it was left unsaid since it was last said, if now is the time to say it again.
    pub(super) fn now(&self, now: Instant) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.last.is_some_and(|last| now.saturating_duration_since(last) < QUIET) {
            said.unsaid += 1;
            return None;
        }
        said.last = Some(now);
        Some(std::mem::take(&mut said.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_unsaid_is_counted() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.now(start), Some(0));
        assert_eq!(seldom.now(start + QUIET / 2), None);
        assert_eq!(seldom.now(start + QUIET / 2), None);
        assert_eq!(seldom.now(start + QUIET), Some(2));
    }
}
