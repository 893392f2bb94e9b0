//! Where callers were seen in this run and where they reached endpoints, so that denied ones can say that they come from there,
//! and call there.

use std::collections::{HashMap, HashSet};
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
    reached: Mutex<HashMap<EndpointIndex, Reached>>,
}

/// Where an endpoint was reached, and by whom.
#[derive(Default)]
struct Reached {
    at: Vec<IpAddr>,
    by: HashSet<AgentIndex>,
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
        Self { admitted, seen: Mutex::default(), reached: Mutex::default() }
    }

    /// Writes down where a call of this vantage came from: as a target saw it, and as its own socket had it, which is what a
    /// front end that nobody asks may see.
    pub(super) fn note(&self, vantage: AgentIndex, attempt: &Attempt) {
        let Ok(sample) = &attempt.sample else { return };
        let seen = match &sample.outcome {
            Outcome::Answered(answered) | Outcome::Misanswered(answered) => Some(answered.seen.address),
            Outcome::Unsealed(_) => sample.local.map(|local| local.ip()),
            _ => None,
        };
        if let Some(address) = seen {
            keep(
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).entry(vantage).or_default(),
                address,
            );
        }
    }

    /// Writes down at which address a caller who may reach the endpoint was answered there, if one was.
    pub(super) fn note_reached(&self, (by, endpoint): (AgentIndex, EndpointIndex), attempt: &Attempt) {
        let Ok(sample) = &attempt.sample else { return };
        let is_answered = matches!(sample.outcome, Outcome::Answered(_) | Outcome::Unsealed(_));
        if let Some(remote) = sample.remote.filter(|_| is_answered) {
            let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
            let reached = reached.entry(endpoint).or_default();
            keep(&mut reached.at, remote.ip());
            reached.by.insert(by);
        }
    }

    /// The addresses at which callers who may reach the endpoint were answered.
    pub(super) fn reached(&self, endpoint: EndpointIndex) -> Vec<IpAddr> {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.get(&endpoint).map_or_else(Vec::new, |reached| reached.at.clone())
    }

    /// Whether this vantage was answered there.
    pub(super) fn has_reached(&self, vantage: AgentIndex, endpoint: EndpointIndex) -> bool {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.get(&endpoint).is_some_and(|reached| reached.by.contains(&vantage))
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

fn keep(known: &mut Vec<IpAddr>, address: IpAddr) {
    if known.len() < SOURCES_MAX && !known.contains(&address) {
        known.push(address);
    }
}
