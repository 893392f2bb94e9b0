//! Budgets judged: the reason, the sentence and the hint of what each kind of measurement shows.

use ringfence_contract::measure::Connection;
use ringfence_contract::outcome::{NotSent, NotSentWhy, Outcome, OutcomeKind, Phase};
use ringfence_contract::sample::Clock;

use super::JudgedClaim;
use crate::dispatch::{Measurement, Unasked, UnaskedWhy};
use crate::judge::ClaimReason;
use crate::judge::Verdict;
use crate::judge::sample_run::{Scene, VM_TO_SCM, VM_TO_SITE, measured, unasked};

const MS: u64 = 1_000_000;

/// So many calls of 3 ms, then so many of 80 ms; and this many were lost.
fn calls(fast: usize, slow: usize, lost: u32) -> Measurement {
    let times: Vec<u64> = (0..fast).map(|_| 3 * MS).chain((0..slow).map(|_| 80 * MS)).collect();
    measured(&times, lost)
}

fn claims(budgets: &str, measurement: Measurement) -> Vec<JudgedClaim> {
    Scene::sound().budgets(budgets).measured(VM_TO_SITE, measurement).claims(VM_TO_SITE)
}

fn only(budgets: &str, measurement: Measurement) -> JudgedClaim {
    claims(budgets, measurement).swap_remove(0)
}

/// What was measured (fast calls, slow calls, lost ones), under which budgets: the reason of the first, and its sentence.
type Row = (&'static str, &'static str, (usize, usize, u32), ClaimReason, &'static str);

const MEASURED: &[Row] = &[
    (
        "all fast",
        "p99: 50ms",
        (200, 0, 0),
        ClaimReason::WithinBudget,
        "kept p99 <= 50 ms: 3.00 ms of 200 samples, clock program",
    ),
    (
        "one in a hundred slow",
        "p99: 50ms",
        (198, 2, 0),
        ClaimReason::WithinBudget,
        "kept p99 <= 50 ms: 3.00 ms of 200 samples, clock program",
    ),
    (
        "more than one in a hundred slow",
        "p99: 50ms",
        (197, 3, 0),
        ClaimReason::OverBudget,
        "expected p99 <= 50 ms, got 80.0 ms of 200 samples, clock program",
    ),
    (
        "slow at the longest only",
        "max: 50ms",
        (199, 1, 0),
        ClaimReason::OverBudget,
        "expected max <= 50 ms, got 80.0 ms of 200 samples, clock program",
    ),
    (
        "slow in the mean",
        "mean: 5ms",
        (180, 20, 0),
        ClaimReason::OverBudget,
        "expected mean <= 5 ms, got 10.7 ms of 200 samples, clock program",
    ),
    (
        "too few answered",
        "p99: 50ms",
        (99, 0, 1),
        ClaimReason::NotMeasured,
        "expected p99 <= 50 ms, but 99 of 100 calls were answered, and it takes 100",
    ),
    (
        "too few answered, yet too many of them slow for the lost one to matter",
        "p99: 50ms",
        (90, 9, 1),
        ClaimReason::OverBudget,
        "expected p99 <= 50 ms, got 9 of 100 calls above it, clock program",
    ),
    (
        "so many lost that the percentile of those answered flatters",
        "p99: 50ms",
        (180, 0, 20),
        ClaimReason::NotMeasured,
        "expected p99 <= 50 ms, but got 3.00 ms of 180 samples, clock program and 20 of 200 lost (timed-out 20): lost calls \
         have no time, and no loss budget judges them",
    ),
    (
        "as many lost, judged by a budget of their own",
        "p99: 50ms, loss: 15%",
        (180, 0, 20),
        ClaimReason::WithinBudget,
        "kept p99 <= 50 ms: 3.00 ms of 180 samples, clock program",
    ),
    (
        "few lost, so that the percentile of all holds",
        "p99: 50ms",
        (199, 0, 1),
        ClaimReason::WithinBudget,
        "kept p99 <= 50 ms: 3.00 ms of 199 samples, clock program",
    ),
    (
        "one lost, which has no time for a mean",
        "mean: 50ms",
        (199, 0, 1),
        ClaimReason::NotMeasured,
        "expected mean <= 50 ms, but got 3.00 ms of 199 samples, clock program and 1 of 200 lost (timed-out 1): lost calls \
         have no time, and no loss budget judges them",
    ),
    (
        "as many lost as may be",
        "loss: 1%",
        (198, 0, 2),
        ClaimReason::WithinBudget,
        "kept loss <= 1 %: 1 %, 2 of 200 lost (timed-out 2)",
    ),
    (
        "one more lost",
        "loss: 1%",
        (197, 0, 3),
        ClaimReason::OverBudget,
        "expected loss <= 1 %, got 1.50 %, 3 of 200 lost (timed-out 3)",
    ),
    (
        "every call lost",
        "loss: 1%",
        (0, 0, 200),
        ClaimReason::OverBudget,
        "expected loss <= 1 %, got 100 %, 200 of 200 lost (timed-out 200)",
    ),
];

#[test]
fn what_was_measured_is_judged_by_the_budget() {
    for (what, budgets, (fast, slow, lost), reason, sentence) in MEASURED {
        let judged = only(budgets, calls(*fast, *slow, *lost));
        assert_eq!(judged.reason, *reason, "{what}: {judged:?}");
        assert_eq!(judged.sentence, *sentence, "{what}");
        assert_eq!(judged.hint.is_none(), reason.verdict() == Verdict::Pass, "{what}: {:?}", judged.hint);
    }
}

#[test]
fn each_budget_is_a_claim_of_its_own() {
    let judged = claims("p50: 5ms, p99: 50ms, mean: 1ms, loss: 0%", calls(150, 50, 0));
    let reasons: Vec<ClaimReason> = judged.iter().map(|claim| claim.reason).collect();
    let (within, over) = (ClaimReason::WithinBudget, ClaimReason::OverBudget);
    assert_eq!(reasons, [within, over, over, within]);
    assert_eq!(judged[1].took_us, Some(80_003), "what is held against the budget");
    assert_eq!(
        judged[0].evidence[0],
        "200 of 200 samples answered, one every 20.0 ms, on new connections; 0 of 200 lost"
    );
    assert!(Scene::sound().budgets("p99: 1ms").claims(VM_TO_SCM).len() == 1, "the rule covers that edge too");
}

#[test]
fn an_edge_that_was_not_measured_keeps_no_budget() {
    let scene = || Scene::sound().budgets("p99: 50ms");
    let judged = |scene: Scene| {
        let judged = scene.claims(VM_TO_SITE).swap_remove(0);
        (judged.reason, judged.sentence, judged.hint.expect("a hint"))
    };
    let dead = scene().saw(VM_TO_SITE, [Outcome::TimedOut(Phase::Connect)]);
    let (reason, sentence, hint) = judged(dead);
    assert_eq!(reason, ClaimReason::NotMeasured);
    assert_eq!(sentence, "expected p99 <= 50 ms, but the edge was not reached, so it was not measured");
    assert!(hint.contains("look at the edge itself"), "{hint}");
    let unheard =
        scene().with(|scene| scene.observations.reach[VM_TO_SITE] = vec![unasked(UnaskedWhy::NoRoute)]);
    assert_eq!(judged(unheard).0, ClaimReason::VantageNotAsked);
    let ended = scene().with(|scene| scene.observations.interrupted = true);
    assert_eq!(judged(ended).0, ClaimReason::Interrupted);
    let no_family = NotSent { why: NotSentWhy::NoFamily, detail: "no address".to_owned() };
    let (reason, _, _) = judged(scene().saw(VM_TO_SITE, [Outcome::NotSent(no_family)]));
    assert_eq!((reason, reason.verdict()), (ClaimReason::NoFamily, Verdict::Skipped));
}

#[test]
fn a_measurement_that_ended_early_passes_nothing_and_fails_what_it_saw() {
    let ended = |why, slow| {
        let detail = "`https://site.test` is being measured by this agent".into();
        Measurement { stopped: Some(Unasked { why, detail }), samples: 1_000, ..calls(200, slow, 0) }
    };
    let judged = only("p99: 50ms", ended(UnaskedWhy::Refused, 0));
    assert_eq!(judged.reason, ClaimReason::NotMeasured);
    let told = "expected p99 <= 50 ms, but the measurement ended after 200 of 1000 samples: `https://site.test` is being \
                measured by this agent";
    assert_eq!(judged.sentence, told);
    assert!(judged.hint.is_some_and(|hint| hint.contains("another run may be measuring")));
    assert_eq!(only("p99: 50ms", ended(UnaskedWhy::Interrupted, 0)).reason, ClaimReason::Interrupted);
    assert_eq!(only("p99: 50ms", ended(UnaskedWhy::Interrupted, 50)).reason, ClaimReason::OverBudget);
}

#[test]
fn a_vantage_that_placed_nothing_measured_nothing() {
    let mut none = calls(0, 0, 200);
    none.warm.placed = 0;
    none.warm.lost = [(OutcomeKind::NotSent, 200)].into();
    for budgets in ["p99: 50ms", "loss: 100%"] {
        let judged = only(budgets, none.clone());
        assert_eq!(judged.reason, ClaimReason::NotMeasured, "{budgets}");
        assert!(judged.sentence.contains("`vm` placed none of 200 calls"), "{}", judged.sentence);
    }
}

#[test]
fn a_hint_says_where_the_time_goes() {
    let slow = |change: &dyn Fn(&mut Measurement)| {
        let mut measurement = calls(0, 200, 0);
        change(&mut measurement);
        only("p99: 50ms", measurement).hint.expect("a hint")
    };
    let phases = |pick: fn(&mut Measurement) -> &mut ringfence_contract::measure::Times| {
        slow(&|measurement| (0..200).for_each(|_| pick(measurement).record(70 * MS, Clock::Kernel)))
    };
    assert!(phases(|m| &mut m.warm.phases.connect).contains(": the way itself"));
    assert!(phases(|m| &mut m.warm.phases.first_byte).contains("the request waits at the target"));
    assert!(phases(|m| &mut m.warm.phases.tls).contains("`connection: reuse`"));
    assert!(phases(|m| &mut m.warm.phases.resolve).contains("the resolver of `vm` is slow"));
    let lossy = slow(&|measurement| {
        let resolve = &mut measurement.warm.phases.resolve;
        (0..195).for_each(|_| resolve.record(2 * MS, Clock::Program));
        (0..5).for_each(|_| resolve.record(1_002 * MS, Clock::Program));
    });
    assert!(lossy.contains("get lost or held up on the way to the resolver of `vm`"), "{lossy}");
    // Three phases as long as one another: none of them is the cause, and the resolver least of all.
    let alike = slow(&|measurement| {
        let phases = &mut measurement.warm.phases;
        for times in [&mut phases.resolve, &mut phases.connect, &mut phases.first_byte] {
            (0..200).for_each(|place| times.record((20 + place % 13) * MS, Clock::Kernel));
        }
    });
    assert!(
        alike.starts_with("no phase stands out (resolve 32.0 ms, connect 32.0 ms, first-byte 32.0 ms)"),
        "{alike}"
    );
    // On a link with jitter the resolver's p99 is a little higher than the others'.
    let jittery = slow(&|measurement| {
        let phases = &mut measurement.warm.phases;
        (0..200).for_each(|_| phases.resolve.record(45 * MS, Clock::Kernel));
        (0..200).for_each(|_| phases.connect.record(40 * MS, Clock::Kernel));
        (0..200).for_each(|_| phases.first_byte.record(43 * MS, Clock::Kernel));
    });
    assert!(!jittery.contains("resolver"), "{jittery}");
    let late = slow(&|measurement| (0..200).for_each(|_| measurement.warm.lag.record(60 * MS)));
    assert!(late.contains("`vm` is starved"), "{late}");
    let queued = slow(&|measurement| {
        (0..200).for_each(|_| measurement.warm.lag.record(60 * MS));
        measurement.connection = Connection::Reuse;
    });
    assert!(queued.contains("for the one before them"), "{queued}");
}

#[test]
fn budgets_are_judged_apart_from_reachability() {
    let slow = Scene::sound().budgets("p99: 50ms").measured(VM_TO_SITE, calls(0, 200, 0));
    assert_eq!(slow.edge(VM_TO_SITE), Scene::sound().edge(VM_TO_SITE));
}
