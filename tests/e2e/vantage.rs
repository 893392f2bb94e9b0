//! What a call carries, where it leaves from, and what keeps a vantage from sending it.

use std::sync::Arc;

use ringfence_agent::call::{MeansSettings, place};
use ringfence_contract::address::Family;
use ringfence_contract::call::{Call, Certificates, Destination, Method};
use ringfence_contract::fingerprint::known;
use ringfence_contract::outcome::{NotSentWhy, Outcome, OutcomeKind};
use ringfence_contract::seal::call_token;
use ringfence_tests::calls::{EXPECTED, Nothing, call_to, means, place_freely, route, run, sealed, settings};
use ringfence_tests::script::{Script, response};

#[tokio::test]
async fn what_the_vantage_cannot_or_may_not_send_is_not_sent() {
    let run = run();
    let peer = Script::http("").play().await;
    let to = route(&format!("http://{}", peer.address));
    let call = call_to(to.clone());
    let other_family = Call { family: Family::Ipv6, ..call.clone() };
    let own = Call { to: Destination::OwnListener(route("http://127.0.0.1:1").address), ..call.clone() };
    let forbidding = MeansSettings { admit: Arc::new(Nothing), ..settings() };
    // 192.0.2.0/24 is nobody's (RFC 5737).
    let foreign = MeansSettings { sources: vec!["192.0.2.77".parse().expect("an address")], ..settings() };
    for (call, settings, why) in [
        (call.clone(), forbidding, NotSentWhy::NotAllowed),
        (call, foreign, NotSentWhy::BadSource),
        (other_family, settings(), NotSentWhy::NoFamily),
        (own, settings(), NotSentWhy::NoListener),
    ] {
        let sample = place(&means(settings), &run, &known(), &call, None).await;
        let Outcome::NotSent(not_sent) = &sample.outcome else { panic!("{why}: {sample:?}") };
        assert_eq!(not_sent.why, why, "{sample:?}");
        assert!(!not_sent.detail.is_empty());
    }
    assert_eq!(peer.heard(), Vec::<Vec<u8>>::new(), "nothing may have been sent");
}

#[tokio::test]
async fn a_call_leaves_from_the_source_it_is_told_to() {
    let run = run();
    let peer = Script::line("hello\n").play().await;
    let source = "127.0.0.77".parse().expect("an address");
    let means = means(MeansSettings { sources: vec![source], ..settings() });
    for scheme in ["tcp", "udp"] {
        let call = call_to(route(&format!("{scheme}://{}", peer.address)));
        let sample = place(&means, &run, &known(), &call, None).await;
        assert_eq!(sample.local.map(|local| local.ip()), Some(source), "{scheme}: {sample:?}");
    }
}

#[tokio::test]
async fn an_own_listener_is_called_whatever_the_policy_says() {
    let run = run();
    let call = Call {
        to: Destination::OwnListener(route("http://127.0.0.1:1").address),
        certificates: Certificates::Require,
        ..call_to(route("http://127.0.0.1:1"))
    };
    let answer = response("200 OK", "", &sealed(&run, call.id, EXPECTED));
    let peer = Script::http(answer).play().await;
    let forbidding = means(MeansSettings { admit: Arc::new(Nothing), ..settings() });
    let everywhere = std::net::SocketAddr::from(([0, 0, 0, 0], peer.address.port()));
    let sample = place(&forbidding, &run, &known(), &call, Some(everywhere)).await;
    assert_eq!(sample.outcome.kind(), OutcomeKind::Answered, "{sample:?}");
}

#[tokio::test]
async fn a_request_carries_the_call_and_nothing_of_the_caller() {
    let run = run();
    let peer = Script::http(response("200 OK", "", b"")).play().await;
    let mut to = route(&format!("http://app-1.example.test:{}/a?b=c", peer.address.port()));
    to.connect = Some(peer.address.ip());
    to.method = Method::Post;
    let call = call_to(to);
    place_freely(&run, &call).await;
    let token = call_token(&run.key, run.id, call.id);
    let mut lines: Vec<String> =
        peer.heard_text().to_lowercase().trim_end().split("\r\n").map(str::to_owned).collect();
    lines.sort();
    let mut expected = vec![
        "accept: */*".to_owned(),
        "accept-encoding: identity".to_owned(),
        "content-length: 0".to_owned(),
        format!("host: app-1.example.test:{}", peer.address.port()),
        "post /a?b=c http/1.1".to_owned(),
        format!("ringfence-call: {token}"),
        format!("user-agent: ringfence/{}", env!("CARGO_PKG_VERSION")),
    ];
    expected.sort();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn an_answer_over_ipv6_is_an_answer() {
    let run = run();
    let call = Call { family: Family::Ipv6, ..call_to(route("tcp://[::1]:1")) };
    let peer = Script::line(sealed(&run, call.id, EXPECTED)).play_on("::1").await;
    let to = Destination::Endpoint(route(&format!("tcp://{}", peer.address)));
    let sample = place_freely(&run, &Call { to, ..call }).await;
    assert_eq!(sample.outcome.kind(), OutcomeKind::Answered, "{sample:?}");
    let phases = sample.phases;
    assert!(phases.connect_us.is_some() && phases.first_byte_us.is_some() && phases.transfer_us.is_some());
    assert!(phases.resolve_us.is_none() && phases.tls_us.is_none(), "{phases:?}");
}

#[tokio::test]
async fn many_calls_are_made_at_once_with_the_same_means() {
    let run = run();
    let means = means(settings());
    let peer = Script::line("hello\n").play().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (run, means) = (run.clone(), means.clone());
        let call = call_to(route(&format!("tcp://{}", peer.address)));
        calls.spawn(async move { place(&means, &run, &known(), &call, None).await });
    }
    let samples = calls.join_all().await;
    assert_eq!(samples.len(), 100);
    for sample in samples {
        assert_eq!(sample.outcome.kind(), OutcomeKind::Unsealed, "{sample:?}");
    }
}
