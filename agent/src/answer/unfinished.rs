//! Where TLS handshakes came from that were begun and not finished: what sent them got in, and left no receipt.
//!
//! This file must not know how a handshake is made or which run asks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use ringfence_contract::receipt::ReceiptPage;

/// The addresses of unfinished handshakes, each with the last time it was seen.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    held: HashMap<IpAddr, Instant>,
}

/// What became of an address that was to be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// It is held.
    Held,
    /// There is no room for it.
    NoRoom,
}

impl Unfinished {
    /// Notes an address, a v4-mapped one as the IPv4 address it stands for. What was last seen before `needed` is
    /// forgotten to make room: no run that is held asks for it. With `None`, no run is held at all.
    pub(super) fn note(&mut self, address: IpAddr, now: Instant, needed: Option<Instant>) -> Note {
        let address = address.to_canonical();
        if self.is_full() && !self.held.contains_key(&address) {
            self.held.retain(|_, last| needed.is_some_and(|needed| *last >= needed));
            if self.is_full() {
                return Note::NoRoom;
            }
        }
        self.held.insert(address, now);
        Note::Held
    }

    /// The addresses last seen at this time or after it, in their order.
    pub(super) fn since(&self, start: Instant) -> Vec<IpAddr> {
        let late = self.held.iter().filter(|(_, last)| **last >= start);
        let mut addresses: Vec<IpAddr> = late.map(|(address, _)| *address).collect();
        addresses.sort_unstable();
        addresses
    }

    /// Every address that is held, in their order.
    pub(super) fn all(&self) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = self.held.keys().copied().collect();
        addresses.sort_unstable();
        addresses
    }

    fn is_full(&self) -> bool {
        self.held.len() >= ReceiptPage::UNFINISHED_MAX
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn full(at: Instant) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for last in (1_u32..).take(ReceiptPage::UNFINISHED_MAX) {
            assert_eq!(unfinished.note(Ipv4Addr::from(last).into(), at, Some(at)), Note::Held);
        }
        unfinished
    }

    #[test]
    fn an_address_is_held_once_with_the_last_time_it_was_seen() {
        let (mut unfinished, start) = (Unfinished::default(), Instant::now());
        let (middle, end) = (start + Duration::from_secs(1), start + Duration::from_secs(2));
        for (address, at) in [("::ffff:10.0.0.1", start), ("fd00::1", start), ("10.0.0.1", end)] {
            assert_eq!(unfinished.note(ip(address), at, Some(start)), Note::Held);
        }
        assert_eq!(unfinished.since(start), [ip("10.0.0.1"), ip("fd00::1")]);
        assert_eq!(unfinished.since(middle), [ip("10.0.0.1")]);
        assert_eq!(unfinished.since(end + Duration::from_secs(1)), Vec::<IpAddr>::new());
        assert_eq!(unfinished.all(), unfinished.since(start));
    }

    #[test]
    fn one_address_too_many_has_no_room_while_a_run_needs_the_others() {
        let start = Instant::now();
        let mut unfinished = full(start);
        assert_eq!(unfinished.note(ip("fd00::1"), start, Some(start)), Note::NoRoom);
        assert_eq!(unfinished.note(ip("0.0.0.7"), start, Some(start)), Note::Held, "it has its room already");
        assert_eq!(unfinished.all().len(), ReceiptPage::UNFINISHED_MAX);
    }

    #[test]
    fn what_no_run_needs_any_more_makes_room() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        for needed in [Some(later), None] {
            let mut unfinished = full(start);
            assert_eq!(unfinished.note(ip("fd00::1"), later, needed), Note::Held);
            assert_eq!(unfinished.all(), [ip("fd00::1")]);
        }
    }
}
