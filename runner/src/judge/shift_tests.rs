//! The rule held against tables of the binomial distribution, against equal distributions, and against shifted ones.

use proptest::prelude::*;

use super::*;

#[test]
fn the_ranks_are_those_of_the_binomial_distribution() {
    // B(10, 0.5): P(0) = 1/1024, P(1) = 10/1024, P(2) = 45/1024; both tails alike.
    assert_eq!(ranks(10, 0.5, 0.0009), (None, None));
    assert_eq!(ranks(10, 0.5, 0.001), (Some(1), Some(10)));
    assert_eq!(ranks(10, 0.5, 0.011), (Some(2), Some(9)));
    assert_eq!(ranks(10, 0.5, 0.055), (Some(3), Some(8)));
    // B(100, 0.99): P(100) = 0.366, so no upper bound; B(1000, 0.99): P(1000) = 4.3e-5, P(999) = 4.4e-4, P(998) = 2.2e-3.
    assert_eq!(ranks(100, 0.99, 0.001).1, None);
    assert_eq!(ranks(1_000, 0.99, 0.001).1, Some(999));
    assert_eq!(ranks(1_000, 0.99, 0.003).1, Some(998));
    assert_eq!(ranks(0, 0.5, 0.01), (None, None));
    assert_eq!(ranks(1, 0.5, 0.01), (None, None));
}

proptest! {
    #[test]
    fn the_probabilities_are_those_that_factorials_give(n in 1_u32..60, percent in 1_u32..100) {
        let p = f64::from(percent) / 100.0;
        let (first, weights) = binomial(n, p);
        let choose = |k: u32| (0..k).fold(1.0, |product, i| product * f64::from(n - i) / f64::from(i + 1));
        for (k, weight) in (first..).zip(&weights) {
            let exponent = |k: u32| i32::try_from(k).expect("small");
            let exact = choose(k) * p.powi(exponent(k)) * (1.0 - p).powi(exponent(n - k));
            prop_assert!((weight - exact).abs() < 1e-9, "{k}: {weight} for {exact}");
        }
    }
}

/// Numbers evenly spread over 0 to 1, from Lehmer's generator (multiplier 48,271, modulus 2^31 - 1).
struct Lehmer(u64);

impl Lehmer {
    fn next(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 0x7fff_ffff;
        f64::from(u32::try_from(self.0).expect("below 2^31")) / f64::from(0x7fff_ffff_u32)
    }

    /// Times with a long tail, from 1 ms on, as those of calls are: 1 ms / (1 - u)^(1/3).
    fn times(&mut self, count: usize, factor: f64) -> Histogram {
        let mut times = Histogram::default();
        for _ in 0..count {
            let ms = factor * (1.0 - self.next()).powf(-1.0 / 3.0);
            let duration = std::time::Duration::from_secs_f64(ms / 1_000.0);
            times.record(u64::try_from(duration.as_nanos()).expect("short"));
        }
        times
    }
}

#[test]
fn equal_distributions_raise_no_more_alarms_than_stated() {
    // Without the tolerance, which could only make them fewer, the bounds alone have to keep the promise.
    let mut source = Lehmer(20_261_123);
    let (rounds, risk) = (2_000, 0.05);
    let mut alarms = 0;
    for _ in 0..rounds {
        let (old, new) = (source.times(200, 1.0), source.times(200, 1.0));
        let (old, new) = (Bounds::of(&old, 90_000, risk / 2.0), Bounds::of(&new, 90_000, risk / 2.0));
        alarms += u32::from(new.lower.zip(old.upper).is_some_and(|(new, old)| new > old));
    }
    // 5 % of 2,000 are 100; that the bound holds shows if no more than 100 are seen.
    assert!(alarms <= 100, "{alarms} of {rounds}");
}

#[test]
fn each_bound_is_wrong_no_more_often_than_its_risk() {
    let mut source = Lehmer(4_711);
    // The true p90 of these times: 1 ms * 0.1^(-1/3).
    let (truth, rounds) = (2_154_435, 4_000_u32);
    let (mut too_high, mut too_low) = (0, 0);
    for _ in 0..rounds {
        let bounds = Bounds::of(&source.times(100, 1.0), 90_000, 0.05);
        too_high += u32::from(bounds.lower.is_some_and(|ns| ns > truth));
        too_low += u32::from(bounds.upper.is_some_and(|ns| ns < truth));
    }
    // 5 % of 4,000 are 200, with a standard deviation of 13.8: four of them above is 255.
    assert!(too_high <= 255 && too_low <= 255, "{too_high} and {too_low} of {rounds}");
    // And a rule that never says anything would keep that promise too.
    assert!(too_high >= 60 && too_low >= 60, "{too_high} and {too_low} of {rounds}");
}

#[test]
fn a_clear_shift_is_seen_and_its_direction_too() {
    let mut source = Lehmer(99);
    for _ in 0..50 {
        let (fast, slow) = (source.times(200, 1.0), source.times(200, 1.5));
        let risen = shifts(&fast, &slow, 20);
        assert!(risen.iter().any(|shift| shift.percentile == 50_000), "{risen:?}");
        assert!(risen.iter().all(Shift::has_risen), "{risen:?}");
        let fallen = shifts(&slow, &fast, 20);
        assert!(!fallen.is_empty() && !fallen.iter().any(Shift::has_risen), "{fallen:?}");
    }
}

#[test]
fn a_tail_that_grew_is_seen_where_there_are_samples_for_it() {
    let mut source = Lehmer(7);
    let (old, mut new) = (source.times(1_000, 1.0), source.times(970, 1.0));
    (0..30).for_each(|_| new.record(400_000_000));
    let seen: Vec<u32> = shifts(&old, &new, 1).iter().map(|shift| shift.percentile).collect();
    assert_eq!(seen, [99_000]);
    assert!(shifts(&source.times(100, 1.0), &source.times(100, 1.0), 1).is_empty());
}

#[test]
fn a_rise_within_the_tolerance_is_none() {
    let of = |ns: u64| {
        let mut times = Histogram::default();
        (0..1_000).for_each(|_| times.record(ns));
        times
    };
    for (old, new, shifted) in [
        (1_000_000, 1_050_000, false),
        (1_000_000, 1_090_000, false),
        (1_000_000, 1_110_000, true),
        (100_000_000, 104_000_000, false),
        (100_000_000, 106_000_000, true),
        (1_000, 2_000, false),
    ] {
        assert_eq!(!shifts(&of(old), &of(new), 1).is_empty(), shifted, "{old} to {new}");
    }
    assert!(shifts(&Histogram::default(), &of(5), 1).is_empty());
}
