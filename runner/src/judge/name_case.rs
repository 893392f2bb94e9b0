//! A claim about a name, and what each attempt at its edge shows of it.

use ringfence_contract::outcome::{NotSentWhy, Outcome, Phase};
use ringfence_contract::sample::{Resolution, Sample};

use super::case::Case;
use super::claim::ClaimReason;
use crate::dispatch::{Attempt, UnaskedWhy};
use crate::plan::Role;
use crate::scenario::NameClaim;

/// One claim about a name, and the edge that bears it.
pub(crate) struct NameCase<'a> {
    pub(crate) edge: &'a Case<'a>,
    pub(crate) claim: &'a NameClaim,
    /// The attempts that asked for the name in the edge's own family, each with its place among all.
    pub(crate) attempts: Vec<(usize, &'a Attempt)>,
    /// What each of those shows.
    pub(crate) shown: Vec<ClaimReason>,
}

impl<'a> NameCase<'a> {
    pub(crate) fn of(edge: &'a Case<'a>, claim: &'a NameClaim) -> Self {
        let asks = |attempt: &Attempt| {
            !matches!(attempt.role.as_deref(), Some(Role::OtherFamily | Role::AtAddress(_)))
        };
        let attempts = edge.attempts.iter().enumerate().filter(|(_, attempt)| asks(attempt));
        let attempts: Vec<(usize, &Attempt)> = attempts.collect();
        let shown = attempts.iter().map(|(_, attempt)| look(edge, claim, attempt)).collect();
        Self { edge, claim, attempts, shown }
    }

    /// How many attempts show this.
    pub(crate) fn count(&self, reason: ClaimReason) -> usize {
        self.shown.iter().filter(|shown| **shown == reason).count()
    }

    pub(crate) fn sample(&self, place: Option<usize>) -> Option<&'a Sample> {
        self.edge.attempts.get(place?)?.sample.as_deref().ok()
    }

    pub(crate) fn resolution(&self, place: Option<usize>) -> Option<&'a Resolution> {
        self.sample(place)?.resolution.as_deref()
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
