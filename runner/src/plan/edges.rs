//! The edges: one for each cell that a rule names, and how many there could be. This file must not know about
//! witnesses.

use std::net::IpAddr;

use crate::scenario::{AgentIndex, Cell, EndpointIndex, Expect, Grid, RuleIndex, Scenario, Spoofing, Zone};

use super::model::Edge;

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
    let admitted = admitted(scenario, &edges);
    for edge in &mut edges {
        edge.spoofs = spoofed(scenario, edge, &admitted[edge.endpoint.0]);
    }
    (edges, possible)
}

/// For each endpoint, an address from each zone that some rule admits to it.
fn admitted(scenario: &Scenario, edges: &[Edge]) -> Vec<Vec<IpAddr>> {
    let mut admitted = vec![Vec::new(); scenario.endpoints.len()];
    for edge in edges.iter().filter(|edge| edge.expect == Expect::Allow) {
        let known: &mut Vec<IpAddr> = &mut admitted[edge.endpoint.0];
        let zone = scenario.agent(edge.vantage).zone.as_ref();
        // A few are as good as all: each deny edge takes the first that is not its own.
        if let Some(address) =
            zone.and_then(typical).filter(|address| known.len() < 4 && !known.contains(address))
        {
            known.push(address);
        }
    }
    admitted
}

/// A typical address of a zone: the fourth host of its first network, since clouds keep the first three of a subnet
/// for themselves ("Virtual networks and subnets", Azure; "Subnet CIDR blocks", AWS).
fn typical(zone: &Zone) -> Option<IpAddr> {
    let network = zone.networks.first()?;
    let mut hosts = network.hosts();
    hosts.nth(3).or_else(|| network.hosts().next())
}

/// The admitted address that a call over this edge says it comes from, if it should say so.
fn spoofed(scenario: &Scenario, edge: &Edge, admitted: &[IpAddr]) -> Option<IpAddr> {
    let http = scenario.endpoint(edge.endpoint).route.address.transport.is_http();
    if edge.expect == Expect::Allow || !http || scenario.rule(edge.rule).spoofing == Spoofing::Left {
        return None;
    }
    let own = scenario.agent(edge.vantage).zone.as_ref();
    admitted.iter().copied().find(|address| !own.is_some_and(|zone| zone.contains(*address)))
}

fn edge(scenario: &Scenario, cell: Cell, rule: RuleIndex) -> Edge {
    let Cell { vantage, endpoint, family } = cell;
    Edge { vantage, endpoint, family, expect: scenario.rule(rule).expect, rule, spoofs: None }
}
