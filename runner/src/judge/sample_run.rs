//! A small run for tests, put together by hand: three agents, two endpoints, four edges, everything as it should be.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::address::Family;
use ringfence_contract::call::{Method, Pin, Route, Timeouts, Trust};
use ringfence_contract::download::{Downloaded, Payload};
use ringfence_contract::fingerprint::{Basis, known};
use ringfence_contract::histogram::Histogram;
use ringfence_contract::id::{BootId, CallId};
use ringfence_contract::measure::{Block, Connection, Figures};
use ringfence_contract::outcome::{Answered, Forbidden, Outcome, OutcomeKind, Phase, Unsealed};
use ringfence_contract::receipt::{Receipt, SeenBy, SeenSource};
use ringfence_contract::reply::Hello;
use ringfence_contract::sample::Clock;
use ringfence_contract::sample::{Phases, Sample, TlsFacts};

use super::{Finding, Grounds, judge};
use crate::dispatch::{
    AgentObservation, Attempt, Greeting, Measurement, Observations, ReceiptBook, Unasked, UnaskedWhy,
};
use crate::plan::{Edge, Plan, Role, Witness, WitnessTarget};
use crate::scenario::{
    Agent, AgentIndex, Answers, Beacon, BeaconTarget, Control, Endpoint, EndpointIndex, Expect, Inputs, Rule,
    RuleIndex, Scenario, ServiceEndpoint, Source, Spoofing, WitnessBy, WitnessPort, Zone, read,
};

pub(crate) const TEXT: &str =
    "name: seed\nrules:\n  - name: the VM calls the app\n  - name: nobody else does\n";

pub(crate) const VM: AgentIndex = AgentIndex(0);
pub(crate) const APP: AgentIndex = AgentIndex(1);
pub(crate) const OUTSIDER: AgentIndex = AgentIndex(2);

pub(crate) const SITE: EndpointIndex = EndpointIndex(0);
pub(crate) const SCM: EndpointIndex = EndpointIndex(1);

/// The places of the edges in the plan.
pub(crate) const VM_TO_SITE: usize = 0;
pub(crate) const VM_TO_SCM: usize = 1;
pub(crate) const OUTSIDER_TO_SITE: usize = 2;
pub(crate) const OUTSIDER_TO_SCM: usize = 3;

/// The places of the witnesses in the plan.
pub(crate) const VM_SEES_SITE: usize = 0;
pub(crate) const VM_SEES_SCM: usize = 1;
pub(crate) const OUTSIDER_SEES_BEACON: usize = 2;
pub(crate) const APP_SEES_ITSELF: usize = 3;

/// A scenario, its plan, and what the run saw.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) scenario: Scenario,
    pub(crate) plan: Plan,
    pub(crate) observations: Observations,
}

impl Scene {
    /// Everything as it should be: the VM reaches both endpoints, the outsider neither.
    pub(crate) fn sound() -> Self {
        let edge = |vantage, endpoint, expect, rule| Edge {
            vantage,
            endpoint,
            family: Family::Ipv4,
            expect,
            rule,
            spoofs: None,
        };
        let witness =
            |vantage, to| Witness { vantage, to, family: Family::Ipv4, nth: 0, expect: Expect::Allow };
        let plan = Plan {
            edges: vec![
                edge(VM, SITE, Expect::Allow, RuleIndex(0)),
                edge(VM, SCM, Expect::Allow, RuleIndex(0)),
                edge(OUTSIDER, SITE, Expect::Deny, RuleIndex(1)),
                edge(OUTSIDER, SCM, Expect::Deny, RuleIndex(1)),
            ],
            witnesses: vec![
                witness(VM, WitnessTarget::Endpoint(SITE)),
                witness(VM, WitnessTarget::Endpoint(SCM)),
                witness(OUTSIDER, WitnessTarget::Beacon(0)),
                witness(APP, WitnessTarget::OwnListener(SITE)),
            ],
            possible: 6,
        };
        let sides = || {
            vec![
                attempt(answered("10.0.0.4")),
                attempt(status(401)),
                attempt(status(200)),
                attempt(answered("127.0.0.1")),
            ]
        };
        let observations = Observations {
            agents: (0..3).map(|place| agent_seen(["vm", "app", "outsider"][place])).collect(),
            reach: vec![
                vec![attempt(answered("10.0.0.4"))],
                vec![attempt(status(401))],
                (0..3).map(|_| attempt(forbidden("198.51.100.7"))).collect(),
                (0..3).map(|_| attempt(Outcome::TimedOut(Phase::Connect))).collect(),
            ],
            before: sides(),
            after: sides(),
            further_witnesses: Vec::new(),
            latency: Vec::new(),
            throughput: Vec::new(),
            interrupted: false,
        };
        Self { scenario: scenario(), plan, observations }
    }

    /// Replaces what the attempts at an edge saw.
    pub(crate) fn saw(mut self, edge: usize, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.observations.reach[edge] = outcomes.into_iter().map(attempt).collect();
        self
    }

    /// Replaces what a witness saw, before and after.
    pub(crate) fn witness(mut self, witness: usize, before: Outcome, after: Outcome) -> Self {
        self.observations.before[witness] = attempt(before);
        self.observations.after[witness] = attempt(after);
        self
    }

    /// The target writes down one attempt at an edge.
    pub(crate) fn receipt(mut self, edge: usize, at: usize) -> Self {
        let call = self.observations.reach[edge][at].call;
        let owner = self.scenario.endpoint(self.plan.edges[edge].endpoint).owner.expect("an owned endpoint");
        let book = self.observations.agents[owner.0].receipts.as_mut().expect("a book");
        book.found.insert(call, Box::new(receipt(call)));
        self
    }

    /// The VM's calls have to keep these budgets, written as a scenario has them: `p99: 50ms, loss: 1%`.
    pub(crate) fn budgets(mut self, budgets: &str) -> Self {
        let text = format!(
            "{{ name: t, agents: {{ a: {{ control: local }} }}, targets: {{ t: 'https://t.test' }}, rules: [{{ name: r, \
             from: a, to: t, expect: allow, latency: {{ {budgets} }} }}] }}"
        );
        let read = read(Source::new("t.yaml", text), Path::new("."), &Inputs::new());
        let mut latency = read.expect("a scenario").rules.swap_remove(0).latency.expect("a latency");
        for budget in &mut latency.budgets {
            budget.span = 0..4;
        }
        self.scenario.rules[0].latency = Some(latency);
        self
    }

    /// An edge was measured, and this is what its calls saw.
    pub(crate) fn measured(mut self, edge: usize, measurement: Measurement) -> Self {
        self.observations.latency.resize(self.plan.edges.len(), None);
        self.observations.latency[edge] = Some(Box::new(measurement));
        self
    }

    /// Bytes have to come to the VM this fast, written as a scenario has it: `at-least: 50MB/s`; and this is what came.
    pub(crate) fn downloaded(mut self, claimed: &str, download: Result<Downloaded, Unasked>) -> Self {
        let text = format!(
            "{{ name: t, agents: {{ a: {{ control: local }}, b: {{ control: 'https://b.test', endpoints: {{ t: \
             'https://t.test' }} }} }}, rules: [{{ name: r, from: a, to: b/t, expect: allow, throughput: {{ {claimed} }} }}] }}"
        );
        let read = read(Source::new("t.yaml", text), Path::new("."), &Inputs::new());
        let mut throughput = read.expect("a scenario").rules.swap_remove(0).throughput.expect("a throughput");
        throughput.span = 0..4;
        self.scenario.rules[0].throughput = Some(throughput);
        self.observations.throughput.resize(self.plan.edges.len(), None);
        self.observations.throughput[VM_TO_SITE] = Some(Box::new(download));
        self
    }

    /// Changes anything.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What stands behind the rule's own attempts are retries, or forged calls.
    fn give_roles(&self, edge: &Edge, attempts: &mut [Attempt]) {
        let granted = self.scenario.rule(edge.rule);
        let own = granted.attempts as usize;
        for (place, attempt) in attempts.iter_mut().enumerate().skip(own) {
            let forged = edge.spoofs.as_ref().and_then(|spoofs| spoofs.get(place - own));
            let retry = (granted.retries > 0).then_some(Role::Retry);
            let role = forged.map(|source| Role::Forged(*source)).or(retry);
            attempt.role = attempt.role.take().or(role.map(Box::new));
        }
    }

    /// What the run saw, with what every run has beside it: the target's receipts for answers of its own, and the call that
    /// asks as a browser where a 403 says nothing of who refuses.
    pub(crate) fn seen(&self) -> Observations {
        let mut seen = self.observations.clone();
        for (edge, attempts) in self.plan.edges.iter().zip(&mut seen.reach) {
            self.give_roles(edge, attempts);
            let bare = attempts.iter().find(|attempt| is_bare_denial(attempt)).cloned();
            let asked = attempts.iter().any(|attempt| attempt.role.as_deref() == Some(&Role::Browser));
            if let Some(bare) = bare.filter(|_| edge.expect == Expect::Deny && !asked) {
                let role = Some(Box::new(Role::Browser));
                attempts.push(Attempt { call: CallId::random(), role, ..bare });
            }
        }
        let allowed =
            self.plan.edges.iter().zip(&seen.reach).filter(|(edge, _)| edge.expect == Expect::Allow);
        let allowed = allowed.flat_map(|(_, attempts)| attempts);
        let answers = allowed.chain(&seen.before).chain(&seen.after).filter(|attempt| is_of_app(attempt));
        let calls: Vec<CallId> = answers.map(|attempt| attempt.call).collect();
        if let Some(book) = seen.agents.get_mut(APP.0).and_then(|app| app.receipts.as_mut().ok()) {
            book.found.extend(calls.into_iter().map(|call| (call, Box::new(receipt(call)))));
        }
        seen
    }

    pub(crate) fn found(&self, edge: usize) -> Finding {
        let seen = self.seen();
        let grounds = Grounds::gather(&self.scenario, &self.plan, &seen);
        judge(&grounds).nth(edge).expect("an edge of the plan").edge
    }
}

fn is_bare_denial(attempt: &Attempt) -> bool {
    let sample = attempt.sample.as_ref().ok();
    sample.is_some_and(|sample| match &sample.outcome {
        Outcome::Unsealed(unsealed) => unsealed.status == Some(403),
        _ => {
            sample.status == Some(403)
                || (sample.tls.is_none() && sample.outcome.kind() == OutcomeKind::Forbidden)
        }
    })
}

fn is_of_app(attempt: &Attempt) -> bool {
    let outcome = attempt.sample.as_ref().map(|sample| &sample.outcome);
    matches!(outcome, Ok(Outcome::Answered(answered)) if answered.agent.as_str() == "app")
}

fn scenario() -> Scenario {
    let zone = |name: &str, network: &str| Zone {
        name: name.to_owned(),
        networks: vec![network.parse().expect("a network")],
        service_endpoint: ServiceEndpoint::Unlisted,
    };
    let agent = |name: &str, zone| Agent {
        name: name.parse().expect("a name"),
        zone,
        control: Control::Local,
        beacons: Vec::new(),
        span: 0..4,
    };
    let outsider = Agent {
        beacons: vec![Beacon { to: BeaconTarget::Outside(route("https://beacon.test")), span: 0..4 }],
        ..agent("outsider", None)
    };
    let endpoint = |name: &str, address: &str, answers| Endpoint {
        name: name.to_owned(),
        owner: Some(APP),
        route: route(address),
        answers,
        families: vec![Family::Ipv4],
        resolves: None,
        span: 0..4,
    };
    Scenario {
        name: "seed".to_owned(),
        source: Source { path: "scenarios/seed.yaml".to_owned(), text: Arc::from(TEXT) },
        agents: vec![
            agent("vm", Some(zone("default", "10.0.0.0/24"))),
            agent("app", Some(zone("app", "10.0.1.0/24"))),
            outsider,
        ],
        endpoints: vec![
            endpoint("app/site", "https://app.test", Answers::Agent),
            endpoint("app/scm", "https://app.scm.test", Answers::Platform { statuses: Vec::new() }),
        ],
        rules: vec![
            rule("the VM calls the app", vec![VM], vec![SITE, SCM], Expect::Allow, 1),
            rule("nobody else does", vec![OUTSIDER], vec![SITE, SCM], Expect::Deny, 3),
        ],
        fingerprints: known(),
        spoof_headers: Vec::new(),
        left_out: Vec::new(),
        strays: Vec::new(),
        timeouts: Timeouts::default(),
    }
}

fn rule(name: &str, from: Vec<AgentIndex>, to: Vec<EndpointIndex>, expect: Expect, attempts: u32) -> Rule {
    Rule {
        name: name.to_owned(),
        from,
        to,
        expect,
        attempts,
        window_ms: 0,
        retries: 0,
        by: Vec::new(),
        families: Vec::new(),
        self_calls: crate::scenario::SelfCalls::Excluded,
        witness: WitnessBy::Allowed,
        witness_port: WitnessPort::Same,
        spoofing: Spoofing::Tried,
        resolves: None,
        latency: None,
        throughput: None,
        span: TEXT.find(name).map(|start| start..start + name.len()),
    }
}

fn route(address: &str) -> Route {
    let address = address.parse().expect("an address");
    // Where every call of this run goes, so that the scenario itself says where the endpoints are.
    let connect = "203.0.113.9".parse().ok();
    Route { address, connect, method: Method::Get, trust: Trust::Platform }
}

pub(crate) fn agent_seen(name: &str) -> AgentObservation {
    let hello = Hello {
        agent: name.parse().expect("a name"),
        version: "0.1.0".to_owned(),
        boot: boot(),
        clock_ms: 1_000,
        dropped: 0,
        families: vec![Family::Ipv4],
        listeners: Vec::new(),
        allow: Vec::new(),
        calls_per_order: 100,
        calls_at_once: 10,
    };
    AgentObservation {
        hello: Ok(Greeting { hello, clock_ahead_ms: 3, round_trip: Duration::from_millis(2) }),
        receipts: Ok(ReceiptBook::default()),
        route: "local".to_owned(),
        plaintext: false,
    }
}

/// These times, in nanoseconds, as blocks of ten calls of a caller with processors to spare.
pub(crate) fn blocks(times: &[u64]) -> Vec<Block> {
    let block = |times: &[u64]| {
        let mut way = Histogram::default();
        for ns in times {
            way.record(*ns);
        }
        Block { way, late_ns: 60_000, crowd: Some(20) }
    };
    times.chunks(10).map(block).collect()
}

/// A measurement whose answered calls took these times, in nanoseconds; so many more timed out.
pub(crate) fn measured(times: &[u64], lost: u32) -> Measurement {
    let answered = u32::try_from(times.len()).expect("a few");
    let intended = answered + lost;
    let mut warm = Figures { intended, placed: intended, answered, ..Figures::default() };
    if lost > 0 {
        warm.lost.insert(OutcomeKind::TimedOut, lost);
    }
    for ns in times {
        warm.phases.total.record(*ns, Clock::Program);
    }
    Measurement {
        connection: Connection::New,
        interval_us: 20_000,
        samples: intended,
        orders: 1,
        began_ms: Some(1_000),
        cold: Figures::default(),
        warm,
        connections: intended,
        first: None,
        failed: Vec::new(),
        silence: None,
        blocks: blocks(times),
        again: Vec::new(),
        stopped: None,
    }
}

/// A download that came to its end, with so many bytes in each second.
pub(crate) fn download(seconds: &[u64]) -> Downloaded {
    let Attempt { sample, .. } = attempt(answered("10.0.0.4"));
    let took_us = seconds.len() as u64 * 1_000_000;
    let payload = Payload { bytes: seconds.iter().sum(), took_us, seconds: seconds.to_vec() };
    Downloaded { sample: *sample.expect("a sample"), payload, cut_short: None }
}

pub(crate) fn attempt(outcome: Outcome) -> Attempt {
    let sample = sample(outcome);
    Attempt { call: sample.call, role: None, sample: Ok(Box::new(sample)) }
}

pub(crate) fn unasked(why: UnaskedWhy) -> Attempt {
    let detail = "the control route is closed".into();
    Attempt { call: CallId::random(), role: None, sample: Err(Unasked { why, detail }) }
}

pub(crate) fn sample(outcome: Outcome) -> Sample {
    // A refusal in a platform's words comes from a server that has shown who it is.
    let tls = matches!(outcome, Outcome::Forbidden(_)).then(|| Arc::new(certified(None)));
    Sample {
        call: CallId::random(),
        started_ms: 1_000,
        outcome,
        phases: Phases { total_us: Some(12_345), ..Phases::default() },
        remote: Some("203.0.113.9:443".parse().expect("an address")),
        local: Some("192.0.2.1:50000".parse().expect("an address")),
        resolution: None,
        tls,
        status: None,
        again: None,
        limit: None,
    }
}

/// What a handshake comes to in which the server showed a good certificate.
pub(crate) fn certified(pin: Option<Pin>) -> TlsFacts {
    let version = Some("TLSv1_3".to_owned());
    TlsFacts { version, alpn: None, pin, certificate_error: None }
}

pub(crate) fn receipt(call: CallId) -> Receipt {
    let seen = seen("198.51.100.7");
    let transport = ringfence_contract::transport::Transport::Https;
    Receipt { call, number: 7, at_ms: 2_000, seen, transport, arrivals: 1 }
}

fn seen(address: &str) -> SeenSource {
    let peer = "192.0.2.2:1".parse().expect("an address");
    SeenSource { address: address.parse().expect("an address"), by: SeenBy::Peer, peer, conflict: None }
}

/// The life that every agent is in.
fn boot() -> BootId {
    "77".repeat(16).parse().expect("an id")
}

/// A sealed answer of the app, which saw this address.
pub(crate) fn answered(from: &str) -> Outcome {
    Outcome::Answered(Answered {
        agent: "app".parse().expect("a name"),
        seen: seen(from),
        receipt: 1,
        boot: boot(),
    })
}

/// A sealed answer of another agent.
pub(crate) fn misanswered() -> Outcome {
    misanswered_by("vm")
}

/// The sealed answer of this agent, where another answer was expected.
pub(crate) fn misanswered_by(agent: &str) -> Outcome {
    Outcome::Misanswered(Answered {
        agent: agent.parse().expect("a name"),
        boot: boot(),
        seen: seen("10.0.0.4"),
        receipt: 1,
    })
}

/// App Service's own refusal.
pub(crate) fn forbidden(saw: &str) -> Outcome {
    let saw = Some(saw.parse().expect("an address"));
    Outcome::Forbidden(Forbidden {
        fingerprint: "azure-app-service".to_owned(),
        by: Basis::Header,
        status: 403,
        saw,
    })
}

/// An HTTP answer without a seal.
pub(crate) fn status(status: u16) -> Outcome {
    Outcome::Unsealed(Unsealed {
        status: Some(status),
        server: Some("nginx".to_owned()),
        location: None,
        body: String::new(),
        flaw: None,
        told: None,
    })
}

/// Numbers evenly spread over 0 to 1, from Lehmer's generator (multiplier 48,271, modulus 2^31 - 1).
pub(crate) struct Lehmer(pub(crate) u64);

impl Lehmer {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 0x7fff_ffff;
        f64::from(u32::try_from(self.0).expect("below 2^31")) / f64::from(0x7fff_ffff_u32)
    }

    /// Times with a long tail, from 1 ms on, as those of calls are: 1 ms / (1 - u)^(1/3).
    pub(crate) fn times(&mut self, count: usize, factor: f64) -> Histogram {
        let mut times = Histogram::default();
        for _ in 0..count {
            let ms = factor * (1.0 - self.next()).powf(-1.0 / 3.0);
            let duration = std::time::Duration::from_secs_f64(ms / 1_000.0);
            times.record(u64::try_from(duration.as_nanos()).expect("short"));
        }
        times
    }
}
