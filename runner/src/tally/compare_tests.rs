//! Two runs held against each other: each kind of change, which way it goes, and what it does to the exit code.

use super::compare::{ChangeKind, Comparison, Direction, Extent};
use super::ledger::record;
use super::{Flaky, RunOutcome, RunRecord, exit};
use crate::judge::Tolerance;
use crate::judge::sample_run::{OUTSIDER_TO_SITE, Scene, VM_TO_SITE, download, measured, status};
use crate::scenario::Expect;

fn compare(old: &RunRecord, new: &RunRecord, extent: Extent) -> Comparison {
    super::compare::compare(old, new, extent, Tolerance::default())
}

fn sound() -> RunRecord {
    record(&Scene::sound())
}

fn kinds(old: &RunRecord, new: &RunRecord) -> Vec<(ChangeKind, Direction)> {
    compare(old, new, Extent::Whole).changes.iter().map(|change| (change.kind, change.direction)).collect()
}

#[test]
fn two_runs_that_saw_the_same_have_no_changes() {
    let comparison = compare(&sound(), &sound(), Extent::Whole);
    assert_eq!((comparison.changes, comparison.common, comparison.measured), (Vec::new(), 4, 0));
}

#[test]
fn an_edge_that_fails_is_worse_and_one_that_passes_again_is_better() {
    let down = record(&Scene::sound().saw(VM_TO_SITE, [status(503)]));
    let worse = [(ChangeKind::Verdict, Direction::Worse), (ChangeKind::Outcome, Direction::Aside)];
    assert_eq!(kinds(&sound(), &down), worse);
    let better = [(ChangeKind::Verdict, Direction::Better), (ChangeKind::Outcome, Direction::Aside)];
    assert_eq!(kinds(&down, &sound()), better);
    let change = &compare(&sound(), &down, Extent::Whole).changes[0];
    let sentence = "was pass, is fail: expected allow, got `unsealed` status 503, server `nginx` in 12.3 ms";
    assert_eq!(change.sentence, sentence);
}

#[test]
fn an_edge_that_is_gone_is_worse_unless_only_a_part_was_asked_for() {
    let mut part = sound();
    part.edges.remove(OUTSIDER_TO_SITE);
    assert_eq!(kinds(&sound(), &part), [(ChangeKind::Gone, Direction::Worse)]);
    assert_eq!(kinds(&part, &sound()), [(ChangeKind::Appeared, Direction::Aside)]);
    assert_eq!(compare(&sound(), &part, Extent::Part).changes, []);
}

#[test]
fn another_address_and_another_expectation_are_told() {
    let mut moved = sound();
    let sample = moved.edges[VM_TO_SITE].attempts[0].sample.as_mut().expect("a sample");
    sample.remote = Some("198.51.100.1:443".parse().expect("an address"));
    moved.edges[OUTSIDER_TO_SITE].expect = Expect::Allow;
    let seen = kinds(&sound(), &moved);
    assert_eq!(seen, [(ChangeKind::Address, Direction::Aside), (ChangeKind::Expectation, Direction::Aside)]);
}

#[test]
fn an_edge_that_became_slower_fails_a_run_with_a_baseline() {
    let at = |ms: u64| {
        let mut record = sound();
        record.edges[VM_TO_SITE].measurement = Some(Box::new(measured(&[ms * 1_000_000; 200], 0)));
        record
    };
    let (fast, mut slow) = (at(2), at(3));
    let comparison = compare(&fast, &slow, Extent::Whole);
    assert_eq!(comparison.measured, 1);
    assert_eq!(comparison.changes[0].sentence, "p50 was 2.00 ms at most, is 3.00 ms at least");
    assert!(comparison.changes.iter().all(|change| change.kind == ChangeKind::Latency));
    assert_eq!(comparison.count(Direction::Worse), comparison.changes.len());
    assert_eq!(compare(&slow, &fast, Extent::Whole).count(Direction::Worse), 0);
    assert!(compare(&slow, &fast, Extent::Whole).count(Direction::Better) > 0);
    assert_eq!(RunOutcome::of(&slow, Flaky::Passes).exit_code(), exit::PASSED);
    slow.baseline = Some(comparison);
    assert_eq!(RunOutcome::of(&slow, Flaky::Passes).exit_code(), exit::FAILED);
    let text = serde_json::to_string(&slow).expect("plain values");
    assert_eq!(super::read(&text).expect("a record"), slow);
}

#[test]
fn times_that_cannot_be_compared_are_told_and_fail_nothing() {
    let at = |ms: u64| {
        let mut record = sound();
        record.edges[VM_TO_SITE].measurement = Some(Box::new(measured(&[ms * 1_000_000; 200], 0)));
        record
    };
    let (mut old, new) = (at(2), at(3));
    old.edges[VM_TO_SITE].measurement.as_mut().expect("measured").blocks.clear();
    let told = compare(&old, &new, Extent::Whole).changes;
    assert_eq!((told.len(), told[0].direction), (1, Direction::Aside));
    assert!(told[0].sentence.contains("make a new baseline"), "{}", told[0].sentence);
}

#[test]
fn what_may_be_slower_is_for_the_user_to_say() {
    let at = |ms: u64| {
        let mut record = sound();
        record.edges[VM_TO_SITE].measurement = Some(Box::new(measured(&[ms * 1_000_000; 200], 0)));
        record
    };
    let worse = |permille: u32| {
        let tolerance = Tolerance { permille, ..Tolerance::default() };
        super::compare::compare(&at(10), &at(12), Extent::Whole, tolerance).count(Direction::Worse)
    };
    assert!(worse(50) > 0 && worse(150) > 0);
    assert_eq!(worse(250), 0);
}

#[test]
fn a_rate_that_changed_is_told_and_only_a_claim_that_it_misses_is_worse() {
    let at =
        |claimed: &str, mb: u64| record(&Scene::sound().downloaded(claimed, Ok(download(&[mb * 1_000_000]))));
    let low = "at-least: 1MB/s, for: 1s";
    let told = compare(&at(low, 100), &at(low, 80), Extent::Whole).changes;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].kind, told[0].direction), (ChangeKind::Throughput, Direction::Aside));
    assert_eq!(told[0].sentence, "was 100 MB/s, is 80.0 MB/s");
    assert_eq!(kinds(&at(low, 100), &at(low, 91)), []);
    let high = "at-least: 90MB/s, for: 1s";
    let worse = [(ChangeKind::Claim, Direction::Worse), (ChangeKind::Throughput, Direction::Aside)];
    assert_eq!(kinds(&at(high, 100), &at(high, 80)), worse);
    let record = at(high, 80);
    let text = serde_json::to_string(&record).expect("plain values");
    assert_eq!(super::read(&text).expect("a record"), record);
    // A record from before there were downloads.
    let mut older: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    older["edges"][VM_TO_SITE].as_object_mut().expect("an edge").remove("download");
    assert!(super::read(&older.to_string()).is_ok());
}

#[test]
fn a_claim_that_fails_now_is_worse() {
    let budget = |ms: u64| {
        let scene =
            Scene::sound().budgets("p50: 5ms").measured(VM_TO_SITE, measured(&[ms * 1_000_000; 200], 0));
        record(&scene)
    };
    let seen = kinds(&budget(2), &budget(9));
    assert_eq!(seen[0], (ChangeKind::Claim, Direction::Worse));
    assert!(seen[1..].iter().all(|change| *change == (ChangeKind::Latency, Direction::Worse)));
}
