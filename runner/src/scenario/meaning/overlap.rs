//! The rules together: edges that two of them name, rules that name none, and witnesses nobody needs. This file must not
//! know how a rule is written.

use std::collections::{BTreeMap, HashSet};

use super::understand::Meaning;
use crate::scenario::cells::{Cell, Grid, cells};
use crate::scenario::fault::Fault;
use crate::scenario::latency::{Latency, Limit, Sampling};
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{Answers, Endpoint, Expect, Rule, RuleIndex, SelfCalls, WitnessBy};
use crate::scenario::resolves::Resolves;
use crate::scenario::shape_rules::RuleShape;
use crate::scenario::text::Scalar;
use crate::scenario::throughput::Rate;

impl Meaning<'_> {
    pub(super) fn overlaps(
        &mut self,
        shapes: &[RuleShape],
        rules: &[Rule],
        (agents, endpoints): (&[&str], &[&Endpoint]),
    ) {
        let mut grid = Grid::new(agents.len(), endpoints.len());
        for (place, (rule, shape)) in rules.iter().zip(shapes).enumerate() {
            let met = claim(&mut grid, place, rule, endpoints);
            if met.cells == 0 && !rule.from.is_empty() && !rule.to.is_empty() {
                self.fault(no_edge(rule, shape));
            }
            for (first, cell) in met.others {
                let edge = written(cell, agents, endpoints);
                self.compare((rules, shapes), (first, place), edge);
            }
        }
        self.needless_witnesses(shapes, rules, endpoints);
    }

    /// Two rules that name one edge have to say the same of it.
    fn compare(
        &mut self,
        (rules, shapes): (&[Rule], &[RuleShape]),
        (first, second): (usize, usize),
        edge: String,
    ) {
        let (Some(one), Some(other)) = (rules.get(first), rules.get(second)) else { return };
        let (Some(one_shape), Some(other_shape)) = (shapes.get(first), shapes.get(second)) else { return };
        if one.expect != other.expect {
            let at = |shape: &RuleShape| shape.expect.span.clone();
            let fault = Fault::at(at(other_shape), Mistake::Conflict { edge });
            let fault =
                fault.label(format!("`{}`", other.name)).and(at(one_shape), format!("`{}`", one.name));
            self.fault(fault.help("take the edge out of one of the two rules"));
        } else if settings(one) != settings(other) {
            let at = |shape: &RuleShape| shape.name.span.clone();
            let fault = Fault::at(at(other_shape), Mistake::Ambiguous { edge });
            let fault = fault.label("names it again").and(at(one_shape), "names the edge");
            self.fault(fault.help(format!(
                "take the edge out of one of the two rules, or give both the same {}",
                differing(one, other)
            )));
        }
    }

    /// The weaker witness is for endpoints that have no other.
    fn needless_witnesses(&mut self, shapes: &[RuleShape], rules: &[Rule], endpoints: &[&Endpoint]) {
        let allowed = rules.iter().filter(|rule| rule.expect == Expect::Allow);
        let allowed: HashSet<_> = allowed
            .flat_map(|rule| cells(rule, endpoints))
            .map(|cell| (cell.endpoint, cell.family))
            .collect();
        for (rule, shape) in rules.iter().zip(shapes) {
            let Some(word) = shape.witness.as_ref().filter(|_| itself(rule)) else {
                continue;
            };
            let named: Vec<_> = cells(rule, endpoints).map(|cell| (cell.endpoint, cell.family)).collect();
            let mut platform = rule.to.iter().filter_map(|place| endpoints.get(place.0).copied());
            let platform = platform.find(|endpoint| endpoint.answers != Answers::Agent);
            let admitted = named
                .iter()
                .find(|way| allowed.contains(way))
                .and_then(|(place, _)| endpoints.get(place.0).copied());
            if let Some(fault) = needless(word, platform, admitted) {
                self.fault(fault);
            }
        }
    }
}

/// What a rule meets when it claims its cells.
struct Met {
    cells: usize,
    /// The rules that hold some of them already, each with the first such cell.
    others: BTreeMap<usize, Cell>,
}

fn claim(grid: &mut Grid, place: usize, rule: &Rule, endpoints: &[&Endpoint]) -> Met {
    let mut met = Met { cells: 0, others: BTreeMap::new() };
    for cell in cells(rule, endpoints) {
        met.cells += 1;
        if let Some(first) = grid.claim(cell, RuleIndex(place)) {
            met.others.entry(first.0).or_insert(cell);
        }
    }
    met
}

/// Whether a rule asks for the weaker witness where a witness means something.
fn itself(rule: &Rule) -> bool {
    match (rule.expect, rule.witness) {
        (Expect::Deny, WitnessBy::TargetItself) => true,
        (Expect::Deny, WitnessBy::Allowed) | (Expect::Allow, _) => false,
    }
}

fn needless(word: &Scalar, platform: Option<&Endpoint>, admitted: Option<&Endpoint>) -> Option<Fault> {
    let at = |mistake| Fault::at(word.span.clone(), mistake);
    match (platform, admitted) {
        (Some(endpoint), _) => {
            let mistake = Mistake::WitnessOfPlatform { endpoint: format!("`{}`", endpoint.name) };
            Some(
                at(mistake)
                    .help("take the endpoint out of the rule: no agent listens there that could call itself"),
            )
        }
        (None, Some(endpoint)) => {
            let mistake = Mistake::WitnessNotNeeded { endpoint: format!("`{}`", endpoint.name) };
            let help = "remove it, or take the endpoint out of the rule: the other vantage's call is the better evidence";
            Some(at(mistake).help(help))
        }
        (None, None) => None,
    }
}

fn no_edge(rule: &Rule, shape: &RuleShape) -> Fault {
    let help = match (rule.self_calls, rule.families.is_empty()) {
        (SelfCalls::Excluded, true) => {
            "an agent's calls to its own endpoints are edges only with `self: true`"
        }
        (SelfCalls::Only, true) => {
            "`self: only` is about agents and their own endpoints: name both in `from` and `to`"
        }
        _ => "its endpoints are not called in the families it names",
    };
    Fault::at(shape.name.span.clone(), Mistake::NoEdge).help(help)
}

/// What else a rule says of an edge, beside what it expects.
fn settings(rule: &Rule) -> impl PartialEq + use<'_> {
    let calls = (rule.attempts, rule.window_ms, rule.retries, &rule.by);
    (calls, (rule.witness, rule.witness_port), rule.spoofing, resolves(rule), latency(rule), throughput(rule))
}

/// What a rule says names resolve to, wherever it says so.
fn resolves(rule: &Rule) -> Option<&Resolves> {
    rule.resolves.as_ref().map(|claim| &claim.resolves)
}

/// What a rule says of how its edges are measured and how fast they have to be, wherever it says so.
fn latency(rule: &Rule) -> Option<(Sampling, Vec<Limit>)> {
    let limits = |latency: &Latency| latency.budgets.iter().map(|budget| budget.limit).collect();
    rule.latency.as_ref().map(|latency| (latency.sampling, limits(latency)))
}

/// What a rule says of how fast bytes have to come, wherever it says so.
fn throughput(rule: &Rule) -> Option<(Rate, u32)> {
    rule.throughput.as_ref().map(|throughput| (throughput.at_least, throughput.lasts_ms))
}

fn differing(one: &Rule, other: &Rule) -> String {
    let keys = [
        ("attempts", one.attempts != other.attempts),
        ("window", one.window_ms != other.window_ms),
        ("retry", one.retries != other.retries),
        ("by", one.by != other.by),
        ("witness", one.witness != other.witness),
        ("witness-port", one.witness_port != other.witness_port),
        ("spoof", one.spoofing != other.spoofing),
        ("resolves", resolves(one) != resolves(other)),
        ("latency", latency(one) != latency(other)),
        ("throughput", throughput(one) != throughput(other)),
    ];
    let keys: Vec<_> =
        keys.iter().filter(|(_, differs)| *differs).map(|(key, _)| format!("`{key}:`")).collect();
    keys.join(" and ")
}

/// An edge as a message shows it.
fn written(cell: Cell, agents: &[&str], endpoints: &[&Endpoint]) -> String {
    let agent = agents.get(cell.vantage.0).copied().unwrap_or_default();
    let endpoint = endpoints.get(cell.endpoint.0).map_or("", |endpoint| endpoint.name.as_str());
    format!("`{agent}` to `{endpoint}` over {}", cell.family)
}
