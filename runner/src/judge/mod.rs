//! What is so: [`Grounds`] in, one [`Judged`] an edge out, as a pure function.
//!
//! Nothing here is put into words: that is the room [`explain`](crate::explain)'s.

mod allow;
mod bounds;
mod budget_case;
mod budgets;
mod callers;
mod case;
mod claim;
mod contact;
mod deny;
mod finding;
mod grounds;
mod lives;
mod name_case;
mod names;
mod notice;
mod pace;
pub(crate) mod platform;
mod seen;
mod senders;
mod server;
mod shift;
mod site;
mod throughputs;
mod unfinished;
mod verdict;
mod witness;

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod planned;
#[cfg(test)]
pub(crate) mod sample_run;
#[cfg(test)]
pub(crate) mod truth;

pub(crate) use budget_case::BudgetCase;
pub(crate) use case::{Case, are_alike, is_private};
pub use claim::{ClaimKind, ClaimReason};
pub(crate) use contact::Contact;
pub use finding::{ClaimFinding, Finding, Judged};
pub use grounds::Grounds;
pub(crate) use name_case::NameCase;
pub use notice::{Notice, Unforged, notices};
pub use pace::{AGAIN_MAX, Pace, is_in_doubt, is_unclear, pace};
pub use shift::{FALSE_ALARMS, Shift, Terms, Tolerance, Unlike, shifts};
pub(crate) use unfinished::{got_in, lost_once_connected};
pub use verdict::{Reason, Verdict, Weakness};
pub(crate) use witness::{Witnessed, is_admitted};

use crate::plan::{Claim, claims};
use crate::scenario::Expect;

/// Judges every edge of a plan, and what is claimed of it, on what its run saw: one [`Judged`] an edge, in the plan's order.
///
/// Takes time linear in edges, attempts and witnesses. What is missing from the observations is ignorance: an edge
/// nothing is known of is inconclusive, and so is every claim of it. Neither has a bearing on the other: a name may lead
/// elsewhere over an edge that is as expected, and an edge that is slow was reached. But an edge whose measured calls were
/// lost is no longer reached, whatever its budgets.
pub fn judge<'g>(grounds: &'g Grounds<'_>) -> impl Iterator<Item = Judged> + 'g {
    grounds.cases().map(|case| {
        let edge = match case.edge.expect {
            Expect::Allow => contact::keep(case.measurement, allow::judge(&case)),
            Expect::Deny => deny::judge(&case),
        };
        let judge_claim = |claim| match claim {
            Claim::Resolves(name) => names::judge(&case, name),
            Claim::Keeps(budget) => budgets::judge(&case, budget, edge.reason),
            Claim::Flows(throughput) => throughputs::judge(&case, throughput, edge.reason),
        };
        let claims = claims(case.scenario, case.edge).into_iter().map(judge_claim).collect();
        Judged { edge, claims }
    })
}
