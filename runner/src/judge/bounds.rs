//! What a percentile of calls is at least and at most, from how many of them and from how they differ from block to block.

use ringfence_contract::histogram::Histogram;
use ringfence_contract::measure::Block;

/// What a percentile is at least and at most, each where there are samples enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) lower: Option<u64>,
    pub(super) upper: Option<u64>,
}

impl Bounds {
    /// The bounds of a percentile, in thousandths of a percent, over all calls of these blocks; each is wrong with no more
    /// than this risk.
    ///
    /// Of n independent times, the number that does not exceed the true percentile p is binomial with n and p. So the time of
    /// rank l is a lower bound that is wrong with probability P(B(n, p) < l), and the time of rank u an upper one, wrong with
    /// P(B(n, p) >= u). The calls of a block are not independent: they are worth as many as [`worth`] says.
    pub(super) fn of(blocks: &[&Block], percentile: u32, risk: f64) -> Self {
        let mut times = Histogram::default();
        for block in blocks {
            times.add(&block.way);
        }
        let all = times.count();
        let share = f64::from(percentile) / f64::from(Histogram::WHOLE);
        let worth = worth(blocks, times.at(percentile).unwrap_or_default(), risk);
        let (lower, upper) = ranks(worth, share, risk);
        // A rank among the independent ones is the same part of all.
        let part = |rank: u32| u128::from(all) * u128::from(rank);
        let below = |rank: u32| u64::try_from(part(rank) / u128::from(worth.max(1))).unwrap_or(all).max(1);
        let above = |rank: u32| u64::try_from(part(rank).div_ceil(u128::from(worth.max(1)))).unwrap_or(all);
        Self {
            lower: lower.and_then(|rank| bucket_of(&times, below(rank))).map(|(lowest, _)| lowest),
            upper: upper.and_then(|rank| bucket_of(&times, above(rank))).map(|(_, highest)| highest),
        }
    }
}

/// How many independent calls the calls of these blocks are worth, of what part of them does not exceed a time.
///
/// The variance of that part, as the blocks have it (the ratio estimator of cluster samples: Kish, section 6.3), over the
/// variance that as many independent calls would have, is the design effect. Of few blocks it is itself not well known: so
/// it is taken larger, by the square of Student's quantile over the normal one.
fn worth(blocks: &[&Block], ns: u64, risk: f64) -> u32 {
    let counts = blocks.iter().map(|block| {
        let within = block
            .way
            .buckets()
            .take_while(|(lowest, ..)| *lowest <= ns)
            .map(|(.., count)| count)
            .sum::<u64>();
        (float(within), float(block.way.count()))
    });
    let counts: Vec<(f64, f64)> = counts.collect();
    let (within, all) = counts.iter().fold((0.0, 0.0), |(within, all), (some, of)| (within + some, all + of));
    let number = float(u64::try_from(counts.len()).unwrap_or(u64::MAX));
    if number < 2.0 || all < 1.0 {
        return 0;
    }
    let share = within / all;
    let squares: f64 = counts.iter().map(|(some, of)| (some - share * of).powi(2)).sum();
    let (clustered, independent) = (number / (number - 1.0) * squares / all, share * (1.0 - share));
    let effect = if independent > 0.0 { (clustered / independent).max(1.0) } else { 1.0 };
    // The normal quantile of a risk is no more than this (Q(z) <= exp(-z^2 / 2) / 2); Student's is some (z^2 + 1) / 4f more of
    // it (Abramowitz and Stegun, 26.7.5).
    let square = -2.0 * (2.0 * risk).ln().min(0.0);
    let student = 1.0 + (square + 1.0) / (4.0 * (number - 1.0));
    let worth = (all / effect / student.powi(2)).floor();
    (0..=31).rev().fold(0_u32, |found, bit| {
        if f64::from(found + (1 << bit)) <= worth { found + (1 << bit) } else { found }
    })
}

/// A count as a number to reckon with: exact below 2^32, and no run has more calls.
fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
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
#[path = "bounds_tests.rs"]
mod tests;
