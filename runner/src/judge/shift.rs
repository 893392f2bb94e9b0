//! Whether the times of one run are longer than those of another, by a rule that asks nothing of how they are spread.
//!
//! Of n independent times, the number that does not exceed the true percentile p is binomial with n and p. So the time of
//! rank l is a lower bound of the percentile that is wrong with probability P(B(n, p) < l), and the time of rank u an upper
//! one, wrong with P(B(n, p) >= u): the distribution-free interval from order statistics (W. J. Conover, Practical
//! Nonparametric Statistics, section 3.2; G. J. Hahn and W. Q. Meeker, Statistical Intervals, section 5.2). A percentile
//! has risen where the lower bound of the new run lies above the upper one of the old by more than a tolerance. Where
//! both are equal that takes one bound or the other to be wrong; their probabilities, over all percentiles and all edges
//! that are compared, add up to at most [`FALSE_ALARMS`] (Bonferroni). A bucket counts as its edge that makes the two
//! runs more alike, so its width raises no alarm.
//!
//! Calls that follow one another are not quite independent: one stall holds up several. The tolerance, and bounds
//! that must not even touch, are there for that. This file must not know what was measured.

use ringfence_contract::histogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::scenario::Statistic;

/// How often a comparison in which nothing has changed says that something is slower, at most.
pub const FALSE_ALARMS: f64 = 0.01;

/// The percentiles that are compared, each where there are samples enough for its bounds.
const COMPARED: [Statistic; 3] =
    [Statistic::Percentile(50_000), Statistic::Percentile(90_000), Statistic::Percentile(99_000)];

/// A rise by less than this part of the old bound, in percent, is none.
pub const TOLERANCE_PERCENT: u64 = 5;

/// A rise by less than this is none, in nanoseconds: 100 us, what a busy machine makes of nothing.
pub const TOLERANCE_NS: u64 = 100_000;

/// A percentile that is not what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Which, in thousandths of a percent: `99_000` is p99.
    pub percentile: u32,
    /// The bound of the old run that faces the new one's, in nanoseconds.
    pub old_ns: u64,
    /// The bound of the new run, in nanoseconds: above the old one's if it has risen, below if it has fallen.
    pub new_ns: u64,
}

impl Shift {
    /// Whether it has risen.
    #[must_use]
    pub fn has_risen(&self) -> bool {
        self.new_ns > self.old_ns
    }
}

/// The percentiles that have risen or fallen, one of `edges` comparisons, 1 or more, made together.
#[must_use]
pub fn shifts(old: &Histogram, new: &Histogram, edges: usize) -> Vec<Shift> {
    let edges = u32::try_from(edges.max(1)).unwrap_or(u32::MAX);
    // Two bounds a percentile and edge.
    let risk = FALSE_ALARMS / (2.0 * COMPARED.map(|_| f64::from(edges)).iter().sum::<f64>());
    let shift = |statistic: Statistic| {
        let Statistic::Percentile(percentile) = statistic else { return None };
        let (old, new) = (Bounds::of(old, percentile, risk), Bounds::of(new, percentile, risk));
        let apart = |lower: u64, upper: u64| {
            let tolerance = (upper / 100 * TOLERANCE_PERCENT).max(TOLERANCE_NS);
            lower > upper.saturating_add(tolerance)
        };
        let risen = old.upper.zip(new.lower).filter(|(old, new)| apart(*new, *old));
        let fallen = || old.lower.zip(new.upper).filter(|(old, new)| apart(*old, *new));
        let (old_ns, new_ns) = risen.or_else(fallen)?;
        Some(Shift { percentile, old_ns, new_ns })
    };
    COMPARED.into_iter().filter_map(shift).collect()
}

/// What a percentile is at least and at most, each where there are samples enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    lower: Option<u64>,
    upper: Option<u64>,
}

impl Bounds {
    fn of(times: &Histogram, percentile: u32, risk: f64) -> Self {
        let count = u32::try_from(times.count()).unwrap_or(u32::MAX);
        let (lower, upper) = ranks(count, f64::from(percentile) / f64::from(Histogram::WHOLE), risk);
        let at = |rank: u32| bucket_of(times, rank.into());
        Self {
            lower: lower.and_then(at).map(|(lowest, _)| lowest),
            upper: upper.and_then(at).map(|(_, highest)| highest),
        }
    }
}

/// The bucket of the time of this rank, counted from 1 at the shortest.
fn bucket_of(times: &Histogram, rank: u64) -> Option<(u64, u64)> {
    let mut seen = 0;
    let mut buckets = times.buckets();
    let bucket = buckets.find(|(_, _, count)| {
        seen += count;
        seen >= rank
    });
    bucket.map(|(lowest, highest, _)| (lowest, highest))
}

/// Of n times, the highest rank that exceeds percentile p with no more than this risk, and the lowest that falls short of
/// it with no more; none where even the first or the last does.
fn ranks(n: u32, p: f64, risk: f64) -> (Option<u32>, Option<u32>) {
    let (first, weights) = binomial(n, p);
    let mut below = 0.0;
    let under = weights.iter().take_while(|weight| {
        below += **weight;
        below <= risk
    });
    // B < l with no more than the risk: l may be as high as the number of values that stay within it, from 0.
    let lower = first + u32::try_from(under.count()).unwrap_or(u32::MAX);
    let mut above = 0.0;
    let over = weights.iter().rev().take_while(|weight| {
        above += **weight;
        above <= risk
    });
    let last = first + u32::try_from(weights.len()).unwrap_or(u32::MAX);
    let upper = last - u32::try_from(over.count()).unwrap_or(u32::MAX);
    ((lower >= 1).then_some(lower), (1..=n).contains(&upper).then_some(upper))
}

/// The probabilities of B(n, p), from the first value on that has one worth the name: each from its neighbour, outward
/// from the likeliest, and all of them brought to a sum of 1, so that no factorial is needed.
fn binomial(n: u32, p: f64) -> (u32, Vec<f64>) {
    const NEGLIGIBLE: f64 = 1e-30;
    let odds = p / (1.0 - p);
    let likeliest = (0..=n).rev().find(|k| f64::from(*k) <= (f64::from(n) + 1.0) * p).unwrap_or(0);
    let down = std::iter::successors(Some((likeliest, 1.0)), |(k, weight)| {
        let weight = weight * f64::from(*k) / (f64::from(n - k) + 1.0) / odds;
        (*k > 0 && weight > NEGLIGIBLE).then(|| (k - 1, weight))
    });
    let up = std::iter::successors(Some((likeliest, 1.0)), |(k, weight)| {
        let weight = weight * f64::from(n - k) / (f64::from(*k) + 1.0) * odds;
        (*k < n && weight > NEGLIGIBLE).then(|| (k + 1, weight))
    });
    let mut weights: Vec<(u32, f64)> = down.collect();
    weights.reverse();
    weights.extend(up.skip(1));
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let first = weights.first().map_or(0, |(k, _)| *k);
    (first, weights.into_iter().map(|(_, weight)| weight / sum).collect())
}

#[cfg(test)]
#[path = "shift_tests.rs"]
mod tests;
