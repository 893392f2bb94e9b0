//! Edges that must be closed: what one attempt shows, and what all of them show together.
//!
//! A denial is either said by the platform, or witnessed: a silence counts only if the endpoint lives, the vantage can
//! send, and the target's agent has written nothing down. Anything that got in wins over everything else.

use ringfence_contract::address::{Host, Transport};
use ringfence_contract::outcome::{NotSentWhy, Outcome, OutcomeKind, Phase, Reset, Unreachable, Unsealed};
use ringfence_contract::sample::Sample;

use super::case::{Case, Finding, not_asked, unknown};
use super::platform::{BARE_DENIAL, is_busy};
use super::unfinished::{got_in, handshake_gap};
use super::verdict::Reason;
use super::witness::Witnessed;
use crate::dispatch::Attempt;
use crate::plan::calls_on;
use crate::scenario::{Answers, WitnessBy};

/// What one attempt at a closed edge shows by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Something got in.
    Open(Reason),
    /// The platform said that it refused.
    Attributed,
    /// A 403 that nobody signed for, said by the very server that answers admitted callers: the vantage can send, and
    /// got as far as the endpoint.
    TurnedAway,
    /// Silence or rejection before any request could have got in.
    SilentAtConnect,
    /// Silence or rejection that may have come after the request got in.
    SilentLater,
    /// The resolver said that the name has no address, and the rule takes that for a denial.
    Unnamed,
    /// Nothing.
    Unknown(Reason),
}

/// Judges an edge that must be closed. Every attempt counts.
pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut seen: Vec<Seen> = case.attempts.iter().map(|attempt| see(case, attempt)).collect();
    let refused = seen.iter().any(|seen| matches!(seen, Seen::Attributed | Seen::TurnedAway));
    for (seen, attempt) in seen.iter_mut().zip(case.attempts) {
        let busy = attempt.sample.as_ref().is_ok_and(|sample| is_busy(&sample.outcome, refused));
        if busy && *seen == Seen::Open(Reason::PathOpen) {
            *seen = Seen::Unknown(Reason::TooBusy);
        }
    }
    if let Some(finding) = find_open(case, &seen) {
        return finding;
    }
    let sample = |place: usize| case.attempts[place].sample.as_deref().ok();
    let missing: Vec<Vec<Reason>> =
        seen.iter().enumerate().map(|(place, seen)| missing(case, *seen, sample(place))).collect();
    let reasons: Vec<Reason> =
        seen.iter().zip(&missing).map(|(seen, missing)| proof(*seen, missing)).collect();
    if let Some(finding) = unknown(&reasons) {
        let missing = finding.decided_by.map(|place| missing[place].clone()).unwrap_or_default();
        return Finding { missing, ..finding };
    }
    if reasons.is_empty() || (reasons.len() as u64) < u64::from(calls_on(case.scenario, case.edge)) {
        return Finding::new(case.nothing_recorded(), None);
    }
    if let Some(place) = case.attempts.iter().position(|attempt| !by_means(case, attempt)) {
        return Finding::new(Reason::WrongMeans, Some(place));
    }
    let witnessed = reasons.iter().position(|reason| *reason == Reason::DeniedWitnessed);
    let place = witnessed.unwrap_or(0);
    let leans = |seen: &Seen| matches!(seen, Seen::TurnedAway | Seen::SilentAtConnect | Seen::SilentLater);
    let self_witnessed = seen.iter().any(leans) && !has_outside_witness(case);
    Finding { self_witnessed, ..Finding::new(reasons[place], Some(place)) }
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
        let reason = crossings.iter().find_map(|(call, outcome)| {
            let outcome = outcome.as_ref().filter(|outcome| !is_busy(outcome, true));
            let open = outcome.and_then(|outcome| open_by_answer(case, outcome));
            let written = case.receipt(*call).map(|_| Reason::LeakOneWay);
            if open == Some(Reason::Leak) { open } else { written.or(open) }
        })?;
        Some(Finding::new(reason, None))
    };
    attempts.or_else(crossed)
}

/// What one attempt shows by itself.
fn see(case: &Case<'_>, attempt: &Attempt) -> Seen {
    let sample = attempt.sample.as_deref();
    let open = sample.ok().and_then(|sample| open_by_answer(case, &sample.outcome));
    match (case.receipt(attempt.call), open, sample) {
        (_, Some(Reason::Leak), _) => Seen::Open(Reason::Leak),
        (Some(_), _, _) => Seen::Open(Reason::LeakOneWay),
        (None, Some(Reason::PathOpen), Ok(sample)) if is_stranger(case, sample) => {
            let lives = case.witnesses.target(case.edge.endpoint, case.edge.family).holds();
            Seen::Unknown(if lives { Reason::OtherAddress } else { Reason::NoTargetWitness })
        }
        (None, Some(reason), _) => Seen::Open(reason),
        (None, None, Err(unasked)) => Seen::Unknown(not_asked(unasked)),
        (None, None, Ok(sample)) if got_in(case, sample) => Seen::Open(Reason::LeakOneWay),
        (None, None, Ok(sample)) => see_obstacle(case, sample),
    }
}

/// Whether a name led to another host than the endpoint: one that has no good certificate of it, where no admitted caller
/// reached the endpoint. What such a host answers is no way in. A literal address leads nowhere else.
fn is_stranger(case: &Case<'_>, sample: &Sample) -> bool {
    let bad = sample.tls.as_ref().is_some_and(|tls| tls.certificate_error.is_some());
    let at = |remote| case.witnesses.address(case.edge.endpoint, remote).holds();
    bad && !is_behind_address(case) && !sample.remote.is_some_and(at)
}

/// Why an answer shows that the path is open, if it does.
fn open_by_answer(case: &Case<'_>, outcome: &Outcome) -> Option<Reason> {
    match outcome {
        Outcome::Answered(_) | Outcome::Misanswered(_) if case.is_of_owner(outcome) => Some(Reason::Leak),
        Outcome::Answered(_) | Outcome::Misanswered(_) => Some(Reason::WrongAgent),
        Outcome::Unsealed(unsealed) if !is_bare_denial(unsealed) => Some(Reason::PathOpen),
        _ => None,
    }
}

/// Whether an answer is a refusal that nobody signed for. One that claims a seal is something else.
fn is_bare_denial(unsealed: &Unsealed) -> bool {
    unsealed.status == Some(BARE_DENIAL) && unsealed.flaw.is_none()
}

/// What an attempt shows that neither got in nor was answered.
fn see_obstacle(case: &Case<'_>, sample: &Sample) -> Seen {
    let transport = case.endpoint.route.address.transport;
    match &sample.outcome {
        Outcome::Forbidden(_) => Seen::Attributed,
        Outcome::Refused | Outcome::Unreachable(_) => Seen::SilentAtConnect,
        Outcome::TimedOut(Phase::Connect) if transport != Transport::Udp => Seen::SilentAtConnect,
        Outcome::TimedOut(Phase::Resolve) => Seen::Unknown(Reason::NotResolved),
        Outcome::TimedOut(Phase::Transfer) => see_cut_answer(sample),
        // The server may have taken the request up, and nobody could ask what came of it.
        Outcome::Reset(Reset::TakenBack) => Seen::Unknown(Reason::NotSent),
        Outcome::Reset(reset) => match reset.phase() {
            Phase::Transfer => see_cut_answer(sample),
            Phase::Resolve | Phase::Connect | Phase::Tls => Seen::SilentAtConnect,
            Phase::FirstByte => Seen::SilentLater,
        },
        Outcome::Unsealed(_) if case.witnesses.is_server(case.edge.endpoint, sample) => Seen::TurnedAway,
        Outcome::TimedOut(_) | Outcome::Unsealed(_) => Seen::SilentLater,
        Outcome::Unresolved(unresolved) => {
            let means = case.rule.by.contains(&OutcomeKind::Unresolved);
            if means && unresolved.why.is_said() { Seen::Unnamed } else { Seen::Unknown(Reason::NotResolved) }
        }
        Outcome::TlsFailed(_) => Seen::Unknown(Reason::TlsUnclear),
        Outcome::NotSent(not_sent) => match not_sent.why {
            NotSentWhy::NoFamily => Seen::Unknown(Reason::NoFamily),
            _ => Seen::Unknown(Reason::NotSent),
        },
        Outcome::Answered(_) | Outcome::Misanswered(_) => Seen::Open(Reason::WrongAgent),
    }
}

/// An answer had begun: unless its head is a bare denial, something let the call in.
fn see_cut_answer(sample: &Sample) -> Seen {
    if sample.status == Some(BARE_DENIAL) { Seen::SilentLater } else { Seen::Open(Reason::PathOpen) }
}

/// What is missing before an attempt is a proven denial, in the order the reasons are given.
fn missing(case: &Case<'_>, seen: Seen, sample: Option<&Sample>) -> Vec<Reason> {
    let mut missing = Vec::new();
    let silent = matches!(seen, Seen::SilentAtConnect | Seen::SilentLater);
    let unsaid = silent || seen == Seen::TurnedAway;
    let restarted = unsaid && has_agent(case) && receipt_gap(case) == Some(Reason::TargetRestarted);
    if restarted {
        // Nobody is answered by an agent that has forgotten the run: what follows from that comes after it.
        missing.push(Reason::TargetRestarted);
    }
    if unsaid {
        missing.extend(target_gap(case, sample));
    }
    let vantage = case.witnesses.vantage(case.edge.vantage, case.edge.family);
    if (silent || seen == Seen::Unnamed) && !vantage.holds() {
        missing.push(Reason::NoVantageWitness);
    }
    if unsaid && has_agent(case) && !restarted {
        missing.extend(receipt_gap(case).or_else(|| handshake_gap(case, sample)));
    }
    if seen == Seen::SilentLater && !has_agent(case) {
        missing.push(Reason::NoReceipts);
    }
    missing
}

/// Whether an agent answers at the endpoint, so that its receipts count.
fn has_agent(case: &Case<'_>) -> bool {
    case.endpoint.answers == Answers::Agent
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
        (Seen::TurnedAway | Seen::SilentAtConnect | Seen::SilentLater | Seen::Unnamed, None) => {
            Reason::DeniedWitnessed
        }
    }
}

/// Whether a proven denial came by one of the means the rule names.
fn by_means(case: &Case<'_>, attempt: &Attempt) -> bool {
    let kind = attempt.sample.as_ref().ok().map(|sample| sample.outcome.kind());
    case.rule.by.is_empty() || kind.is_some_and(|kind| case.rule.by.contains(&kind))
}

/// What is missing before the endpoint is known to live at the address that was silent.
fn target_gap(case: &Case<'_>, sample: Option<&Sample>) -> Option<Reason> {
    let (endpoint, family) = (case.edge.endpoint, case.edge.family);
    if case.witnesses.target(endpoint, family).holds() {
        let there = sample.and_then(|sample| sample.remote);
        let holds = there.is_some_and(|remote| case.witnesses.address(endpoint, remote).holds());
        return (!holds).then_some(Reason::OtherAddress);
    }
    let stands_in = own_listener(case).holds() && is_behind_address(case) && !sample.is_some_and(is_absence);
    (!stands_in).then_some(Reason::NoTargetWitness)
}

/// Whether the scenario itself says at which address the endpoint is. A name may lead a vantage anywhere, and only one
/// that gets through can show that it led to the target.
fn is_behind_address(case: &Case<'_>) -> bool {
    let route = &case.endpoint.route;
    route.connect.is_some() || matches!(route.address.host, Host::Ip(_))
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
