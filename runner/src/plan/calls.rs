//! The calls that carry a plan out. This file must not know how a call travels, or what becomes of it.

use std::net::IpAddr;

use ringfence_contract::call::{Call, Certificates, Destination, Guise, Route};
use ringfence_contract::id::CallId;
use ringfence_contract::name::AgentName;
use ringfence_contract::spoof::{Known, Spoof};

use crate::scenario::defaults::WINDOW_MS;
use crate::scenario::{Agent, Answers, BeaconTarget, EndpointIndex, Expect, Scenario, SpoofHeader};

use super::edges::other;
use super::model::{Edge, Plan, Role, Witness, WitnessTarget};

/// How many calls an edge takes at first: as many as its rule says. What they see may ask for [further ones](Role).
#[must_use]
pub fn calls_on(scenario: &Scenario, edge: &Edge) -> u32 {
    scenario.rule(edge.rule).attempts
}

/// How much later calls start that should get through, in milliseconds: behind the window of the edges that must be denied, or
/// the default one where theirs is longer. Denied calls may take their whole timeout, so they have the processors first, and
/// the others are answered meanwhile.
#[must_use]
pub fn behind_denied_ms(scenario: &Scenario, plan: &Plan) -> u32 {
    let denied = plan.edges.iter().filter(|edge| edge.expect == Expect::Deny);
    denied.map(|edge| scenario.rule(edge.rule).window_ms).max().unwrap_or(0).min(WINDOW_MS)
}

/// How long after an edge's first attempt another one starts, counted from 0, in milliseconds. Attempts are spread evenly
/// over the rule's window.
fn start_after_ms(scenario: &Scenario, edge: &Edge, attempt: u32) -> u32 {
    let rule = scenario.rule(edge.rule);
    let after_ms = u64::from(attempt) * u64::from(rule.window_ms) / u64::from(rule.attempts.max(1));
    u32::try_from(after_ms).unwrap_or(u32::MAX)
}

/// One of the attempts at an edge that its rule asks for, counted from 0. Attempts start one after the other, and take a
/// name's addresses in turn.
#[must_use]
pub fn call_for_edge(scenario: &Scenario, edge: &Edge, attempt: u32) -> Call {
    let certificates = match edge.expect {
        Expect::Allow => Certificates::Require,
        // A bad certificate must not hide an open path.
        Expect::Deny => Certificates::Note,
    };
    Call {
        id: CallId::random(),
        to: Destination::Endpoint(scenario.endpoint(edge.endpoint).route.clone()),
        expects: answering(scenario, edge.endpoint),
        family: edge.family,
        nth: attempt,
        certificates,
        timeouts: scenario.timeouts,
        start_after_ms: start_after_ms(scenario, edge, attempt),
        guise: Guise::Own,
        spoofs: None,
    }
}

/// A further attempt at an edge, at once, at this address of the name.
#[must_use]
pub fn further_call(scenario: &Scenario, edge: &Edge, role: Role, nth: u32) -> Call {
    let call = Call { start_after_ms: 0, ..call_for_edge(scenario, edge, nth) };
    let timeouts = call.timeouts.patient();
    match role {
        Role::Further | Role::Beside | Role::Retry => call,
        Role::Again(_) => Call { timeouts, ..call },
        Role::Forged(source) => Call { spoofs: Some(spoof(scenario, source, Known::All)), ..call },
        Role::ForgedAlone(source, known) => {
            Call { spoofs: Some(spoof(scenario, source, known)), timeouts, ..call }
        }
        Role::Http1 => Call { guise: Guise::Http1, timeouts, ..call },
        Role::Browser => Call { guise: Guise::Browser, timeouts, ..call },
        Role::AtAddress(address) => {
            let endpoint = scenario.endpoint(edge.endpoint);
            let route = Route { connect: Some(address), ..endpoint.route.clone() };
            Call { to: Destination::Endpoint(route), ..call }
        }
        Role::OtherFamily => Call { guise: Guise::LookUp, family: other(edge.family), ..call },
        Role::MadeUpHost => Call { guise: Guise::MadeUpHost, certificates: Certificates::Note, ..call },
    }
}

/// What a call says of itself that says it comes from this address.
fn spoof(scenario: &Scenario, source: IpAddr, known: Known) -> Spoof {
    let header = |header: &SpoofHeader| {
        (header.name.clone(), header.value.clone().unwrap_or_else(|| source.to_string()))
    };
    Spoof { source, known, headers: scenario.spoof_headers.iter().map(header).collect() }
}

/// The call of a witness. A bad certificate is noted and the call goes on: a witness shows that something lives or can
/// send, and whose answer it got the seal shows; whether the certificate is good is for the edge itself to say. All
/// start at once.
///
/// # Panics
///
/// When the witness is of another scenario's plan.
#[must_use]
pub fn call_for_witness(scenario: &Scenario, witness: &Witness) -> Call {
    let (to, expects) = match witness.to {
        WitnessTarget::Endpoint(endpoint) => {
            let route = scenario.endpoint(endpoint).route.clone();
            (Destination::Endpoint(route), answering(scenario, endpoint))
        }
        WitnessTarget::OwnListener(endpoint) => {
            let to = Destination::OwnListener(scenario.endpoint(endpoint).route.address.clone());
            (to, answering(scenario, endpoint))
        }
        WitnessTarget::Beacon(place) => {
            let route = outside(scenario.agent(witness.vantage), place);
            let route =
                route.expect("a plan of this scenario has beacon witnesses only where there is a beacon");
            (Destination::Endpoint(route.clone()), None)
        }
    };
    Call {
        expects,
        nth: witness.nth,
        certificates: Certificates::Note,
        timeouts: scenario.timeouts,
        ..Call::new(to, witness.family)
    }
}

/// What a witness calls, as plans and reports name it: an endpoint's name, `beacon` and its address, or `own listener of`
/// and an endpoint's name.
#[must_use]
pub fn witness_name(scenario: &Scenario, witness: &Witness) -> String {
    match witness.to {
        WitnessTarget::Endpoint(endpoint) => scenario.endpoint(endpoint).name.clone(),
        WitnessTarget::Beacon(place) => match outside(scenario.agent(witness.vantage), place) {
            Some(route) => format!("beacon {}", route.address),
            None => "beacon".to_owned(),
        },
        WitnessTarget::OwnListener(endpoint) => {
            format!("own listener of {}", scenario.endpoint(endpoint).name)
        }
    }
}

/// The way to one of an agent's beacons outside the scenario, by its place.
#[must_use]
pub fn outside(agent: &Agent, place: usize) -> Option<&Route> {
    match &agent.beacons.get(place)?.to {
        BeaconTarget::Outside(route) => Some(route),
        BeaconTarget::Endpoint(_) => None,
    }
}

/// The agent whose sealed answer is the right one; none where the platform answers itself.
fn answering(scenario: &Scenario, endpoint: EndpointIndex) -> Option<AgentName> {
    let endpoint = scenario.endpoint(endpoint);
    match endpoint.answers {
        Answers::Agent => endpoint.owner.map(|owner| scenario.agent(owner).name.clone()),
        Answers::Platform { .. } => None,
    }
}
