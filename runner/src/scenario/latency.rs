//! How an edge's calls are to be measured, and the budgets they have to keep. It must not know how anything is measured.

use std::fmt;

use ringfence_contract::call::Timeouts;
use ringfence_contract::histogram::Histogram;
use ringfence_contract::measure::{Connection, Measure};
use ringfence_contract::quantity::{exact_time, thousandths};

use super::defaults;
use super::source::Span;

/// What a rule says of how fast its edges are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    /// How its calls are measured.
    pub sampling: Sampling,
    /// The budgets, percentiles first, each a claim of its own. None where an edge is only measured.
    pub budgets: Vec<Budget>,
}

/// How the calls of an edge are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// What becomes of a connection after its first call.
    pub connection: Connection,
    /// From one intended start to the next, in microseconds.
    pub interval_us: u32,
    /// How many calls are placed first and shown apart, in every order.
    pub cold: u32,
    /// How many calls are placed after them, over all orders; 1 or more.
    pub samples: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            connection: defaults::CONNECTION,
            interval_us: 1_000_000 / defaults::RATE_PER_SECOND,
            cold: defaults::COLD,
            samples: defaults::SAMPLES,
        }
    }
}

impl Sampling {
    /// How many samples one order has room for, behind its cold calls; 0 where the timeouts leave none.
    #[must_use]
    pub fn samples_per_order(&self, timeouts: &Timeouts) -> u32 {
        Measure::calls_that_fit(self.interval_us, timeouts).saturating_sub(self.cold)
    }

    /// How long the samples are paced over, in whole seconds, rounded up.
    #[must_use]
    pub fn paced_s(&self) -> u64 {
        (u64::from(self.samples) * u64::from(self.interval_us)).div_ceil(1_000_000)
    }
}

/// One budget, and where the scenario says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// What may not be exceeded.
    pub limit: Limit,
    /// Where the scenario says so.
    pub span: Span,
}

/// What a measurement may not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// How long calls take from their intended start to their end, at most, in nanoseconds.
    Time(Statistic, u64),
    /// How many of the calls are lost, at most, in thousandths of a percent.
    Loss(u32),
}

/// What is drawn from the times of many calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// What this part of all calls does not exceed, in thousandths of a percent: `99_900` is p99.9.
    Percentile(u32),
    /// The mean.
    Mean,
    /// The longest.
    Max,
}

impl Statistic {
    /// The fewest calls that have such a statistic: of fewer than 1/(1 - p) none lies above percentile p.
    #[must_use]
    pub fn samples_needed(self) -> u32 {
        match self {
            Self::Percentile(part) => Histogram::WHOLE.div_ceil(Histogram::WHOLE.saturating_sub(part).max(1)),
            Self::Mean | Self::Max => 1,
        }
    }

    /// The statistic of these times, in nanoseconds; none where there are too few for it.
    #[must_use]
    pub fn of(self, times: &Histogram) -> Option<u64> {
        let times = (times.count() >= u64::from(self.samples_needed())).then_some(times)?;
        match self {
            Self::Percentile(part) => times.at(part),
            Self::Mean => times.mean(),
            Self::Max => times.max(),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(part) => write!(f, "p{}", thousandths((*part).into())),
            Self::Mean => f.write_str("mean"),
            Self::Max => f.write_str("max"),
        }
    }
}

impl fmt::Display for Limit {
    /// As a claim has it: `p99 <= 50 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(statistic, ns) => write!(f, "{statistic} <= {}", exact_time(*ns)),
            Self::Loss(part) => write!(f, "loss <= {} %", thousandths((*part).into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_needs_as_many_samples_as_have_one_above_it() {
        let needed = [50_000, 90_000, 95_000, 99_000, 99_900, 100_000];
        let needed = needed.map(|part| Statistic::Percentile(part).samples_needed());
        assert_eq!(needed, [2, 10, 20, 100, 1_000, 100_000]);
        let mut times = Histogram::default();
        (1..100).for_each(|ns| times.record(ns));
        let p99 = Statistic::Percentile(99_000);
        assert_eq!((p99.of(&times), Statistic::Percentile(95_000).of(&times)), (None, Some(95)));
        times.record(100);
        assert_eq!((p99.of(&times), Statistic::Max.of(&times)), (Some(99), Some(100)));
    }

    #[test]
    fn a_limit_is_written_as_people_write_it() {
        for (limit, written) in [
            (Limit::Time(Statistic::Percentile(99_900), 50_000_000), "p99.9 <= 50 ms"),
            (Limit::Time(Statistic::Mean, 1_500_000), "mean <= 1.5 ms"),
            (Limit::Time(Statistic::Max, 250_000), "max <= 250 us"),
            (Limit::Time(Statistic::Percentile(50_000), 2_005_000_000), "p50 <= 2.005 s"),
            (Limit::Loss(1_000), "loss <= 1 %"),
            (Limit::Loss(50), "loss <= 0.05 %"),
            (Limit::Loss(0), "loss <= 0 %"),
        ] {
            assert_eq!(limit.to_string(), written);
        }
    }
}
