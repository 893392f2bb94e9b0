//! Beacons: what a vantage can always reach.

use ringfence_contract::address::Family;

use super::understand::Meaning;
use crate::scenario::cells::{Cell, is_about};
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{
    Agent, AgentIndex, Beacon, BeaconTarget, Endpoint, EndpointIndex, Expect, Rule, RuleIndex,
};
use crate::scenario::shape::{AgentShape, WayMap, WayShape};
use crate::scenario::suggest;
use crate::scenario::text::{Known, Scalar};

impl Meaning<'_> {
    /// What an agent can always reach; none where one of them has a fault.
    pub(super) fn beacons(&mut self, names: &[String], shape: &AgentShape) -> Option<Vec<Beacon>> {
        if let (Some(WayShape(one)), [WayShape(first), ..]) = (&shape.beacon, shape.beacons.as_slice()) {
            let fault = Fault::at(first.url.span.clone(), Mistake::BeaconAndBeacons).label("`beacons`");
            let fault = fault.and(one.url.span.clone(), "`beacon`");
            self.fault(fault.help("move the one into the list, and remove `beacon`"));
            return None;
        }
        let left_out = |way: &&WayShape| self.left_out.iter().any(|left| left.endpoint == way.0.url.text);
        let all: Vec<_> = shape.beacon.iter().chain(&shape.beacons).filter(|way| !left_out(way)).collect();
        let beacons: Vec<_> = all.into_iter().map(|WayShape(way)| self.beacon(names, way)).collect();
        beacons.into_iter().collect()
    }

    fn beacon(&mut self, names: &[String], way: &WayMap) -> Option<Beacon> {
        let span = way.url.span.clone();
        if way.url.known == Known::Yes && !way.url.text.contains("://") {
            let place = self.named_endpoint(names, &way.url)?;
            return Some(Beacon { to: BeaconTarget::Endpoint(place), span });
        }
        let route = self.route(way)?;
        if !route.address.transport.connects() {
            let fault = Fault::at(span, Mistake::BeaconUdp);
            self.fault(fault.help(
                "name an endpoint that an agent of the scenario answers over udp (AGENT/ENDPOINT): its sealed answer shows it",
            ));
            return None;
        }
        Some(Beacon { to: BeaconTarget::Outside(route), span })
    }

    fn named_endpoint(&mut self, names: &[String], name: &Scalar) -> Option<EndpointIndex> {
        let found = names.iter().position(|known| *known == name.text);
        if found.is_none() {
            let known = names.iter().map(String::as_str);
            let help = match suggest::closest(&name.text, known) {
                Some(close) => format!("did you mean `{close}`?"),
                None => {
                    "write a URL (`https://HOST`, `tcp://HOST:PORT`), AGENT/ENDPOINT or the name of a target"
                        .to_owned()
                }
            };
            let mistake = Mistake::UnknownBeacon { name: name.text.clone() };
            self.fault(Fault::at(name.span.clone(), mistake).help(help));
        }
        found.map(EndpointIndex)
    }

    /// An endpoint that stands as a beacon must not be denied to its vantage, nor be the vantage's own: a listener on the same
    /// machine shows nothing about the way out.
    pub(super) fn beacons_fit(&mut self, agents: &[Agent], endpoints: &[Endpoint], rules: &[Rule]) {
        for (place, agent) in agents.iter().enumerate() {
            for beacon in &agent.beacons {
                self.faults.extend(misfit((AgentIndex(place), agent), beacon, endpoints, rules));
            }
        }
    }
}

/// Why a beacon cannot be one of an agent's, if it cannot.
fn misfit(
    (place, agent): (AgentIndex, &Agent),
    beacon: &Beacon,
    endpoints: &[Endpoint],
    rules: &[Rule],
) -> Option<Fault> {
    let BeaconTarget::Endpoint(to) = beacon.to else { return None };
    let called = endpoints.get(to.0)?;
    let (agent, endpoint) = (agent.name.to_string(), called.name.clone());
    if called.owner == Some(place) {
        let fault = Fault::at(beacon.span.clone(), Mistake::BeaconOfItself { agent, endpoint });
        return Some(
            fault.help("name something else that this vantage can always reach by way of the network"),
        );
    }
    let cell = |family: &Family| Cell { vantage: place, endpoint: to, family: *family };
    let denied = called.families.iter().map(|family| denying(cell(family), endpoints, rules));
    // One family in which it may be called is enough.
    let denied: Vec<RuleIndex> = denied.collect::<Option<_>>()?;
    let fault = Fault::at(beacon.span.clone(), Mistake::BeaconDenied { agent, endpoint });
    let fault = fault.label("this must be reached");
    let span = denied.first().and_then(|rule| rules.get(rule.0)?.span.clone());
    let fault = match span {
        Some(span) => fault.and(span, "and this denies it"),
        None => fault,
    };
    Some(fault.help("name another beacon, or allow this edge by a rule"))
}

/// The rule that denies a cell, if one does: of several the first holds.
fn denying(cell: Cell, endpoints: &[Endpoint], rules: &[Rule]) -> Option<RuleIndex> {
    let place = rules.iter().position(|rule| is_about(rule, endpoints, cell))?;
    rules.get(place).filter(|rule| rule.expect == Expect::Deny).map(|_| RuleIndex(place))
}
