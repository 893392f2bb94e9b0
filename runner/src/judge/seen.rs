//! What one attempt at a closed edge shows by itself.
//!
//! Silence is only silence: whatever began an answer is an answer. And an answer, a refusal or an open door counts only from
//! whom it is proved to come.

use ringfence_contract::STRANGER_PAGE;
use ringfence_contract::address::Host;
use ringfence_contract::outcome::{NotSentWhy, Outcome, OutcomeKind, Phase, Reset, ToldKind, Unsealed};
use ringfence_contract::sample::{OwnLimit, Sample};

use super::case::{Case, not_asked};
use super::platform::{BARE_DENIAL, LOGIN, MISDIRECTED, NOT_FOUND, is_filters, is_of_callers_side};
use super::server::{self, Refuser, Whose};
use super::site;
use super::unfinished::got_in;
use super::verdict::Reason;
use crate::dispatch::Attempt;
use crate::plan::Role;
use crate::scenario::Answers;

/// What one attempt at a closed edge shows by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Something got in.
    Open(Reason),
    /// The platform said that it refused, and has shown that it is the endpoint's.
    Attributed,
    /// A 403 that nobody signed for, said by the very server that answers admitted callers, known by its certificate: the
    /// vantage can send, and got as far as the endpoint.
    TurnedAway,
    /// A 403 that nobody signed for, said by whatever answers at that address.
    BareDenial,
    /// Silence or rejection before any request could have got in, or the end of the connection where the answer should be.
    Silent,
    /// Silence after the request was sent: it may have got in, and its answer be lost.
    SilentLater,
    /// The resolver said that the name has no address, and the rule takes that for a denial.
    Unnamed,
    /// It proves nothing, and has to.
    Unknown(Reason),
    /// It was placed beside the others, and changes nothing: a forged call that was turned away, a browser's that got no
    /// further either, one that was lost and placed again.
    Beside,
}

/// What the attempt at this place shows by itself.
pub(super) fn see(case: &Case<'_>, place: usize) -> Seen {
    let attempt = &case.attempts[place];
    match attempt.role.as_deref() {
        Some(Role::MadeUpHost | Role::OtherFamily) => Seen::Beside,
        Some(Role::Forged(_) | Role::ForgedAlone(..)) => see_forged(case, attempt),
        Some(Role::AtAddress(_)) => see_at_address(case, attempt),
        Some(Role::Http1) if is_other_version(attempt) => Seen::Beside,
        Some(Role::Browser | Role::Http1) => see_other_guise(case, attempt),
        None | Some(Role::Further | Role::Beside | Role::Retry | Role::Again(_)) => {
            match see_call(case, attempt) {
                // What got in did, whatever became of the call in its stead.
                seen @ Seen::Open(_) => seen,
                _ if is_placed_again(case, place) => Seen::Beside,
                seen => seen,
            }
        }
    }
}

/// Whether a call was lost, and the one placed in its stead was answered.
pub(super) fn is_placed_again(case: &Case<'_>, place: usize) -> bool {
    let stands_in = |attempt: &&Attempt| match attempt.role.as_deref() {
        Some(Role::Again(of)) => usize::try_from(*of) == Ok(place),
        _ => false,
    };
    let again = case.attempts.iter().find(stands_in).and_then(|attempt| attempt.sample.as_deref().ok());
    again.is_some_and(is_answered)
}

/// Whether an answer came back, or began to.
pub(super) fn is_answered(sample: &Sample) -> bool {
    sample.status.is_some() || is_answer(&sample.outcome)
}

fn is_answer(outcome: &Outcome) -> bool {
    let kind = outcome.kind();
    matches!(
        kind,
        OutcomeKind::Answered | OutcomeKind::Misanswered | OutcomeKind::Forbidden | OutcomeKind::Unsealed
    )
}

pub(super) fn see_call(case: &Case<'_>, attempt: &Attempt) -> Seen {
    let sample = attempt.sample.as_deref();
    let sealed = sample.ok().and_then(|sample| sealed(case, &sample.outcome));
    match (case.receipt(attempt.call), sealed, sample) {
        (_, Some(Reason::Leak), _) => Seen::Open(Reason::Leak),
        (Some(_), _, _) => Seen::Open(Reason::LeakOneWay),
        (None, Some(reason), _) => Seen::Open(reason),
        (None, None, Err(unasked)) => Seen::Unknown(not_asked(unasked)),
        (None, None, Ok(sample)) if got_in(case, sample) => Seen::Open(Reason::LeakOneWay),
        (None, None, Ok(sample)) => see_sample(case, attempt, sample),
    }
}

/// Why a sealed answer shows that the path is open, if it is one.
fn sealed(case: &Case<'_>, outcome: &Outcome) -> Option<Reason> {
    match outcome {
        Outcome::Answered(_) | Outcome::Misanswered(_) if case.is_of_owner(outcome) => Some(Reason::Leak),
        Outcome::Answered(_) | Outcome::Misanswered(_) => Some(Reason::WrongAgent),
        _ => None,
    }
}

/// A forged call got in where the target says so, or where it is answered as somebody who is let in. Whatever else became of
/// it, it was turned away.
fn see_forged(case: &Case<'_>, attempt: &Attempt) -> Seen {
    let seen = see_call(case, attempt);
    match (seen, &attempt.sample) {
        (Seen::Open(Reason::PathOpen) | Seen::Unknown(_), Ok(sample)) => match answered_as(case, sample) {
            Alike::Admitted => seen,
            Alike::Unclear => Seen::Unknown(Reason::ForgedUnclear),
            Alike::TurnedAway => Seen::Beside,
        },
        (Seen::Open(_) | Seen::Unknown(_), _) => seen,
        _ => Seen::Beside,
    }
}

/// At an address that others were led to, anybody may answer in another network: only who is proved to be the endpoint counts.
fn see_at_address(case: &Case<'_>, attempt: &Attempt) -> Seen {
    match (see_call(case, attempt), &attempt.sample) {
        (seen @ Seen::Open(Reason::PathOpen), Ok(sample)) if server::is_certified(sample) => seen,
        (seen @ Seen::Open(Reason::Leak | Reason::LeakOneWay), _) => seen,
        _ => Seen::Beside,
    }
}

/// As whom a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alike {
    /// As a caller who is let in.
    Admitted,
    /// With the status of one, and another page: nobody knows.
    Unclear,
    /// As one who is turned away: a filter may do that with any error, with its own page, or by sending him elsewhere.
    TurnedAway,
}

fn answered_as(case: &Case<'_>, sample: &Sample) -> Alike {
    let Outcome::Unsealed(unsealed) = &sample.outcome else {
        return match sample.status {
            Some(200..=299 | LOGIN) => Alike::Admitted,
            Some(status) if is_listed(case, status) => Alike::Admitted,
            _ => Alike::TurnedAway,
        };
    };
    let (same, same_status) = case.witnesses.was_answered(case.edge.endpoint, unsealed);
    match unsealed.status.or(sample.status) {
        _ if unsealed.body == STRANGER_PAGE || same => Alike::Admitted,
        _ if is_filters(unsealed) || is_of_callers_side(sample, unsealed) => Alike::TurnedAway,
        Some(status) if is_listed(case, status) => Alike::Admitted,
        Some(200..=299 | LOGIN) => Alike::Admitted,
        _ if same_status => Alike::Unclear,
        _ => Alike::TurnedAway,
    }
}

/// Whether a server says that it does not speak the version that it was asked over (RFC 9110 sections 15.5.22 and 15.6.6;
/// Elastic Load Balancing user guide, "HTTP 464"), or cannot make anything of it.
fn is_other_version(attempt: &Attempt) -> bool {
    attempt.sample.as_ref().is_ok_and(|sample| matches!(sample.status, Some(400 | 426 | 464 | 505)))
}

/// What is told beside a denial to a browser, or over HTTP/1.1: another answer is an answer, anything else leaves the denial
/// what it is. A browser that is sent elsewhere may be sent to a page that refuses it.
fn see_other_guise(case: &Case<'_>, attempt: &Attempt) -> Seen {
    let seen = see_call(case, attempt);
    let Ok(sample) = &attempt.sample else { return seen };
    match seen {
        Seen::Open(Reason::PathOpen)
            if matches!(sample.status, Some(300..=399)) && answered_as(case, sample) != Alike::Admitted =>
        {
            Seen::Unknown(Reason::NotADenial)
        }
        Seen::Open(_) | Seen::Unknown(Reason::NotADenial | Reason::CallersSide) => seen,
        Seen::Unknown(_) if is_answer(&sample.outcome) => seen,
        _ => Seen::Beside,
    }
}

/// What an attempt shows that bears no seal and left no receipt.
fn see_sample(case: &Case<'_>, attempt: &Attempt, sample: &Sample) -> Seen {
    let transport = case.endpoint.route.address.transport;
    match &sample.outcome {
        Outcome::Forbidden(forbidden) => {
            if !server::attributes(sample, forbidden) {
                return bare_denial(case, sample);
            }
            // Where admitted callers count this status as reached and are told the same, it denies nobody.
            let told = case.witnesses.is_told_to_admitted(case.edge.endpoint, &forbidden.fingerprint);
            if told && is_listed(case, forbidden.status) {
                return Seen::Unknown(Reason::NotADenial);
            }
            if server::contradicts(case, attempt, forbidden) {
                Seen::Unknown(Reason::OthersAddress)
            } else {
                Seen::Attributed
            }
        }
        Outcome::Unsealed(unsealed) => see_unsealed(case, sample, unsealed),
        Outcome::TimedOut(Phase::Resolve) => Seen::Unknown(Reason::NotResolved),
        Outcome::TimedOut(Phase::Transfer) => see_cut_answer(case, sample),
        Outcome::TimedOut(Phase::Connect) if !transport.connects() => Seen::SilentLater,
        Outcome::TimedOut(Phase::Connect | Phase::Tls) | Outcome::Refused | Outcome::Unreachable(_) => {
            Seen::Silent
        }
        Outcome::TimedOut(Phase::FirstByte) => Seen::SilentLater,
        Outcome::Reset(reset) if reset.phase() == Phase::Transfer => see_cut_answer(case, sample),
        // The server may have taken the request up, and nobody could ask what came of it.
        Outcome::Reset(Reset::TakenBack) => Seen::Unknown(Reason::NotAskedAgain),
        Outcome::Reset(_) => Seen::Silent,
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

/// A 403 without a signature: known by its certificate, or by nothing.
fn bare_denial(case: &Case<'_>, sample: &Sample) -> Seen {
    match server::refuses(case, sample) {
        Refuser::Server => Seen::TurnedAway,
        Refuser::Address => Seen::BareDenial,
        Refuser::Unproved(reason) => Seen::Unknown(reason),
    }
}

/// What an answer shows that bears no seal.
fn see_unsealed(case: &Case<'_>, sample: &Sample, unsealed: &Unsealed) -> Seen {
    match unsealed.status {
        _ if is_of_callers_side(sample, unsealed) => Seen::Unknown(Reason::CallersSide),
        Some(status) if is_listed(case, status) => open(case, sample),
        Some(BARE_DENIAL) if is_no_denial(unsealed) => Seen::Unknown(Reason::NotADenial),
        Some(BARE_DENIAL) if unsealed.flaw.is_none() => bare_denial(case, sample),
        // An error page may be a refusal in words that cannot be read here.
        Some(400..) if sample.limit == Some(OwnLimit::Coding) => Seen::Unknown(Reason::Unreadable),
        Some(NOT_FOUND | MISDIRECTED) if is_no_site(case, unsealed, sample) => {
            Seen::Unknown(Reason::NoSuchSite)
        }
        _ => open(case, sample),
    }
}

/// Whether a refusal says itself that it is not because of where the caller stands.
fn is_no_denial(unsealed: &Unsealed) -> bool {
    unsealed.told.as_ref().is_some_and(|told| told.kind == ToldKind::NotADenial)
}

/// Whether a status is one that an admitted caller counts as reached by: for a denied one it is open.
fn is_listed(case: &Case<'_>, status: u16) -> bool {
    matches!(&case.endpoint.answers, Answers::Platform { statuses } if statuses.contains(&status))
}

/// Whether a 404 is no more than what its door says of a site that does not exist. An agent that knows nothing of a caller has
/// words of its own.
fn is_no_site(case: &Case<'_>, unsealed: &Unsealed, sample: &Sample) -> bool {
    match case.endpoint.answers {
        Answers::Platform { .. } => !case.site_exists(sample),
        // A call to an address names no site that the door could not know.
        Answers::Agent => {
            let by_name = matches!(case.endpoint.route.address.host, Host::Name(_));
            by_name && unsealed.body != STRANGER_PAGE && site::is_of_any(case.attempts, unsealed)
        }
    }
}

/// An answer had begun: unless its head is a bare denial, something let the call in.
fn see_cut_answer(case: &Case<'_>, sample: &Sample) -> Seen {
    match sample.status {
        Some(status) if is_listed(case, status) => open(case, sample),
        Some(BARE_DENIAL) => bare_denial(case, sample),
        _ => open(case, sample),
    }
}

/// An answer that is no denial: a way in, if it is proved to be the endpoint's.
fn open(case: &Case<'_>, sample: &Sample) -> Seen {
    match server::whose(case, sample) {
        Whose::Endpoint => Seen::Open(Reason::PathOpen),
        Whose::Unproved(reason) => Seen::Unknown(reason),
    }
}
