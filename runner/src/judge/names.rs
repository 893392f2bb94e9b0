//! What a name resolves to, for one edge: on what its own attempts were told by the resolver.
//!
//! No call is made for this alone. Every attempt asks anew, so every attempt has to agree with the claim: a name that
//! leads elsewhere once in three times leads elsewhere.

use super::case::Case;
use super::claim::{ClaimKind, ClaimReason};
use super::finding::ClaimFinding;
use super::name_case::NameCase;
use super::verdict::Verdict;
use crate::scenario::NameClaim;

/// Judges the claim.
pub(super) fn judge(edge: &Case<'_>, claim: &NameClaim) -> ClaimFinding {
    let case = NameCase::of(edge, claim);
    let (reason, decided_by) = conclude(&case);
    let decided_by = decided_by.and_then(|at| case.attempts.get(at)).map(|(place, _)| *place);
    let took_us = case.resolution(decided_by).map(|resolution| resolution.took_us);
    ClaimFinding { kind: ClaimKind::Resolves, reason, decided_by, took_us }
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
