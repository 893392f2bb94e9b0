//! How often each latency was seen, to four significant digits: a histogram with the buckets of `HdrHistogram`.
//!
//! Only the buckets that hold something are kept and written, so a histogram is as small as what is in it, travels whole
//! and merges without loss. This file must not know what is measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Buckets of one width before they double: with 32,768 of them a value of 32,768 or more lies in a bucket at most 1/16,384
/// of it wide, which is `HdrHistogram`'s meaning of four significant digits (2 * 10^4, rounded up to a power of two). The
/// kernel's clock is true to some 10 us: with three digits a percentile of 20 ms would be off by up to 16 us for its bucket
/// alone.
const SUB_BUCKETS_LOG2: u32 = 15;

/// How often each latency was seen, in nanoseconds, 0 to `u64::MAX`.
///
/// A value below 32,768 ns is kept as it is; above, its bucket is. On the wire it is a list of `[lowest, count]` pairs in
/// the order of their values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Histogram(BTreeMap<u64, u64>);

/// Pairs that no histogram is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HistogramError {
    /// The value is not the lowest of a bucket.
    #[error("`{0}` is not the lowest value of a bucket")]
    NotBucket(u64),
    /// The pair says that nothing was seen.
    #[error("the bucket of `{0}` is empty")]
    Empty(u64),
    /// The pairs are not in the order of their values, each value once.
    #[error("the bucket of `{0}` is out of order")]
    OutOfOrder(u64),
}

/// One below the width of the bucket of a value: buckets are powers of two wide.
fn spread(ns: u64) -> u64 {
    let bits = u64::BITS - ns.leading_zeros();
    (1 << bits.saturating_sub(SUB_BUCKETS_LOG2)) - 1
}

fn lowest(ns: u64) -> u64 {
    ns & !spread(ns)
}

impl Histogram {
    /// The whole of which [`Histogram::at`] takes its part: 100 % in thousandths of a percent.
    pub const WHOLE: u32 = 100_000;

    /// Counts one latency.
    pub fn record(&mut self, ns: u64) {
        *self.0.entry(lowest(ns)).or_default() += 1;
    }

    /// Counts all that another histogram counted, as if it had been recorded here.
    pub fn add(&mut self, other: &Self) {
        for (lowest, count) in &other.0 {
            let held = self.0.entry(*lowest).or_default();
            *held = held.saturating_add(*count);
        }
    }

    /// How many latencies were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The lowest latency, in nanoseconds, to four digits below; none of an empty histogram.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        self.0.keys().next().copied()
    }

    /// The highest latency, in nanoseconds, to four digits above.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        self.0.keys().next_back().map(|lowest| lowest | spread(*lowest))
    }

    /// The mean, in nanoseconds, each latency taken as the middle of its bucket.
    #[must_use]
    pub fn mean(&self) -> Option<u64> {
        let middle = |lowest: u64| u128::from(lowest + spread(lowest).div_ceil(2));
        let sum: u128 = self.0.iter().map(|(lowest, count)| middle(*lowest) * u128::from(*count)).sum();
        let mean = sum.checked_div(u128::from(self.count()))?;
        u64::try_from(mean).ok()
    }

    /// The latency, in nanoseconds, that this part of all do not exceed, in thousandths of a percent: `99_900` is p99.9.
    /// It is the highest of its bucket, as in `HdrHistogram`, so it never flatters.
    #[must_use]
    pub fn at(&self, part: u32) -> Option<u64> {
        let (whole, part) = (u128::from(Self::WHOLE), u128::from(part.min(Self::WHOLE)));
        let rank = (u128::from(self.count()) * part).div_ceil(whole).max(1);
        let mut seen = 0;
        let bucket = self.0.iter().find(|(_, count)| {
            seen += u128::from(**count);
            seen >= rank
        });
        bucket.map(|(lowest, _)| lowest | spread(*lowest))
    }

    /// The buckets that hold something, from low to high: the lowest value of each, the highest, and how many it holds.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        self.0.iter().map(|(lowest, count)| (*lowest, lowest | spread(*lowest), *count))
    }
}

impl From<Histogram> for Vec<(u64, u64)> {
    fn from(histogram: Histogram) -> Self {
        histogram.0.into_iter().collect()
    }
}

impl TryFrom<Vec<(u64, u64)>> for Histogram {
    type Error = HistogramError;

    fn try_from(pairs: Vec<(u64, u64)>) -> Result<Self, HistogramError> {
        let mut held = BTreeMap::new();
        let mut last = None;
        for (value, count) in pairs {
            if value != lowest(value) {
                return Err(HistogramError::NotBucket(value));
            }
            if count == 0 {
                return Err(HistogramError::Empty(value));
            }
            if last.is_some_and(|last| last >= value) {
                return Err(HistogramError::OutOfOrder(value));
            }
            last = Some(value);
            held.insert(value, count);
        }
        Ok(Self(held))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARTS: [u32; 8] = [0, 1, 50_000, 90_000, 95_000, 99_000, 99_900, 100_000];

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for ns in values {
            histogram.record(*ns);
        }
        histogram
    }

    #[test]
    fn absent_is_absent() {
        let empty = Histogram::default();
        assert_eq!(
            (empty.count(), empty.min(), empty.max(), empty.mean(), empty.at(50_000)),
            (0, None, None, None, None)
        );
    }

    #[test]
    fn pairs_that_no_histogram_is_made_of_are_refused() {
        for (pairs, error) in [
            ("[[32769,1]]", "not the lowest value"),
            ("[[32768,0]]", "is empty"),
            ("[[7,1],[7,1]]", "out of order"),
            ("[[9,1],[7,1]]", "out of order"),
        ] {
            let said = serde_json::from_str::<Histogram>(pairs).expect_err(pairs).to_string();
            assert!(said.contains(error), "{pairs}: {said}");
        }
    }

    /// Latencies of every size: a bit length, then bits.
    fn latencies() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec((0_u32..40, any::<u64>()).prop_map(|(bits, ns)| ns & ((1 << bits) - 1)), 1..200)
    }

    proptest! {
        #[test]
        fn every_percentile_is_the_exact_one_to_four_digits(mut values in latencies()) {
            let histogram = of(&values);
            values.sort_unstable();
            for part in PARTS {
                let rank = (values.len() as u64 * u64::from(part)).div_ceil(u64::from(Histogram::WHOLE)).max(1);
                let exact = values[usize::try_from(rank - 1).expect("a place")];
                let said = histogram.at(part).expect("some");
                prop_assert!(said >= exact && said - exact <= exact / 10_000, "p{part}: {said} for {exact}");
            }
            prop_assert_eq!(histogram.count(), values.len() as u64);
        }

        #[test]
        fn it_says_what_hdr_histogram_says(values in latencies()) {
            let ours = of(&values);
            let mut theirs = hdrhistogram::Histogram::<u64>::new(4).expect("four digits");
            for ns in &values {
                theirs.record(*ns).expect("room");
            }
            // Of part 0 theirs says the lowest of its bucket.
            for part in PARTS.into_iter().filter(|part| *part > 0) {
                let quantile = f64::from(part) / f64::from(Histogram::WHOLE);
                prop_assert_eq!(ours.at(part), Some(theirs.value_at_quantile(quantile)));
            }
            prop_assert_eq!(ours.max(), Some(theirs.max()));
            let mean = ours.mean().expect("some");
            let mean = std::time::Duration::from_nanos(mean).as_secs_f64() * 1e9;
            prop_assert!((mean - theirs.mean()).abs() <= 1.0, "{} and {}", mean, theirs.mean());
        }

        #[test]
        fn merging_loses_nothing_and_so_does_the_wire(one in latencies(), other in latencies()) {
            let mut merged = of(&one);
            merged.add(&of(&other));
            prop_assert_eq!(&merged, &of(&[one, other].concat()));
            let text = serde_json::to_string(&merged).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Histogram>(&text).expect("a histogram"), merged);
        }
    }
}
