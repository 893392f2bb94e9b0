//! The rule held against equal runs and shifted ones, of callers with and without processors to spare.

use super::*;
use crate::judge::sample_run::Lehmer;
use ringfence_contract::histogram::Histogram;

const TERMS: Terms = Terms { tolerance: Tolerance { permille: 50, ns: 100_000 }, edges: 1 };

/// What makes a caller's machine slow for one block.
#[derive(Clone, Copy)]
struct State {
    crowd: u32,
    late_ns: u64,
    /// How many times as long as without other work a call may take.
    adds: f64,
}

const CALM: State = State { crowd: 40, late_ns: 60_000, adds: 0.0 };
const BUSY: State = State { crowd: 2_000, late_ns: 400_000, adds: 0.05 };
const STARVED: State = State { crowd: 6_000, late_ns: 20_000_000, adds: 8.0 };

/// Blocks of 25 calls that take 1 ms and a little, times the factor, and what the machine adds in each of these states.
fn blocks(source: &mut Lehmer, factor: f64, states: &[State]) -> Vec<Block> {
    let block = |state: &State| {
        let mut way = Histogram::default();
        for _ in 0..25 {
            let ms = factor * (1.0 + 0.04 * source.next()) + state.adds * source.next();
            way.record(
                u64::try_from(std::time::Duration::from_secs_f64(ms / 1e3).as_nanos()).expect("short"),
            );
        }
        Block { way, late_ns: state.late_ns, crowd: Some(state.crowd) }
    };
    states.iter().map(block).collect()
}

fn found(old: &[Block], new: &[Block]) -> Result<Vec<Shift>, Unlike> {
    shifts(&old.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>(), TERMS)
}

fn is_worse(old: &[Block], new: &[Block]) -> bool {
    found(old, new).is_ok_and(|found| found.iter().any(Shift::has_risen))
}

/// So many blocks, each in one of these states, by chance.
fn mixed(source: &mut Lehmer, count: usize, of: &[State]) -> Vec<State> {
    let pick = |_| {
        let place = (0..of.len()).rev().find(|place| source.next() * 2.0 > 1.0 || *place == 0);
        *of.get(place.unwrap_or_default()).expect("a state")
    };
    (0..count).map(pick).collect()
}

#[test]
fn nothing_that_the_callers_machine_does_is_a_slower_network() {
    let mut source = Lehmer(20_261_128);
    for (what, old, new) in [
        ("calm, then calm", &[CALM][..], &[CALM][..]),
        ("calm, then busy", &[CALM], &[BUSY]),
        ("calm, then starved", &[CALM], &[STARVED]),
        ("starved, then calm", &[STARVED], &[CALM]),
        ("busy, then busy", &[BUSY], &[BUSY]),
        ("now this, now that", &[CALM, BUSY, STARVED], &[CALM, BUSY, STARVED]),
        ("calm, then now this, now that", &[CALM], &[CALM, BUSY, STARVED]),
        ("starved, then starved", &[STARVED], &[STARVED]),
    ] {
        let worse = (0..60).filter(|_| {
            let (old, new) = (mixed(&mut source, 20, old), mixed(&mut source, 20, new));
            let (old, new) = (blocks(&mut source, 1.0, &old), blocks(&mut source, 1.0, &new));
            is_worse(&old, &new)
        });
        let worse = worse.count();
        assert!(worse <= 1, "{what}: {worse} of 60");
    }
}

#[test]
fn a_slower_network_is_found_where_both_had_a_calm_moment_and_on_a_busy_machine_too() {
    let mut source = Lehmer(7);
    for (what, factor, old, new) in [
        ("calm, then calm", 1.2, &[CALM][..], &[CALM][..]),
        ("calm, then busy", 1.3, &[CALM], &[BUSY]),
        ("busy, then busy", 1.3, &[BUSY], &[BUSY]),
        ("starved, then starved, a hundred times as slow", 500.0, &[STARVED], &[STARVED]),
        ("now this, now that", 1.3, &[CALM, BUSY, STARVED], &[CALM, BUSY, STARVED]),
    ] {
        let found = (0..40).filter(|_| {
            let (old, new) = (mixed(&mut source, 20, old), mixed(&mut source, 20, new));
            let (old, new) = (blocks(&mut source, 1.0, &old), blocks(&mut source, factor, &new));
            is_worse(&old, &new)
        });
        let found = found.count();
        assert!(found >= 38, "{what}: {found} of 40");
    }
}

#[test]
fn what_got_faster_is_no_worse() {
    let mut source = Lehmer(99);
    for state in [CALM, BUSY] {
        let (slow, fast) = (blocks(&mut source, 1.5, &[state; 20]), blocks(&mut source, 1.0, &[state; 20]));
        let fallen = found(&slow, &fast).expect("comparable");
        assert!(!fallen.is_empty() && !fallen.iter().any(Shift::has_risen), "{fallen:?}");
    }
}

#[test]
fn a_few_calm_blocks_that_cannot_bound_the_median_hide_no_rise() {
    // Half of the old calls were fast and half were slow, by turns: five such blocks are worth a call or two.
    let block = |ns: u64, calls: u64, crowd: u32| {
        let mut way = Histogram::default();
        (0..calls).for_each(|_| way.record(ns));
        Block { way, crowd: Some(crowd), late_ns: 0 }
    };
    let old: Vec<Block> =
        (0..5).map(|place| block(if place % 2 == 0 { 300_000 } else { 9_000_000 }, 10, 0)).collect();
    let busy: Vec<Block> = (0..15).map(|_| block(300_000, 10, 2_000)).collect();
    let new = vec![block(700_000_000, 10, 0); 10];
    let old: Vec<Block> = old.into_iter().chain(busy).collect();
    assert!(is_worse(&old, &new), "{:?}", found(&old, &new));
    assert_ne!(found(&old[..5], &new), Ok(Vec::new()), "what says nothing does not say that nothing changed");
}

#[test]
fn a_tail_that_grew_is_seen_where_there_are_samples_for_it() {
    let mut source = Lehmer(7);
    let old = blocks(&mut source, 1.0, &[CALM; 40]);
    let mut new = blocks(&mut source, 1.0, &[CALM; 40]);
    // One call in each block is late: p99, and neither the median nor p90.
    for block in &mut new {
        block.way.record(400_000_000);
    }
    let seen: Vec<u32> =
        found(&old, &new).expect("comparable").iter().map(|shift| shift.percentile).collect();
    assert_eq!(seen, [99_000]);
}

#[test]
fn a_run_that_says_too_little_is_not_compared_and_says_why() {
    let mut source = Lehmer(3);
    let (calm, starved) = (blocks(&mut source, 1.0, &[CALM; 20]), blocks(&mut source, 1.0, &[STARVED; 20]));
    assert_eq!(found(&[], &calm), Err(Unlike::TooFew), "an older record without blocks");
    assert_eq!(found(&calm, &calm[..3]), Err(Unlike::TooFew));
    let unanswered = vec![Block::default(); 20];
    assert_eq!(found(&calm, &unanswered), Err(Unlike::TooFew));
    assert_eq!(found(&calm, &starved), Err(Unlike::Busier));
    assert_eq!(found(&starved, &calm), Err(Unlike::Calmer));
    // A system that does not say how many want its processors is gone by its clock.
    let silent = |blocks: &[Block]| -> Vec<Block> {
        blocks.iter().map(|block| Block { crowd: None, ..block.clone() }).collect()
    };
    let slower = blocks(&mut source, 1.2, &[CALM; 20]);
    assert!(is_worse(&silent(&calm), &silent(&slower)));
}

#[test]
fn a_rise_within_the_tolerance_is_none() {
    let of = |ns: u64| {
        let mut way = Histogram::default();
        (0..50).for_each(|_| way.record(ns));
        vec![Block { way, crowd: Some(0), late_ns: 0 }; 20]
    };
    for (old, new, tolerance, shifted) in [
        (1_000_000, 1_050_000, Tolerance::default(), false),
        (1_000_000, 1_090_000, Tolerance::default(), false),
        (1_000_000, 1_110_000, Tolerance::default(), true),
        (100_000_000, 104_000_000, Tolerance::default(), false),
        (100_000_000, 106_000_000, Tolerance::default(), true),
        (1_000, 2_000, Tolerance::default(), false),
        (1_000_000, 1_110_000, Tolerance { permille: 200, ns: 0 }, false),
        (1_000_000, 1_110_000, Tolerance { permille: 0, ns: 500_000 }, false),
        (1_000_000, 1_060_000, Tolerance { permille: 50, ns: 0 }, true),
        (u64::MAX / 4, u64::MAX / 2, Tolerance { permille: 10_000, ns: u64::MAX }, false),
    ] {
        let (one, other) = (of(old), of(new));
        let terms = Terms { tolerance, edges: 1 };
        let found = shifts(&one.iter().collect::<Vec<_>>(), &other.iter().collect::<Vec<_>>(), terms);
        assert_eq!(!found.expect("comparable").is_empty(), shifted, "{old} to {new}, {tolerance:?}");
    }
}
