//! What a resolver says, and what it comes to.

use std::net::IpAddr;

use hickory_proto::op::{Edns, Message, ResponseCode};
use hickory_proto::rr::Name;
use ringfence_agent::call::{MeansSettings, place};
use ringfence_contract::address::Family;
use ringfence_contract::call::{Call, Timeouts};
use ringfence_contract::fingerprint::known;
use ringfence_contract::outcome::{Outcome, OutcomeKind, UnresolvedWhy};
use ringfence_contract::sample::Sample;
use ringfence_tests::Peer;
use ringfence_tests::calls::{BRIEF_MS, PATIENT, call_to, means, place_freely, route, run, settings};
use ringfence_tests::closed;
use ringfence_tests::dns::Zone;
use ringfence_tests::script::{Script, response};

const NAME: &str = "app-1.example.test";

async fn asked(server: &Peer, call: &Call) -> Sample {
    let means = means(MeansSettings { resolver: Some(server.address), ..settings() });
    place(&means, &run(), &known(), call, None).await
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().expect("an address")).collect()
}

#[tokio::test]
async fn a_name_without_an_address_says_why() {
    let call = call_to(route(&format!("http://{NAME}")));
    let v6 = Call { family: Family::Ipv6, ..call.clone() };
    let brief = Call { timeouts: Timeouts { resolve_ms: BRIEF_MS, ..PATIENT }, ..call.clone() };
    for (zone, call, why, rcode) in [
        (Zone::Code(ResponseCode::NXDomain), &call, UnresolvedWhy::NoSuchName, Some("NXDOMAIN")),
        (Zone::Code(ResponseCode::ServFail), &call, UnresolvedWhy::ResolverFailed, Some("SERVFAIL")),
        (Zone::Code(ResponseCode::Refused), &call, UnresolvedWhy::ResolverFailed, Some("REFUSED")),
        (Zone::Code(ResponseCode::NoError), &call, UnresolvedWhy::NoRecords, Some("NOERROR")),
        (Zone::Addresses(addresses(&["127.0.0.9"])), &v6, UnresolvedWhy::NoRecords, Some("NOERROR")),
        (Zone::Silent, &brief, UnresolvedWhy::ResolverSilent, None),
        (Zone::Bytes(b"no DNS at all".to_vec()), &brief, UnresolvedWhy::ResolverSilent, None),
    ] {
        let server = zone.clone().serve().await;
        let sample = asked(&server, call).await;
        let Outcome::Unresolved(unresolved) = &sample.outcome else { panic!("{zone:?}: {sample:?}") };
        assert_eq!(unresolved.why, why, "{zone:?}");
        assert_eq!(unresolved.rcode.as_deref(), rcode, "{zone:?}");
        assert_eq!(unresolved.resolver, server.address.to_string(), "{zone:?}");
        let resolution = sample.resolution.expect("a resolver was asked");
        assert_eq!((resolution.name.as_str(), resolution.rcode.as_deref()), (NAME, rcode), "{zone:?}");
        let is_silent = why == UnresolvedWhy::ResolverSilent;
        assert_eq!(sample.phases.resolve_us.is_none(), is_silent, "{zone:?}: only an answer ends the phase");
        assert_eq!(sample.remote, None, "{zone:?}");
    }
}

#[tokio::test]
async fn a_resolver_that_is_not_there_is_silent() {
    let call = Call {
        timeouts: Timeouts { resolve_ms: BRIEF_MS, ..PATIENT },
        ..call_to(route(&format!("http://{NAME}")))
    };
    let means = means(MeansSettings { resolver: Some(closed::udp().await), ..settings() });
    let sample = place(&means, &run(), &known(), &call, None).await;
    let Outcome::Unresolved(unresolved) = &sample.outcome else { panic!("{sample:?}") };
    assert_eq!(unresolved.why, UnresolvedWhy::ResolverSilent);
}

/// An answer that does not fit a datagram, and says so.
fn cut_off(message: &mut Message) {
    message.metadata.truncation = true;
    message.answers.clear();
}

#[tokio::test]
async fn an_answer_that_other_programs_take_is_taken() {
    let peer = Script::http(response("200 OK", "", b"hello")).play_on("127.0.0.3").await;
    let call = call_to(route(&format!("http://{NAME}:{}", peer.address.port())));
    let found = || addresses(&["127.0.0.3"]);
    let target = || Name::from_ascii("front-end.example.test.").expect("a name");
    let code = |code| Zone::FailingOnEdns(code, found());
    for (sentence, zone) in [
        ("FORMERR to an OPT record", code(Some(ResponseCode::FormErr))),
        ("NOTIMP to an OPT record", code(Some(ResponseCode::NotImp))),
        ("SERVFAIL to an OPT record", code(Some(ResponseCode::ServFail))),
        ("silence to an OPT record", code(None)),
        (
            "upside down",
            Zone::Bent(Box::new(Zone::Alias(target(), found())), |message| message.answers.reverse()),
        ),
        (
            "in another case",
            Zone::Bent(Box::new(Zone::Addresses(found())), |message| {
                message.queries[0].name =
                    message.queries[0].name.to_ascii().to_uppercase().parse().expect("a name");
            }),
        ),
        (
            "with an OPT record that nobody asked for",
            Zone::Bent(Box::new(Zone::Addresses(found())), |message| message.edns = Some(Edns::new())),
        ),
    ] {
        let server = zone.serve().await;
        let sample = asked(&server, &call).await;
        assert_eq!(sample.remote, Some(peer.address), "{sentence}: {sample:?}");
    }
    // More than 512 bytes, without a word on it in the question.
    let many: Vec<IpAddr> = (0..100).map(|last| IpAddr::from([127, 0, 3, last])).collect();
    let server = Zone::Addresses(many.clone()).serve().await;
    let sample = asked(&server, &call).await;
    assert_eq!(sample.resolution.map(|found| found.addresses), Some(many));
}

#[tokio::test]
async fn an_answer_that_never_comes_whole_is_a_failure_and_says_nothing_of_the_name() {
    let server = Zone::Bent(Box::new(Zone::Addresses(addresses(&["127.0.0.3"]))), cut_off).serve().await;
    let sample = asked(&server, &call_to(route(&format!("http://{NAME}")))).await;
    let Outcome::Unresolved(unresolved) = &sample.outcome else { panic!("{sample:?}") };
    assert_eq!((unresolved.why, unresolved.rcode.as_deref()), (UnresolvedWhy::ResolverFailed, None));
}

#[tokio::test]
async fn a_name_is_called_at_one_of_its_addresses_and_the_answer_is_kept() {
    let peer = Script::http(response("200 OK", "", b"hello")).play_on("127.0.0.3").await;
    let target = Name::from_ascii("front-end.example.test.").expect("a name");
    let found = addresses(&["127.0.0.5", "127.0.0.3"]);
    let server = Zone::Alias(target, found).serve().await;
    let call = call_to(route(&format!("http://{NAME}:{}", peer.address.port())));
    let sample = asked(&server, &call).await;
    assert_eq!(sample.outcome.kind(), OutcomeKind::Unsealed, "{sample:?}");
    assert_eq!(sample.remote, Some(peer.address));
    assert!(sample.phases.resolve_us.is_some());
    let resolution = sample.resolution.expect("a resolver was asked");
    assert_eq!(resolution.addresses, addresses(&["127.0.0.3", "127.0.0.5"]), "in the order of their value");
    assert_eq!(resolution.cnames, ["front-end.example.test"]);
    assert_eq!(resolution.rcode.as_deref(), Some("NOERROR"));
    let second = asked(&server, &Call { nth: 1, ..call.clone() }).await;
    assert_eq!(second.remote.map(|remote| remote.ip()), Some(addresses(&["127.0.0.5"])[0]), "{second:?}");
    let third = asked(&server, &Call { nth: 2, ..call }).await;
    assert_eq!(third.remote, Some(peer.address), "the third of two is the first");
}

#[tokio::test]
async fn a_name_is_asked_as_it_stands_each_time_in_one_family() {
    let server = Zone::Code(ResponseCode::NXDomain).serve().await;
    let means = means(MeansSettings { resolver: Some(server.address), ..settings() });
    let call = call_to(route("http://app-1"));
    for _ in 0..2 {
        place(&means, &run(), &known(), &call, None).await;
    }
    assert_eq!(server.heard_text(), "app-1. A\napp-1. A\n", "no search domain, no cache, no second family");
}

#[tokio::test]
async fn localhost_is_found_without_any_resolver() {
    let peer = Script::http(response("200 OK", "", b"hello")).play().await;
    let server = Zone::Code(ResponseCode::ServFail).serve().await;
    let call = call_to(route(&format!("http://localhost:{}", peer.address.port())));
    let sample = asked(&server, &call).await;
    assert_eq!(sample.remote, Some(peer.address), "{sample:?}");
    assert_eq!(server.heard_text(), "");
}

#[tokio::test]
async fn an_address_is_not_resolved() {
    let peer = Script::http(response("200 OK", "", b"hello")).play().await;
    let sample = place_freely(&run(), &call_to(route(&format!("http://{}", peer.address)))).await;
    assert_eq!(sample.resolution, None);
    assert_eq!(sample.phases.resolve_us, None);
    assert_eq!(sample.status, Some(200));
}
