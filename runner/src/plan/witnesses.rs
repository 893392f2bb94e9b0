//! The calls that witness the edges: without them a silence means nothing. This file must not know which edges there
//! could be, only which there are.
//!
//! A deny edge asks for two things to be shown: that its endpoint lives, and that its vantage can send. Allow edges show
//! both; where a vantage has none, its beacon or a refusal in a platform's own words shows the second.

use std::collections::HashSet;

use ringfence_contract::address::{Family, Host};

use crate::scenario::{Agent, AgentIndex, Answers, Endpoint, EndpointIndex, Expect, Scenario, WitnessBy};

use super::model::{Edge, Witness, WitnessTarget};

/// How many calls witness one thing: with two, the loss of one of them leaves the evidence standing.
const WITNESSES_EACH: usize = 2;

/// How many addresses of a name are witnessed: as many as a denied edge is called at by default, three.
pub const ADDRESSES_EACH: u32 = 3;

/// The first few candidates for one witness, better ones before others.
#[derive(Debug, Clone, Default)]
struct Few {
    better: Vec<usize>,
    others: Vec<usize>,
}

impl Few {
    fn offer(&mut self, edge: usize, is_better: bool) {
        let list = if is_better { &mut self.better } else { &mut self.others };
        if list.len() < WITNESSES_EACH {
            list.push(edge);
        }
    }

    fn taken(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        self.better.iter().chain(&self.others).take(WITNESSES_EACH).copied()
    }

    fn is_empty(&self) -> bool {
        self.better.is_empty() && self.others.is_empty()
    }
}

/// What is known of one endpoint or one vantage in one family.
#[derive(Debug, Clone, Default)]
struct Side {
    /// Whether a selected edge of it must be denied.
    denied: bool,
    /// Allow edges, as places in the pool.
    allowed: Few,
    /// Deny edges to HTTP endpoints, as places in the pool.
    refused: Few,
    /// Whether a selected deny edge of this endpoint says that the target witnesses itself.
    itself: bool,
}

/// The witness calls for the selected edges, taken from a pool of edges: endpoints' first, then vantages', each in the
/// order of the scenario, none twice.
pub(super) fn witnesses(scenario: &Scenario, selected: &[Edge], pool: &[Edge]) -> Vec<Witness> {
    let mut endpoints = vec![[Side::default(), Side::default()]; scenario.endpoints.len()];
    let mut vantages = vec![[Side::default(), Side::default()]; scenario.agents.len()];
    for edge in selected.iter().filter(|edge| edge.expect == Expect::Deny) {
        let family = place(edge.family);
        let by_itself = scenario.rule(edge.rule).witness == WitnessBy::TargetItself;
        endpoints[edge.endpoint.0][family].denied = true;
        endpoints[edge.endpoint.0][family].itself |= by_itself;
        vantages[edge.vantage.0][family].denied = true;
    }
    for (number, edge) in pool.iter().enumerate() {
        let family = place(edge.family);
        let endpoint = scenario.endpoint(edge.endpoint);
        match edge.expect {
            Expect::Allow => {
                // An agent's call to itself shows less of the way there than another's.
                let other = endpoint.owner != Some(edge.vantage);
                endpoints[edge.endpoint.0][family].allowed.offer(number, other);
                let sealed = endpoint.answers == Answers::Agent;
                vantages[edge.vantage.0][family].allowed.offer(number, sealed);
            }
            Expect::Deny => {
                let http = endpoint.route.address.transport.is_http();
                vantages[edge.vantage.0][family].refused.offer(number, http);
            }
        }
    }
    let mut found = Found { witnesses: Vec::new(), known: HashSet::new(), pool };
    for (number, sides) in endpoints.iter().enumerate() {
        for family in FAMILIES {
            found.of_endpoint(scenario, EndpointIndex(number), &sides[place(family)], family);
        }
    }
    for (number, sides) in vantages.iter().enumerate() {
        for family in FAMILIES {
            found.of_vantage(scenario, AgentIndex(number), &sides[place(family)], family);
        }
    }
    found.witnesses
}

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

fn place(family: Family) -> usize {
    match family {
        Family::Ipv4 => 0,
        Family::Ipv6 => 1,
    }
}

struct Found<'p> {
    witnesses: Vec<Witness>,
    known: HashSet<(AgentIndex, WitnessTarget, Family)>,
    pool: &'p [Edge],
}

impl Found<'_> {
    /// A witness whose address is the first will do wherever its vantage calls that endpoint already.
    fn add(&mut self, witness: Witness) {
        let known = !self.known.insert((witness.vantage, witness.to, witness.family));
        if !known || witness.nth > 0 {
            self.witnesses.push(witness);
        }
    }

    /// A call over each of these edges, unless there is one already.
    fn add_edges(&mut self, edges: impl Iterator<Item = usize>) {
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

    fn of_vantage(&mut self, scenario: &Scenario, number: AgentIndex, side: &Side, family: Family) {
        if !side.denied {
            return;
        }
        if has_beacon(scenario.agent(number), family) {
            let to = WitnessTarget::Beacon;
            self.add(Witness { vantage: number, to, family, nth: 0, expect: Expect::Allow });
        }
        if side.allowed.is_empty() {
            // Only HTTP has platforms that say no in their own words.
            self.add_edges(side.refused.better.iter().copied());
        } else {
            self.add_edges(side.allowed.taken());
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

/// Whether an agent has a beacon that can be called in this family.
fn has_beacon(agent: &Agent, family: Family) -> bool {
    agent.beacon.as_ref().is_some_and(|beacon| {
        let literal = beacon.route.connect.or(match beacon.route.address.host {
            Host::Ip(address) => Some(address),
            Host::Name(_) => None,
        });
        literal.is_none_or(|address| Family::of(address) == family)
    })
}
