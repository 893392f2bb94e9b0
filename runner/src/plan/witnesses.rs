//! The calls that witness the edges: without them a silence means nothing. This file must not know which edges there
//! could be, only which there are.
//!
//! A deny edge asks for two things to be shown: that its endpoint lives, and that its vantage can send (see
//! [`super::vantages`]). Allow edges show both.

use std::collections::HashSet;

use ringfence_contract::address::{Family, Host};

use crate::scenario::{AgentIndex, Endpoint, EndpointIndex, Expect, Scenario, WitnessBy};

use super::model::{Edge, Witness, WitnessTarget};
use super::vantages;

/// How many calls witness one thing: with two, the loss of one of them leaves the evidence standing.
pub(super) const WITNESSES_EACH: usize = 2;

/// How many addresses of a name are witnessed: as many as a denied edge is called at by default, three.
pub const ADDRESSES_EACH: u32 = 3;

/// The first few candidates for one witness, better ones before others: places in the pool, of four bytes each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Few {
    better: [u32; WITNESSES_EACH],
    others: [u32; WITNESSES_EACH],
}

/// No candidate.
const NONE: u32 = u32::MAX;

impl Default for Few {
    fn default() -> Self {
        Self { better: [NONE; WITNESSES_EACH], others: [NONE; WITNESSES_EACH] }
    }
}

impl Few {
    pub(super) fn offer(&mut self, edge: usize, is_better: bool) {
        let list = if is_better { &mut self.better } else { &mut self.others };
        if let (Some(free), Ok(edge)) = (list.iter_mut().find(|place| **place == NONE), u32::try_from(edge)) {
            *free = edge;
        }
    }

    /// The best of them.
    pub(super) fn taken(&self) -> impl Iterator<Item = usize> + Clone + use<> {
        let all = self.better.into_iter().chain(self.others).filter(|place| *place != NONE);
        all.take(WITNESSES_EACH).map(|place| place as usize)
    }

    /// Those that were offered as better ones.
    pub(super) fn better(&self) -> impl Iterator<Item = usize> + use<> {
        self.better.into_iter().filter(|place| *place != NONE).map(|place| place as usize)
    }
}

/// What is known of one endpoint in one family.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// Whether a selected edge of it must be denied.
    denied: bool,
    /// Allow edges, as places in the pool.
    allowed: Few,
    /// Whether a selected deny edge of this endpoint says that the target witnesses itself.
    itself: bool,
}

/// The witness calls for the selected edges, taken from a pool of edges, both by vantage in the order of the scenario:
/// endpoints' first, then vantages', each in the order of the scenario, none twice.
pub(super) fn witnesses(scenario: &Scenario, selected: &[Edge], pool: &[Edge]) -> Vec<Witness> {
    let mut endpoints = vec![[Side::default(); 2]; scenario.endpoints.len()];
    for edge in selected.iter().filter(|edge| edge.expect == Expect::Deny) {
        let side = &mut endpoints[edge.endpoint.0][place(edge.family)];
        side.denied = true;
        side.itself |= scenario.rule(edge.rule).witness == WitnessBy::TargetItself;
    }
    for (number, edge) in pool.iter().enumerate().filter(|(_, edge)| edge.expect == Expect::Allow) {
        // An agent's call to itself shows less of the way there than another's.
        let other = scenario.endpoint(edge.endpoint).owner != Some(edge.vantage);
        endpoints[edge.endpoint.0][place(edge.family)].allowed.offer(number, other);
    }
    let mut found = Found { witnesses: Vec::new(), known: HashSet::new(), pool };
    for (number, sides) in endpoints.iter().enumerate() {
        for family in FAMILIES {
            found.of_endpoint(scenario, EndpointIndex(number), &sides[place(family)], family);
        }
    }
    vantages::witnesses(scenario, selected, &mut found);
    found.witnesses
}

pub(super) const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

pub(super) fn place(family: Family) -> usize {
    match family {
        Family::Ipv4 => 0,
        Family::Ipv6 => 1,
    }
}

/// What has been found so far.
pub(super) struct Found<'p> {
    witnesses: Vec<Witness>,
    known: HashSet<(AgentIndex, WitnessTarget, Family)>,
    /// The edges that calls may go over.
    pub(super) pool: &'p [Edge],
}

impl Found<'_> {
    /// A witness whose address is the first will do wherever its vantage calls that endpoint already.
    pub(super) fn add(&mut self, witness: Witness) {
        let known = !self.known.insert((witness.vantage, witness.to, witness.family));
        if !known || witness.nth > 0 {
            self.witnesses.push(witness);
        }
    }

    /// A call over each of these edges, unless there is one already.
    pub(super) fn add_edges(&mut self, edges: impl Iterator<Item = usize>) {
        for edge in edges.filter_map(|edge| self.pool.get(edge)) {
            let to = WitnessTarget::Endpoint(edge.endpoint);
            self.add(Witness { vantage: edge.vantage, to, family: edge.family, nth: 0, expect: edge.expect });
        }
    }

    /// Calls over these edges by turns, one for each of the first few addresses that a name may have.
    fn add_addresses(&mut self, edges: impl Iterator<Item = usize> + Clone, addresses: u32) {
        for (nth, edge) in (0..).zip(edges.cycle().take(addresses as usize)) {
            let Some(edge) = self.pool.get(edge) else { continue };
            let to = WitnessTarget::Endpoint(edge.endpoint);
            self.add(Witness { vantage: edge.vantage, to, family: edge.family, nth, expect: edge.expect });
        }
    }

    fn of_endpoint(&mut self, scenario: &Scenario, number: EndpointIndex, side: &Side, family: Family) {
        if !side.denied {
            return;
        }
        self.add_addresses(side.allowed.taken(), addresses(scenario.endpoint(number)));
        self.add_edges(side.allowed.taken());
        if let (true, Some(owner)) = (side.itself, scenario.endpoint(number).owner) {
            let to = WitnessTarget::OwnListener(number);
            self.add(Witness { vantage: owner, to, family, nth: 0, expect: Expect::Allow });
        }
    }
}

/// How many addresses of an endpoint are witnessed: a name may have several.
fn addresses(endpoint: &Endpoint) -> u32 {
    match (endpoint.route.connect, &endpoint.route.address.host) {
        (None, Host::Name(_)) => ADDRESSES_EACH,
        _ => 1,
    }
}
