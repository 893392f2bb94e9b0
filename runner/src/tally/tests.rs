//! The run record: its counts add up, it reads back as it was, and it says what it cannot read.

use super::ledger::record;
use super::{Flaky, ReadError, RunOutcome, exit, read};
use crate::dispatch::UnaskedWhy;
use crate::judge::Verdict;
use crate::judge::sample_run::{APP, OUTSIDER_TO_SITE, Scene, VM_TO_SITE, answered, forbidden, status};

fn mixed() -> Scene {
    let scene = Scene::sound().saw(OUTSIDER_TO_SITE, [answered("198.51.100.7"), status(401), status(403)]);
    scene.receipt(OUTSIDER_TO_SITE, 0)
}

#[test]
fn a_record_reads_back_as_it_was() {
    for scene in [Scene::sound(), mixed()] {
        let written = record(&scene);
        let text = serde_json::to_string(&written).expect("a record is made of plain values");
        assert_eq!(read(&text).expect("a record"), written);
    }
}

#[test]
fn a_record_of_another_version_is_refused_by_its_version() {
    let mut value = serde_json::to_value(record(&Scene::sound())).expect("plain values");
    value["a_field_of_the_future"] = true.into();
    for other in [1, 4] {
        value["schema_version"] = other.into();
        let error = read(&value.to_string()).expect_err("another version");
        let told = format!("run record of schema version `{other}`, this program reads versions `2` to `3`");
        assert_eq!(error.to_string(), told);
    }
    let mut forged = record(&mixed());
    (forged.summary.failed, forged.summary.passed) = (0, 4);
    let forged = serde_json::to_string(&forged).expect("plain values");
    assert!(matches!(read(&forged), Err(ReadError::Contradicts)), "a summary that hides a failure");
    assert!(matches!(read("{\"schema_version\":2}"), Err(ReadError::NotRecord(_))));
    assert!(matches!(read("nonsense"), Err(ReadError::NotRecord(_))));
}

#[test]
fn the_counts_add_up_and_the_names_are_the_scenarios() {
    let record = record(&mixed());
    let summary = record.summary;
    assert_eq!((summary.edges, summary.possible, summary.passed, summary.failed), (4, 6, 3, 1));
    assert_eq!(summary.edges, summary.passed + summary.failed + summary.inconclusive + summary.skipped);
    let edge = &record.edges[OUTSIDER_TO_SITE];
    assert_eq!((edge.vantage.as_str(), &*edge.endpoint), ("outsider", "app/site"));
    assert_eq!(&*edge.address, "https://app.test");
    assert!(edge.attempts[0].receipt.is_some() && edge.attempts[1].receipt.is_none());
    assert_eq!(record.witnesses[3].to, "own listener of app/site");
}

#[test]
fn an_agent_that_restarted_in_the_run_is_in_trouble() {
    let restarted = Scene::sound().with(|scene| {
        scene.observations.agents[APP.0].receipts.as_mut().expect("a book").restarted = true;
    });
    let agents = record(&restarted).agents;
    let trouble = agents[APP.0].trouble.as_ref().expect("its receipts are lost");
    assert_eq!(trouble.why, UnaskedWhy::Restarted);
    assert_eq!(trouble.detail, "it restarted during the run: what it received before is lost");
    assert_eq!(agents.iter().filter(|agent| agent.trouble.is_some()).count(), 1);
    assert!(record(&Scene::sound()).agents.iter().all(|agent| agent.trouble.is_none()));
}

#[test]
fn a_rule_is_found_on_its_line() {
    let rules = record(&Scene::sound()).scenario.rules;
    assert_eq!((rules[0].line, rules[0].text.as_deref()), (Some(3), Some("- name: the VM calls the app")));
    let unwritten = Scene::sound().with(|scene| scene.scenario.rules[1].span = None);
    assert_eq!(record(&unwritten).scenario.rules[1].line, None);
}

#[test]
fn what_a_denial_bounds_is_stated_only_where_it_was_proved() {
    let bounds =
        |scene: &Scene| record(scene).edges.iter().map(|edge| edge.leak_share_below).collect::<Vec<_>>();
    // 1 - 0.05^(1/3) = 0.63159…
    assert_eq!(bounds(&Scene::sound()), [None, None, Some(0.6316), Some(0.6316)]);
    assert_eq!(bounds(&mixed())[OUTSIDER_TO_SITE], None);
}

#[test]
fn a_call_that_lies_about_its_source_bounds_nothing() {
    let refused = || forbidden("198.51.100.7");
    let scene = Scene::sound().saw(OUTSIDER_TO_SITE, (0..4).map(|_| refused()));
    let source = std::net::IpAddr::from([10, 0, 0, 4]);
    let spoofs = Some([source].into());
    let record = record(&scene.with(|scene| scene.plan.edges[OUTSIDER_TO_SITE].spoofs = spoofs));
    let edge = &record.edges[OUTSIDER_TO_SITE];
    assert_eq!((edge.verdict, edge.leak_share_below), (Verdict::Pass, Some(0.6316)));
    let spoofed: Vec<_> = edge.attempts.iter().map(|attempt| attempt.spoofed.as_deref().copied()).collect();
    assert_eq!(spoofed, [None, None, None, Some(source)]);
}

#[test]
fn a_flaky_pass_fails_a_run_only_if_that_is_asked_for() {
    let scene = Scene::sound().saw(VM_TO_SITE, [status(503), answered("10.0.0.4")]);
    let record = record(&scene.with(|scene| scene.scenario.rules[0].retries = 1));
    assert_eq!((record.summary.flaky, record.summary.failed), (1, 0));
    assert_eq!(RunOutcome::of(&record, Flaky::Passes).exit_code(), exit::PASSED);
    assert_eq!(RunOutcome::of(&record, Flaky::Fails).exit_code(), exit::FAILED);
}

#[test]
fn an_interrupted_run_says_so_whatever_else_it_saw() {
    let record = record(&mixed().with(|scene| scene.observations.interrupted = true));
    assert_eq!(RunOutcome::of(&record, Flaky::Passes).exit_code(), exit::INTERRUPTED);
    assert_eq!(record.summary.failed, 1, "and still reports what it saw");
}

#[test]
fn the_record_of_an_attempt_fits_the_place_of_the_attempt() {
    assert!(size_of::<super::AttemptRecord>() <= size_of::<crate::dispatch::Attempt>());
}
