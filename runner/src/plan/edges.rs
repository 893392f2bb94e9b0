//! The edges: one for each cell that a rule names, and how many there could be. This file must not know about
//! witnesses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ringfence_contract::address::Family;

use crate::scenario::{AgentIndex, Cell, EndpointIndex, Expect, Grid, RuleIndex, Scenario, Spoofing, Zone};

use super::model::{Edge, Spoofs};

/// The most addresses that calls over one edge say they come from.
const SPOOFS_MAX: usize = 8;

/// Every edge in report order, and the number of edges the scenario could have.
///
/// Takes time and memory in proportion to the cells of the matrix and to those the rules name.
pub(super) fn edges(scenario: &Scenario) -> (Vec<Edge>, usize) {
    let mut grid = Grid::new(scenario.agents.len(), scenario.endpoints.len());
    for (place, rule) in scenario.rules.iter().enumerate() {
        for cell in scenario.cells(rule) {
            // Where two rules say the same of a cell, the first holds; that they do, loading has seen to.
            grid.claim(cell, RuleIndex(place));
        }
    }
    let mut edges = Vec::new();
    let mut possible = 0;
    for vantage in (0..scenario.agents.len()).map(AgentIndex) {
        for (place, endpoint) in scenario.endpoints.iter().enumerate() {
            for family in &endpoint.families {
                let cell = Cell { vantage, endpoint: EndpointIndex(place), family: *family };
                let rule = grid.rule(cell);
                let itself = endpoint.owner == Some(vantage);
                possible += usize::from(rule.is_some() || !itself);
                edges.extend(rule.map(|rule| edge(scenario, cell, rule)));
            }
        }
    }
    let mut spoofs = Sources::of(scenario, &edges);
    for edge in &mut edges {
        edge.spoofs = spoofs.spoofed(scenario, edge);
    }
    (edges, possible)
}

/// The zones that some rule admits to each endpoint, and the addresses that stand for them.
struct Sources<'s> {
    admitted: Vec<Vec<AgentIndex>>,
    known: HashMap<(EndpointIndex, Family, Option<&'s str>), Spoofs>,
}

impl<'s> Sources<'s> {
    fn of(scenario: &'s Scenario, edges: &[Edge]) -> Self {
        let mut admitted: Vec<Vec<AgentIndex>> = vec![Vec::new(); scenario.endpoints.len()];
        let zone = |agent: AgentIndex| scenario.agent(agent).zone.as_ref().map(|zone| zone.name.as_str());
        for edge in edges.iter().filter(|edge| edge.expect == Expect::Allow) {
            let known = &mut admitted[edge.endpoint.0];
            let is_new =
                zone(edge.vantage).is_some() && known.iter().all(|agent| zone(*agent) != zone(edge.vantage));
            if is_new && known.len() < SPOOFS_MAX {
                known.push(edge.vantage);
            }
        }
        Self { admitted, known: HashMap::new() }
    }

    /// The addresses that calls over this edge say they come from, if they should say so: those of admitted zones, and the
    /// loopback, which many front ends and applications admit without a rule.
    fn spoofed(&mut self, scenario: &'s Scenario, edge: &Edge) -> Spoofs {
        let http = scenario.endpoint(edge.endpoint).route.address.transport.is_http();
        if edge.expect == Expect::Allow || !http || scenario.rule(edge.rule).spoofing == Spoofing::Left {
            return None;
        }
        let own = scenario.agent(edge.vantage).zone.as_ref();
        let zones = &self.admitted[edge.endpoint.0];
        let find = || {
            let admitted = zones.iter().filter_map(|agent| scenario.agent(*agent).zone.as_ref());
            let zones: Vec<&Zone> = admitted.collect();
            // A header may hold an address of either family; the edge's own is the likelier.
            let families = [edge.family, other(edge.family)];
            let all =
                families.iter().flat_map(|family| zones.iter().filter_map(|zone| typical(zone, *family)));
            let others = all.filter(|address| !own.is_some_and(|zone| zone.contains(*address)));
            let loopback = loopback(edge.family);
            let addresses: Arc<[IpAddr]> =
                others.take(SPOOFS_MAX - loopback.len()).chain(loopback.iter().copied()).collect();
            Some(addresses)
        };
        let key = (edge.endpoint, edge.family, own.map(|zone| zone.name.as_str()));
        self.known.entry(key).or_insert_with(find).clone()
    }
}

/// A typical address of a zone in a family: the fourth host of its first network there, since clouds keep the first three
/// of a subnet for themselves ("Virtual networks and subnets", Azure; "Subnet CIDR blocks", AWS).
fn typical(zone: &Zone, family: Family) -> Option<IpAddr> {
    let network = zone.networks.iter().find(|network| Family::of(network.addr()) == family)?;
    let mut hosts = network.hosts();
    hosts.nth(3).or_else(|| network.hosts().next())
}

/// The host's own addresses, as a caller of this family may claim them.
fn loopback(family: Family) -> &'static [IpAddr] {
    const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
    match family {
        Family::Ipv4 => &[V4],
        Family::Ipv6 => &[V6, V4],
    }
}

pub(super) fn other(family: Family) -> Family {
    match family {
        Family::Ipv4 => Family::Ipv6,
        Family::Ipv6 => Family::Ipv4,
    }
}

fn edge(scenario: &Scenario, cell: Cell, rule: RuleIndex) -> Edge {
    let Cell { vantage, endpoint, family } = cell;
    Edge { vantage, endpoint, family, expect: scenario.rule(rule).expect, rule, spoofs: None }
}
