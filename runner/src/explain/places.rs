//! Cases of addresses, listeners and connections that brought no call: the silences that must not pass for a denial.

use ringfence_contract::outcome::{Outcome, Phase, Reset, Unreachable};
use ringfence_contract::receipt::{Left, Unfinished};

use crate::dispatch::UnaskedWhy;
use crate::judge::Reason;
use crate::judge::sample_run::{
    APP, OUTSIDER_TO_SITE, SITE, Scene, VM_SEES_SITE, VM_TO_SITE, status, unasked,
};
use crate::scenario::{WitnessBy, WitnessPort};

const DROPPED: Outcome = Outcome::TimedOut(Phase::Connect);
const LOST_IN_TLS: Outcome = Outcome::TimedOut(Phase::Tls);

fn closed(outcome: &Outcome) -> Scene {
    Scene::sound().saw(OUTSIDER_TO_SITE, [outcome.clone(), outcome.clone(), outcome.clone()])
}

/// Nobody but the target's own listener shows that it lives.
fn alone(outcome: &Outcome) -> Scene {
    let scene = closed(outcome).witness(VM_SEES_SITE, DROPPED, DROPPED);
    scene.with(|scene| scene.scenario.rules[1].witness = WitnessBy::TargetItself)
}

/// The target saw connections from these addresses that left this unfinished.
fn left(scene: Scene, left: Left, from: &[&str]) -> Scene {
    let unfinished = |from: &&str| Unfinished { from: from.parse().expect("an address"), left };
    scene.with(|scene| {
        let book = scene.observations.agents[APP.0].receipts.as_mut().expect("a book");
        book.unfinished = from.iter().map(unfinished).collect();
    })
}

fn reason(scene: &Scene) -> Reason {
    scene.edge(OUTSIDER_TO_SITE).reason
}

#[test]
fn a_silence_at_an_address_that_nobody_reached_is_no_denial() {
    let astray = |outcome: &Outcome| {
        closed(outcome).with(|scene| {
            for attempt in &mut scene.observations.reach[OUTSIDER_TO_SITE] {
                let sample = attempt.sample.as_mut().expect("a sample");
                sample.remote = "203.0.113.99:443".parse().ok();
            }
        })
    };
    for outcome in [DROPPED, Outcome::Refused, Outcome::Unreachable(Unreachable::Host)] {
        let judged = astray(&outcome).edge(OUTSIDER_TO_SITE);
        assert_eq!(judged.reason, Reason::OtherAddress, "{outcome:?}");
        assert!(judged.sentence.contains("203.0.113.99:443"), "{}", judged.sentence);
        assert_eq!(reason(&closed(&outcome)), Reason::DeniedWitnessed);
    }
    // One address of several is enough: each attempt is looked at by itself.
    let one = closed(&DROPPED).with(|scene| {
        let sample = scene.observations.reach[OUTSIDER_TO_SITE][2].sample.as_mut().expect("a sample");
        sample.remote = "203.0.113.10:443".parse().ok();
    });
    assert_eq!(reason(&one), Reason::OtherAddress);
}

#[test]
fn a_listeners_word_for_itself_is_not_enough_where_a_missing_one_looks_the_same() {
    assert_eq!(reason(&alone(&DROPPED)), Reason::DeniedWitnessed);
    assert_eq!(reason(&alone(&Outcome::Unreachable(Unreachable::AdminProhibited))), Reason::DeniedWitnessed);
    for absence in
        [Outcome::Refused, Outcome::Unreachable(Unreachable::Host), Outcome::Unreachable(Unreachable::Port)]
    {
        assert_eq!(reason(&alone(&absence)), Reason::NoTargetWitness, "{absence:?}");
    }
    // A name may lead this vantage anywhere, and nobody else has called it.
    let named = alone(&DROPPED).with(|scene| scene.scenario.endpoints[SITE.0].route.connect = None);
    assert_eq!(reason(&named), Reason::NoTargetWitness);
}

#[test]
fn a_handshake_that_the_target_saw_begin_got_in() {
    let seen = |outcome: &Outcome, from: &[&str]| reason(&left(closed(outcome), Left::Handshake, from));
    for lost in [LOST_IN_TLS, Outcome::Reset(Reset::DuringTls), Outcome::Reset(Reset::ClosedDuringTls)] {
        assert_eq!(seen(&lost, &[]), Reason::DeniedWitnessed, "{lost:?}");
        assert_eq!(seen(&lost, &["192.0.2.1"]), Reason::LeakOneWay, "{lost:?}");
        assert_eq!(seen(&lost, &["198.51.100.7"]), Reason::HandshakeUnclear, "{lost:?}");
    }
    assert_eq!(seen(&DROPPED, &["192.0.2.1"]), Reason::DeniedWitnessed, "another connection's handshake");
}

#[test]
fn a_connection_that_got_in_and_brought_nothing_got_in() {
    let over = |address: &str, outcome: &Outcome, from: &[&str]| {
        let scene = left(closed(outcome), Left::Request, from);
        let scene = scene.with(|scene| {
            scene.scenario.endpoints[SITE.0].route.address = address.parse().expect("an address");
            // The beacon stays where it is.
            scene.scenario.rules[1].witness_port = WitnessPort::Any;
        });
        scene.edge(OUTSIDER_TO_SITE)
    };
    let later = [Outcome::TimedOut(Phase::FirstByte), Outcome::Reset(Reset::BeforeAnswer)];
    for address in ["tcp://192.0.2.9:5432", "http://app.test", "https://app.test"] {
        for lost in later.iter().chain([&LOST_IN_TLS, &Outcome::Reset(Reset::ClosedBeforeAnswer)]) {
            let leak = over(address, lost, &["198.51.100.7", "192.0.2.1"]);
            assert_eq!(leak.reason, Reason::LeakOneWay, "{address} {lost:?}");
            // Anybody's health probe, or this call behind a translated address: nothing tells them apart.
            let denied = over(address, lost, &["198.51.100.7"]);
            assert_eq!(denied.reason, Reason::DeniedWitnessed, "{address} {lost:?}");
            let line = "something accepted the connection at 203.0.113.9:443, and nothing came of it";
            assert_eq!(denied.evidence.last().map(String::as_str), Some(line));
        }
        for never in [DROPPED, Outcome::Refused, Outcome::Unreachable(Unreachable::AdminProhibited)] {
            let denied = over(address, &never, &["192.0.2.1"]);
            assert_eq!(denied.reason, Reason::DeniedWitnessed, "{address} {never:?}: another connection's");
            assert!(!denied.evidence.iter().any(|line| line.contains("accepted")), "{:?}", denied.evidence);
        }
    }
    let silent = over("udp://192.0.2.9:514", &later[0], &["192.0.2.1"]);
    assert_eq!(silent.reason, Reason::DeniedWitnessed, "nothing connects over UDP");
    assert!(!silent.evidence.iter().any(|line| line.contains("accepted")), "{:?}", silent.evidence);
}

#[test]
fn of_a_call_that_got_in_unfinished_the_reader_is_told_what_the_target_saw_and_where_to_look() {
    let begun = |scene: Scene| left(scene, Left::Handshake, &["192.0.2.1"]);
    let leak = begun(closed(&LOST_IN_TLS)).edge(OUTSIDER_TO_SITE);
    let line = "`app` saw a connection from 192.0.2.1 that brought no request";
    assert_eq!(leak.evidence.first().map(String::as_str), Some(line));
    assert!(leak.sentence.contains("but a connection reached `app`"), "{}", leak.sentence);
    let hint = leak.hint.unwrap_or_default();
    assert!(hint.contains("path MTU") && hint.contains("one-way filter"), "{hint}");
    let blocked = begun(Scene::sound().saw(VM_TO_SITE, [LOST_IN_TLS])).edge(VM_TO_SITE);
    assert!(blocked.evidence.iter().any(|evidence| evidence == line), "{:?}", blocked.evidence);
    // A call that arrived whole is another matter.
    let receipt = closed(&DROPPED).receipt(OUTSIDER_TO_SITE, 1).edge(OUTSIDER_TO_SITE);
    assert!(receipt.sentence.contains("but the call reached `app`"), "{}", receipt.sentence);
    assert!(
        receipt.hint.is_some_and(|hint| hint.contains("the request got in and only its answer was lost"))
    );
}

#[test]
fn an_agent_that_was_never_told_of_the_run_is_no_wrong_answer() {
    let greeted = Scene::sound().saw(VM_TO_SITE, [status(404)]);
    assert_eq!(greeted.edge(VM_TO_SITE).reason, Reason::WrongAnswer);
    let untold = |outcome| {
        Scene::sound().saw(VM_TO_SITE, [outcome]).with(|scene| {
            let trouble = unasked(UnaskedWhy::NoRoute).sample.expect_err("no sample");
            scene.observations.agents[1].hello = Err(trouble);
        })
    };
    assert_eq!(untold(status(404)).edge(VM_TO_SITE).reason, Reason::TargetNotAsked);
    assert_eq!(untold(status(502)).edge(VM_TO_SITE).reason, Reason::WrongAnswer);
}

#[test]
fn an_agent_that_has_forgotten_the_run_is_no_blocked_path() {
    let over = |address: &str, outcome: &Outcome| {
        let scene = Scene::sound().saw(VM_TO_SITE, [outcome.clone()]).with(|scene| {
            scene.scenario.endpoints[SITE.0].route.address = address.parse().expect("an address");
            scene.observations.agents[APP.0].receipts.as_mut().expect("a book").restarted = true;
        });
        scene.edge(VM_TO_SITE).reason
    };
    let (closed, silent) = (Outcome::Reset(Reset::ClosedBeforeAnswer), Outcome::TimedOut(Phase::FirstByte));
    let (https, tcp, udp) = ("https://app.test", "tcp://app.test:1", "udp://app.test:1");
    for (address, outcome) in [(https, &status(404)), (tcp, &closed), (udp, &silent)] {
        assert_eq!(over(address, outcome), Reason::TargetRestarted, "{address}");
    }
    for (address, outcome) in [(https, &closed), (https, &silent), (tcp, &silent), (tcp, &DROPPED)] {
        assert_eq!(over(address, outcome), Reason::Blocked, "{address} {outcome:?}");
    }
}
