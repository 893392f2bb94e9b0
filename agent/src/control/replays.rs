//! Which orders were taken, for as long as they could come again.
//!
//! This file must not know what an order says.

use std::collections::HashMap;

use ringfence_contract::id::OrderId;

/// The most orders remembered: 120 s of life each, so 546 orders a second can be taken for ever.
pub const REPLAYS_HELD: usize = 65_536;

/// The orders taken.
#[derive(Debug)]
pub struct Replays {
    held: HashMap<OrderId, u64>,
    capacity: usize,
}

/// Why an order is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It was taken before.
    #[error("the order was taken before")]
    Replayed,
    /// No more can be remembered, and what cannot be remembered is not taken.
    #[error("{0} orders are still alive, no more can be remembered: wait until some have expired")]
    Full(usize),
}

impl Replays {
    /// A memory for this many orders, 1 or more.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { held: HashMap::new(), capacity: capacity.max(1) }
    }

    /// Takes an order, once. Orders that have expired are forgotten only to make room, so that a clock set back does
    /// not revive them at once.
    ///
    /// # Errors
    ///
    /// [`ReplayError`], when it was taken before or cannot be remembered.
    pub fn take(&mut self, order: OrderId, expires_ms: u64, now_ms: u64) -> Result<(), ReplayError> {
        if self.held.contains_key(&order) {
            return Err(ReplayError::Replayed);
        }
        if self.held.len() >= self.capacity {
            self.held.retain(|_, expires_ms| *expires_ms > now_ms);
        }
        if self.held.len() >= self.capacity {
            return Err(ReplayError::Full(self.capacity));
        }
        self.held.insert(order, expires_ms);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_taken_once() {
        let (mut replays, order) = (Replays::new(4), OrderId::random());
        assert_eq!(replays.take(order, 100, 50), Ok(()));
        assert_eq!(replays.take(order, 100, 50), Err(ReplayError::Replayed));
    }

    #[test]
    fn a_full_memory_takes_nothing_until_something_has_expired() {
        let mut replays = Replays::new(2);
        assert_eq!(replays.take(OrderId::random(), 100, 50), Ok(()));
        assert_eq!(replays.take(OrderId::random(), 200, 50), Ok(()));
        assert_eq!(replays.take(OrderId::random(), 300, 60), Err(ReplayError::Full(2)));
        assert_eq!(replays.take(OrderId::random(), 300, 100), Ok(()));
        assert_eq!(replays.take(OrderId::random(), 300, 101), Err(ReplayError::Full(2)));
    }
}
