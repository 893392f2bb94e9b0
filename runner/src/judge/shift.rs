//! Whether the network is slower than in an older run, by a rule that holds where calls depend on one another and where the
//! caller's own machine is now busy and now not.
//!
//! What is compared is how long calls were *on their way*: their phases, mostly by the kernel's clock, without what the caller
//! was late by. That alone leaves out most of what a busy caller adds. The rest is met by comparing block with block
//! ([`Block`]), not call with call: calls of some 100 ms share what happens to them, so of n calls in b blocks far fewer
//! than n are independent. (T. Kalibera, R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013: repeat at the
//! level at which things vary. P. Heidelberger, P. A. W. Lewis, "Quantile estimation in dependent sequences", Operations
//! Research 32, 1984: percentiles from batches of consecutive values.)
//!
//! **Where both callers had processors to spare**, blocks in which they had are compared. A percentile has bounds from order
//! statistics, whatever the times' distribution (W. J. Conover, Practical Nonparametric Statistics, section 3.2; G. J. Hahn
//! and W. Q. Meeker, Statistical Intervals, section 5.2), of as many calls as the blocks' spread is worth: their number
//! divided by the design effect (R. S. Woodruff, "Confidence intervals for medians and other position measures", JASA 47,
//! 1952; L. Kish, Survey Sampling, 1965), with Student's correction for few blocks. It has risen where the lower bound of
//! the new run lies above the upper one of the old by more than the tolerance. The risks of all bounds, over all
//! percentiles and edges, add up to at most [`FALSE_ALARMS`] (Bonferroni).
//!
//! **Where one was busy**, no such sum is possible: what a busy machine adds has no distribution that holds from one second to
//! the next. But it only ever adds, and not to every call (J. Chen, J. Revels, "Robust benchmarking in noisy environments",
//! 2016), so the fastest calls of each block tell the way itself, if those of half the blocks agree. Then the median has
//! risen where this floor rose by more than twice the tolerance, and the medians of the blocks whose times lie closest
//! together did not fall. If they do not agree, nothing can be said, but of a rise that is larger than all waits for
//! processors, as the caller's own lateness tells them, could add up to.
//!
//! This file must not know what was measured.

use ringfence_contract::measure::Block;
use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use crate::scenario::Statistic;

/// How often a comparison in which nothing has changed says that something is slower, at most.
pub const FALSE_ALARMS: f64 = 0.01;

/// The percentiles that are compared, each where there are samples enough for its bounds.
const COMPARED: [Statistic; 3] =
    [Statistic::Percentile(MEDIAN), Statistic::Percentile(90_000), Statistic::Percentile(99_000)];

/// The median, in thousandths of a percent.
const MEDIAN: u32 = 50_000;

/// The caller has processors to spare where other threads want no more than this part of one, in thousandths: of two, a
/// single busy thread is more, of eight it is less.
const CROWD_CALM: u32 = 300;

/// The caller is not starved where its clock rings no later than this on the mean, in nanoseconds. A timer of whole
/// milliseconds, where there is no finer one, is late by up to one.
const LATE_CALM_NS: u64 = 2_000_000;

/// The fewest blocks, and the fewest calls in them, to conclude anything of.
const BLOCKS_MIN: usize = 4;
const CALLS_MIN: u64 = 30;

/// Of a busy run the medians of the blocks with the smallest spread are compared: of this part of all, in percent.
const CLOSEST_PERCENT: usize = 30;

/// The fastest tenths of blocks are alike where no more than this part of them, or this many nanoseconds, lies between one in
/// ten of them and half of them.
const FLOOR_PART: u64 = 10;
const FLOOR_NS: u64 = 60_000;

/// A caller whose clock rings later than this on the mean, in nanoseconds, tells nothing of anybody else.
const LATE_STARVED_NS: u64 = 10_000_000;

/// How many times its caller's lateness a call may wait for processors, at most: it is woken some times itself, and whatever
/// answers it may run on the same machine.
const WAITS: u64 = 20;

/// A rise that counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Less than this part of the old time, in thousandths.
    pub permille: u32,
    /// Less than this, in nanoseconds.
    pub ns: u64,
}

impl Default for Tolerance {
    /// 5 %, and 100 us: what a machine makes of nothing.
    fn default() -> Self {
        Self { permille: 50, ns: 100_000 }
    }
}

impl Tolerance {
    /// Whether a time lies above another by more than so many times this.
    fn is_above(self, higher: u64, lower: u64, times: u64) -> bool {
        let part = (lower / 1_000).saturating_mul(self.permille.into());
        higher > lower.saturating_add(part.max(self.ns).saturating_mul(times))
    }
}

/// On what terms two runs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What counts for nothing.
    pub tolerance: Tolerance,
    /// How many edges are compared together, 1 or more.
    pub edges: usize,
}

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

/// Why two measurements are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlike {
    /// One of them has no blocks, or too few answered calls in them.
    TooFew,
    /// The caller's machine was busier in the new one.
    Busier,
    /// It was busier in the old one.
    Calmer,
}

/// The percentiles that have risen or fallen.
///
/// # Errors
///
/// [`Unlike`], where what was measured does not bear a comparison.
pub fn shifts(old: &[&Block], new: &[&Block], terms: Terms) -> Result<Vec<Shift>, Unlike> {
    let answered = |block: &Block| block.way.count() > 0;
    let (old, new) = (pick(old, answered), pick(new, answered));
    if !is_enough(&old) || !is_enough(&new) {
        return Err(Unlike::TooFew);
    }
    let (calm_old, calm_new) = (pick(&old, is_calm), pick(&new, is_calm));
    if is_enough(&calm_old)
        && is_enough(&calm_new)
        && let Some(found) = shifts_of_calm(&calm_old, &calm_new, terms)
    {
        return Ok(found);
    }
    shift_of_busy(&old, &new, terms.tolerance).map(|shift| shift.into_iter().collect())
}

/// Whether what was measured bears a comparison by itself: the caller had processors to spare, or its calls show the way's
/// floor.
pub(super) fn is_clear(blocks: &[Block]) -> bool {
    let blocks = pick(&blocks.iter().collect::<Vec<_>>(), |block| block.way.count() > 0);
    is_enough(&blocks)
        && (is_enough(&pick(&blocks, is_calm)) || Places::of(&pick(&blocks, is_awake)).have_a_floor())
}

fn is_awake(block: &Block) -> bool {
    block.late_ns <= LATE_STARVED_NS
}

fn pick<'b>(blocks: &[&'b Block], wanted: impl Fn(&Block) -> bool) -> Vec<&'b Block> {
    blocks.iter().copied().filter(|block| wanted(block)).collect()
}

fn is_enough(blocks: &[&Block]) -> bool {
    blocks.len() >= BLOCKS_MIN && blocks.iter().map(|block| block.way.count()).sum::<u64>() >= CALLS_MIN
}

fn is_calm(block: &Block) -> bool {
    block.crowd.is_none_or(|crowd| crowd <= CROWD_CALM) && block.late_ns <= LATE_CALM_NS
}

/// The percentiles that have risen or fallen between blocks whose callers had processors to spare; none at all where so few
/// blocks are worth too few calls to bound even the median: then they say nothing, which is not that nothing changed.
fn shifts_of_calm(old: &[&Block], new: &[&Block], Terms { tolerance, edges }: Terms) -> Option<Vec<Shift>> {
    let edges = u32::try_from(edges.max(1)).unwrap_or(u32::MAX);
    // Two bounds a percentile and edge.
    let risk = FALSE_ALARMS / (2.0 * COMPARED.map(|_| f64::from(edges)).iter().sum::<f64>());
    let median = [old, new].map(|blocks| Bounds::of(blocks, MEDIAN, risk));
    if median.iter().any(|bounds| bounds.lower.is_none() || bounds.upper.is_none()) {
        return None;
    }
    let shift = |statistic: Statistic| {
        let Statistic::Percentile(percentile) = statistic else { return None };
        let (old, new) = (Bounds::of(old, percentile, risk), Bounds::of(new, percentile, risk));
        let is_apart = |higher: u64, lower: u64| tolerance.is_above(higher, lower, 1);
        let risen = old.upper.zip(new.lower).filter(|(old, new)| is_apart(*new, *old));
        let fallen = || old.lower.zip(new.upper).filter(|(old, new)| is_apart(*old, *new));
        let (old_ns, new_ns) = risen.or_else(fallen)?;
        Some(Shift { percentile, old_ns, new_ns })
    };
    Some(COMPARED.into_iter().filter_map(shift).collect())
}

/// Where the times of one block lie.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "a number carries its unit in its name")]
struct Place {
    /// The tenth of its calls that were fastest took no longer.
    tenth_ns: u64,
    median_ns: u64,
    /// From that tenth to the three quarters that took no longer.
    spread_ns: u64,
}

/// Where the times of the blocks of one run lie.
struct Places(Vec<Place>);

impl Places {
    fn of(blocks: &[&Block]) -> Self {
        let place = |block: &&Block| {
            let [tenth_ns, median_ns, most] =
                [10_000, 50_000, 75_000].map(|part| block.way.at(part).unwrap_or_default());
            Place { tenth_ns, median_ns, spread_ns: most.saturating_sub(tenth_ns) }
        };
        let mut places: Vec<Place> = blocks.iter().map(place).collect();
        places.sort_unstable_by_key(|place| place.spread_ns);
        Self(places)
    }

    /// What this part of the blocks, in percent, has a lower tenth than.
    fn tenth(&self, percent: usize) -> u64 {
        Self::at(self.0.iter().map(|place| place.tenth_ns).collect(), percent)
    }

    /// The same of the medians of those blocks whose times lie closest together.
    fn closest_median(&self, percent: usize) -> u64 {
        let closest = (self.0.len() * CLOSEST_PERCENT / 100).max(BLOCKS_MIN);
        Self::at(self.0.iter().take(closest).map(|place| place.median_ns).collect(), percent)
    }

    fn at(mut all: Vec<u64>, percent: usize) -> u64 {
        all.sort_unstable();
        let rank = (all.len() * percent).div_ceil(100).max(1);
        all.get(rank - 1).copied().unwrap_or_default()
    }

    /// Whether the tenths of so many blocks are alike that what they have in common is the way itself.
    fn have_a_floor(&self) -> bool {
        let (low, middle) = (self.tenth(10), self.tenth(50));
        self.0.len() >= BLOCKS_MIN && middle - low <= (low / FLOOR_PART).max(FLOOR_NS)
    }

    /// Whether these lie above others beyond doubt: the floor by twice the tolerance, and the medians not below.
    fn are_above(&self, others: &Self, tolerance: Tolerance) -> bool {
        tolerance.is_above(self.tenth(25), others.tenth(50), 2)
            && self.closest_median(50) > others.closest_median(50)
    }
}

fn shift_of_busy(old: &[&Block], new: &[&Block], tolerance: Tolerance) -> Result<Option<Shift>, Unlike> {
    if let Some(shift) = rise_beyond_waits(old, new, tolerance) {
        return Ok(Some(shift));
    }
    let (old, new) = (Places::of(&pick(old, is_awake)), Places::of(&pick(new, is_awake)));
    if !old.have_a_floor() {
        return Err(Unlike::Calmer);
    }
    if !new.have_a_floor() {
        return Err(Unlike::Busier);
    }
    let is_shifted = new.are_above(&old, tolerance) || old.are_above(&new, tolerance);
    let (old_ns, new_ns) = (old.closest_median(50), new.closest_median(50));
    match (is_shifted, tolerance.is_above(new.tenth(50), old.tenth(10), 2)) {
        (true, _) => Ok(Some(Shift { percentile: MEDIAN, old_ns, new_ns })),
        // Neither slower beyond doubt nor as fast.
        (false, true) => Err(Unlike::Busier),
        (false, false) => Ok(None),
    }
}

/// A rise that is larger than all that the caller's machine can have added, however busy it is: nine tenths of the new calls in
/// three quarters of the blocks took longer than most blocks' medians were, by so much.
fn rise_beyond_waits(old: &[&Block], new: &[&Block], tolerance: Tolerance) -> Option<Shift> {
    let (before, now) = (Places::of(old), Places::of(new));
    let late_ns = new.iter().map(|block| block.late_ns).sum::<u64>()
        / u64::try_from(new.len().max(1)).unwrap_or(u64::MAX);
    let medians = before.0.iter().map(|place| place.median_ns).collect();
    let (old_ns, new_ns) = (Places::at(medians, 75), now.tenth(25));
    let beyond = old_ns.saturating_add(late_ns.saturating_mul(WAITS));
    tolerance.is_above(new_ns, beyond, 2).then_some(Shift { percentile: MEDIAN, old_ns, new_ns })
}

#[cfg(test)]
#[path = "shift_tests.rs"]
mod tests;
