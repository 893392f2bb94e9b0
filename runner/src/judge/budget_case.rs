//! A latency budget, and the edge that has to keep it.
//!
//! This file must not conclude anything.

use super::case::Case;
use super::verdict::Reason;
use crate::dispatch::Measurement;
use crate::scenario::Limit;

/// One budget, and the edge that has to keep it.
pub(crate) struct BudgetCase<'a> {
    pub(crate) edge: &'a Case<'a>,
    pub(crate) limit: Limit,
    /// Why the edge itself is judged as it is.
    pub(crate) reached: Reason,
}

impl<'a> BudgetCase<'a> {
    pub(crate) fn measurement(&self) -> Option<&'a Measurement> {
        self.edge.measurement
    }

    /// What the budget is about, in nanoseconds; for a loss budget, or where there are too few samples, nothing.
    pub(crate) fn value(&self) -> Option<u64> {
        match self.limit {
            Limit::Time(statistic, _) => statistic.of(&self.measurement()?.warm.phases.total.ns),
            Limit::Loss(_) => None,
        }
    }

    /// Whether lost calls are judged apart.
    pub(crate) fn has_loss_budget(&self) -> bool {
        let latency = self.edge.rule.latency.as_ref();
        latency
            .is_some_and(|latency| latency.budgets.iter().any(|other| matches!(other.limit, Limit::Loss(_))))
    }
}
