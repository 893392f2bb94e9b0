//! The parts of a run record, each drawn from the stage that knows it.

use ringfence_contract::outcome::OutcomeKind;

use super::record::{
    AgentRecord, AttemptRecord, ClaimCounts, ClaimRecord, EdgeRecord, RuleRecord, ScenarioRecord, Summary,
    WitnessRecord,
};
use crate::dispatch::{AgentObservation, Attempt, Observations, Unasked, UnaskedWhy};
use crate::judge::{JudgedClaim, JudgedEdge, Judgement, Reason, Verdict};
use crate::plan::{self, Claim, Edge, Plan, Witness, WitnessTarget, spoofed_at};
use crate::scenario::{Agent, Lines, Rule, Scenario, Source};

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
    let trouble = |why, detail: &str| Some(Unasked { why, detail: detail.to_owned() });
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

pub(super) fn edges(
    scenario: &Scenario,
    plan: &Plan,
    observations: &Observations,
    judged: Vec<Judgement>,
) -> Vec<EdgeRecord> {
    let attempts = |place: usize| observations.reach.get(place).map_or(&[][..], Vec::as_slice);
    let mut lines = Lines::of(&scenario.source);
    let judged = plan.edges.iter().zip(judged).enumerate();
    let record = |(place, (edge, judgement)): (usize, (&Edge, Judgement))| {
        let Judgement { edge: judged, claims } = judgement;
        let claims = plan::claims(scenario, edge).into_iter().zip(claims);
        let claims = claims.map(|(claim, judged)| claim_record(&mut lines, claim, judged)).collect();
        let measurement = observations.latency.get(place).cloned().flatten();
        let record = edge_record(scenario, observations, (edge, attempts(place)), judged);
        let download = observations.throughput.get(place).cloned().flatten().and_then(Result::ok);
        EdgeRecord { measurement, download, claims, ..record }
    };
    judged.map(record).collect()
}

/// An edge without its measurement, its download and its claims.
fn edge_record(
    scenario: &Scenario,
    observations: &Observations,
    (edge, attempts): (&Edge, &[Attempt]),
    judged: JudgedEdge,
) -> EdgeRecord {
    let endpoint = scenario.endpoint(edge.endpoint);
    let owner = endpoint.owner.and_then(|owner| observations.agents.get(owner.0));
    let rule_calls = scenario.rule(edge.rule).attempts as usize;
    let record = |(place, attempt): (usize, &Attempt)| AttemptRecord {
        spoofed: spoofed_at(scenario, edge, place),
        ..attempt_record(owner, attempt)
    };
    let telling = judged.decided_by.and_then(|place| attempts.get(place)).or_else(|| attempts.last());
    EdgeRecord {
        vantage: scenario.agent(edge.vantage).name.clone(),
        endpoint: endpoint.name.clone(),
        address: endpoint.route.address.to_string(),
        family: edge.family,
        expect: edge.expect,
        rule: edge.rule.0,
        verdict: judged.reason.verdict(),
        outcome: telling.and_then(kind_of),
        leak_share_below: leak_share_below(judged.reason, attempts.len().min(rule_calls)),
        attempts: (0..).zip(attempts).map(record).collect(),
        measurement: None,
        download: None,
        claims: Vec::new(),
        judged,
    }
}

fn claim_record(lines: &mut Lines<'_>, claim: Claim<'_>, judged: JudgedClaim) -> ClaimRecord {
    let (line, text) = lines.line_of(claim.span());
    let verdict = judged.reason.verdict();
    ClaimRecord { claimed: claim.text(), line, text: text.to_owned(), verdict, judged }
}

fn attempt_record(owner: Option<&AgentObservation>, attempt: &Attempt) -> AttemptRecord {
    let book = owner.and_then(|owner| owner.receipts.as_ref().ok());
    AttemptRecord {
        call: attempt.call,
        spoofed: None,
        sample: attempt.sample.as_ref().ok().map(|sample| sample.as_ref().clone()),
        unasked: attempt.sample.as_ref().err().cloned(),
        receipt: book.and_then(|book| book.found.get(&attempt.call)).cloned(),
    }
}

fn kind_of(attempt: &Attempt) -> Option<OutcomeKind> {
    attempt.sample.as_ref().ok().map(|sample| sample.outcome.kind())
}

/// The largest share of calls that could still get through when none of n did, at 95 % confidence: the p for which
/// (1 - p)^n = 0.05. Rounded up to four decimals, so that the bound still holds and reads back from JSON as it was.
fn leak_share_below(reason: Reason, attempts: usize) -> Option<f64> {
    let denied = matches!(reason, Reason::DeniedAttributed | Reason::DeniedWitnessed);
    let attempts = u32::try_from(attempts).ok().filter(|attempts| *attempts > 0)?;
    let share = 1.0 - 0.05_f64.powf(1.0 / f64::from(attempts));
    denied.then(|| (share * 1e4).ceil() / 1e4)
}

pub(super) fn witnesses(scenario: &Scenario, plan: &Plan, observations: &Observations) -> Vec<WitnessRecord> {
    let kind = |side: &[Attempt], place: usize| side.get(place).and_then(kind_of);
    let record = |(place, witness): (usize, &Witness)| WitnessRecord {
        vantage: scenario.agent(witness.vantage).name.clone(),
        to: match witness.to {
            WitnessTarget::Endpoint(endpoint) => scenario.endpoint(endpoint).name.clone(),
            WitnessTarget::Beacon => "beacon".to_owned(),
            WitnessTarget::OwnListener(endpoint) => {
                format!("own listener of {}", scenario.endpoint(endpoint).name)
            }
        },
        family: witness.family,
        before: kind(&observations.before, place),
        after: kind(&observations.after, place),
    };
    plan.witnesses.iter().enumerate().map(record).collect()
}
