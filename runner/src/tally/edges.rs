//! The records of edges: what was seen of each is moved into its record, and what the edges to one endpoint have in common
//! is held once.

use std::collections::HashSet;
use std::sync::Arc;

use ringfence_contract::sample::{Sample, TlsFacts};

use super::record::{AttemptRecord, ClaimRecord, EdgeRecord};
use crate::dispatch::{Attempt, Observations, ReceiptBook};
use crate::explain::{JudgedClaim, Judgement};
use crate::judge::Reason;
use crate::plan::{self, Claim, Edge, Plan};
use crate::scenario::{Endpoint, Lines, Scenario};

/// An endpoint, as the records of its edges have it.
pub(super) struct EndpointText {
    pub(super) name: Arc<str>,
    address: Arc<str>,
}

pub(super) fn endpoints(scenario: &Scenario) -> Vec<EndpointText> {
    let text = |endpoint: &Endpoint| EndpointText {
        name: endpoint.name.as_str().into(),
        address: endpoint.route.address.to_string().into(),
    };
    scenario.endpoints.iter().map(text).collect()
}

/// The record of every edge, in plan order.
pub(super) fn edges(
    scenario: &Scenario,
    plan: &Plan,
    endpoints: &[EndpointText],
    (observations, judged): (Observations, Vec<Judgement>),
) -> Vec<EdgeRecord> {
    let Observations { agents, reach, latency, throughput, .. } = observations;
    let books = agents.into_iter().map(|agent| agent.receipts.unwrap_or_default()).collect();
    let mut recorder = Recorder {
        scenario,
        endpoints,
        books,
        lines: Lines::of(&scenario.source),
        handshakes: HashSet::new(),
    };
    let (mut reach, mut latency, mut throughput) =
        (reach.into_iter(), latency.into_iter(), throughput.into_iter());
    let record = |(edge, judgement): (&Edge, Judgement)| {
        let attempts = reach.next().unwrap_or_default();
        let download = throughput.next().flatten().and_then(|download| download.ok());
        EdgeRecord {
            measurement: latency.next().flatten(),
            download: download.map(Box::new),
            ..recorder.record(edge, judgement, attempts)
        }
    };
    plan.edges.iter().zip(judged).map(record).collect()
}

struct Recorder<'s> {
    scenario: &'s Scenario,
    endpoints: &'s [EndpointText],
    /// The books of receipts, in the order of the scenario's agents.
    books: Vec<ReceiptBook>,
    lines: Lines<'s>,
    /// What handshakes came to: calls to one server come to the same.
    handshakes: HashSet<Arc<TlsFacts>>,
}

impl Recorder<'_> {
    /// An edge without its measurement and its download.
    fn record(&mut self, edge: &Edge, judgement: Judgement, attempts: Vec<Attempt>) -> EdgeRecord {
        let Judgement { edge: judged, claims } = judgement;
        let rule_calls = self.scenario.rule(edge.rule).attempts as usize;
        let leak_share_below = leak_share_below(judged.reason, attempts.len().min(rule_calls));
        let claimed = plan::claims(self.scenario, edge).into_iter().zip(claims);
        let claims = claimed.map(|(claim, judged)| self.claim(claim, judged)).collect();
        let attempts: Vec<AttemptRecord> =
            attempts.into_iter().map(|attempt| self.attempt(edge, attempt)).collect();
        let telling = judged.decided_by.and_then(|place| attempts.get(place)).or_else(|| attempts.last());
        let endpoint = &self.endpoints[edge.endpoint.0];
        EdgeRecord {
            vantage: self.scenario.agent(edge.vantage).name.clone(),
            endpoint: Arc::clone(&endpoint.name),
            address: Arc::clone(&endpoint.address),
            family: edge.family,
            expect: edge.expect,
            rule: edge.rule.0,
            verdict: judged.reason.verdict(),
            outcome: telling.and_then(|attempt| Some(attempt.sample.as_ref()?.outcome.kind())),
            leak_share_below,
            attempts,
            measurement: None,
            download: None,
            claims,
            judged,
        }
    }

    fn attempt(&mut self, edge: &Edge, attempt: Attempt) -> AttemptRecord {
        let (sample, unasked) = match attempt.sample {
            Ok(sample) => (Some(self.shared(sample)), None),
            Err(unasked) => (None, Some(Box::new(unasked))),
        };
        let owner = self.scenario.endpoint(edge.endpoint).owner;
        let book = owner.and_then(|owner| self.books.get_mut(owner.0));
        AttemptRecord {
            call: attempt.call,
            role: attempt.role,
            sample,
            unasked,
            receipt: book.and_then(|book| book.found.remove(&attempt.call)),
        }
    }

    /// A sample, with what it shares with others held once.
    fn shared(&mut self, mut sample: Box<Sample>) -> Box<Sample> {
        if let Some(facts) = &mut sample.tls {
            if let Some(known) = self.handshakes.get(facts) {
                *facts = Arc::clone(known);
            } else {
                self.handshakes.insert(Arc::clone(facts));
            }
        }
        sample
    }

    fn claim(&mut self, claim: Claim<'_>, judged: JudgedClaim) -> ClaimRecord {
        let (line, text) = self.lines.line_of(claim.span());
        let verdict = judged.reason.verdict();
        ClaimRecord { claimed: claim.text(), line, text: text.to_owned(), verdict, judged }
    }
}

/// The largest share of calls that could still get through when none of n did, at 95 % confidence: the p for which
/// (1 - p)^n = 0.05. Rounded up to four decimals, so that the bound still holds and reads back from JSON as it was.
fn leak_share_below(reason: Reason, attempts: usize) -> Option<f64> {
    let denied = matches!(reason, Reason::DeniedAttributed | Reason::DeniedWitnessed);
    let attempts = u32::try_from(attempts).ok().filter(|attempts| *attempts > 0)?;
    let share = 1.0 - 0.05_f64.powf(1.0 / f64::from(attempts));
    denied.then(|| (share * 1e4).ceil() / 1e4)
}
