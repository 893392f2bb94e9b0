//! Whether a vantage showed that it can send, case by case: the port, the word it rests on, and what the rule takes.

use std::sync::Arc;

use ringfence_contract::call::Route;
use ringfence_contract::outcome::{Outcome, Phase, Told, ToldKind, Unsealed};

use ringfence_contract::sample::TlsFacts;

use crate::dispatch::Attempt;
use crate::judge::sample_run::{
    OUTSIDER, OUTSIDER_SEES_BEACON, OUTSIDER_TO_SITE, SITE, Scene, answered, forbidden, status,
};
use crate::judge::{Reason, Weakness};
use crate::scenario::{BeaconTarget, WitnessPort};

const DROPPED: Outcome = Outcome::TimedOut(Phase::Connect);

/// The outsider's calls to `https://app.test` are dropped, and its beacon is this.
fn dropped(beacon: &str, saw: &Outcome) -> Scene {
    let route = Route::from(beacon.parse::<ringfence_contract::address::Address>().expect("an address"));
    let scene = Scene::sound().saw(OUTSIDER_TO_SITE, [DROPPED, DROPPED, DROPPED]);
    let scene = scene
        .with(|scene| scene.scenario.agents[OUTSIDER.0].beacons[0].to = BeaconTarget::Outside(route))
        .witness(OUTSIDER_SEES_BEACON, saw.clone(), saw.clone());
    if beacon.starts_with("https") { with_certificate(scene, None) } else { scene }
}

fn any_port(scene: Scene) -> Scene {
    scene.with(|scene| scene.scenario.rules[1].witness_port = WitnessPort::Any)
}

fn with_certificate(scene: Scene, error: Option<&str>) -> Scene {
    let set = |attempt: &mut Attempt| {
        attempt.sample.as_mut().expect("a sample").tls = Some(Arc::new(TlsFacts {
            version: Some("TLSv1_3".to_owned()),
            alpn: None,
            pin: None,
            certificate_error: error.map(str::to_owned),
        }));
    };
    scene.with(|scene| {
        set(&mut scene.observations.before[OUTSIDER_SEES_BEACON]);
        set(&mut scene.observations.after[OUTSIDER_SEES_BEACON]);
    })
}

fn portal() -> Outcome {
    let Outcome::Unsealed(unsealed) = status(302) else { panic!("a status is unsealed") };
    let told = Some(Told { kind: ToldKind::CallersSide, name: "meraki-splash".to_owned() });
    Outcome::Unsealed(Unsealed { told, ..unsealed })
}

fn bytes() -> Outcome {
    let Outcome::Unsealed(unsealed) = status(200) else { panic!("a status is unsealed") };
    Outcome::Unsealed(Unsealed { status: None, ..unsealed })
}

#[test]
fn a_vantage_shows_that_it_can_send_at_the_port_where_it_met_the_silence() {
    let (good, silent) = (status(200), Outcome::TimedOut(Phase::FirstByte));
    let (proved, plain, other) = (vec![], vec![Weakness::PlainWitness], vec![Weakness::OtherPort]);
    let both = vec![Weakness::PlainWitness, Weakness::OtherPort];
    let (passes, open) = (Reason::DeniedWitnessed, Reason::NoVantageWitness);
    for (beacon, saw, same, any) in [
        ("https://beacon.test", &good, (passes, &proved), (passes, &proved)),
        ("https://beacon.test", &status(403), (passes, &proved), (passes, &proved)),
        ("https://beacon.test", &DROPPED, (open, &proved), (open, &proved)),
        // The same port in another word.
        ("http://beacon.test:443", &good, (passes, &plain), (passes, &plain)),
        ("tcp://beacon.test:443", &silent, (passes, &plain), (passes, &plain)),
        ("tcp://beacon.test:443", &bytes(), (passes, &plain), (passes, &plain)),
        ("http://beacon.test:443", &status(403), (open, &proved), (open, &proved)),
        ("http://beacon.test:443", &forbidden("198.51.100.7"), (open, &proved), (open, &proved)),
        ("http://beacon.test:443", &answered("198.51.100.7"), (passes, &proved), (passes, &proved)),
        ("http://beacon.test:443", &portal(), (open, &proved), (open, &proved)),
        // Another port.
        ("https://beacon.test:8443", &good, (open, &proved), (passes, &other)),
        ("http://beacon.test", &good, (open, &proved), (passes, &both)),
        ("http://beacon.test", &portal(), (open, &proved), (open, &proved)),
        ("tcp://beacon.test:5432", &silent, (open, &proved), (passes, &both)),
    ] {
        let told = |scene: Scene| {
            let found = scene.found(OUTSIDER_TO_SITE);
            (found.reason, found.weaknesses)
        };
        assert_eq!(told(dropped(beacon, saw)), (same.0, same.1.clone()), "{beacon} {saw:?}");
        assert_eq!(
            told(any_port(dropped(beacon, saw))),
            (any.0, any.1.clone()),
            "{beacon} {saw:?}, any port"
        );
    }
}

#[test]
fn a_beacon_with_a_bad_certificate_is_not_reached() {
    let reason = |error| {
        let scene = with_certificate(dropped("https://beacon.test", &status(200)), error);
        scene.found(OUTSIDER_TO_SITE).reason
    };
    assert_eq!(reason(None), Reason::DeniedWitnessed);
    assert_eq!(reason(Some("unknown issuer")), Reason::NoVantageWitness);
}

#[test]
fn tcp_shows_nothing_about_udp() {
    let silent = Outcome::TimedOut(Phase::FirstByte);
    let scene = dropped("https://beacon.test", &status(200)).with(|scene| {
        scene.scenario.endpoints[SITE.0].route.address = "udp://app.test:443".parse().expect("an address");
    });
    let scene = scene.saw(OUTSIDER_TO_SITE, [silent.clone(), silent.clone(), silent]);
    assert_eq!(scene.found(OUTSIDER_TO_SITE).reason, Reason::NoVantageWitness);
    assert_eq!(any_port(scene).found(OUTSIDER_TO_SITE).weaknesses, [Weakness::OtherPort]);
}

#[test]
fn a_denial_in_a_platforms_words_leans_on_no_witness() {
    let refused = [(); 3].map(|()| forbidden("198.51.100.7"));
    let scene = dropped("http://beacon.test", &status(200)).saw(OUTSIDER_TO_SITE, refused);
    assert_eq!(any_port(scene).found(OUTSIDER_TO_SITE).weaknesses, []);
}
