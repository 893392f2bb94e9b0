//! Bounds held against tables of the binomial distribution, and against times whose percentiles are known.

use proptest::prelude::*;

use super::*;
use crate::judge::sample_run::Lehmer;

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

/// One block of these times.
fn block(way: Histogram) -> Block {
    Block { way, ..Block::default() }
}

#[test]
fn each_bound_is_wrong_no_more_often_than_its_risk() {
    let mut source = Lehmer(4_711);
    // The true p90 of these times: 1 ms * 0.1^(-1/3).
    let (truth, rounds) = (2_154_435, 1_000_u32);
    let (mut too_high, mut too_low) = (0, 0);
    for _ in 0..rounds {
        let blocks: Vec<Block> = (0..20).map(|_| block(source.times(25, 1.0))).collect();
        let bounds = Bounds::of(&blocks.iter().collect::<Vec<_>>(), 90_000, 0.05);
        too_high += u32::from(bounds.lower.is_some_and(|ns| ns > truth));
        too_low += u32::from(bounds.upper.is_some_and(|ns| ns < truth));
    }
    // 5 % of 1,000 are 50, with a standard deviation of 6.9: four of them above is 78.
    assert!(too_high <= 78 && too_low <= 78, "{too_high} and {too_low} of {rounds}");
    // And a rule that never says anything would keep that promise too.
    assert!(too_high >= 5 && too_low >= 5, "{too_high} and {too_low} of {rounds}");
}

#[test]
fn blocks_that_differ_are_worth_fewer_calls_and_the_bounds_hold() {
    let mut source = Lehmer(815);
    // Half of the blocks, by chance, are half as fast again: the median of all lies between 1.26 and 1.89 ms, by how many.
    let (mut too_high, mut too_low, rounds) = (0, 0, 500_u32);
    let mut mixture = Histogram::default();
    mixture.add(&source.times(10_000, 1.0));
    mixture.add(&source.times(10_000, 1.5));
    let truth = mixture.at(50_000).expect("some");
    for _ in 0..rounds {
        let blocks: Vec<Block> = (0..20)
            .map(|_| {
                let factor = if source.next() < 0.5 { 1.0 } else { 1.5 };
                block(source.times(25, factor))
            })
            .collect();
        let blocks: Vec<&Block> = blocks.iter().collect();
        let bounds = Bounds::of(&blocks, 50_000, 0.02);
        too_high += u32::from(bounds.lower.is_some_and(|ns| ns > truth));
        too_low += u32::from(bounds.upper.is_some_and(|ns| ns < truth));
    }
    // 2 % of 500 are 10. With 20 blocks of two kinds the design effect is known poorly, so it is up to some times as many; of
    // calls taken as independent, a bound is wrong in one of three.
    assert!(too_high <= 38 && too_low <= 38, "{too_high} and {too_low} of {rounds}");
}

#[test]
fn calls_of_equal_blocks_are_worth_nearly_as_many_and_of_unequal_ones_far_fewer() {
    let of = |ns: u64| {
        let mut way = Histogram::default();
        (0..25).for_each(|_| way.record(ns));
        block(way)
    };
    let equal: Vec<Block> = (0..20).map(|_| of(1_000)).collect();
    let unequal: Vec<Block> = (0..20).map(|place| of(1_000 + place % 2 * 500)).collect();
    let worth = |blocks: &[Block]| worth(&blocks.iter().collect::<Vec<_>>(), 1_200, 0.01);
    assert!((300..=500).contains(&worth(&equal)), "{}", worth(&equal));
    assert!(worth(&unequal) <= 20, "{}: no more than there are blocks", worth(&unequal));
    assert_eq!(worth(&equal[..1]), 0, "of one block nothing is known");
}
