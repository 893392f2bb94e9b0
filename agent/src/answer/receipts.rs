//! The ring of receipts: what came, in order, as much as fits, and how much had to go.
//!
//! This file must not know how a call came or whether its seal was good.

use std::collections::{HashMap, VecDeque};

use ringfence_contract::id::CallId;
use ringfence_contract::receipt::{Receipt, SeenSource};
use ringfence_contract::transport::Transport;

/// How many receipts an agent holds: 32 full orders of 2,048 calls.
pub const RECEIPTS_HELD: usize = 65_536;

/// A bounded ring of receipts.
#[derive(Debug)]
pub struct Ring {
    held: VecDeque<Receipt>,
    numbers: HashMap<CallId, u64>,
    last: u64,
    missed: u64,
    capacity: usize,
}

impl Ring {
    /// A ring that holds this many receipts, 1 or more.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { held: VecDeque::new(), numbers: HashMap::new(), last: 0, missed: 0, capacity: capacity.max(1) }
    }

    /// Writes a receipt down, or counts one more arrival where the call has one, and returns its number.
    pub fn write(&mut self, call: CallId, seen: SeenSource, transport: Transport, at_ms: u64) -> u64 {
        if let Some(number) = self.numbers.get(&call).copied() {
            if let Some(receipt) = self.at_mut(number) {
                receipt.arrivals = receipt.arrivals.saturating_add(1);
            }
            return number;
        }
        if self.held.len() >= self.capacity
            && let Some(oldest) = self.held.pop_front()
        {
            self.numbers.remove(&oldest.call);
        }
        self.last += 1;
        let number = self.last;
        self.held.push_back(Receipt { call, number, at_ms, seen, transport, arrivals: 1 });
        self.numbers.insert(call, number);
        number
    }

    /// Counts a receipt that could not be written: something came that may have been a call, and was not looked at.
    pub fn miss(&mut self) {
        self.missed += 1;
    }

    /// The number of the newest receipt; 0 before the first.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.last
    }

    /// How many receipts behind this number are gone, and how many were never written. While it stands still, absence of
    /// a receipt that would have a higher number says something. What is gone of older ones is nobody's loss: an agent that
    /// lives long has a full ring.
    #[must_use]
    pub fn dropped(&self, behind: u64) -> u64 {
        let gone = self.held.front().map_or(0, |oldest| oldest.number - 1);
        gone.saturating_sub(behind) + self.missed
    }

    /// The receipts held for these calls, in the order of their numbers, each once.
    #[must_use]
    pub fn find(&self, calls: &[CallId]) -> Vec<Receipt> {
        let mut numbers: Vec<u64> = calls.iter().filter_map(|call| self.numbers.get(call).copied()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().filter_map(|number| self.held.get(self.place(number)?).cloned()).collect()
    }

    fn at_mut(&mut self, number: u64) -> Option<&mut Receipt> {
        let place = self.place(number)?;
        self.held.get_mut(place)
    }

    /// Numbers are consecutive, so the first one held says where each is.
    fn place(&self, number: u64) -> Option<usize> {
        let first = self.held.front()?.number;
        usize::try_from(number.checked_sub(first)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use ringfence_contract::receipt::SeenBy;

    use super::*;

    fn seen() -> SeenSource {
        let peer = "10.0.1.4:40000".parse().expect("an address");
        SeenSource {
            address: "10.0.1.4".parse().expect("an address"),
            by: SeenBy::Peer,
            peer,
            conflict: None,
        }
    }

    #[test]
    fn receipts_are_numbered_from_one_and_found_in_order() {
        let mut ring = Ring::new(8);
        let calls: Vec<CallId> = (0..3).map(|_| CallId::random()).collect();
        let numbers: Vec<u64> =
            calls.iter().map(|call| ring.write(*call, seen(), Transport::Http, 7)).collect();
        assert_eq!(numbers, [1, 2, 3]);
        let asked = [calls[2], CallId::random(), calls[0], calls[2]];
        let found: Vec<CallId> = ring.find(&asked).into_iter().map(|receipt| receipt.call).collect();
        assert_eq!(found, [calls[0], calls[2]]);
    }

    #[test]
    fn a_call_that_comes_again_counts_an_arrival_and_keeps_its_first_receipt() {
        let (mut ring, call) = (Ring::new(8), CallId::random());
        assert_eq!(ring.write(call, seen(), Transport::Udp, 7), 1);
        assert_eq!(ring.write(call, seen(), Transport::Http, 9), 1);
        let found = ring.find(&[call]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].arrivals, found[0].at_ms, found[0].transport), (2, 7, Transport::Udp));
    }

    #[test]
    fn a_full_ring_drops_its_oldest_receipts_and_says_how_many() {
        let mut ring = Ring::new(4);
        let calls: Vec<CallId> = (0..10).map(|_| CallId::random()).collect();
        for call in &calls {
            ring.write(*call, seen(), Transport::Http, 7);
        }
        assert_eq!([0, 5, 6, 9].map(|behind| ring.dropped(behind)), [6, 1, 0, 0]);
        let numbers: Vec<u64> = ring.find(&calls).into_iter().map(|receipt| receipt.number).collect();
        assert_eq!(numbers, [7, 8, 9, 10]);
        assert_eq!(ring.write(calls[0], seen(), Transport::Http, 8), 11, "a dropped call is written anew");
        ring.miss();
        assert_eq!([0, 6, 9].map(|behind| ring.dropped(behind)), [8, 2, 1]);
        assert_eq!(ring.newest(), 11);
    }
}
