//! A latency budget, for one edge: on the calls that measured it, and on nothing else.
//!
//! A percentile is one of the calls that were answered. A lost call has no time; unless a loss budget judges lost calls
//! apart, it counts as slower than any budget, so that a path that loses its slow calls does not look fast.

use ringfence_contract::histogram::Histogram;

use super::budget_case::BudgetCase;
use super::case::Case;
use super::claim::{ClaimKind, ClaimReason};
use super::finding::ClaimFinding;
use super::verdict::Reason;
use crate::dispatch::{Measurement, UnaskedWhy};
use crate::scenario::{Budget, Limit, Statistic};

/// Judges the budget.
pub(super) fn judge(edge: &Case<'_>, budget: &Budget, reached: Reason) -> ClaimFinding {
    let case = BudgetCase { edge, limit: budget.limit, reached };
    let took_us = case.value().map(|ns| ns / 1_000);
    ClaimFinding { kind: ClaimKind::Budget, reason: conclude(&case), decided_by: None, took_us }
}

fn conclude(case: &BudgetCase<'_>) -> ClaimReason {
    let Some(measurement) = case.measurement() else { return not_begun(case.edge, case.reached) };
    let figures = &measurement.warm;
    if figures.placed == 0 {
        let stopped = measurement.stopped.as_ref().map(|stopped| stopped.why);
        return match stopped {
            Some(UnaskedWhy::Interrupted) => ClaimReason::Interrupted,
            _ => ClaimReason::NotMeasured,
        };
    }
    let (over, within) = match case.limit {
        Limit::Loss(part) => {
            let parts = u64::from(figures.lost_in_all()) * u64::from(Histogram::WHOLE);
            let over = parts > u64::from(figures.intended) * u64::from(part);
            (over, !over)
        }
        Limit::Time(statistic, limit_ns) => {
            let within = case.value().is_some_and(|ns| ns <= limit_ns) && has_time_for(case, measurement);
            (is_over(case, measurement, (statistic, limit_ns)), within)
        }
    };
    match (over, within, &measurement.stopped) {
        (true, _, _) => ClaimReason::OverBudget,
        (false, true, None) => ClaimReason::WithinBudget,
        (false, _, Some(stopped)) if stopped.why == UnaskedWhy::Interrupted => ClaimReason::Interrupted,
        (false, _, _) => ClaimReason::NotMeasured,
    }
}

/// Whether a budget is exceeded, either by what the answered calls come to, or, where they are too few to say, by so many
/// of them that the others could not have made up for it.
fn is_over(
    case: &BudgetCase<'_>,
    measurement: &Measurement,
    (statistic, limit_ns): (Statistic, u64),
) -> bool {
    if case.value().is_some_and(|ns| ns > limit_ns) {
        return true;
    }
    let Statistic::Percentile(part) = statistic else { return false };
    let intended = u64::from(measurement.samples.max(measurement.warm.intended));
    let slow = measurement.warm.phases.total.ns.buckets().filter(|(lowest, ..)| *lowest > limit_ns);
    let slow: u64 = slow.map(|(_, _, count)| count).sum();
    slow > intended - rank(intended, part)
}

/// Whether the lost calls, each slower than any budget, leave the statistic what it is; where a loss budget judges them
/// apart, they do.
fn has_time_for(case: &BudgetCase<'_>, measurement: &Measurement) -> bool {
    let Limit::Time(statistic, limit_ns) = case.limit else { return false };
    let figures = &measurement.warm;
    let intended = u64::from(figures.intended);
    case.has_loss_budget()
        || match statistic {
            Statistic::Percentile(part) => {
                let within = figures.phases.total.ns.buckets().filter(|(_, highest, _)| *highest <= limit_ns);
                within.map(|(_, _, count)| count).sum::<u64>() >= rank(intended, part)
            }
            Statistic::Mean | Statistic::Max => u64::from(figures.answered) == intended,
        }
}

/// Which call, counted from the fastest, is the one that this part of all do not exceed.
fn rank(all: u64, part: u32) -> u64 {
    (all * u64::from(part)).div_ceil(u64::from(Histogram::WHOLE))
}

/// Why an edge was not measured at all.
pub(super) fn not_begun(edge: &Case<'_>, reached: Reason) -> ClaimReason {
    match reached {
        Reason::NoFamily => ClaimReason::NoFamily,
        Reason::Interrupted => ClaimReason::Interrupted,
        Reason::VantageNotAsked => ClaimReason::VantageNotAsked,
        _ if edge.interrupted => ClaimReason::Interrupted,
        _ => ClaimReason::NotMeasured,
    }
}
