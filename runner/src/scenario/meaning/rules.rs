//! Rules, one by one: whom each is about and what it may say. This file must not compare rules with each other, but for
//! their names.

use std::collections::HashMap;

use ringfence_contract::address::Family;
use ringfence_contract::outcome::OutcomeKind;

use super::understand::{EDGES_MAX, Meaning};
use crate::scenario::defaults;
use crate::scenario::fault::Fault;
use crate::scenario::glob::glob_matches;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{
    Agent, AgentIndex, Endpoint, EndpointIndex, Expect, Rule, SelfCalls, WitnessBy, WitnessPort,
};
use crate::scenario::shape::ScenarioFile;
use crate::scenario::shape_rules::RuleShape;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::text::Scalar;
use crate::scenario::words::{DENIALS, EXPECT, FAMILIES, OTHERWISE, SELF, SPOOF, WITNESS, WITNESS_PORT};

/// The names rules can use.
struct Names<'a> {
    agents: Vec<&'a str>,
    endpoints: Vec<String>,
}

impl<'a> Names<'a> {
    fn of(file: &'a ScenarioFile) -> Self {
        let agents = file.agents.0.iter().map(|(name, _)| name.text.as_str()).collect();
        Self { agents, endpoints: endpoint_names(file) }
    }
}

/// What every endpoint is called, in the order of the scenario.
pub(super) fn endpoint_names(file: &ScenarioFile) -> Vec<String> {
    let owned = file.agents.0.iter().flat_map(|(agent, shape)| {
        shape.endpoints.0.iter().map(move |(name, _)| format!("{}/{}", agent.text, name.text))
    });
    let targets = file.targets.0.iter().map(|(name, _)| name.text.clone());
    owned.chain(targets).collect()
}

impl Meaning<'_> {
    /// Every rule in the order of the file, and last the one that `otherwise: deny` stands for.
    pub(super) fn rules(
        &mut self,
        file: &ScenarioFile,
        agents: &[Option<Agent>],
        endpoints: &[Option<Endpoint>],
    ) -> Option<Vec<Rule>> {
        let names = Names::of(file);
        self.rule_names(&file.rules);
        let rules: Vec<_> = file.rules.iter().map(|shape| self.rule(shape, &names)).collect();
        let otherwise = match &file.otherwise {
            Some(word) => self.word("otherwise", word, OTHERWISE),
            None => Some(defaults::OTHERWISE),
        };
        let known = endpoints.iter().all(Option::is_some) && agents.iter().all(Option::is_some);
        let mut rules: Vec<Rule> = rules.into_iter().collect::<Option<_>>()?;
        if names.agents.len() * names.endpoints.len() * 2 > EDGES_MAX {
            let (agents, endpoints) = (names.agents.len(), names.endpoints.len());
            let mistake = Mistake::TooManyEdges { agents, endpoints, limit: EDGES_MAX / 2 };
            self.fault(
                Fault::nowhere(mistake).help("split the scenario, one file for each part of the network"),
            );
            return None;
        }
        if known {
            let endpoints: Vec<&Endpoint> = endpoints.iter().flatten().collect();
            self.overlaps(&file.rules, &rules, (&names.agents, &endpoints));
            self.rules_resolve(&rules, &endpoints);
            self.rules_download(&rules, &endpoints);
        }
        if let Some(expect) = otherwise? {
            rules.push(otherwise_rule(expect, &names, file.otherwise.as_ref().map(|word| word.span.clone())));
        }
        Some(rules)
    }

    fn rule_names(&mut self, shapes: &[RuleShape]) {
        let mut seen: HashMap<&str, &Span> = HashMap::new();
        for shape in shapes {
            let name = shape.name.text.trim();
            if name == defaults::OTHERWISE_RULE {
                let mistake = Mistake::ReservedRuleName { name: name.to_owned() };
                let help = "choose another name: reports would show two rules alike";
                self.fault(Fault::at(shape.name.span.clone(), mistake).help(help));
            }
            match seen.insert(name, &shape.name.span) {
                None => {}
                Some(first) => {
                    let mistake = Mistake::RuleNameTwice { name: name.to_owned() };
                    let fault = Fault::at(shape.name.span.clone(), mistake).label("the second");
                    self.fault(
                        fault
                            .and(first.clone(), "the first")
                            .help("rename one: reports tell rules by their names"),
                    );
                }
            }
        }
    }

    fn rule(&mut self, shape: &RuleShape, names: &Names<'_>) -> Option<Rule> {
        let name = self.title(&shape.name);
        let from = self.matching("agent", &shape.from, names).into_iter().map(AgentIndex).collect();
        let to = self.matching("endpoint", &shape.to, names).into_iter().map(EndpointIndex).collect();
        let expect = self.word("expect", &shape.expect, EXPECT)?;
        self.fits(shape, expect);
        let attempts = shape.attempts.as_ref();
        let attempts = attempts.map(|scalar| self.number("attempts", scalar, 1, defaults::ATTEMPTS_MAX));
        let window = shape.window.as_ref();
        let window = window.map(|scalar| self.duration_ms("window", scalar, 0, defaults::WINDOW_MAX_MS));
        let retry = shape.retry.as_ref();
        let retry = retry.map(|scalar| self.number("retry", scalar, 0, defaults::RETRIES_MAX));
        let by: Vec<OutcomeKind> = self.words("by", shape.by.as_deref().unwrap_or_default(), DENIALS);
        let families: Vec<Family> =
            self.words("families", shape.families.as_deref().unwrap_or_default(), FAMILIES);
        let self_calls = shape.self_calls.as_ref().map(|word| self.word("self", word, SELF));
        let witness = shape.witness.as_ref().map(|word| self.word("witness", word, WITNESS));
        let witness_port = shape.witness_port.as_ref();
        let witness_port = witness_port.map(|word| self.word("witness-port", word, WITNESS_PORT));
        let spoofing = shape.spoof.as_ref().map(|word| self.word("spoof", word, SPOOF));
        let resolves = self.maybe(shape.resolves.as_deref(), Self::resolves);
        let latency = self.maybe(shape.latency.as_ref(), Self::latency);
        let throughput = self.maybe(shape.throughput.as_ref(), Self::throughput);
        Some(Rule {
            name: name?,
            from,
            to,
            expect,
            attempts: attempts.unwrap_or_else(|| Some(defaults::attempts(expect)))?,
            window_ms: window.unwrap_or(Some(defaults::WINDOW_MS))?,
            retries: retry.unwrap_or(Some(defaults::RETRIES))?,
            by,
            families,
            self_calls: self_calls.unwrap_or(Some(SelfCalls::Excluded))?,
            witness: witness.unwrap_or(Some(WitnessBy::Allowed))?,
            witness_port: witness_port.unwrap_or(Some(WitnessPort::Same))?,
            spoofing: spoofing.unwrap_or(Some(defaults::SPOOFING))?,
            resolves: resolves.ok()?,
            latency: latency.ok()?,
            throughput: throughput.ok()?,
            span: Some(shape.name.span.clone()),
        })
    }

    /// Keys that have no effect on this expectation are mistakes: somebody counts on them.
    fn fits(&mut self, shape: &RuleShape, expect: Expect) {
        let by = shape.by.as_ref().and_then(|by| by.first());
        let latency = shape.latency.as_ref().map(|latency| latency.written().next().unwrap_or(&shape.expect));
        for (key, written) in [
            ("retry", shape.retry.as_ref()),
            ("by", by),
            ("witness", shape.witness.as_ref()),
            ("witness-port", shape.witness_port.as_ref()),
            ("spoof", shape.spoof.as_ref()),
            ("latency", latency),
            ("throughput", shape.throughput.as_ref().map(|throughput| &throughput.at_least)),
        ] {
            let help = match (key, expect) {
                ("retry", Expect::Deny) => {
                    "remove it: the first call that gets through is a leak, and none is tried away; `attempts:` sets how \
                     many calls are placed"
                }
                ("latency" | "throughput", Expect::Deny) => {
                    "remove it: only calls that get through are measured, and none of these may"
                }
                ("by" | "witness" | "witness-port" | "spoof", Expect::Allow) => {
                    "remove it: an allowed call shows by its answer that it got through"
                }
                _ => continue,
            };
            if let Some(scalar) = written {
                let mistake = Mistake::OnlyWith { key, expect };
                self.fault(Fault::at(scalar.span.clone(), mistake).help(help));
            }
        }
    }

    /// The places of the names that fit any of the patterns, in the order of the scenario, each once.
    fn matching(&mut self, of: &'static str, patterns: &[Scalar], names: &Names<'_>) -> Vec<usize> {
        let known: Vec<&str> = match of {
            "agent" => names.agents.clone(),
            _ => names.endpoints.iter().map(String::as_str).collect(),
        };
        let mut fits = vec![false; known.len()];
        for pattern in patterns {
            let left_out = of == "endpoint"
                && self.left_out.iter().any(|left| glob_matches(&pattern.text, &left.endpoint));
            let found = self.value(pattern, |text| match fitting(text, &known) {
                none if none.is_empty() && !left_out => Err(nothing_matches(of, pattern, &known, names)),
                found => Ok(found),
            });
            found.into_iter().flatten().for_each(|place| fits[place] = true);
        }
        fits.iter().enumerate().filter(|(_, fits)| **fits).map(|(place, _)| place).collect()
    }
}

/// The places of the names that fit a pattern.
fn fitting(pattern: &str, known: &[&str]) -> Vec<usize> {
    let fits = known.iter().enumerate().filter(|(_, name)| glob_matches(pattern, name));
    fits.map(|(place, _)| place).collect()
}

fn nothing_matches(of: &'static str, pattern: &Scalar, known: &[&str], names: &Names<'_>) -> Fault {
    let text = &pattern.text;
    let help = match of {
        "endpoint" if names.agents.iter().any(|agent| glob_matches(text, agent)) => {
            format!("`to:` names endpoints: write `{text}/*` for all of that agent's")
        }
        "agent" if names.endpoints.iter().any(|endpoint| glob_matches(text, endpoint)) => {
            let agent = text.split('/').next().unwrap_or_default();
            format!("`from:` names agents: write `{agent}`")
        }
        _ => suggest::hint(text, known.iter().copied()),
    };
    let mistake = Mistake::NothingMatches { of, pattern: text.clone() };
    Fault::at(pattern.span.clone(), mistake).help(help)
}

fn otherwise_rule(expect: Expect, names: &Names<'_>, span: Option<Span>) -> Rule {
    Rule {
        name: defaults::OTHERWISE_RULE.to_owned(),
        from: (0..names.agents.len()).map(AgentIndex).collect(),
        to: (0..names.endpoints.len()).map(EndpointIndex).collect(),
        expect,
        attempts: defaults::attempts(expect),
        window_ms: defaults::WINDOW_MS,
        retries: defaults::RETRIES,
        by: Vec::new(),
        families: Vec::new(),
        self_calls: SelfCalls::Excluded,
        witness: WitnessBy::Allowed,
        witness_port: WitnessPort::Same,
        spoofing: defaults::SPOOFING,
        resolves: None,
        latency: None,
        throughput: None,
        span,
    }
}
