//! How much an agent takes on: every bound has a name, a default with its reason, and an error when it is met.
//!
//! This file must not know what the bounded things are for.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How much an agent takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most calls in one order.
    pub calls_per_order: u32,
    /// The most calls placed at once, over all orders; what comes above waits its turn. 1 or more.
    pub calls_at_once: u32,
    /// The most calls started in a second, over all orders. 1 or more.
    pub calls_per_second: u32,
    /// The longest order, in bytes.
    pub order_bytes: usize,
    /// The most calls whose receipts one order may ask for.
    pub receipts_per_order: u32,
    /// The most orders carried out at once.
    pub orders_at_once: u32,
    /// The most connections held open at once, over all listeners.
    pub connections_at_once: u32,
    /// How long a client may take for its TLS handshake, for each request head, and for its line.
    pub head_within: Duration,
}

impl Limits {
    /// Three attempts on each of some 680 edges; the runner splits what is more.
    pub const CALLS_PER_ORDER: u32 = 2_048;
    /// 1,000 dropped edges of eight calls each cost one timeout together, as far as open files allow.
    pub const CALLS_AT_ONCE: u32 = 8_192;
    /// A full order starts within 2,048 / 20,000 = 0.1 s.
    pub const CALLS_PER_SECOND: u32 = 20_000;
    /// A full order of calls at 2 KiB each: 2,048 * 2,048 bytes = 4 MiB.
    pub const ORDER_BYTES: usize = 4 * 1_024 * 1_024;
    /// Four full orders of calls.
    pub const RECEIPTS_PER_ORDER: u32 = 8_192;
    /// Far more than one runner keeps in flight; a few dozen runners side by side.
    pub const ORDERS_AT_ONCE: u32 = 256;
    /// Two full orders of calls from each of two peers: 2 * 2 * 2,048.
    pub const CONNECTIONS_AT_ONCE: u32 = 8_192;
    /// As long as the longest phase of a call.
    pub const HEAD_WITHIN: Duration = Duration::from_secs(10);

    /// Files kept back for the program itself: listeners, standard streams, the runtime, roots read at start.
    const FILES_KEPT_BACK: u64 = 64;

    /// The limits lowered to what this many open files leave: half of them for calls, half for connections.
    #[must_use]
    pub fn within_open_files(self, files: u64) -> Self {
        let half = files.saturating_sub(Self::FILES_KEPT_BACK) / 2;
        let half = u32::try_from(half).unwrap_or(u32::MAX).max(1);
        Self {
            calls_at_once: self.calls_at_once.min(half),
            connections_at_once: self.connections_at_once.min(half),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_per_order: Self::CALLS_PER_ORDER,
            calls_at_once: Self::CALLS_AT_ONCE,
            calls_per_second: Self::CALLS_PER_SECOND,
            order_bytes: Self::ORDER_BYTES,
            receipts_per_order: Self::RECEIPTS_PER_ORDER,
            orders_at_once: Self::ORDERS_AT_ONCE,
            connections_at_once: Self::CONNECTIONS_AT_ONCE,
            head_within: Self::HEAD_WITHIN,
        }
    }
}

/// The soft limit on open files could not be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit on open files stays at `{stays}`, raising it to `{wanted}` failed")]
pub struct OpenFilesError {
    /// What the process may open after all.
    pub stays: u64,
    /// The hard limit.
    pub wanted: u64,
    /// What the system said.
    #[source]
    pub errno: Errno,
}

/// Raises the soft limit on open files to the hard one, and returns how many the process may open now.
///
/// # Errors
///
/// [`OpenFilesError`], when the system refuses; it says how many the process may open all the same.
pub fn raise_open_files() -> Result<u64, OpenFilesError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let now = current.unwrap_or(u64::MAX);
    let wanted = maximum.unwrap_or(u64::MAX);
    if now >= wanted {
        return Ok(now);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => Ok(wanted),
        Err(errno) => Err(OpenFilesError { stays: now, wanted, errno }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_open_files_lower_what_needs_files_and_nothing_else() {
        let limits = Limits::default().within_open_files(1_024);
        assert_eq!((limits.calls_at_once, limits.connections_at_once), (480, 480));
        assert_eq!(limits.orders_at_once, Limits::ORDERS_AT_ONCE);
        assert_eq!(Limits::default().within_open_files(1_048_576), Limits::default());
        assert_eq!(Limits::default().within_open_files(3).calls_at_once, 1);
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        let files = raise_open_files().expect("a process may raise its own soft limit");
        let now = getrlimit(Resource::Nofile);
        assert_eq!(now.current, now.maximum);
        assert_eq!(files, now.current.unwrap_or(u64::MAX));
    }
}
