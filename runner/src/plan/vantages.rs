//! The calls that show that a vantage can send, at each port where it must meet a silence: a network that lets only 443 out
//! proves nothing about 5432.
//!
//! Edges that the vantage may cross show it, and its beacons. Where there is none at a port, a refusal in a platform's own
//! words may. This file must not know what lives at the other end.

use ringfence_contract::address::{Family, Host};
use ringfence_contract::call::Route;

use crate::scenario::{
    Agent, AgentIndex, Answers, BeaconTarget, Cell, EndpointIndex, Expect, Port, Scenario, WitnessPort,
};

use super::model::{Edge, Witness, WitnessTarget};
use super::witnesses::{FAMILIES, Few, Found, WITNESSES_EACH, place};

/// The ports of a scenario's endpoints, each once, and which endpoint has which.
struct Ports {
    all: Vec<Port>,
    of: Vec<usize>,
}

impl Ports {
    fn of(scenario: &Scenario) -> Self {
        let mut all: Vec<Port> =
            scenario.endpoints.iter().map(|endpoint| Port::of(&endpoint.route.address)).collect();
        let each = all.clone();
        all.sort_unstable();
        all.dedup();
        let of = each.iter().map(|port| all.binary_search(port).unwrap_or_default()).collect();
        Self { all, of }
    }

    /// The place of an endpoint's port in a family.
    fn place(&self, endpoint: EndpointIndex, family: Family) -> usize {
        self.of[endpoint.0] * 2 + place(family)
    }
}

/// What is known of a vantage at one port in one family.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// Whether an edge there must be denied.
    denied: bool,
    /// Whether such an edge may take it that the vantage shows at another port that it can send.
    anywhere: bool,
    /// Allow edges, as places in the pool.
    allowed: Few,
    /// Deny edges to HTTP endpoints, as places in the pool.
    refused: Few,
}

/// Finds the calls of every vantage that must not cross one of the selected edges.
pub(super) fn witnesses(scenario: &Scenario, selected: &[Edge], found: &mut Found<'_>) {
    let ports = Ports::of(scenario);
    let mut sides = vec![Side::default(); ports.all.len() * 2];
    for own in selected.chunk_by(|one, other| one.vantage == other.vantage) {
        let Some(vantage) = own.first().map(|edge| edge.vantage) else { continue };
        sides.fill(Side::default());
        let mut any = false;
        for edge in own.iter().filter(|edge| edge.expect == Expect::Deny) {
            let side = &mut sides[ports.place(edge.endpoint, edge.family)];
            side.denied = true;
            // An answer in the clear shows that the port goes out, not that the vantage has a way to anybody.
            let in_clear = scenario.endpoint(edge.endpoint).route.address.transport.is_plain_http();
            side.anywhere |= in_clear || scenario.rule(edge.rule).witness_port == WitnessPort::Any;
            any = true;
        }
        if any {
            offer(scenario, vantage, &ports, found.pool, &mut sides);
            Vantage { scenario, number: vantage, ports: &ports, sides: &sides }.witnesses(found);
        }
    }
}

/// Offers every edge of a vantage as a witness of its port.
fn offer(scenario: &Scenario, vantage: AgentIndex, ports: &Ports, pool: &[Edge], sides: &mut [Side]) {
    let begin = pool.partition_point(|edge| edge.vantage < vantage);
    let own = pool.iter().enumerate().skip(begin).take_while(|(_, edge)| edge.vantage == vantage);
    for (number, edge) in own {
        let endpoint = scenario.endpoint(edge.endpoint);
        let side = &mut sides[ports.place(edge.endpoint, edge.family)];
        match edge.expect {
            Expect::Allow => side.allowed.offer(number, endpoint.answers == Answers::Agent),
            // Only HTTP has platforms that say no in their own words.
            Expect::Deny if endpoint.route.address.transport.is_http() => side.refused.offer(number, true),
            Expect::Deny => {}
        }
    }
}

struct Vantage<'v> {
    scenario: &'v Scenario,
    number: AgentIndex,
    ports: &'v Ports,
    sides: &'v [Side],
}

impl Vantage<'_> {
    fn witnesses(&self, found: &mut Found<'_>) {
        for family in FAMILIES {
            let sides = self.sides.iter().skip(place(family)).step_by(2);
            for (port, side) in self.ports.all.iter().zip(sides).filter(|(_, side)| side.denied) {
                self.at(*port, family, side, found);
            }
        }
    }

    /// The calls at one port: edges that the vantage may cross, and at least one of its beacons there; and where there is no
    /// such edge, some that it may not cross.
    fn at(&self, port: Port, family: Family, side: &Side, found: &mut Found<'_>) {
        let edges = side.allowed.taken().count();
        let beacons: Vec<Witness> =
            self.beacons(found.pool, family).filter(|(at, _)| *at == port).map(|(_, w)| w).collect();
        found.add_edges(side.allowed.taken());
        let some = WITNESSES_EACH.saturating_sub(edges).max(1);
        for beacon in beacons.iter().take(some) {
            found.add(*beacon);
        }
        if edges == 0 && beacons.is_empty() && side.anywhere {
            self.anywhere(family, found);
        }
        if edges == 0 {
            found.add_edges(side.refused.better());
        }
    }

    /// The calls at whatever port.
    fn anywhere(&self, family: Family, found: &mut Found<'_>) {
        let sides = self.sides.iter().skip(place(family)).step_by(2);
        let edges: Vec<usize> = sides.flat_map(|side| side.allowed.taken()).take(WITNESSES_EACH).collect();
        let some = WITNESSES_EACH.saturating_sub(edges.len()).max(1);
        let beacons: Vec<Witness> =
            self.beacons(found.pool, family).take(some).map(|(_, beacon)| beacon).collect();
        found.add_edges(edges.into_iter());
        for beacon in beacons {
            found.add(beacon);
        }
    }

    /// The vantage's beacons in a family, in the order of the scenario, with their ports.
    fn beacons(&self, pool: &[Edge], family: Family) -> impl Iterator<Item = (Port, Witness)> {
        let agent: &Agent = self.scenario.agent(self.number);
        agent.beacons.iter().enumerate().filter_map(move |(number, beacon)| {
            let witness = |to| Witness { vantage: self.number, to, family, nth: 0, expect: Expect::Allow };
            match &beacon.to {
                BeaconTarget::Outside(route) => {
                    let is_called = literal_family(route).is_none_or(|literal| literal == family);
                    is_called.then(|| (Port::of(&route.address), witness(WitnessTarget::Beacon(number))))
                }
                BeaconTarget::Endpoint(to) => {
                    let endpoint = self.scenario.endpoint(*to);
                    let cell = Cell { vantage: self.number, endpoint: *to, family };
                    let is_called = endpoint.families.contains(&family) && !is_denied(pool, cell);
                    is_called
                        .then(|| (Port::of(&endpoint.route.address), witness(WitnessTarget::Endpoint(*to))))
                }
            }
        })
    }
}

/// Whether a cell of the pool must be denied. The pool is in the order of the scenario.
fn is_denied(pool: &[Edge], cell: Cell) -> bool {
    let key = |edge: &Edge| (edge.vantage, edge.endpoint);
    let begin = pool.partition_point(|edge| key(edge) < (cell.vantage, cell.endpoint));
    let same = pool.iter().skip(begin).take_while(|edge| key(edge) == (cell.vantage, cell.endpoint));
    same.into_iter().any(|edge| edge.family == cell.family && edge.expect == Expect::Deny)
}

/// The one family that a route can be called in, where no name has to be resolved.
fn literal_family(route: &Route) -> Option<Family> {
    let literal = route.connect.or(match route.address.host {
        Host::Ip(address) => Some(address),
        Host::Name(_) => None,
    });
    literal.map(Family::of)
}
