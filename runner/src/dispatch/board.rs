//! Where callers were seen in this run, so that denied ones can say that they come from there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use ringfence_contract::outcome::Outcome;

use super::observe::Attempt;
use crate::plan::{Plan, WitnessTarget};
use crate::scenario::{AgentIndex, EndpointIndex, Expect};

/// The most addresses that calls over one edge say they come from.
const SOURCES_MAX: usize = 16;

/// Who may reach which endpoint, and where targets saw them come from.
pub(super) struct Board {
    admitted: HashMap<EndpointIndex, Vec<AgentIndex>>,
    seen: Mutex<HashMap<AgentIndex, Vec<IpAddr>>>,
}

impl Board {
    pub(super) fn of(plan: &Plan) -> Self {
        let edges = plan.edges.iter().filter(|edge| edge.expect == Expect::Allow);
        let edges = edges.map(|edge| (edge.endpoint, edge.vantage));
        let witnesses = plan.witnesses.iter().filter(|witness| witness.expect == Expect::Allow);
        let witnesses = witnesses.filter_map(|witness| match witness.to {
            WitnessTarget::Endpoint(endpoint) => Some((endpoint, witness.vantage)),
            WitnessTarget::Beacon(_) | WitnessTarget::OwnListener(_) => None,
        });
        let mut admitted: HashMap<EndpointIndex, Vec<AgentIndex>> = HashMap::new();
        for (endpoint, vantage) in edges.chain(witnesses) {
            let known = admitted.entry(endpoint).or_default();
            if known.len() < SOURCES_MAX && !known.contains(&vantage) {
                known.push(vantage);
            }
        }
        Self { admitted, seen: Mutex::default() }
    }

    /// Writes down where a target saw a call of this vantage come from, if one did.
    pub(super) fn note(&self, vantage: AgentIndex, attempt: &Attempt) {
        let Ok(sample) = &attempt.sample else { return };
        let (Outcome::Answered(answered) | Outcome::Misanswered(answered)) = &sample.outcome else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.entry(vantage).or_default();
        if known.len() < SOURCES_MAX && !known.contains(&answered.seen.address) {
            known.push(answered.seen.address);
        }
    }

    /// The addresses at which callers that may reach the endpoint were seen, and this vantage was not.
    pub(super) fn sources(&self, vantage: AgentIndex, endpoint: EndpointIndex) -> Vec<IpAddr> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let own = seen.get(&vantage).map_or(&[][..], Vec::as_slice);
        let admitted = self.admitted.get(&endpoint).map_or(&[][..], Vec::as_slice);
        let all = admitted.iter().filter(|other| **other != vantage).filter_map(|other| seen.get(other));
        all.flatten().filter(|address| !own.contains(address)).take(SOURCES_MAX).copied().collect()
    }
}
