use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ringfence_contract::address::Family;
use ringfence_contract::call::{Certificates, Destination};

use super::*;
use crate::scenario::{self, AgentIndex, EndpointIndex, Expect, Inputs, LoadError, Scenario, Source};

fn read(text: &str) -> Result<Scenario, LoadError> {
    scenario::read(Source::new("test.yaml", text), Path::new(""), &Inputs::new())
}

fn scenario(text: &str) -> Scenario {
    read(text).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

const PAIR: &str = r#"
name: pair
agents:
  vm: { control: "https://192.0.2.1:8443", beacon: "https://beacon.test" }
  a:
    control: { relay: vm }
    endpoints: { site: "https://a.test", scm: { url: "https://a.scm.test", answers: platform } }
  b: { control: { relay: vm }, endpoints: { site: "https://b.test" } }
  internet: { control: local }
rules:
  - { name: a calls b, from: a, to: b/site, expect: allow, attempts: 4, window: 1s }
  - { name: the vm calls both, from: vm, to: "*/site", expect: allow }
  - { name: not itself, from: a, to: a/site, expect: deny, self: only }
"#;

fn grid(scenario: &Scenario, plan: &Plan) -> Vec<String> {
    let line = |edge: &Edge| {
        let (from, to) = (&scenario.agent(edge.vantage).name, &scenario.endpoint(edge.endpoint).name);
        format!("{from} > {to} {} {} ({})", edge.family, edge.expect, scenario.rule(edge.rule).name)
    };
    plan.edges.iter().map(line).collect()
}

fn witnesses(scenario: &Scenario, plan: &Plan) -> Vec<String> {
    let line = |witness: &Witness| {
        let to = match witness.to {
            WitnessTarget::Endpoint(endpoint) => scenario.endpoint(endpoint).name.clone(),
            WitnessTarget::Beacon => "beacon".to_owned(),
            WitnessTarget::OwnListener(endpoint) => format!("own {}", scenario.endpoint(endpoint).name),
        };
        format!("{} > {to}", scenario.agent(witness.vantage).name)
    };
    plan.witnesses.iter().map(line).collect()
}

#[test]
fn a_plan_lists_its_edges_by_vantage_then_endpoint() {
    let scenario = scenario(PAIR);
    let plan = expand(&scenario);
    assert_eq!(
        grid(&scenario, &plan),
        [
            "vm > a/site ipv4 allow (the vm calls both)",
            "vm > a/scm ipv4 deny (otherwise)",
            "vm > b/site ipv4 allow (the vm calls both)",
            "a > a/site ipv4 deny (not itself)",
            "a > b/site ipv4 allow (a calls b)",
            "b > a/site ipv4 deny (otherwise)",
            "b > a/scm ipv4 deny (otherwise)",
            "internet > a/site ipv4 deny (otherwise)",
            "internet > a/scm ipv4 deny (otherwise)",
            "internet > b/site ipv4 deny (otherwise)",
        ]
    );
    assert_eq!(plan.possible, plan.edges.len());
}

#[test]
fn every_deny_edge_has_its_endpoint_and_its_vantage_witnessed() {
    let scenario = scenario(PAIR);
    assert_eq!(
        witnesses(&scenario, &expand(&scenario)),
        [
            // The endpoints that must stay silent for somebody; nobody may reach a/scm.
            "vm > a/site",
            "vm > b/site",
            "a > b/site",
            // The vantages that must not reach something: the vm by its beacon and both sites, a by b/site; b and the
            // internet may reach nothing, so a refusal in a platform's words has to do.
            "vm > beacon",
            "b > a/site",
            "b > a/scm",
            "internet > a/site",
            "internet > a/scm",
        ]
    );
}

#[test]
fn a_target_that_nobody_may_reach_can_witness_itself() {
    let text = PAIR.replace(
        "self: only }",
        "self: only }\n  - { name: none, from: [vm, a, internet], to: b/site, expect: deny, witness: self }",
    );
    let text = text.replace(
        "  - { name: a calls b, from: a, to: b/site, expect: allow, attempts: 4, window: 1s }\n",
        "",
    );
    let scenario = scenario(&text.replace("\"*/site\"", "a/site"));
    let plan = expand(&scenario);
    assert!(witnesses(&scenario, &plan).contains(&"b > own b/site".to_owned()));
    let own = plan.witnesses.iter().find(|witness| matches!(witness.to, WitnessTarget::OwnListener(_)));
    let call = call_for_witness(&scenario, own.expect("found above"));
    assert!(matches!(call.to, Destination::OwnListener(_)));
    assert_eq!(call.expects.as_ref().map(ringfence_contract::name::AgentName::as_str), Some("b"));
}

#[test]
fn otherwise_untested_plans_only_what_rules_name() {
    let scenario = scenario(&format!("{PAIR}otherwise: untested\n"));
    let plan = expand(&scenario);
    assert_eq!((plan.edges.len(), plan.possible), (4, 10));
}

#[test]
fn a_part_of_a_plan_keeps_its_witnesses() {
    let scenario = scenario(PAIR);
    let plan = expand(&scenario);
    let part = |expression| select(&scenario, &plan, expression);
    let one = part("internet>a/site").unwrap();
    assert_eq!(grid(&scenario, &one), ["internet > a/site ipv4 deny (otherwise)"]);
    assert_eq!(witnesses(&scenario, &one), ["vm > a/site", "internet > a/site", "internet > a/scm"]);
    assert_eq!(one.possible, plan.possible);
    assert_eq!(part("*>*").unwrap(), plan);
    assert_eq!(part(">").unwrap(), plan);
    assert_eq!(part("vm>, >a/scm").unwrap().edges.len(), 5);
    assert_eq!(part("rule:the vm*").unwrap().edges.len(), 2);
    assert_eq!(part("rule:the vm*").unwrap().witnesses, []);
    assert_eq!(part("a/site"), Err(SelectError::Term("a/site".to_owned())));
    assert_eq!(part("vm>*, c>*"), Err(SelectError::Nothing("c>*".to_owned())));
    assert_eq!(part(""), Err(SelectError::Term(String::new())));
}

#[test]
fn attempts_are_spread_over_the_window_and_take_the_addresses_in_turn() {
    let scenario = scenario(PAIR);
    let plan = expand(&scenario);
    let edge = |from: usize, to: usize| {
        let found = plan.edges.iter().find(|edge| edge.vantage.0 == from && edge.endpoint.0 == to);
        found.expect("the edge is planned")
    };
    let calls: Vec<_> = (0..5).map(|attempt| call_for_edge(&scenario, edge(1, 2), attempt)).collect();
    assert_eq!(calls.iter().map(|call| call.start_after_ms).collect::<Vec<_>>(), [0, 250, 500, 750, 0]);
    assert_eq!(calls.iter().map(|call| call.nth).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(calls.iter().map(|call| call.id).collect::<HashSet<_>>().len(), 5);
    assert!(calls.iter().all(|call| call.certificates == Certificates::Require));
    assert_eq!(calls[0].expects.as_ref().map(ringfence_contract::name::AgentName::as_str), Some("b"));
    let denied = call_for_edge(&scenario, edge(0, 1), 0);
    assert_eq!((denied.certificates, denied.expects), (Certificates::Note, None));
}

#[test]
fn a_thousand_by_a_thousand_is_planned_in_seconds() {
    let mut text = "name: large\nagents:\n".to_owned();
    for agent in 0..1_000 {
        writeln!(
            text,
            "  a{agent}: {{ control: \"https://192.0.2.1\", endpoints: {{ e: \"https://a{agent}.test\" }} }}"
        )
        .unwrap();
    }
    text.push_str("rules:\n  - { name: r, from: \"a1*\", to: \"a*/e\", expect: allow }\n");
    let scenario = scenario(&text);
    let begun = Instant::now();
    let plan = expand(&scenario);
    assert_eq!((plan.edges.len(), plan.possible), (999_000, 999_000));
    // Half a second without optimisation on a slow machine; a quadratic scan would take hours.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// A scenario as plain data, and what must come of it, worked out cell by cell.
#[derive(Debug, Clone)]
struct Model {
    /// For each agent, for each endpoint: the families as bits.
    agents: Vec<Vec<u8>>,
    rules: Vec<ModelRule>,
    deny_rest: bool,
}

#[derive(Debug, Clone)]
struct ModelRule {
    from: Vec<usize>,
    to: Vec<usize>,
    allow: bool,
    attempts: u32,
    self_calls: u8,
}

impl Model {
    fn endpoints(&self) -> Vec<(usize, u8)> {
        let owned = |(owner, families): (usize, &Vec<u8>)| {
            families.iter().map(move |bits| (owner, *bits)).collect::<Vec<_>>()
        };
        self.agents.iter().enumerate().flat_map(owned).collect()
    }

    fn text(&self) -> String {
        let mut text = "name: model\nagents:\n".to_owned();
        for (number, endpoints) in self.agents.iter().enumerate() {
            writeln!(text, "  a{number}:\n    control: https://192.0.2.1\n    endpoints:").unwrap();
            for (place, bits) in endpoints.iter().enumerate() {
                let families = ["ipv4", "ipv6", "ipv4, ipv6"][usize::from(*bits) - 1];
                writeln!(text, "      e{place}: {{ url: \"https://x.test\", families: [{families}] }}")
                    .unwrap();
            }
            if endpoints.is_empty() {
                text.truncate(text.len() - "    endpoints:\n".len());
            }
        }
        let names: Vec<String> = (0..self.agents.len())
            .flat_map(|agent| (0..self.agents[agent].len()).map(move |place| format!("a{agent}/e{place}")))
            .collect();
        writeln!(
            text,
            "otherwise: {}\nrules:{}",
            if self.deny_rest { "deny" } else { "untested" },
            if self.rules.is_empty() { " []" } else { "" }
        )
        .unwrap();
        for (number, rule) in self.rules.iter().enumerate() {
            let from: Vec<_> = rule.from.iter().map(|agent| format!("a{agent}")).collect();
            let to: Vec<_> = rule.to.iter().map(|endpoint| names[*endpoint].clone()).collect();
            let expect = if rule.allow { "allow" } else { "deny" };
            let own = ["false", "true", "only"][usize::from(rule.self_calls)];
            writeln!(
                text,
                "  - {{ name: r{number}, from: [{}], to: [{}], expect: {expect}, attempts: {}, self: {own} }}",
                from.join(", "),
                to.join(", "),
                rule.attempts
            )
            .unwrap();
        }
        text
    }

    fn covers(rule: &ModelRule, agent: usize, endpoint: usize, owner: usize) -> bool {
        let own = match rule.self_calls {
            0 => agent != owner,
            1 => true,
            _ => agent == owner,
        };
        own && rule.from.contains(&agent) && rule.to.contains(&endpoint)
    }

    /// The rules of each cell, the implicit one left out.
    fn cells(&self) -> Vec<(Edge, usize, Vec<usize>)> {
        let mut cells = Vec::new();
        for agent in 0..self.agents.len() {
            for (endpoint, (owner, bits)) in self.endpoints().into_iter().enumerate() {
                for (bit, family) in [(1, Family::Ipv4), (2, Family::Ipv6)] {
                    if bits & bit == 0 {
                        continue;
                    }
                    let rules = self.rules.iter().enumerate();
                    let covering = rules.filter(|(_, rule)| Self::covers(rule, agent, endpoint, owner));
                    let covering: Vec<usize> = covering.map(|(number, _)| number).collect();
                    let edge = Edge {
                        vantage: AgentIndex(agent),
                        endpoint: EndpointIndex(endpoint),
                        family,
                        expect: Expect::Deny,
                        rule: scenario::RuleIndex(self.rules.len()),
                    };
                    cells.push((edge, owner, covering));
                }
            }
        }
        cells
    }

    fn is_sound(&self) -> bool {
        let cells = self.cells();
        let same = |one: usize, other: usize| {
            let (one, other) = (&self.rules[one], &self.rules[other]);
            one.allow == other.allow && one.attempts == other.attempts
        };
        let agree = cells.iter().all(|(_, _, rules)| rules.iter().all(|rule| same(*rule, rules[0])));
        let all_used =
            (0..self.rules.len()).all(|rule| cells.iter().any(|(_, _, rules)| rules.contains(&rule)));
        agree && all_used
    }

    fn edges(&self) -> (Vec<Edge>, usize) {
        let mut edges = Vec::new();
        let mut possible = 0;
        for (edge, owner, rules) in self.cells() {
            let itself = edge.vantage.0 == owner;
            possible += usize::from(!itself || !rules.is_empty());
            match rules.first() {
                Some(rule) => {
                    let expect = if self.rules[*rule].allow { Expect::Allow } else { Expect::Deny };
                    edges.push(Edge { expect, rule: scenario::RuleIndex(*rule), ..edge });
                }
                None if self.deny_rest && !itself => edges.push(edge),
                None => {}
            }
        }
        (edges, possible)
    }
}

fn some_rule(agents: usize, endpoints: usize) -> impl Strategy<Value = ModelRule> {
    let from = proptest::collection::btree_set(0..agents, 1..=agents);
    let to = proptest::collection::btree_set(0..endpoints, 1..=endpoints.min(3));
    (from, to, any::<bool>(), 1..3_u32, 0..3_u8).prop_map(|(from, to, allow, attempts, self_calls)| {
        ModelRule {
            from: from.into_iter().collect(),
            to: to.into_iter().collect(),
            allow,
            attempts,
            self_calls,
        }
    })
}

fn some_model() -> impl Strategy<Value = Model> {
    let agents = proptest::collection::vec(proptest::collection::vec(1..=3_u8, 1..3), 1..5);
    agents.prop_flat_map(|agents| {
        let endpoints = agents.iter().map(Vec::len).sum();
        let rules = proptest::collection::vec(some_rule(agents.len(), endpoints), 0..4);
        (Just(agents), rules, any::<bool>()).prop_map(|(agents, rules, deny_rest)| Model {
            agents,
            rules,
            deny_rest,
        })
    })
}

fn endpoint_is_witnessed(edges: &[Edge], plan: &Plan, edge: &Edge) -> bool {
    let same = |other: &Edge| other.endpoint == edge.endpoint && other.family == edge.family;
    let allowed: Vec<_> = edges.iter().filter(|other| same(other) && other.expect == Expect::Allow).collect();
    let called = allowed.iter().filter(|allowed| has_witness(plan, allowed)).count();
    called >= allowed.len().min(2)
}

fn vantage_is_witnessed(edges: &[Edge], plan: &Plan, edge: &Edge) -> bool {
    let same = |other: &&Edge| other.vantage == edge.vantage && other.family == edge.family;
    let (allowed, denied): (Vec<&Edge>, Vec<&Edge>) =
        edges.iter().filter(same).partition(|other| other.expect == Expect::Allow);
    let wanted = if allowed.is_empty() { denied } else { allowed };
    wanted.iter().filter(|other| has_witness(plan, other)).count() >= wanted.len().min(2)
}

fn has_witness(plan: &Plan, edge: &Edge) -> bool {
    let to = WitnessTarget::Endpoint(edge.endpoint);
    plan.witnesses.contains(&Witness { vantage: edge.vantage, to, family: edge.family })
}

proptest! {
    #[test]
    fn a_plan_is_what_working_through_every_cell_gives(model in some_model()) {
        let scenario = match read(&model.text()) {
            Ok(scenario) => scenario,
            Err(error) => {
                prop_assert!(!model.is_sound(), "refused: {:?}\n{}", miette::Report::new(error), model.text());
                return Ok(());
            }
        };
        prop_assert!(model.is_sound(), "{}", model.text());
        let plan = expand(&scenario);
        let (edges, possible) = model.edges();
        prop_assert_eq!(&plan.edges, &edges);
        prop_assert_eq!(plan.possible, possible);
        for edge in edges.iter().filter(|edge| edge.expect == Expect::Deny) {
            prop_assert!(endpoint_is_witnessed(&edges, &plan, edge), "{:?}", edge);
            prop_assert!(vantage_is_witnessed(&edges, &plan, edge), "{:?}", edge);
        }
        let distinct: HashSet<_> = plan.witnesses.iter().collect();
        prop_assert_eq!(distinct.len(), plan.witnesses.len());
        if edges.iter().all(|edge| edge.expect == Expect::Allow) {
            prop_assert!(plan.witnesses.is_empty());
        }
    }
}
