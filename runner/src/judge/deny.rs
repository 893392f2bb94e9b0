//! Edges that must be closed: what all attempts show together.
//!
//! A denial is either said by the platform, or witnessed: a silence counts only if the endpoint lives, the vantage can
//! send, and the target's agent has written nothing down. Anything that got in wins over everything else.

use ringfence_contract::outcome::{Outcome, Unreachable};
use ringfence_contract::sample::Sample;

use super::case::{Case, unknown};
use super::finding::Finding;
use super::platform::is_busy;
use super::seen::{Seen, is_answered, see, see_call};
use super::senders::Sends;
use super::server::is_behind_address;
use super::unfinished::handshake_gap;
use super::verdict::Reason;
use super::witness::Witnessed;
use crate::dispatch::Attempt;
use crate::plan::{Role, calls_on};
use crate::scenario::{Answers, WitnessBy};

/// Judges an edge that must be closed. Every attempt counts.
pub(super) fn judge(case: &Case<'_>) -> Finding {
    let seen = see_all(case);
    if let Some(finding) = find_open(case, &seen) {
        return finding;
    }
    let sample = |place: usize| case.attempts[place].sample.as_deref().ok();
    // What changes nothing is left out, with its place kept.
    let counted: Vec<usize> = (0..seen.len()).filter(|place| seen[*place] != Seen::Beside).collect();
    let missing: Vec<Vec<Reason>> =
        counted.iter().map(|&place| missing(case, seen[place], sample(place))).collect();
    let reasons: Vec<Reason> =
        counted.iter().zip(&missing).map(|(&place, missing)| proof(seen[place], missing)).collect();
    let at = |finding: Finding| Finding { decided_by: finding.decided_by.map(|at| counted[at]), ..finding };
    if let Some(finding) = unknown(&reasons) {
        let missing = finding.decided_by.map(|at| missing[at].clone()).unwrap_or_default();
        return Finding { missing, ..at(finding) };
    }
    let planned = case.attempts.iter().filter(|attempt| attempt.role.is_none()).count();
    if reasons.is_empty() || (planned as u64) < u64::from(calls_on(case.scenario, case.edge)) {
        return Finding::new(case.nothing_recorded(), None);
    }
    if let Some(place) = counted.iter().find(|&&place| !by_means(case, &case.attempts[place])) {
        return Finding::new(Reason::WrongMeans, Some(*place));
    }
    let witnessed = reasons.iter().position(|reason| *reason == Reason::DeniedWitnessed);
    let leans =
        |seen: &Seen| matches!(seen, Seen::TurnedAway | Seen::BareDenial | Seen::Silent | Seen::SilentLater);
    let self_witnessed = seen.iter().any(leans) && !has_outside_witness(case);
    let decided = witnessed.unwrap_or(0);
    let leaning =
        seen.iter().filter(|seen| leans_on_vantage(**seen)).min_by_key(|seen| **seen == Seen::BareDenial);
    let weaknesses = leaning.map_or_else(Vec::new, |seen| sends(case, *seen).weaknesses());
    at(Finding { self_witnessed, weaknesses, ..Finding::new(reasons[decided], Some(decided)) })
}

/// What each attempt shows. Beside a refusal of the same caller, a front end that is too busy shows nothing.
fn see_all(case: &Case<'_>) -> Vec<Seen> {
    let mut seen: Vec<Seen> = (0..case.attempts.len()).map(|place| see(case, place)).collect();
    let is_refusal = |seen: &Seen| matches!(seen, Seen::Attributed | Seen::TurnedAway | Seen::BareDenial);
    let refused = seen.iter().any(is_refusal);
    for (seen, attempt) in seen.iter_mut().zip(case.attempts) {
        let busy = attempt.sample.as_ref().is_ok_and(|sample| is_busy(&sample.outcome, refused));
        if busy && *seen == Seen::Open(Reason::PathOpen) {
            *seen = Seen::Unknown(Reason::TooBusy);
        }
    }
    seen
}

/// The earliest attempt that got in; or else a witness call over this very edge that did.
fn find_open(case: &Case<'_>, seen: &[Seen]) -> Option<Finding> {
    let attempts = seen.iter().enumerate().find_map(|(place, seen)| match seen {
        Seen::Open(reason) => Some(Finding::new(*reason, Some(place))),
        _ => None,
    });
    let edge = case.edge;
    let crossings = case.witnesses.crossings(edge.vantage, edge.endpoint, edge.family);
    let crossed = || {
        let open = crossings.iter().find_map(|attempt| match see_call(case, attempt) {
            Seen::Open(Reason::PathOpen)
                if attempt.sample.as_ref().is_ok_and(|s| is_busy(&s.outcome, true)) =>
            {
                None
            }
            Seen::Open(reason) => Some(reason),
            _ => None,
        })?;
        Some(Finding::new(open, None))
    };
    attempts.or_else(crossed)
}

/// Whether what an attempt shows is a denial only if the vantage can send. A server that shows whose it is shows that as well.
fn leans_on_vantage(seen: Seen) -> bool {
    matches!(seen, Seen::BareDenial | Seen::Silent | Seen::SilentLater | Seen::Unnamed)
}

/// Whether the vantage showed that it can send what came to this.
fn sends(case: &Case<'_>, seen: Seen) -> Sends {
    match seen {
        Seen::BareDenial => case.sends_where_answered(),
        _ => case.sends(),
    }
}

/// What is missing before an attempt is a proven denial, in the order the reasons are given.
fn missing(case: &Case<'_>, seen: Seen, sample: Option<&Sample>) -> Vec<Reason> {
    let mut missing = Vec::new();
    let unsaid = matches!(seen, Seen::TurnedAway | Seen::BareDenial | Seen::Silent | Seen::SilentLater);
    let restarted = unsaid && has_agent(case) && receipt_gap(case) == Some(Reason::TargetRestarted);
    if restarted {
        // Nobody is answered by an agent that has forgotten the run: what follows from that comes after it.
        missing.push(Reason::TargetRestarted);
    }
    if unsaid {
        missing.extend(target_gap(case, seen, sample));
    }
    if leans_on_vantage(seen) && !sends(case, seen).witnessed.holds() {
        missing.push(Reason::NoVantageWitness);
    }
    if unsaid && has_agent(case) && !restarted {
        missing.extend(receipt_gap(case).or_else(|| handshake_gap(case, sample)));
    }
    // Where TLS could have shown whose 403 it is, and did not, it may be anybody's.
    let anybodys = seen == Seen::BareDenial && case.endpoint.route.address.transport.is_tls();
    if (seen == Seen::SilentLater || anybodys) && !has_agent(case) {
        missing.push(Reason::NoReceipts);
    }
    if matches!(seen, Seen::TurnedAway | Seen::BareDenial) && !is_asked_as_browser(case) {
        missing.push(Reason::NotAskedAsBrowser);
    }
    missing
}

/// Whether an agent answers at the endpoint, so that its receipts count.
fn has_agent(case: &Case<'_>) -> bool {
    case.endpoint.answers == Answers::Agent
}

/// Whether it was asked as a browser would ask, and answered: a call that was lost says nothing of what a browser is told.
fn is_asked_as_browser(case: &Case<'_>) -> bool {
    let mut asked = case.attempts.iter().filter(|attempt| attempt.role.as_deref() == Some(&Role::Browser));
    asked.any(|attempt| attempt.sample.as_deref().is_ok_and(is_answered))
}

/// Why the absence of a receipt proves nothing, if it does not.
fn receipt_gap(case: &Case<'_>) -> Option<Reason> {
    match case.receipts() {
        None => Some(Reason::TargetNotAsked),
        Some(book) if book.restarted => Some(Reason::TargetRestarted),
        Some(book) if book.wrapped => Some(Reason::ReceiptsWrapped),
        Some(_) => None,
    }
}

fn proof(seen: Seen, missing: &[Reason]) -> Reason {
    match (seen, missing.first()) {
        (Seen::Open(reason) | Seen::Unknown(reason), _) => reason,
        (_, Some(reason)) => *reason,
        (Seen::Attributed, None) => Reason::DeniedAttributed,
        (
            Seen::TurnedAway
            | Seen::BareDenial
            | Seen::Silent
            | Seen::SilentLater
            | Seen::Unnamed
            | Seen::Beside,
            None,
        ) => Reason::DeniedWitnessed,
    }
}

/// Whether a proven denial came by one of the means the rule names.
fn by_means(case: &Case<'_>, attempt: &Attempt) -> bool {
    let kind = attempt.sample.as_ref().ok().map(|sample| sample.outcome.kind());
    case.rule.by.is_empty() || kind.is_some_and(|kind| case.rule.by.contains(&kind))
}

/// What is missing before the endpoint is known to live at the address that was silent.
fn target_gap(case: &Case<'_>, seen: Seen, sample: Option<&Sample>) -> Option<Reason> {
    let (endpoint, family) = (case.edge.endpoint, case.edge.family);
    if case.witnesses.target(endpoint, family).holds() {
        let there = sample.and_then(|sample| sample.remote);
        // A server that is known by its certificate is the endpoint's at whatever address.
        let holds = seen == Seen::TurnedAway
            || there.is_some_and(|remote| case.witnesses.address(endpoint, remote).holds());
        return (!holds).then_some(Reason::OtherAddress);
    }
    let stands_in = own_listener(case).holds() && is_behind_address(case) && !sample.is_some_and(is_absence);
    (!stands_in).then_some(Reason::NoTargetWitness)
}

/// What a host says that has no such listener, or a network that has no such host. Only an outside witness shows that
/// it is said in spite of one.
fn is_absence(sample: &Sample) -> bool {
    let unreachable = |what: &Unreachable| *what != Unreachable::AdminProhibited;
    match &sample.outcome {
        Outcome::Refused => true,
        Outcome::Unreachable(what) => unreachable(what),
        _ => false,
    }
}

/// Whether allowed vantages reached the endpoint before and after, at least one of them not its own agent each time.
fn has_outside_witness(case: &Case<'_>) -> bool {
    case.witnesses.target(case.edge.endpoint, case.edge.family).holds() && !leans_on_owner(case)
}

fn leans_on_owner(case: &Case<'_>) -> bool {
    let target = case.witnesses.target(case.edge.endpoint, case.edge.family);
    let owner = case.endpoint.owner;
    owner.is_some() && (target.before == owner || target.after == owner)
}

/// The weaker witness: the target's agent at its own listener, where the rule takes that.
fn own_listener(case: &Case<'_>) -> Witnessed {
    match case.rule.witness {
        WitnessBy::Allowed => Witnessed::default(),
        WitnessBy::TargetItself => case.witnesses.own_listener(case.edge.endpoint, case.edge.family),
    }
}
