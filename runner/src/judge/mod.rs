//! [`Observations`] in, one [`JudgedEdge`] an edge out: a pure function.
//!
//! This room must not know how anything was asked or how anything is drawn.

mod allow;
mod case;
mod deny;
mod evidence;
mod hint;
mod hint_blocked;
mod platform;
mod sentence;
mod verdict;
mod witness;

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod places;
#[cfg(test)]
mod planned;
#[cfg(test)]
pub(crate) mod sample_run;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth;

pub use verdict::{JudgedEdge, Reason, Verdict};

use crate::dispatch::Observations;
use crate::plan::Plan;
use crate::scenario::{Expect, Scenario};

/// Judges every edge of a plan on what its run saw: one [`JudgedEdge`] an edge, in the plan's order.
///
/// Takes time linear in edges, attempts and witnesses. What is missing from the observations is ignorance: an edge
/// nothing is known of is inconclusive.
#[must_use]
pub fn judge(scenario: &Scenario, plan: &Plan, observations: &Observations) -> Vec<JudgedEdge> {
    let grounds = case::Grounds::gather(scenario, plan, observations);
    let judge_one = |place: usize| {
        let case = grounds.case(place);
        let finding = match case.edge.expect {
            Expect::Allow => allow::judge(&case),
            Expect::Deny => deny::judge(&case),
        };
        JudgedEdge {
            reason: finding.reason,
            sentence: sentence::write(&case, &finding),
            hint: hint::write(&case, &finding),
            evidence: evidence::write(&case, &finding),
            decided_by: finding.decided_by,
            flaky: finding.flaky,
            self_witnessed: finding.self_witnessed,
        }
    };
    (0..plan.edges.len()).map(judge_one).collect()
}
