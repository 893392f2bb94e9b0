//! Why a claim holds, does not hold, or is not known to.

use ringfence_contract::words;

use super::verdict::Verdict;

words! {
    /// What is claimed of an edge beside its reachability.
    ClaimKind {
        /// What a name resolves to.
        Resolves = "resolves",
        /// How fast the edge is, or how few of its calls are lost.
        Budget = "budget",
        /// How fast bytes come over the edge.
        Throughput = "throughput",
    }
}

words! {
    /// Why that is concluded of a claim. Each belongs to one verdict (see [`ClaimReason::verdict`]).
    ClaimReason {
        /// Pass: every answer had addresses, and all of them lie where they have to.
        Resolved = "resolved",
        /// Fail: an address lies elsewhere.
        ResolvedElsewhere = "resolved-elsewhere",
        /// Fail: the resolver said that there is no such name, or that it has no address in this family.
        NameUnresolved = "name-unresolved",
        /// Inconclusive: the resolver failed, refused or did not answer, or there is none: nothing is known of the name.
        ResolverSilent = "resolver-silent",
        /// Inconclusive: the call ended before the name was asked for.
        NameNotAsked = "name-not-asked",
        /// Pass: the measured calls keep the budget.
        WithinBudget = "within-budget",
        /// Fail: they exceed it.
        OverBudget = "over-budget",
        /// Pass: as many bytes came as are claimed.
        FastEnough = "fast-enough",
        /// Fail: fewer did.
        TooSlow = "too-slow",
        /// Inconclusive: the edge was not reached, its measurement did not come to its end, or too few of its calls were
        /// answered.
        NotMeasured = "not-measured",
        /// Inconclusive: the vantage could not be asked, or did not say.
        VantageNotAsked = "vantage-not-asked",
        /// Inconclusive: the run was ended first.
        Interrupted = "interrupted",
        /// Skipped: the name has no address in this family, and none is claimed.
        FamilyNotClaimed = "family-not-claimed",
        /// Skipped: the vantage has no address in this family.
        NoFamily = "no-family",
    }
}

impl ClaimReason {
    /// The one verdict this reason is a reason for.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Resolved | Self::WithinBudget | Self::FastEnough => Verdict::Pass,
            Self::ResolvedElsewhere | Self::NameUnresolved | Self::OverBudget | Self::TooSlow => {
                Verdict::Fail
            }
            Self::ResolverSilent
            | Self::NameNotAsked
            | Self::NotMeasured
            | Self::VantageNotAsked
            | Self::Interrupted => Verdict::Inconclusive,
            Self::FamilyNotClaimed | Self::NoFamily => Verdict::Skipped,
        }
    }
}
