//! What waits for what: an edge for the calls that witness its endpoint and its vantage, and those, when they are placed
//! again, for the edges. So the first edges are tried while the last witnesses are under way, and none before its own.
//!
//! This file must not know how calls are placed, or what becomes of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_contract::address::Family;
use tokio::sync::SetOnce;

use crate::plan::{Edge, Witness, WitnessTarget};
use crate::scenario::{AgentIndex, EndpointIndex};

/// What a call has to do with: others that have to do with the same wait for it, or it for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tie {
    vantage: AgentIndex,
    /// None of a beacon's call.
    endpoint: Option<EndpointIndex>,
    family: Family,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Vantage(AgentIndex, Family),
    Endpoint(EndpointIndex, Family),
}

impl Tie {
    pub(super) fn of_edge(edge: &Edge) -> Self {
        Self { vantage: edge.vantage, endpoint: Some(edge.endpoint), family: edge.family }
    }

    pub(super) fn of_witness(witness: &Witness) -> Self {
        let endpoint = match witness.to {
            WitnessTarget::Endpoint(endpoint) | WitnessTarget::OwnListener(endpoint) => Some(endpoint),
            WitnessTarget::Beacon(_) => None,
        };
        Self { vantage: witness.vantage, endpoint, family: witness.family }
    }

    /// The endpoint that is called, if it is one.
    pub(super) fn endpoint(self) -> Option<EndpointIndex> {
        self.endpoint
    }

    fn ends(self) -> impl Iterator<Item = End> {
        let endpoint = self.endpoint.map(|endpoint| End::Endpoint(endpoint, self.family));
        endpoint.into_iter().chain([End::Vantage(self.vantage, self.family)])
    }
}

/// Calls that are not over yet, by their ends.
#[derive(Debug, Default)]
pub(super) struct Pending(HashMap<End, Left>);

#[derive(Debug, Default)]
struct Left {
    calls: AtomicUsize,
    none: SetOnce<()>,
}

impl Pending {
    /// One call for each of these ties.
    pub(super) fn of(ties: impl Iterator<Item = Tie>) -> Self {
        let mut pending = Self::default();
        for end in ties.flat_map(Tie::ends) {
            *pending.0.entry(end).or_default().calls.get_mut() += 1;
        }
        pending
    }

    /// Waits until every call is over that has an end in common with one of these ties.
    pub(super) async fn over(&self, ties: &[Tie]) {
        for end in ties.iter().copied().flat_map(Tie::ends) {
            if let Some(left) = self.0.get(&end) {
                left.none.wait().await;
            }
        }
    }

    /// More calls with these ties, while others with the same ties are under way.
    pub(super) fn begin(&self, ties: impl Iterator<Item = Tie>) {
        for left in ties.flat_map(Tie::ends).filter_map(|end| self.0.get(&end)) {
            left.calls.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn end(&self, tie: Tie) {
        for left in tie.ends().filter_map(|end| self.0.get(&end)) {
            if left.calls.fetch_sub(1, Ordering::Relaxed) == 1 {
                // It is set once: by whoever ends the last call.
                drop(left.none.set(()));
            }
        }
    }
}

/// Calls that are over when this is dropped, however that comes about.
pub(super) struct UnderWay {
    pub(super) pending: Arc<Pending>,
    pub(super) ties: Vec<Tie>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        for tie in &self.ties {
            self.pending.end(*tie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tie(vantage: usize, endpoint: Option<usize>) -> Tie {
        Tie { vantage: AgentIndex(vantage), endpoint: endpoint.map(EndpointIndex), family: Family::Ipv4 }
    }

    async fn is_over(pending: &Pending, tie: Tie) -> bool {
        tokio::time::timeout(std::time::Duration::ZERO, pending.over(&[tie])).await.is_ok()
    }

    #[tokio::test]
    async fn whoever_has_an_end_in_common_waits_for_the_last_call_there() {
        let calls = [tie(0, Some(0)), tie(0, Some(1)), tie(1, Some(1)), tie(2, None)];
        let pending = Arc::new(Pending::of(calls.into_iter()));
        let of = |ties: &[Tie]| UnderWay { pending: Arc::clone(&pending), ties: ties.to_vec() };
        let (first, rest) = (of(&calls[..1]), of(&calls[1..3]));
        assert!(!is_over(&pending, tie(9, Some(0))).await, "its endpoint is being called");
        assert!(!is_over(&pending, tie(0, Some(9))).await, "its vantage is calling");
        assert!(is_over(&pending, tie(9, Some(9))).await, "nothing to do with any of them");
        assert!(is_over(&pending, Tie { family: Family::Ipv6, ..tie(0, Some(0)) }).await, "another family");
        drop(first);
        assert!(is_over(&pending, tie(9, Some(0))).await);
        assert!(!is_over(&pending, tie(9, Some(1))).await, "two calls are under way there");
        assert!(!is_over(&pending, tie(2, Some(9))).await, "a beacon's call is its vantage's");
        drop(rest);
        assert!(is_over(&pending, tie(0, Some(1))).await);
    }
}
