//! Edges that must be open: what one attempt shows, and what all of them show together.

use ringfence_contract::id::CallId;
use ringfence_contract::outcome::{Answered, NotSentWhy, Outcome, Phase, Reset};
use ringfence_contract::sample::Sample;
use ringfence_contract::transport::ToStrangers;

use super::case::{Case, not_asked, unknown};
use super::finding::Finding;
use super::platform::{self, PlatformAnswer};
use super::seen::is_placed_again;
use super::verdict::{Reason, Verdict};
use crate::dispatch::Attempt;
use crate::plan::Role;
use crate::scenario::Answers;

/// Judges an edge that must be open.
///
/// Every planned attempt has to get through, and one at each further address of the name. A retry is looked at only if the
/// rule grants any, and only if those did not all get through; a pass on one is flaky, and so is one on a call that was placed
/// again because it was lost.
pub(super) fn judge(case: &Case<'_>) -> Finding {
    let places = |wanted: fn(Option<&Role>) -> bool| {
        let all = case.attempts.iter().enumerate();
        let wanted = all.filter(move |(_, attempt)| wanted(attempt.role.as_deref())).map(|(place, _)| place);
        wanted.filter(|place| !is_placed_again(case, *place)).collect::<Vec<usize>>()
    };
    let tries = places(|role| matches!(role, None | Some(Role::Further | Role::Beside | Role::Again(_))));
    let finding = judge_tries(case, &tries);
    if finding.reason.verdict() == Verdict::Pass {
        let is_again = |place: &usize| matches!(case.attempts[*place].role.as_deref(), Some(Role::Again(_)));
        return Finding { flaky: tries.iter().any(is_again), ..finding };
    }
    let retries = places(|role| role == Some(&Role::Retry));
    let find = |wanted: Verdict| {
        let looked = retries.iter().map(|place| (*place, look(case, &case.attempts[*place])));
        looked.into_iter().find(|(_, reason)| reason.verdict() == wanted)
    };
    if let Some((place, reason)) = find(Verdict::Pass) {
        return Finding { flaky: true, ..Finding::new(reason, Some(place)) };
    }
    match find(Verdict::Fail) {
        Some((place, reason)) if finding.reason.verdict() != Verdict::Fail => {
            Finding::new(reason, Some(place))
        }
        _ => finding,
    }
}

fn judge_tries(case: &Case<'_>, tries: &[usize]) -> Finding {
    let reasons: Vec<Reason> = tries.iter().map(|place| look(case, &case.attempts[*place])).collect();
    if let Some(at) = reasons.iter().position(|reason| reason.verdict() == Verdict::Fail) {
        return Finding::new(reasons[at], Some(tries[at]));
    }
    if let Some(finding) = unknown(&reasons) {
        return Finding { decided_by: finding.decided_by.map(|at| tries[at]), ..finding };
    }
    if reasons.is_empty() || (reasons.len() as u64) < u64::from(case.rule.attempts) {
        return Finding::new(case.nothing_recorded(), None);
    }
    Finding::new(reasons[0], Some(tries[0]))
}

/// What one attempt shows.
fn look(case: &Case<'_>, attempt: &Attempt) -> Reason {
    match &attempt.sample {
        Err(unasked) => not_asked(unasked),
        Ok(sample) => match &case.endpoint.answers {
            Answers::Agent => look_at_agent(case, attempt.call, &sample.outcome),
            Answers::Platform { statuses } => look_at_platform(case, statuses, sample),
        },
    }
}

fn look_at_agent(case: &Case<'_>, call: CallId, outcome: &Outcome) -> Reason {
    if let (true, Some(reason)) = (is_as_to_a_stranger(case, outcome), case.ignorance_of_target()) {
        return reason;
    }
    match outcome {
        Outcome::Answered(_) if !case.is_right_agent(outcome) => Reason::WrongAgent,
        Outcome::Answered(answered) => {
            unconfirmed(case, call, answered).unwrap_or_else(|| look_at_source(case, answered))
        }
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

/// Why an answer that bears the target's seal does not count yet: every member of a run can make one. The target's own book has
/// to know of the call, and the answer has to be of the life that said hello.
fn unconfirmed(case: &Case<'_>, call: CallId, answered: &Answered) -> Option<Reason> {
    let hello = case.owner.and_then(|owner| owner.hello.as_ref().ok());
    let Some(book) = case.receipts() else { return Some(case.untold_receipts()) };
    match hello {
        None => Some(Reason::TargetNotAsked),
        Some(_) if book.restarted && !book.found.contains_key(&call) => Some(Reason::TargetRestarted),
        Some(greeting) if greeting.hello.boot != answered.boot => Some(Reason::OtherInstance),
        Some(_) if book.found.contains_key(&call) => None,
        Some(_) if book.wrapped => Some(Reason::ReceiptsWrapped),
        Some(_) => Some(Reason::NotInBook),
    }
}

fn look_at_source(case: &Case<'_>, answered: &Answered) -> Reason {
    match &case.vantage.zone {
        Some(_) if answered.seen.conflict.is_some() => Reason::SourceUnclear,
        Some(zone) if !zone.contains(answered.seen.address) => Reason::WrongSource,
        Some(_) | None => Reason::Reached,
    }
}

/// Whether this is what an agent does with a call of a run that it knows nothing of: over HTTP a plain 404, over TCP a
/// close without a word, over UDP nothing.
fn is_as_to_a_stranger(case: &Case<'_>, outcome: &Outcome) -> bool {
    match case.endpoint.route.address.transport.to_strangers() {
        ToStrangers::Close => matches!(outcome, Outcome::Reset(Reset::ClosedBeforeAnswer)),
        ToStrangers::Nothing => matches!(outcome, Outcome::TimedOut(Phase::FirstByte)),
        ToStrangers::NotFound => {
            matches!(outcome, Outcome::Unsealed(unsealed) if unsealed.status == Some(404))
        }
    }
}

fn look_at_platform(case: &Case<'_>, statuses: &[u16], sample: &Sample) -> Reason {
    match platform::read(case.endpoint.route.address.transport, statuses, sample) {
        PlatformAnswer::Reached => Reason::Reached,
        PlatformAnswer::NotFound if case.site_exists(sample) => Reason::Reached,
        PlatformAnswer::NotFound => Reason::NoSuchSite,
        PlatformAnswer::Sealed => Reason::WrongAgent,
        PlatformAnswer::Wrong => Reason::WrongAnswer,
        PlatformAnswer::Refused => Reason::Blocked,
        PlatformAnswer::None => look_at_obstacle(&sample.outcome),
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
            | NotSentWhy::LookedUp
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
