//! Connections that have brought no whole call: those that stand, and where those came from that have ended. What opened
//! them got in, and left no receipt.
//!
//! This file must not know how a connection is read or which run asks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use ringfence_contract::receipt::{Left, ReceiptPage, Unfinished};

/// The connections that have brought no whole call. Those that stand are as many as an agent holds open; of those that
/// ended, each sort of each address is kept once, so that whoever comes often, like a health probe, takes one place.
#[derive(Debug, Default)]
pub(super) struct Connections {
    opened: u64,
    standing: HashMap<u64, (Unfinished, Instant)>,
    /// With when the last of the sort was opened.
    ended: HashMap<Unfinished, Instant>,
    /// When the latest of those was opened that had to make room.
    forgotten: Option<Instant>,
}

impl Connections {
    /// Notes a connection that was opened now, and returns its number.
    pub(super) fn open(&mut self, from: IpAddr, now: Instant) -> u64 {
        self.opened += 1;
        let unfinished = Unfinished { from: from.to_canonical(), left: Left::Request };
        self.standing.insert(self.opened, (unfinished, now));
        self.opened
    }

    /// Notes what it would leave unfinished.
    pub(super) fn leave(&mut self, number: u64, left: Left) {
        if let Some((unfinished, _)) = self.standing.get_mut(&number) {
            unfinished.left = left;
        }
    }

    /// A whole request came on it: nothing is kept.
    pub(super) fn finish(&mut self, number: u64) {
        self.standing.remove(&number);
    }

    /// It ended. Unless it was finished, it is kept, and the oldest makes room for it if it has to.
    pub(super) fn end(&mut self, number: u64) {
        let Some((unfinished, opened)) = self.standing.remove(&number) else { return };
        if let Some(last) = self.ended.get_mut(&unfinished) {
            *last = opened.max(*last);
            return;
        }
        if self.ended.len() >= ReceiptPage::UNFINISHED_MAX {
            self.forget_oldest();
        }
        self.ended.insert(unfinished, opened);
    }

    fn forget_oldest(&mut self) {
        let oldest = self.ended.iter().min_by_key(|(_, last)| **last).map(|(unfinished, _)| *unfinished);
        let last = oldest.and_then(|oldest| self.ended.remove(&oldest));
        self.forgotten = self.forgotten.max(last);
    }

    /// What was opened at this time or after it, in order and each sort once, and whether any of it is forgotten. Of a run
    /// that had to go it is not known since when it counts: with `None`, everything may be one of its callers.
    pub(super) fn since(&self, start: Option<Instant>) -> (Vec<Unfinished>, bool) {
        let counts = |opened: Instant| start.is_none_or(|start| opened >= start);
        let ended = self.ended.iter().map(|(unfinished, last)| (unfinished, *last));
        let all = ended.chain(self.standing.values().map(|(unfinished, opened)| (unfinished, *opened)));
        let mut shown: Vec<Unfinished> =
            all.filter(|(_, opened)| counts(*opened)).map(|(unfinished, _)| *unfinished).collect();
        shown.sort_unstable();
        shown.dedup();
        let forgotten = self.forgotten.is_some_and(counts) || shown.len() > ReceiptPage::UNFINISHED_MAX;
        shown.truncate(ReceiptPage::UNFINISHED_MAX);
        (shown, forgotten)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn request(from: &str) -> Unfinished {
        Unfinished { from: from.parse().expect("an address"), left: Left::Request }
    }

    fn pass(connections: &mut Connections, from: &str, at: Instant) {
        let number = connections.open(request(from).from, at);
        connections.end(number);
    }

    fn full(at: Instant) -> Connections {
        let mut connections = Connections::default();
        for from in (1_u32..).take(ReceiptPage::UNFINISHED_MAX) {
            pass(&mut connections, &Ipv4Addr::from(from).to_string(), at);
        }
        connections
    }

    #[test]
    fn an_address_is_held_once_with_the_last_time_it_was_seen() {
        let (mut connections, start) = (Connections::default(), Instant::now());
        let (middle, end) = (start + Duration::from_secs(1), start + Duration::from_secs(2));
        for (from, at) in [("::ffff:10.0.0.1", end), ("fd00::1", start), ("10.0.0.1", start)] {
            pass(&mut connections, from, at);
        }
        assert_eq!(connections.since(Some(start)), (vec![request("10.0.0.1"), request("fd00::1")], false));
        assert_eq!(connections.since(Some(middle)), (vec![request("10.0.0.1")], false));
        assert_eq!(connections.since(Some(end + Duration::from_secs(1))), (Vec::new(), false));
        assert_eq!(connections.since(None), connections.since(Some(start)));
    }

    #[test]
    fn a_connection_is_shown_while_it_stands_and_never_once_a_request_came() {
        let (mut connections, now) = (Connections::default(), Instant::now());
        let (whole, shaking) = (request("10.0.0.1"), request("10.0.0.2"));
        let numbers = [whole, shaking].map(|unfinished| connections.open(unfinished.from, now));
        connections.leave(numbers[1], Left::Handshake);
        let shaking = Unfinished { left: Left::Handshake, ..shaking };
        assert_eq!(connections.since(Some(now)).0, [whole, shaking]);
        connections.finish(numbers[0]);
        for number in numbers {
            assert_eq!(connections.since(Some(now)).0, [shaking]);
            connections.end(number);
        }
        assert_eq!(connections.since(Some(now)).0, [shaking]);
        pass(&mut connections, "10.0.0.2", now);
        assert_eq!(
            connections.since(Some(now)).0,
            [shaking, request("10.0.0.2")],
            "two sorts of one address"
        );
    }

    #[test]
    fn one_too_many_costs_the_oldest_and_only_the_runs_it_may_have_been_of() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let mut connections = full(start);
        pass(&mut connections, "0.0.0.7", later);
        assert!(!connections.since(Some(start)).1, "it has its room already");
        pass(&mut connections, "fd00::1", later);
        let (shown, forgotten) = connections.since(Some(start));
        assert_eq!((shown.len(), forgotten), (ReceiptPage::UNFINISHED_MAX, true));
        assert_eq!(connections.since(Some(later)), (vec![request("0.0.0.7"), request("fd00::1")], false));
        assert!(connections.since(None).1);
    }

    #[test]
    fn what_stands_beyond_the_most_that_is_shown_counts_as_forgotten() {
        let start = Instant::now();
        let mut connections = full(start);
        connections.open(request("fd00::1").from, start);
        let (shown, forgotten) = connections.since(Some(start));
        assert_eq!((shown.len(), forgotten), (ReceiptPage::UNFINISHED_MAX, true));
    }
}
