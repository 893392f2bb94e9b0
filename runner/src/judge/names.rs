//! What a name resolves to, for one edge: on what its own attempts were told by the resolver.
//!
//! No call is made for this alone. Every attempt asks anew, so every attempt has to agree with the claim: a name that
//! leads elsewhere once in three times leads elsewhere.

use ringfence_contract::outcome::{NotSentWhy, Outcome, Phase};

use super::case::Case;
use super::claim::{ClaimKind, ClaimReason, JudgedClaim};
use super::name_case::NameCase;
use super::name_words;
use super::verdict::Verdict;
use crate::dispatch::{Attempt, UnaskedWhy};
use crate::scenario::NameClaim;

/// Judges the claim.
pub(super) fn judge(edge: &Case<'_>, claim: &NameClaim) -> JudgedClaim {
    let shown = edge.attempts.iter().map(|attempt| look(edge, claim, attempt)).collect();
    let case = NameCase { edge, claim, shown };
    let (reason, decided_by) = conclude(&case);
    JudgedClaim {
        kind: ClaimKind::Resolves,
        reason,
        sentence: name_words::sentence(&case, reason, decided_by),
        hint: name_words::hint(&case, reason, decided_by),
        evidence: name_words::evidence(&case, decided_by),
        decided_by,
        took_us: case.resolution(decided_by).map(|resolution| resolution.took_us),
    }
}

/// What all attempts show together: an answer that contradicts the claim first, then ignorance, then what agrees.
fn conclude(case: &NameCase<'_>) -> (ClaimReason, Option<usize>) {
    let first = |wanted: &dyn Fn(ClaimReason) -> bool| case.shown.iter().position(|reason| wanted(*reason));
    let with_verdict = |wanted: Verdict| first(&|reason| reason.verdict() == wanted);
    if let Some(place) = with_verdict(Verdict::Fail).or_else(|| with_verdict(Verdict::Inconclusive)) {
        return (case.shown[place], Some(place));
    }
    if case.shown.is_empty() || (case.shown.len() as u64) < u64::from(case.edge.rule.attempts) {
        let nothing =
            if case.edge.interrupted { ClaimReason::Interrupted } else { ClaimReason::VantageNotAsked };
        return (nothing, None);
    }
    match (first(&|reason| reason == ClaimReason::NoFamily), with_verdict(Verdict::Pass)) {
        // A missing family at some attempts only is no excuse for the claim.
        (Some(place), _) if case.count(ClaimReason::NoFamily) < case.shown.len() => {
            (ClaimReason::NameNotAsked, Some(place))
        }
        (Some(place), _) => (ClaimReason::NoFamily, Some(place)),
        (None, Some(place)) => (ClaimReason::Resolved, Some(place)),
        (None, None) => (ClaimReason::FamilyNotClaimed, Some(0)),
    }
}

/// What one attempt shows.
fn look(edge: &Case<'_>, claim: &NameClaim, attempt: &Attempt) -> ClaimReason {
    let sample = match &attempt.sample {
        Ok(sample) => sample,
        Err(unasked) if unasked.why == UnaskedWhy::Interrupted => return ClaimReason::Interrupted,
        Err(_) => return ClaimReason::VantageNotAsked,
    };
    let found = sample.resolution.as_ref().map_or(&[][..], |resolution| &resolution.addresses);
    match found {
        [] => look_at_none(edge, claim, &sample.outcome),
        found if found.iter().all(|address| claim.resolves.admits(*address)) => ClaimReason::Resolved,
        _ => ClaimReason::ResolvedElsewhere,
    }
}

/// What an attempt shows that was told no address.
fn look_at_none(edge: &Case<'_>, claim: &NameClaim, outcome: &Outcome) -> ClaimReason {
    match outcome {
        Outcome::Unresolved(unresolved) if unresolved.why.is_said() => {
            if claim.resolves.covers(edge.edge.family) {
                ClaimReason::NameUnresolved
            } else {
                ClaimReason::FamilyNotClaimed
            }
        }
        Outcome::Unresolved(_) | Outcome::TimedOut(Phase::Resolve) => ClaimReason::ResolverSilent,
        Outcome::NotSent(not_sent) if not_sent.why == NotSentWhy::NoFamily => ClaimReason::NoFamily,
        Outcome::Answered(_)
        | Outcome::Misanswered(_)
        | Outcome::Forbidden(_)
        | Outcome::Unsealed(_)
        | Outcome::Refused
        | Outcome::Reset(_)
        | Outcome::Unreachable(_)
        | Outcome::TimedOut(_)
        | Outcome::TlsFailed(_)
        | Outcome::NotSent(_) => ClaimReason::NameNotAsked,
    }
}
