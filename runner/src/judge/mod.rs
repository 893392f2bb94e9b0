//! [`Observations`] in, one [`Judgement`] an edge out: a pure function.
//!
//! This room must not know how anything was asked or how anything is drawn.

mod allow;
mod budget_case;
mod budget_words;
mod budgets;
mod case;
mod claim;
mod deny;
mod edge;
mod evidence;
pub mod figure;
mod hint;
mod hint_blocked;
mod hint_open;
mod name_case;
mod name_words;
mod names;
mod platform;
mod sentence;
mod shift;
mod throughputs;
mod unfinished;
mod verdict;
mod witness;

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod name_tests;
#[cfg(test)]
mod places;
#[cfg(test)]
mod planned;
#[cfg(test)]
pub(crate) mod sample_run;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod throughput_tests;
#[cfg(test)]
mod truth;

pub use claim::{ClaimKind, ClaimReason, JudgedClaim};
pub use shift::{FALSE_ALARMS, Shift, TOLERANCE_NS, TOLERANCE_PERCENT, shifts};
pub use verdict::{JudgedEdge, Reason, Verdict};

use crate::dispatch::Observations;
use crate::plan::{Claim, Plan, claims};
use crate::scenario::Scenario;

/// What is concluded of one edge, and of each of its claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The edge itself.
    pub edge: JudgedEdge,
    /// The claims it bears, in the order of [`claims`].
    pub claims: Vec<JudgedClaim>,
}

/// Judges every edge of a plan, and what is claimed of it, on what its run saw: one [`Judgement`] an edge, in the plan's
/// order.
///
/// Takes time linear in edges, attempts and witnesses. What is missing from the observations is ignorance: an edge
/// nothing is known of is inconclusive, and so is every claim of it. Neither has a bearing on the other: a name may lead
/// elsewhere over an edge that is as expected, and an edge that is slow was reached.
#[must_use]
pub fn judge(scenario: &Scenario, plan: &Plan, observations: &Observations) -> Vec<Judgement> {
    let grounds = case::Grounds::gather(scenario, plan, observations);
    let judge_one = |place: usize| {
        let case = grounds.case(place);
        let edge = edge::judge(&case);
        let judge_claim = |claim| match claim {
            Claim::Resolves(name) => names::judge(&case, name),
            Claim::Keeps(budget) => budgets::judge(&case, budget, edge.reason),
            Claim::Flows(throughput) => throughputs::judge(&case, throughput, edge.reason),
        };
        let claims = claims(scenario, case.edge).into_iter().map(judge_claim).collect();
        Judgement { edge, claims }
    };
    (0..plan.edges.len()).map(judge_one).collect()
}
