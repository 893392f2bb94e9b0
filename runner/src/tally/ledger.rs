//! The ways in which tools of this kind come to say "blocked" or "passed" when nothing was proved, one test a way.
//!
//! Each goes from what a run saw to its exit code.

use ringfence_contract::id::RunId;
use ringfence_contract::outcome::{
    NotSent, NotSentWhy, Outcome, OutcomeKind, Phase, Unresolved, UnresolvedWhy,
};

use super::{Flaky, RunFacts, RunOutcome, RunRecord, exit, tally};
use crate::dispatch::UnaskedWhy;
use crate::judge::sample_run::{
    OUTSIDER_TO_SCM, OUTSIDER_TO_SITE, Scene, VM_SEES_SCM, VM_SEES_SITE, VM_TO_SITE, answered, forbidden,
    status, unasked,
};
use crate::judge::{ClaimReason, Reason, Verdict};
use crate::scenario::{Expect, NameClaim, Resolves};

const DROPPED: Outcome = Outcome::TimedOut(Phase::Connect);

pub(crate) fn record(scene: &Scene) -> RunRecord {
    let facts =
        RunFacts { run: RunId::random(), started_ms: 1_000, took_ms: 2_345, version: "0.1.0".to_owned() };
    tally(&scene.scenario, &scene.plan, scene.seen(), (scene.judge(), Vec::new()), facts)
}

fn exit_code(scene: &Scene) -> u8 {
    RunOutcome::of(&record(scene), Flaky::Passes).exit_code()
}

fn closed(outcomes: [Outcome; 3]) -> Scene {
    Scene::sound().saw(OUTSIDER_TO_SITE, outcomes)
}

#[test]
fn row_1_a_dead_target_does_not_pass_a_deny() {
    let lives = closed([DROPPED, DROPPED, DROPPED]);
    assert_eq!(exit_code(&lives), exit::PASSED, "the guard must not refuse what is proved");
    for (before, after) in
        [(DROPPED, DROPPED), (answered("10.0.0.4"), DROPPED), (DROPPED, answered("10.0.0.4"))]
    {
        let dead = lives.clone().witness(VM_SEES_SITE, before, after);
        assert_eq!(dead.edge(OUTSIDER_TO_SITE).reason, Reason::NoTargetWitness);
        assert_eq!(exit_code(&dead), exit::INCONCLUSIVE);
    }
}

#[test]
fn row_2_a_broken_resolver_does_not_pass_a_deny() {
    for why in [UnresolvedWhy::ResolverFailed, UnresolvedWhy::ResolverSilent, UnresolvedWhy::NoResolver] {
        let outcome =
            || Outcome::Unresolved(Unresolved { why, rcode: None, resolver: "192.0.2.53:53".to_owned() });
        let mut scene = closed([outcome(), outcome(), outcome()]);
        assert_eq!(exit_code(&scene), exit::INCONCLUSIVE, "{why}");
        scene.scenario.rules[1].by = vec![OutcomeKind::Unresolved, OutcomeKind::TimedOut];
        assert_eq!(exit_code(&scene), exit::INCONCLUSIVE, "{why}, though the rule takes a missing name");
    }
}

#[test]
fn row_3_a_broken_control_channel_does_not_pass_a_deny() {
    for why in [
        UnaskedWhy::NoRoute,
        UnaskedWhy::CutOff,
        UnaskedWhy::NotTrusted,
        UnaskedWhy::Refused,
        UnaskedWhy::Broken,
    ] {
        let unsaid = |scene: &mut Scene| scene.observations.reach[OUTSIDER_TO_SITE][2] = unasked(why);
        assert_eq!(exit_code(&Scene::sound().with(unsaid)), exit::INCONCLUSIVE, "{why:?}");
    }
    // The target's own control channel is as much part of the proof.
    let deaf = closed([DROPPED, DROPPED, DROPPED]).with(|scene| {
        let detail = "the control route is closed".into();
        let why = UnaskedWhy::NoRoute;
        scene.observations.agents[1].receipts = Err(crate::dispatch::Unasked { why, detail });
    });
    assert_eq!(deaf.edge(OUTSIDER_TO_SITE).reason, Reason::TargetNotAsked);
    assert_eq!(exit_code(&deaf), exit::INCONCLUSIVE);
}

#[test]
fn row_4_a_partial_leak_does_not_pass_a_deny() {
    for leaks_at in 0..3 {
        let mut outcomes = [(); 3].map(|()| forbidden("198.51.100.7"));
        outcomes[leaks_at] = answered("198.51.100.7");
        let mut scene = closed(outcomes);
        scene.scenario.rules[1].retries = 5;
        let judged = scene.edge(OUTSIDER_TO_SITE);
        assert_eq!((judged.reason, judged.decided_by), (Reason::Leak, Some(leaks_at)));
        assert_eq!(exit_code(&scene), exit::FAILED);
    }
}

#[test]
fn row_5_not_any_403_or_5xx_passes_a_deny() {
    for code in [500, 502, 503, 504] {
        let scene = closed([status(code), status(code), status(code)]);
        assert_eq!(scene.edge(OUTSIDER_TO_SITE).reason, Reason::PathOpen, "{code}");
        assert_eq!(exit_code(&scene), exit::FAILED);
    }
    // Where an agent keeps receipts a bare 403 needs every witness; where nobody does it proves nothing.
    let stopped =
        closed([status(403), status(403), status(403)]).witness(VM_SEES_SITE, status(403), status(403));
    assert_eq!(exit_code(&stopped), exit::INCONCLUSIVE);
    let platform = Scene::sound().saw(OUTSIDER_TO_SCM, [status(403), status(403), status(403)]);
    assert_eq!(platform.edge(OUTSIDER_TO_SCM).reason, Reason::NoReceipts);
    let down = Scene::sound().witness(VM_SEES_SCM, status(503), status(503));
    assert_eq!(down.edge(OUTSIDER_TO_SCM).reason, Reason::NoTargetWitness);
}

#[test]
fn row_6_a_failure_is_in_the_exit_code() {
    for edge in [VM_TO_SITE, OUTSIDER_TO_SITE] {
        for reason in Reason::ALL {
            let mut record = record(&Scene::sound());
            let told = &mut record.edges[edge];
            (told.judged.reason, told.verdict) = (*reason, reason.verdict());
            // Counted again from the edges, as a run counts them.
            record.summary = super::gather::summary(record.summary.possible, &record.edges);
            let expected = match reason.verdict() {
                Verdict::Fail => exit::FAILED,
                Verdict::Inconclusive => exit::INCONCLUSIVE,
                Verdict::Pass | Verdict::Skipped => exit::PASSED,
            };
            assert_eq!(RunOutcome::of(&record, Flaky::Passes).exit_code(), expected, "{reason}");
        }
    }
}

#[test]
fn row_6_a_claim_that_failed_is_in_the_exit_code_though_every_edge_passed() {
    let span = 0..4;
    let claimed = Scene::sound().with(|scene| {
        scene.scenario.endpoints[0].resolves = Some(NameClaim { resolves: Resolves::Private, span });
    });
    for reason in ClaimReason::ALL {
        let mut record = record(&claimed);
        assert_eq!(record.edges.iter().filter(|edge| edge.claims.len() == 1).count(), 2);
        for claim in record.edges.iter_mut().flat_map(|edge| &mut edge.claims) {
            (claim.judged.reason, claim.verdict) = (ClaimReason::Resolved, Verdict::Pass);
        }
        let told = &mut record.edges[OUTSIDER_TO_SITE].claims[0];
        (told.judged.reason, told.verdict) = (*reason, reason.verdict());
        record.summary = super::gather::summary(record.summary.possible, &record.edges);
        assert_eq!((record.summary.passed, record.summary.claims.all), (4, 2));
        let expected = match reason.verdict() {
            Verdict::Fail => exit::FAILED,
            Verdict::Inconclusive => exit::INCONCLUSIVE,
            Verdict::Pass | Verdict::Skipped => exit::PASSED,
        };
        assert_eq!(RunOutcome::of(&record, Flaky::Passes).exit_code(), expected, "{reason}");
        record.summary.claims = super::ClaimCounts::default();
        let hidden = serde_json::to_string(&record).expect("plain values");
        assert!(super::read(&hidden).is_err(), "a summary that hides its claims");
    }
}

#[test]
fn row_7_nothing_ran_is_not_green() {
    let empty = Scene::sound().with(|scene| {
        scene.plan.edges.clear();
        scene.observations.reach.clear();
    });
    assert_eq!(exit_code(&empty), exit::NOTHING_SELECTED);
    let unrun = Scene::sound().with(|scene| scene.observations.reach.clear());
    assert_eq!(record(&unrun).summary.inconclusive, 4);
    assert_eq!(exit_code(&unrun), exit::INCONCLUSIVE);
    let tried_nowhere = Scene::sound().with(|scene| {
        let no_family = NotSent { why: NotSentWhy::NoFamily, detail: "no address".to_owned() };
        for attempt in scene.observations.reach.iter_mut().flatten() {
            attempt.sample.as_mut().expect("a sample").outcome = Outcome::NotSent(no_family.clone());
        }
    });
    assert_eq!(record(&tried_nowhere).summary.skipped, 4);
    assert_eq!(exit_code(&tried_nowhere), exit::INCONCLUSIVE, "every edge skipped proves nothing");
}

#[test]
fn row_8_the_verdict_is_what_was_seen_not_what_was_written() {
    // The same sight under both expectations never passes both, and the same expectation under both sights neither.
    let sights =
        [[answered("10.0.0.4"), answered("10.0.0.4"), answered("10.0.0.4")], [DROPPED, DROPPED, DROPPED]];
    let passes = |expect: Expect, sight: &[Outcome; 3]| {
        let scene = closed(sight.clone());
        let scene = scene.with(|scene| scene.plan.edges[OUTSIDER_TO_SITE].expect = expect);
        scene.edge(OUTSIDER_TO_SITE).reason.verdict() == Verdict::Pass
    };
    assert_eq!(sights.each_ref().map(|sight| passes(Expect::Allow, sight)), [true, false]);
    assert_eq!(sights.each_ref().map(|sight| passes(Expect::Deny, sight)), [false, true]);
}

#[test]
fn row_9_an_error_that_prevents_the_send_does_not_pass_a_deny() {
    for why in NotSentWhy::ALL {
        let outcome = || Outcome::NotSent(NotSent { why: *why, detail: "detail".to_owned() });
        let scene = closed([outcome(), outcome(), outcome()]);
        assert_ne!(scene.edge(OUTSIDER_TO_SITE).reason.verdict(), Verdict::Pass, "{why}");
        let one = closed([DROPPED, outcome(), DROPPED]);
        assert_eq!(one.edge(OUTSIDER_TO_SITE).reason, Reason::NotSent, "{why}");
        assert_eq!(exit_code(&one), exit::INCONCLUSIVE, "{why}");
    }
}
