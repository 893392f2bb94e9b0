//! Edges that must be open: what one attempt shows, and what all of them show together.

use ringfence_contract::address::Transport;
use ringfence_contract::outcome::{NotSentWhy, Outcome, Phase, Reset};

use super::case::{Case, not_asked, unknown};
use super::finding::Finding;
use super::platform::{self, PlatformAnswer};
use super::verdict::{Reason, Verdict};
use crate::dispatch::Attempt;
use crate::scenario::Answers;

/// Judges an edge that must be open.
///
/// Every planned attempt has to get through. A retry is looked at only if the rule has any, and only if the planned
/// attempts did not all get through; a pass on one is flaky.
pub(super) fn judge(case: &Case<'_>) -> Finding {
    let reasons: Vec<Reason> = case.attempts.iter().map(|attempt| look(case, attempt)).collect();
    let planned = planned(case, reasons.len());
    let (tries, retries) = reasons.split_at(planned);
    let finding = judge_tries(case, tries);
    if finding.reason.verdict() == Verdict::Pass {
        return finding;
    }
    let find = |wanted: Verdict| retries.iter().position(|reason| reason.verdict() == wanted);
    if let Some(place) = find(Verdict::Pass) {
        return Finding { flaky: true, ..Finding::new(retries[place], Some(planned + place)) };
    }
    match find(Verdict::Fail) {
        Some(place) if finding.reason.verdict() != Verdict::Fail => {
            Finding::new(retries[place], Some(planned + place))
        }
        _ => finding,
    }
}

/// How many of an edge's attempts are no retries.
fn planned(case: &Case<'_>, attempts: usize) -> usize {
    match case.rule.retries {
        0 => attempts,
        _ => attempts.min(usize::try_from(case.rule.attempts).unwrap_or(usize::MAX)),
    }
}

fn judge_tries(case: &Case<'_>, tries: &[Reason]) -> Finding {
    if let Some(place) = tries.iter().position(|reason| reason.verdict() == Verdict::Fail) {
        return Finding::new(tries[place], Some(place));
    }
    if let Some(finding) = unknown(tries) {
        return finding;
    }
    if tries.is_empty() || (tries.len() as u64) < u64::from(case.rule.attempts) {
        return Finding::new(case.nothing_recorded(), None);
    }
    Finding::new(tries[0], Some(0))
}

/// What one attempt shows.
fn look(case: &Case<'_>, attempt: &Attempt) -> Reason {
    match &attempt.sample {
        Err(unasked) => not_asked(unasked),
        Ok(sample) => match &case.endpoint.answers {
            Answers::Agent => look_at_agent(case, &sample.outcome),
            Answers::Platform { statuses } => look_at_platform(case, statuses, &sample.outcome),
        },
    }
}

fn look_at_agent(case: &Case<'_>, outcome: &Outcome) -> Reason {
    if let (true, Some(reason)) = (is_as_to_a_stranger(case, outcome), case.ignorance_of_target()) {
        return reason;
    }
    match outcome {
        Outcome::Answered(_) if !case.is_right_agent(outcome) => Reason::WrongAgent,
        Outcome::Answered(answered) => match &case.vantage.zone {
            Some(zone) if !zone.contains(answered.seen.address) => Reason::WrongSource,
            Some(_) | None => Reason::Reached,
        },
        Outcome::Misanswered(_) => Reason::WrongAgent,
        Outcome::Unsealed(_) => Reason::WrongAnswer,
        Outcome::Forbidden(_)
        | Outcome::Refused
        | Outcome::Reset(_)
        | Outcome::Unreachable(_)
        | Outcome::TimedOut(_)
        | Outcome::Unresolved(_)
        | Outcome::TlsFailed(_)
        | Outcome::NotSent(_) => look_at_obstacle(outcome),
    }
}

/// Whether this is what an agent does with a call of a run that it knows nothing of: over HTTP a plain 404, over TCP a
/// close without a word, over UDP nothing.
fn is_as_to_a_stranger(case: &Case<'_>, outcome: &Outcome) -> bool {
    match case.endpoint.route.address.transport {
        Transport::Tcp => matches!(outcome, Outcome::Reset(Reset::ClosedBeforeAnswer)),
        Transport::Udp => matches!(outcome, Outcome::TimedOut(Phase::FirstByte)),
        _ => matches!(outcome, Outcome::Unsealed(unsealed) if unsealed.status == Some(404)),
    }
}

fn look_at_platform(case: &Case<'_>, statuses: &[u16], outcome: &Outcome) -> Reason {
    match platform::read(case.endpoint.route.address.transport, statuses, outcome) {
        PlatformAnswer::Reached => Reason::Reached,
        PlatformAnswer::Sealed => Reason::WrongAgent,
        PlatformAnswer::Wrong => Reason::WrongAnswer,
        PlatformAnswer::Refused => Reason::Blocked,
        PlatformAnswer::None => look_at_obstacle(outcome),
    }
}

/// What an allowed call that got no answer shows.
fn look_at_obstacle(outcome: &Outcome) -> Reason {
    match outcome {
        Outcome::Unresolved(_) => Reason::NameUnresolved,
        Outcome::TlsFailed(_) => Reason::TlsFailed,
        Outcome::NotSent(not_sent) => match not_sent.why {
            // The vantage's own network refuses: that is a blocked path as much as a drop further on.
            NotSentWhy::NoRoute | NotSentWhy::NotPermitted => Reason::Blocked,
            NotSentWhy::NoFamily => Reason::NoFamily,
            NotSentWhy::NotAllowed
            | NotSentWhy::NoResources
            | NotSentWhy::BadSource
            | NotSentWhy::NoListener
            | NotSentWhy::OutOfTime
            | NotSentWhy::Broken => Reason::NotSent,
        },
        Outcome::Answered(_)
        | Outcome::Misanswered(_)
        | Outcome::Forbidden(_)
        | Outcome::Unsealed(_)
        | Outcome::Refused
        | Outcome::Reset(_)
        | Outcome::Unreachable(_)
        | Outcome::TimedOut(_) => Reason::Blocked,
    }
}
