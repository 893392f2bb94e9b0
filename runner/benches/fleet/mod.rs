//! A fleet to measure with: n agents with an endpoint each and the internet beside them, which makes n * n edges, and what a
//! run over them would have seen. It must not know what is measured.
//!
//! Half of the agents are fronts, half are backs. Each half reaches itself and nothing else. Seven endpoints in eight are TCP
//! listeners at an address; the eighth is an HTTPS site behind a front end, called by name. Of a hundred edges one fails and
//! one is inconclusive.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ringfence::dispatch::{
    AgentObservation, Attempt, Greeting, Observations, ReceiptBook, Unasked, UnaskedWhy,
};
use ringfence::plan::{Edge, Plan, Witness, WitnessTarget, calls_on};
use ringfence::scenario::{AgentIndex, EndpointIndex, Expect, Inputs, Scenario, Source, read};
use ringfence::tally::RunFacts;
use ringfence_contract::call::Pin;
use ringfence_contract::fingerprint::Basis;
use ringfence_contract::id::{BootId, CallId, RunId};
use ringfence_contract::name::AgentName;
use ringfence_contract::outcome::{Answered, Forbidden, NotSent, NotSentWhy, Outcome, Phase, Unsealed};
use ringfence_contract::receipt::{Receipt, SeenBy, SeenSource};
use ringfence_contract::reply::Hello;
use ringfence_contract::sample::Clock;
use ringfence_contract::sample::{Phases, Resolution, Sample, TlsFacts};

/// Every so many edges one fails, and the next one is inconclusive.
const ONE_IN: usize = 100;

/// When the run began, in milliseconds since the Unix epoch.
const STARTED_MS: u64 = 1_760_000_000_000;

/// The scenario's text: `agents` agents, 2 or more.
pub(crate) fn text(agents: usize) -> String {
    let agent = |number: usize| {
        let (zone, address) = (zone(number), address(number));
        let endpoint = if is_site(number) {
            format!("https://{zone}-{number}.fleet.test")
        } else {
            format!("tcp://{address}:7000")
        };
        format!(
            "  {zone}-{number}: {{ zone: {zone}, control: 'https://{address}:8443', endpoints: {{ in: '{endpoint}' }} }}\n"
        )
    };
    let agents: String = (0..agents).map(agent).collect();
    format!(
        "name: fleet
zones: {{ front: [10.0.0.0/16], back: [10.1.0.0/16] }}
agents:
{agents}  internet: {{ control: local, beacons: ['https://beacon.fleet.test', 'tcp://beacon.fleet.test:7000'] }}
rules:
  - {{ name: the fronts reach each other, from: front-*, to: front-*/in, expect: allow }}
  - {{ name: the backs reach each other, from: back-*, to: back-*/in, expect: allow }}
otherwise: deny
"
    )
}

/// The scenario, read as the programs read one.
///
/// # Panics
///
/// When the text is no scenario.
pub(crate) fn read_text(text: String) -> Scenario {
    read(Source::new("fleet.yaml", text), Path::new("."), &Inputs::new()).expect("a scenario")
}

/// What is known of the run besides what it saw.
pub(crate) fn facts() -> RunFacts {
    RunFacts { run: RunId::random(), started_ms: STARTED_MS, took_ms: 60_000, version: "0.1.0".to_owned() }
}

/// What a run over this plan would have seen.
pub(crate) fn observe(scenario: &Scenario, plan: &Plan) -> Observations {
    let mut agents: Vec<AgentObservation> =
        scenario.agents.iter().map(|agent| greeted(&agent.name)).collect();
    let mut reach = Vec::with_capacity(plan.edges.len());
    for (place, edge) in plan.edges.iter().enumerate() {
        let calls = calls_on(scenario, edge);
        let attempts: Vec<Attempt> = (0..calls).map(|_| attempt(scenario, edge, place % ONE_IN)).collect();
        keep_receipts(&mut agents, scenario, edge.endpoint, &attempts);
        reach.push(attempts);
    }
    let mut witnesses = || -> Vec<Attempt> {
        let mut witness = |witness: &Witness| {
            let seen = witnessed(scenario, witness);
            if let WitnessTarget::Endpoint(endpoint) = witness.to {
                keep_receipts(&mut agents, scenario, endpoint, std::slice::from_ref(&seen));
            }
            seen
        };
        plan.witnesses.iter().map(&mut witness).collect()
    };
    let (before, after) = (witnesses(), witnesses());
    Observations {
        agents,
        reach,
        before,
        after,
        latency: Vec::new(),
        throughput: Vec::new(),
        further_witnesses: Vec::new(),
        interrupted: false,
    }
}

fn zone(number: usize) -> &'static str {
    if is_front(number) { "front" } else { "back" }
}

fn is_front(number: usize) -> bool {
    number.is_multiple_of(2)
}

fn is_site(number: usize) -> bool {
    number % 16 < 2
}

/// The address of an agent: the second byte is its zone's.
fn address(number: usize) -> Ipv4Addr {
    let [high, low] = u16::try_from(number).expect("no more agents than a zone has addresses").to_be_bytes();
    Ipv4Addr::new(10, u8::from(!is_front(number)), high, low)
}

/// Where an endpoint is found: at its agent's address, or at its front end's.
fn door(endpoint: EndpointIndex) -> SocketAddr {
    let number = endpoint.0;
    if is_site(number) {
        let [high, low] =
            u16::try_from(number).expect("no more agents than a zone has addresses").to_be_bytes();
        (Ipv4Addr::new(198, 18, high, low), 443).into()
    } else {
        (address(number), 7000).into()
    }
}

/// What one attempt at an edge saw; `lot` is 0 for one that fails, and 1 for one that is inconclusive.
fn attempt(scenario: &Scenario, edge: &Edge, lot: usize) -> Attempt {
    let through = || answered(scenario, edge.vantage, edge.endpoint);
    let stopped = || {
        if is_site(edge.endpoint.0) {
            refused(scenario, edge.vantage)
        } else {
            Outcome::TimedOut(Phase::Connect)
        }
    };
    let unsent =
        || NotSent { why: NotSentWhy::NoResources, detail: "no port is free (os error 99)".to_owned() };
    let outcome = match (edge.expect, lot) {
        (Expect::Allow, 0) => stopped(),
        (Expect::Allow, 1) => return unasked(),
        (Expect::Allow, _) | (Expect::Deny, 0) => through(),
        (Expect::Deny, 1) => Outcome::NotSent(unsent()),
        (Expect::Deny, _) => stopped(),
    };
    sampled(scenario, edge.vantage, edge.endpoint, outcome)
}

fn witnessed(scenario: &Scenario, witness: &Witness) -> Attempt {
    let (endpoint, outcome) = match witness.to {
        WitnessTarget::Endpoint(endpoint) | WitnessTarget::OwnListener(endpoint) => {
            let outcome = match witness.expect {
                Expect::Allow => answered(scenario, witness.vantage, endpoint),
                Expect::Deny => refused(scenario, witness.vantage),
            };
            (endpoint, outcome)
        }
        WitnessTarget::Beacon(_) => {
            let body = "<!doctype html>".to_owned();
            let beacon =
                Unsealed { status: Some(200), server: None, location: None, body, flaw: None, told: None };
            (EndpointIndex(0), Outcome::Unsealed(beacon))
        }
    };
    sampled(scenario, witness.vantage, endpoint, outcome)
}

fn answered(scenario: &Scenario, vantage: AgentIndex, endpoint: EndpointIndex) -> Outcome {
    let owner = scenario.endpoint(endpoint).owner.expect("every endpoint has an owner");
    let agent = scenario.agent(owner).name.clone();
    Outcome::Answered(Answered { agent, boot: boot(), seen: seen(scenario, vantage), receipt: 1 })
}

fn refused(scenario: &Scenario, vantage: AgentIndex) -> Outcome {
    let saw = Some(caller(scenario, vantage));
    Outcome::Forbidden(Forbidden {
        fingerprint: "azure-app-service".to_owned(),
        by: Basis::Header,
        status: 403,
        saw,
    })
}

/// The address of a vantage; the last agent is the internet.
fn caller(scenario: &Scenario, vantage: AgentIndex) -> IpAddr {
    let is_outside = vantage.0 + 1 == scenario.agents.len();
    if is_outside { Ipv4Addr::new(203, 0, 113, 9).into() } else { address(vantage.0).into() }
}

fn seen(scenario: &Scenario, vantage: AgentIndex) -> SeenSource {
    let address = caller(scenario, vantage);
    SeenSource { address, by: SeenBy::Peer, peer: (address, 50_000).into(), conflict: None }
}

fn unasked() -> Attempt {
    let detail = "the reply was cut off after 7 lines".into();
    Attempt { call: CallId::random(), role: None, sample: Err(Unasked { why: UnaskedWhy::CutOff, detail }) }
}

fn sampled(scenario: &Scenario, vantage: AgentIndex, endpoint: EndpointIndex, outcome: Outcome) -> Attempt {
    let call = CallId::random();
    let is_answer = matches!(outcome, Outcome::Answered(_) | Outcome::Forbidden(_) | Outcome::Unsealed(_));
    let is_site = is_site(endpoint.0);
    let status = match &outcome {
        Outcome::Forbidden(forbidden) => Some(forbidden.status),
        Outcome::Unsealed(unsealed) => unsealed.status,
        Outcome::Answered(_) if is_site => Some(200),
        _ => None,
    };
    let sample = Sample {
        call,
        started_ms: STARTED_MS + 1_000,
        phases: Phases {
            resolve_us: is_site.then_some(1_204),
            connect_us: is_answer.then_some(2_310),
            connect_clock: Some(Clock::Kernel),
            tls_us: (is_site && is_answer).then_some(6_120),
            first_byte_us: is_answer.then_some(3_405),
            first_byte_clock: Some(Clock::Kernel),
            transfer_us: is_answer.then_some(37),
            total_us: Some(if is_answer { 13_076 } else { 3_500_412 }),
        },
        outcome,
        remote: Some(door(endpoint)),
        local: Some((caller(scenario, vantage), 50_000).into()),
        resolution: is_site.then(|| Box::new(resolution(scenario, endpoint))),
        tls: (is_site && is_answer).then(|| Arc::new(certificate())),
        status,
        again: None,
        limit: None,
    };
    Attempt { call, role: None, sample: Ok(Box::new(sample)) }
}

fn certificate() -> TlsFacts {
    TlsFacts {
        version: Some("TLSv1_3".to_owned()),
        alpn: Some("http/1.1".to_owned()),
        pin: Some(Pin::new([7; 32])),
        certificate_error: None,
    }
}

fn resolution(scenario: &Scenario, endpoint: EndpointIndex) -> Resolution {
    Resolution {
        resolver: "10.0.0.53:53".to_owned(),
        name: scenario.endpoint(endpoint).route.address.host.to_string(),
        addresses: vec![door(endpoint).ip()],
        cnames: Vec::new(),
        rcode: Some("NOERROR".to_owned()),
        took_us: 1_204,
    }
}

/// The target writes down every call that it answered.
fn keep_receipts(
    agents: &mut [AgentObservation],
    scenario: &Scenario,
    endpoint: EndpointIndex,
    attempts: &[Attempt],
) {
    let owner = scenario.endpoint(endpoint).owner.expect("every endpoint has an owner");
    let transport = scenario.endpoint(endpoint).route.address.transport;
    let book = agents[owner.0].receipts.as_mut().expect("every agent shows its receipts");
    for attempt in attempts {
        let Ok(Outcome::Answered(answered)) = attempt.sample.as_ref().map(|sample| &sample.outcome) else {
            continue;
        };
        let number = book.found.len() as u64 + 1;
        let (call, seen) = (attempt.call, answered.seen);
        let receipt = Receipt { call, number, at_ms: STARTED_MS + 1_010, seen, transport, arrivals: 1 };
        book.found.insert(call, Box::new(receipt));
    }
}

/// The life that every agent is in.
fn boot() -> BootId {
    "77".repeat(16).parse().expect("an id")
}

fn greeted(name: &AgentName) -> AgentObservation {
    let hello = Hello {
        agent: name.clone(),
        version: "0.1.0".to_owned(),
        boot: boot(),
        clock_ms: STARTED_MS,
        dropped: 0,
        families: Vec::new(),
        listeners: Vec::new(),
        allow: Vec::new(),
        calls_per_order: 512,
        calls_at_once: 512,
    };
    AgentObservation {
        hello: Ok(Greeting { hello, clock_ahead_ms: 3, round_trip: Duration::from_millis(2) }),
        receipts: Ok(ReceiptBook::default()),
        route: format!("direct https://{name}:8443"),
        plaintext: false,
    }
}
