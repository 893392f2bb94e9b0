//! The words of a judged claim: why it holds, does not hold, or is not known to, and what is said of it.

use ringfence_contract::words;
use serde::{Deserialize, Serialize};

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

/// What is concluded of one claim of one edge, and on what grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedClaim {
    /// What kind of claim it is.
    pub kind: ClaimKind,
    /// Why; the verdict is [`ClaimReason::verdict`].
    pub reason: ClaimReason,
    /// What was seen, in one sentence without a full stop: `expected to resolve within 10.0.3.0/24, got 203.0.113.7 by
    /// 10.0.0.53:53 in 3 ms`.
    pub sentence: String,
    /// What to look at next; every non-pass has one.
    pub hint: Option<String>,
    /// The evidence the verdict rests on, one fact a line, most telling first.
    pub evidence: Vec<String>,
    /// The attempt (from 0) that decided, where one did.
    pub decided_by: Option<usize>,
    /// How long what decided took, in microseconds: for a name, until the resolver had answered, or was given up; for a
    /// budget, what was measured and is held against it; for a throughput, how long bytes were counted.
    pub took_us: Option<u64>,
}
