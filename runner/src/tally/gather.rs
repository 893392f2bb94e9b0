//! The parts of a run record but for its edges, each drawn from the stage that knows it.

use ringfence_contract::outcome::OutcomeKind;

use super::record::{
    AgentRecord, ClaimCounts, ClaimRecord, EdgeRecord, RuleRecord, ScenarioRecord, Summary, WitnessRecord,
};
use crate::dispatch::{AgentObservation, Attempt, Observations, Unasked, UnaskedWhy};
use crate::judge::Verdict;
use crate::plan::{Plan, Witness, witness_name};
use crate::scenario::{Agent, Rule, Scenario, Source};

pub(super) fn scenario(scenario: &Scenario) -> ScenarioRecord {
    ScenarioRecord {
        name: scenario.name.clone(),
        path: scenario.source.path.clone(),
        rules: scenario.rules.iter().map(|rule| rule_record(&scenario.source, rule)).collect(),
    }
}

fn rule_record(source: &Source, rule: &Rule) -> RuleRecord {
    let place = rule.span.as_ref().map(|span| source.line_of(span));
    let (line, text) = place.unzip();
    RuleRecord { name: rule.name.clone(), line, text: text.map(str::to_owned) }
}

pub(super) fn summary(possible: usize, edges: &[EdgeRecord]) -> Summary {
    let mut summary = Summary { edges: edges.len(), possible, ..Summary::default() };
    for edge in edges {
        match edge.verdict {
            Verdict::Pass => summary.passed += 1,
            Verdict::Fail => summary.failed += 1,
            Verdict::Inconclusive => summary.inconclusive += 1,
            Verdict::Skipped => summary.skipped += 1,
        }
        summary.flaky += usize::from(edge.judged.flaky);
    }
    summary.claims = claim_counts(edges.iter().flat_map(|edge| &edge.claims));
    summary
}

fn claim_counts<'r>(claims: impl Iterator<Item = &'r ClaimRecord>) -> ClaimCounts {
    let mut counts = ClaimCounts::default();
    for claim in claims {
        counts.all += 1;
        match claim.verdict {
            Verdict::Pass => counts.passed += 1,
            Verdict::Fail => counts.failed += 1,
            Verdict::Inconclusive => counts.inconclusive += 1,
            Verdict::Skipped => counts.skipped += 1,
        }
    }
    counts
}

pub(super) fn agents(scenario: &Scenario, observations: &Observations) -> Vec<AgentRecord> {
    let seen = |place: usize| observations.agents.get(place);
    scenario.agents.iter().enumerate().map(|(place, agent)| agent_record(agent, seen(place))).collect()
}

fn agent_record(agent: &Agent, seen: Option<&AgentObservation>) -> AgentRecord {
    let greeting = seen.and_then(|seen| seen.hello.as_ref().ok());
    AgentRecord {
        name: agent.name.clone(),
        zone: agent.zone.as_ref().map(|zone| zone.name.clone()),
        route: seen.map_or_else(|| "none".to_owned(), |seen| seen.route.clone()),
        plaintext: seen.is_some_and(|seen| seen.plaintext),
        version: greeting.map(|greeting| greeting.hello.version.clone()),
        clock_ahead_ms: greeting.map(|greeting| greeting.clock_ahead_ms),
        hello_us: greeting.map(|greeting| u64::try_from(greeting.round_trip.as_micros()).unwrap_or(u64::MAX)),
        trouble: trouble(seen),
    }
}

/// Why an agent could not be asked, or why what it says at the end of the run is not the whole of it.
fn trouble(seen: Option<&AgentObservation>) -> Option<Unasked> {
    let trouble = |why, detail: &str| Some(Unasked { why, detail: detail.into() });
    let Some(seen) = seen else { return trouble(UnaskedWhy::Broken, "nothing was recorded of it") };
    match (&seen.hello, &seen.receipts) {
        (Err(unasked), _) => Some(unasked.clone()),
        (Ok(_), Err(unasked)) => {
            trouble(unasked.why, &format!("its receipts were not shown: {}", unasked.detail))
        }
        (Ok(_), Ok(book)) if book.restarted => {
            trouble(UnaskedWhy::Restarted, "it restarted during the run: what it received before is lost")
        }
        (Ok(_), Ok(_)) => None,
    }
}

fn kind_of(attempt: &Attempt) -> Option<OutcomeKind> {
    attempt.sample.as_ref().ok().map(|sample| sample.outcome.kind())
}

pub(super) fn witnesses(scenario: &Scenario, plan: &Plan, observations: &Observations) -> Vec<WitnessRecord> {
    let kind = |side: &[Attempt], place: usize| side.get(place).and_then(kind_of);
    let record = |(place, witness): (usize, &Witness)| WitnessRecord {
        vantage: scenario.agent(witness.vantage).name.clone(),
        to: witness_name(scenario, witness),
        family: witness.family,
        before: kind(&observations.before, place),
        after: kind(&observations.after, place),
    };
    plan.witnesses.iter().enumerate().map(record).collect()
}
