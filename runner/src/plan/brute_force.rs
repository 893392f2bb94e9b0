//! Plans against a model that works through every cell of the matrix, one by one.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use ringfence_contract::address::Family;

use super::tests::read;
use super::*;
use crate::scenario::{self, AgentIndex, EndpointIndex, Expect};

const V4_LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

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

impl ModelRule {
    fn expect(&self) -> Expect {
        if self.allow { Expect::Allow } else { Expect::Deny }
    }
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
            let expect = rule.expect();
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

    /// Each endpoint in each of its families: its place, its owner, the family.
    fn ways(&self) -> Vec<(usize, usize, Family)> {
        let mut ways = Vec::new();
        for (endpoint, (owner, bits)) in self.endpoints().into_iter().enumerate() {
            let families =
                [(1, Family::Ipv4), (2, Family::Ipv6)].into_iter().filter(|(bit, _)| bits & bit != 0);
            ways.extend(families.map(|(_, family)| (endpoint, owner, family)));
        }
        ways
    }

    /// The rules of each cell, the implicit one left out.
    fn cells(&self) -> Vec<(Edge, usize, Vec<usize>)> {
        let mut cells = Vec::new();
        for agent in 0..self.agents.len() {
            for (endpoint, owner, family) in self.ways() {
                let rules = self.rules.iter().enumerate();
                let covering = rules.filter(|(_, rule)| Self::covers(rule, agent, endpoint, owner));
                let covering: Vec<usize> = covering.map(|(number, _)| number).collect();
                let edge = Edge {
                    vantage: AgentIndex(agent),
                    endpoint: EndpointIndex(endpoint),
                    family,
                    expect: Expect::Deny,
                    rule: scenario::RuleIndex(self.rules.len()),
                    // Where there is no zone, the loopback alone is forged.
                    spoofs: Some(match family {
                        Family::Ipv4 => [V4_LOOPBACK].into(),
                        Family::Ipv6 => [Ipv6Addr::LOCALHOST.into(), V4_LOOPBACK].into(),
                    }),
                };
                cells.push((edge, owner, covering));
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
                    let expect = self.rules[*rule].expect();
                    let spoofs = edge.spoofs.clone().filter(|_| expect == Expect::Deny);
                    edges.push(Edge { expect, rule: scenario::RuleIndex(*rule), spoofs, ..edge });
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
    let over =
        |witness: &Witness| (witness.vantage, witness.to, witness.family) == (edge.vantage, to, edge.family);
    plan.witnesses.iter().any(|witness| over(witness) && witness.expect == edge.expect)
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
