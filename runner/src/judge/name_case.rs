//! A claim about a name, and what each attempt at its edge shows of it.
//!
//! This file must not conclude anything.

use ringfence_contract::sample::{Resolution, Sample};

use super::case::Case;
use super::claim::ClaimReason;
use crate::scenario::NameClaim;

/// One claim about a name, and the edge that bears it.
pub(super) struct NameCase<'a> {
    pub(super) edge: &'a Case<'a>,
    pub(super) claim: &'a NameClaim,
    /// What each attempt shows.
    pub(super) shown: Vec<ClaimReason>,
}

impl<'a> NameCase<'a> {
    /// How many attempts show this.
    pub(super) fn count(&self, reason: ClaimReason) -> usize {
        self.shown.iter().filter(|shown| **shown == reason).count()
    }

    pub(super) fn sample(&self, place: Option<usize>) -> Option<&'a Sample> {
        self.edge.attempts.get(place?)?.sample.as_deref().ok()
    }

    pub(super) fn resolution(&self, place: Option<usize>) -> Option<&'a Resolution> {
        self.sample(place)?.resolution.as_deref()
    }
}
