//! How fast calls may start: a bucket that fills at a fixed rate and holds a tenth of a second's worth.
//!
//! This file must not know what is paced.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Gives turns at a fixed rate, in the order they are asked for.
#[derive(Debug)]
pub(super) struct Pace {
    apart: Duration,
    next: Mutex<Instant>,
}

/// How far turns that nobody took may be made up for.
const BURST: Duration = Duration::from_millis(100);

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        let apart = Duration::from_secs(1) / per_second.max(1);
        Self { apart, next: Mutex::new(Instant::now()) }
    }

    /// When the caller's turn is. The turn is taken, whether the caller waits for it or not.
    pub(super) fn turn(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*next).max(now.checked_sub(BURST).unwrap_or(now));
        *next = turn + self.apart;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_the_rate_holds() {
        let pace = Pace::new(100);
        let now = Instant::now() + Duration::from_secs(60);
        let late = (0..110).map(|_| pace.turn(now).saturating_duration_since(now)).collect::<Vec<_>>();
        assert_eq!(late.iter().filter(|wait| wait.is_zero()).count(), 11);
        assert_eq!(late.last(), Some(&Duration::from_millis(990)));
    }
}
