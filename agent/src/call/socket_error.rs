//! What a socket's error means to a call: nothing was sent, the network said no, or the connection ended.
//!
//! The kernel gives one number for many things. An error that `connect` returns at once is the local stack's: nothing
//! has left the machine. The same number read from the socket later (`SO_ERROR`) came back from the network. Linux
//! folds the ICMP codes into few numbers (`icmp_err_convert` in `net/ipv4/icmp.c`, `icmpv6_err_convert` in
//! `net/ipv6/icmp.c`): for IPv4 a filter's "administratively prohibited" (code 13) reads as an unreachable host, for
//! IPv6 it reads as `EACCES`; an ICMP port unreachable reads as a refusal, like a reset. So the error queue is asked
//! first (the `icmp` file), and what is here stands where it has nothing to say.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ringfence_contract::outcome::{NotSentWhy, Outcome, Phase, Reset, TlsFailed, TlsFailedWhy, Unreachable};
use rustix::io::Errno;

use super::not_sent::{broken, not_sent};

/// What `connect` or the first `send` says at once: the local stack sent nothing.
pub(super) fn at_once(error: &io::Error, remote: SocketAddr) -> Outcome {
    let detail = format!("cannot send to `{remote}`: {error}");
    match Errno::from_io_error(error) {
        // On loopback the reset can be back before `connect` returns.
        Some(Errno::CONNREFUSED) => Outcome::Refused,
        Some(Errno::NETUNREACH | Errno::HOSTUNREACH | Errno::ADDRNOTAVAIL | Errno::NETDOWN)
            if lacks_family(remote.ip()) =>
        {
            not_sent(NotSentWhy::NoFamily, detail)
        }
        Some(Errno::AFNOSUPPORT) => not_sent(NotSentWhy::NoFamily, detail),
        // EINVAL is a `blackhole` route, or a link-local address without its interface.
        Some(Errno::NETUNREACH | Errno::HOSTUNREACH | Errno::NETDOWN | Errno::INVAL) => {
            not_sent(NotSentWhy::NoRoute, detail)
        }
        Some(Errno::PERM | Errno::ACCESS) => not_sent(NotSentWhy::NotPermitted, detail),
        Some(errno) if is_shortage(errno) => not_sent(NotSentWhy::NoResources, detail),
        _ => broken(detail),
    }
}

/// What binding to the source address says.
pub(super) fn at_bind(error: &io::Error, source: IpAddr) -> Outcome {
    let detail = format!("cannot call from `{source}`: {error}");
    match Errno::from_io_error(error) {
        Some(Errno::ADDRNOTAVAIL) => not_sent(NotSentWhy::BadSource, detail),
        Some(Errno::AFNOSUPPORT) => not_sent(NotSentWhy::NoFamily, detail),
        Some(Errno::PERM | Errno::ACCESS) => not_sent(NotSentWhy::NotPermitted, detail),
        // The address was the vantage's own a moment ago: the ports of it are all taken.
        Some(Errno::ADDRINUSE) => not_sent(NotSentWhy::NoResources, detail),
        Some(errno) if is_shortage(errno) => not_sent(NotSentWhy::NoResources, detail),
        _ => broken(detail),
    }
}

fn is_shortage(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::ADDRNOTAVAIL | Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM | Errno::AGAIN
    )
}

/// Whether a shortage is what this error is: it says nothing about the peer.
pub(super) fn is_own_shortage(error: &io::Error) -> bool {
    Errno::from_io_error(error).is_some_and(|errno| is_shortage(errno) && errno != Errno::AGAIN)
}

/// Whether this machine has no IPv6 address but loopback and link-local ones, so that no route there could help it.
/// Only asked for IPv6: a machine without IPv4 shows as having no route. Where Linux does not list the addresses, the
/// answer is no.
fn lacks_family(remote: IpAddr) -> bool {
    if remote.is_ipv4() || remote.is_loopback() {
        return false;
    }
    std::fs::read_to_string("/proc/thread-self/net/if_inet6").is_ok_and(|table| !has_wider_scope(&table))
}

/// The fourth column is the scope: 0x10 for loopback, 0x20 for link-local (`IPV6_ADDR_*` in Linux's `net/ipv6.h`).
fn has_wider_scope(table: &str) -> bool {
    table.lines().filter_map(|line| line.split_whitespace().nth(3)).any(|scope| !matches!(scope, "10" | "20"))
}

/// What the network sent back before there was a connection.
pub(super) fn on_the_way(error: &io::Error, phase: Phase) -> Outcome {
    match Errno::from_io_error(error) {
        Some(Errno::CONNREFUSED) => Outcome::Refused,
        // A reset in answer to SYN reads as a refusal; this one came after the connection stood, and before anybody
        // had looked at it.
        Some(Errno::CONNRESET) => Outcome::Reset(Reset::BeforeAnswer),
        Some(Errno::TIMEDOUT) => Outcome::TimedOut(phase),
        Some(errno) => match unreachable(errno) {
            Some(kind) => Outcome::Unreachable(kind),
            None if is_shortage(errno) => not_sent(NotSentWhy::NoResources, error.to_string()),
            None => broken(error.to_string()),
        },
        None => broken(error.to_string()),
    }
}

fn unreachable(errno: Errno) -> Option<Unreachable> {
    match errno {
        Errno::NETUNREACH => Some(Unreachable::Net),
        Errno::HOSTUNREACH | Errno::HOSTDOWN => Some(Unreachable::Host),
        // "Protocol unreachable": the host takes no packets of this kind, on this port or another.
        Errno::NOPROTOOPT => Some(Unreachable::Port),
        Errno::ACCESS => Some(Unreachable::AdminProhibited),
        _ => None,
    }
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// In order.
    Closed,
    /// By a reset.
    Reset,
    /// The network gave up on it.
    Unreachable(Unreachable),
    /// The peer acknowledges nothing any more.
    TimedOut,
    /// By a TLS alert, or bytes that are no TLS.
    Tls(TlsFailedWhy, String),
    /// By something in the vantage itself.
    Broken(String),
}

/// How far a connection had got when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// In the TLS handshake.
    Handshake,
    /// Waiting for an answer.
    Waiting,
    /// Inside the answer.
    Answering,
}

impl End {
    /// What an error on a connection says about its end.
    pub(super) fn of(error: &io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            let why = match tls {
                rustls::Error::AlertReceived(_) => TlsFailedWhy::Alert,
                _ => TlsFailedWhy::Handshake,
            };
            return Self::Tls(why, tls.to_string());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => return Self::Closed,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
            | io::ErrorKind::BrokenPipe => return Self::Reset,
            io::ErrorKind::TimedOut => return Self::TimedOut,
            _ => {}
        }
        match Errno::from_io_error(error).and_then(unreachable) {
            Some(kind) => Self::Unreachable(kind),
            None => Self::Broken(error.to_string()),
        }
    }

    /// What that comes to for a call that had got this far.
    pub(super) fn outcome(self, progress: Progress) -> Outcome {
        match (self, progress) {
            (Self::Closed, Progress::Handshake) => Outcome::Reset(Reset::ClosedDuringTls),
            (Self::Closed, Progress::Waiting) => Outcome::Reset(Reset::ClosedBeforeAnswer),
            (Self::Closed, Progress::Answering) => Outcome::Reset(Reset::ClosedMidAnswer),
            (Self::Reset, Progress::Handshake) => Outcome::Reset(Reset::DuringTls),
            (Self::Reset, Progress::Waiting) => Outcome::Reset(Reset::BeforeAnswer),
            // Whatever ends it, an answer had begun.
            (Self::Reset | Self::Unreachable(_) | Self::Tls(..), Progress::Answering) => {
                Outcome::Reset(Reset::MidAnswer)
            }
            (Self::Unreachable(kind), _) => Outcome::Unreachable(kind),
            (Self::TimedOut, Progress::Handshake) => Outcome::TimedOut(Phase::Tls),
            (Self::TimedOut, Progress::Waiting) => Outcome::TimedOut(Phase::FirstByte),
            (Self::TimedOut, Progress::Answering) => Outcome::TimedOut(Phase::Transfer),
            (Self::Tls(why, detail), _) => Outcome::TlsFailed(TlsFailed { why, detail }),
            (Self::Broken(detail), _) => broken(detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(errno: Errno) -> io::Error {
        errno.into()
    }

    #[test]
    fn an_error_at_once_means_that_nothing_was_sent() {
        let why = |errno| match at_once(&error(errno), "192.0.2.1:80".parse().expect("an address")) {
            Outcome::NotSent(not_sent) => Some(not_sent.why),
            _ => None,
        };
        for (errno, expected) in [
            (Errno::NETUNREACH, Some(NotSentWhy::NoRoute)),
            (Errno::HOSTUNREACH, Some(NotSentWhy::NoRoute)),
            (Errno::INVAL, Some(NotSentWhy::NoRoute)),
            (Errno::AFNOSUPPORT, Some(NotSentWhy::NoFamily)),
            (Errno::PERM, Some(NotSentWhy::NotPermitted)),
            (Errno::ACCESS, Some(NotSentWhy::NotPermitted)),
            (Errno::ADDRNOTAVAIL, Some(NotSentWhy::NoResources)),
            (Errno::MFILE, Some(NotSentWhy::NoResources)),
            (Errno::NOBUFS, Some(NotSentWhy::NoResources)),
            (Errno::IO, Some(NotSentWhy::Broken)),
            (Errno::CONNREFUSED, None),
        ] {
            assert_eq!(why(errno), expected, "{errno}");
        }
    }

    #[test]
    fn the_same_error_later_means_that_the_network_said_so() {
        for (errno, expected) in [
            (Errno::CONNREFUSED, Outcome::Refused),
            (Errno::CONNRESET, Outcome::Reset(Reset::BeforeAnswer)),
            (Errno::NETUNREACH, Outcome::Unreachable(Unreachable::Net)),
            (Errno::HOSTUNREACH, Outcome::Unreachable(Unreachable::Host)),
            (Errno::ACCESS, Outcome::Unreachable(Unreachable::AdminProhibited)),
            (Errno::NOPROTOOPT, Outcome::Unreachable(Unreachable::Port)),
            (Errno::TIMEDOUT, Outcome::TimedOut(Phase::Connect)),
        ] {
            assert_eq!(on_the_way(&error(errno), Phase::Connect), expected, "{errno}");
        }
    }

    #[test]
    fn an_end_is_told_by_how_far_the_connection_had_got() {
        let reset = End::of(&error(Errno::CONNRESET));
        assert_eq!(reset.clone().outcome(Progress::Handshake), Outcome::Reset(Reset::DuringTls));
        assert_eq!(reset.clone().outcome(Progress::Waiting), Outcome::Reset(Reset::BeforeAnswer));
        assert_eq!(reset.outcome(Progress::Answering), Outcome::Reset(Reset::MidAnswer));
        let closed = End::of(&io::ErrorKind::UnexpectedEof.into());
        assert_eq!(closed.outcome(Progress::Answering), Outcome::Reset(Reset::ClosedMidAnswer));
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure);
        let alert = End::of(&io::Error::other(alert));
        assert!(matches!(&alert, End::Tls(TlsFailedWhy::Alert, _)));
        for end in [alert, End::Unreachable(Unreachable::Host)] {
            assert_eq!(
                end.outcome(Progress::Answering),
                Outcome::Reset(Reset::MidAnswer),
                "an answer had begun"
            );
        }
    }

    #[test]
    fn an_address_of_wider_scope_than_the_link_makes_a_family() {
        let lo = "00000000000000000000000000000001 01 80 10 80       lo\n";
        let link = "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n";
        let global = "fd000000000000000000000000000002 04 40 00 82     eth0\n";
        assert!(!has_wider_scope(&format!("{lo}{link}")));
        assert!(has_wider_scope(&format!("{lo}{link}{global}")));
    }
}
