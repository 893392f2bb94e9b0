//! Whole scenarios, expanded by the plan and judged in a world that is as they say: nothing may be left unproved, and
//! no single edge that turns round may go unnoticed.

use std::path::Path;

use ringfence_contract::outcome::{Answered, Outcome, Phase};

use super::sample_run::{agent_seen, answered, attempt, forbidden, receipt, status};
use super::{Grounds, Judged, Reason, Verdict, judge};
use crate::dispatch::{AgentObservation, Attempt, Observations};
use crate::plan::{Plan, WitnessTarget, calls_on, expand, select};
use crate::scenario::{Answers, EndpointIndex, Expect, Inputs, Scenario, Source, read};

const TEXT: &str = "
name: two-apps
zones: { any: [10.0.0.0/8] }
agents:
  vm: { zone: any, control: 'https://vm.test' }
  app-1:
    zone: any
    control: { relay: vm }
    endpoints: { site: 'https://one.test', scm: { url: 'https://one.scm.test', answers: platform } }
  app-2:
    zone: any
    control: { relay: vm }
    endpoints:
      site: https://two.test
      scm: { url: 'https://two.scm.test', answers: platform }
      database: tcp://10.0.2.4:5432
      log: udp://10.0.2.4:514
  # What everybody reaches where the others are silent.
  friend: { zone: any, control: 'https://friend.test', endpoints: { database: 'tcp://10.0.3.4:5432', log: 'udp://10.0.3.4:514' } }
  internet: { control: local, beacons: ['https://beacon.test'] }
rules:
  - { name: apps, from: [app-1, app-2], to: [app-1/site, app-2/site], expect: allow }
  - { name: vm, from: [vm, friend], to: app-*/*, expect: allow }
  - { name: friend, from: [vm, app-1, app-2, internet], to: friend/*, expect: allow }
otherwise: deny
";

/// How the world refuses.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    Said,
    Silent,
}

impl Refusal {
    fn outcome(self) -> Outcome {
        match self {
            Self::Said => forbidden("10.0.0.9"),
            Self::Silent => Outcome::TimedOut(Phase::Connect),
        }
    }
}

fn scenario() -> Scenario {
    let source = Source::new("two-apps.yaml", TEXT);
    read(source, Path::new("."), &Inputs::new()).expect("a scenario")
}

/// What a call that gets through comes to.
fn through(scenario: &Scenario, endpoint: EndpointIndex) -> Outcome {
    let endpoint = scenario.endpoint(endpoint);
    match (&endpoint.answers, endpoint.owner, answered("10.0.0.4")) {
        (Answers::Agent, Some(owner), Outcome::Answered(facts)) => {
            Outcome::Answered(Answered { agent: scenario.agent(owner).name.clone(), ..facts })
        }
        _ => status(401),
    }
}

/// What a run sees in a world that is as the scenario says, but for one edge that turned round.
fn see(
    scenario: &Scenario,
    whole: &Plan,
    plan: &Plan,
    refusal: Refusal,
    turned: Option<usize>,
) -> Observations {
    let outcome = |expect: Expect, endpoint: EndpointIndex| match expect {
        Expect::Allow => through(scenario, endpoint),
        Expect::Deny => refusal.outcome(),
    };
    let turn = |expect: Expect| if expect == Expect::Allow { Expect::Deny } else { Expect::Allow };
    let reach = plan.edges.iter().enumerate().map(|(place, edge)| {
        let expect = if turned == Some(place) { turn(edge.expect) } else { edge.expect };
        (0..calls_on(scenario, edge)).map(|_| attempt(outcome(expect, edge.endpoint))).collect()
    });
    let witnessed = || -> Vec<Attempt> {
        let witnesses = plan.witnesses.iter().map(|witness| match witness.to {
            WitnessTarget::Beacon(_) => attempt(status(200)),
            WitnessTarget::OwnListener(endpoint) => attempt(through(scenario, endpoint)),
            WitnessTarget::Endpoint(endpoint) => {
                let same =
                    |edge: &&crate::plan::Edge| (edge.vantage, edge.endpoint) == (witness.vantage, endpoint);
                let edge = whole.edges.iter().find(same).expect("a witness calls over an edge");
                attempt(outcome(edge.expect, endpoint))
            }
        });
        witnesses.collect()
    };
    let reach: Vec<Vec<Attempt>> = reach.collect();
    let (before, after) = (witnessed(), witnessed());
    let mut agents: Vec<AgentObservation> =
        scenario.agents.iter().map(|agent| agent_seen(agent.name.as_str())).collect();
    for attempt in reach.iter().flatten().chain(&before).chain(&after) {
        let Ok(Outcome::Answered(answered)) = attempt.sample.as_ref().map(|sample| &sample.outcome) else {
            continue;
        };
        let mut owners = scenario.agents.iter().zip(&mut agents);
        let owner = owners.find(|(agent, _)| agent.name == answered.agent);
        let book = owner.and_then(|(_, seen)| seen.receipts.as_mut().ok()).expect("an agent with a book");
        book.found.insert(attempt.call, Box::new(receipt(attempt.call)));
    }
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

fn judged(scenario: &Scenario, plan: &Plan, seen: &Observations) -> Vec<Judged> {
    judge(&Grounds::gather(scenario, plan, seen)).collect()
}

fn verdicts(judged: &[Judged]) -> Vec<Verdict> {
    judged.iter().map(|judged| judged.edge.reason.verdict()).collect()
}

#[test]
fn a_world_that_is_as_the_scenario_says_leaves_nothing_unproved() {
    let scenario = scenario();
    let whole = expand(&scenario);
    assert!(whole.edges.iter().any(|edge| edge.expect == Expect::Deny));
    for refusal in [Refusal::Said, Refusal::Silent] {
        for plan in [whole.clone(), select(&scenario, &whole, "internet>*").expect("a part")] {
            let seen = see(&scenario, &whole, &plan, refusal, None);
            let judged = judged(&scenario, &plan, &seen);
            let told: Vec<&str> = judged.iter().map(|judged| judged.edge.reason.as_str()).collect();
            assert_eq!(verdicts(&judged), vec![Verdict::Pass; plan.edges.len()], "{refusal:?} {told:#?}");
        }
    }
}

#[test]
fn every_edge_that_turns_round_fails_and_no_other_does() {
    let scenario = scenario();
    let plan = expand(&scenario);
    for refusal in [Refusal::Said, Refusal::Silent] {
        for turned in 0..plan.edges.len() {
            let seen = see(&scenario, &plan, &plan, refusal, Some(turned));
            let mut expected = vec![Verdict::Pass; plan.edges.len()];
            expected[turned] = Verdict::Fail;
            let judged = judged(&scenario, &plan, &seen);
            assert_eq!(verdicts(&judged), expected, "edge {turned} turned, {refusal:?}");
        }
    }
}

#[test]
fn a_silence_at_a_port_where_the_vantage_reaches_nothing_is_left_unproved() {
    for (port, from, reached) in
        [("friend/log", "app-2/log", "friend/database"), ("friend/database", "app-2/database", "friend/log")]
    {
        let text = TEXT.replace("to: friend/*", &format!("to: {reached}"));
        let text = text.replace("otherwise: deny", "otherwise: untested");
        let rule = format!("  - {{ name: no, from: internet, to: {from}, expect: deny }}\notherwise");
        let scenario =
            read(Source::new("t.yaml", text.replace("otherwise", &rule)), Path::new("."), &Inputs::new());
        let scenario = scenario.expect("a scenario");
        let plan = expand(&scenario);
        let seen = see(&scenario, &plan, &plan, Refusal::Silent, None);
        let open: Vec<_> = judged(&scenario, &plan, &seen)
            .into_iter()
            .filter(|judged| judged.edge.reason.verdict() != Verdict::Pass)
            .collect();
        assert_eq!(
            open.iter().map(|judged| judged.edge.reason).collect::<Vec<_>>(),
            [Reason::NoVantageWitness],
            "{port}"
        );
    }
}
