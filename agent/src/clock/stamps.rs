//! What the kernel stamped on one connection: when the request went out, when its answer came in. Software timestamps
//! (`SO_TIMESTAMPING`, Linux's `networking/timestamping.rst`), taken where packets are handed to the device and where
//! they come from it: the places a packet capture looks at.

use ringfence_contract::wall_clock::since_epoch;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// The stamps of one connection, asked for one request after the other. All are of the kernel's wall clock.
#[derive(Debug, Clone, Default)]
pub struct Stamps(Arc<Mutex<Seen>>);

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// When the request was begun, by the same clock: older stamps are of earlier business.
    asked: Duration,
    sent: Option<Duration>,
    /// That of what was read last, if it has one.
    latest: Option<Duration>,
    /// Whether the answer's first byte was read, and that of it.
    is_answered: bool,
    first: Option<Duration>,
}

impl Stamps {
    /// A request is about to be written.
    pub fn ask(&self) {
        *self.seen() = Seen { asked: since_epoch(), ..Seen::default() };
    }

    /// The first byte of its answer has just been read, or one of the bytes behind it.
    pub fn answered(&self) {
        let mut seen = self.seen();
        if !seen.is_answered {
            seen.is_answered = true;
            seen.first = seen.latest;
        }
    }

    /// From the request's first packet going out to the packet with the answer's first byte coming in; to the last of the
    /// packets that were there when it was read, as the kernel tells of those no other. `None` where the kernel did not
    /// stamp both, or its clock was set back in between.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        let seen = self.seen();
        seen.first?.checked_sub(seen.sent?)
    }

    /// A packet went out.
    #[cfg(target_os = "linux")]
    pub(super) fn sent(&self, at: Duration) {
        let mut seen = self.seen();
        if seen.sent.is_none() && at >= seen.asked {
            seen.sent = Some(at);
        }
    }

    /// The last packet of what was just read had come in then, if anybody knows.
    #[cfg(target_os = "linux")]
    pub(super) fn came(&self, at: Option<Duration>) {
        self.seen().latest = at;
    }

    /// Whether the answer has begun to come.
    pub(super) fn is_answered(&self) -> bool {
        self.seen().is_answered
    }

    /// Whether it is known when the request went out.
    #[cfg(target_os = "linux")]
    pub(super) fn knows_sent(&self) -> bool {
        self.seen().sent.is_some()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it is held, the kernel stamps what comes in. It begins to, and ceases, some time after the first socket asks and
/// the last is closed (`net_enable_timestamp`), so short-lived connections alone would often go without.
#[derive(Debug)]
pub struct Stamping(#[expect(dead_code, reason = "held, not used")] Option<Socket>);

impl Stamping {
    /// Asks for stamps. Where there are none to have, the program's clock does.
    #[must_use]
    pub fn on() -> Self {
        // Bound to no port: nobody can send it anything.
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).ok();
        Self(socket.filter(ask_for_stamps))
    }
}

#[cfg(target_os = "linux")]
fn ask_for_stamps(socket: &Socket) -> bool {
    use nix::sys::socket::{setsockopt, sockopt};

    setsockopt(socket, sockopt::ReceiveTimestampns, &true).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn ask_for_stamps(_: &Socket) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_request_s_own_stamps_count() {
        let stamps = Stamps::default();
        let at = |us| since_epoch() + Duration::from_micros(us);
        let early = at(0);
        stamps.came(Some(early));
        stamps.ask();
        stamps.answered();
        stamps.sent(early);
        assert_eq!(stamps.took(), None, "all of it is of earlier business");
        stamps.ask();
        let (out, ticket, answer) = (at(1_000), at(1_200), at(9_000));
        stamps.sent(out);
        stamps.sent(at(5_000));
        // What came between request and answer, a session ticket for one, is no answer.
        stamps.came(Some(ticket));
        stamps.came(Some(answer));
        stamps.answered();
        stamps.came(Some(at(20_000)));
        stamps.answered();
        assert_eq!(stamps.took(), answer.checked_sub(out));
        stamps.ask();
        assert_eq!(stamps.took(), None);
        // Nor is the stamp of what came before it, or behind it, that of an answer that has none.
        stamps.sent(at(30_000));
        stamps.came(None);
        stamps.answered();
        stamps.came(Some(at(40_000)));
        stamps.answered();
        assert_eq!(stamps.took(), None);
    }
}
