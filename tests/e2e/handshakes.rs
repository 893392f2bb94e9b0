//! What happens in the TLS phase, and what it comes to.

use std::sync::Arc;

use ringfence_agent::call::{MeansSettings, place};

use ringfence_contract::call::{Call, Certificates, Destination, Pin, Route, Trust};
use ringfence_contract::fingerprint::known;
use ringfence_contract::outcome::{Outcome, OutcomeKind, Reset, TlsFailedWhy};
use ringfence_contract::sample::Sample;
use ringfence_tests::Peer;
use ringfence_tests::calls::{EXPECTED, call_to, means, place_freely, route, run, sealed, settings};
use ringfence_tests::certificates::{Authority, Validity, self_signed};
use ringfence_tests::h2;
use ringfence_tests::odd_certificates::{Odd, Oddity};
use ringfence_tests::script::{End, Script, response};
use rustls::ServerConfig;
use rustls::version::{TLS12, TLS13};

const NAME: &str = "app-1.example.test";

fn by_name(peer: &Peer, trust: Trust) -> Route {
    let connect = Some(peer.address.ip());
    Route { connect, trust, ..route(&format!("https://{NAME}:{}", peer.address.port())) }
}

async fn hello(tls: Arc<ServerConfig>) -> Peer {
    Script::http(response("200 OK", "", b"hello")).over(tls).play().await
}

async fn called(peer: &Peer, trust: Trust, certificates: Certificates) -> Sample {
    place_freely(&run(), &Call { certificates, ..call_to(by_name(peer, trust)) }).await
}

#[tokio::test]
async fn a_bad_certificate_ends_the_call_or_is_noted_as_the_call_says() {
    let (authority, namesake, stranger) =
        (Authority::new(), Authority::new(), Authority::named("a stranger"));
    let trust = || Trust::Ca(authority.pem());
    let other_pin = Trust::Pin(Pin::new([7; 32]));
    for (sentence, tls, trust, why) in [
        ("expired", authority.server(NAME, Validity::Past, &[]), trust(), TlsFailedWhy::Expired),
        ("not yet valid", authority.server(NAME, Validity::Future, &[]), trust(), TlsFailedWhy::NotYetValid),
        ("another name", authority.server("x.test", Validity::Now, &[]), trust(), TlsFailedWhy::WrongName),
        (
            "an issuer of the same name",
            namesake.server(NAME, Validity::Now, &[]),
            trust(),
            TlsFailedWhy::Untrusted,
        ),
        ("an unknown issuer", stranger.server(NAME, Validity::Now, &[]), trust(), TlsFailedWhy::Untrusted),
        (
            "no issuer the platform knows",
            authority.server(NAME, Validity::Now, &[]),
            Trust::Platform,
            TlsFailedWhy::Untrusted,
        ),
        (
            "not the pinned one",
            authority.server(NAME, Validity::Now, &[]),
            other_pin,
            TlsFailedWhy::Untrusted,
        ),
    ] {
        let peer = hello(tls).await;
        let sample = called(&peer, trust.clone(), Certificates::Require).await;
        let Outcome::TlsFailed(failed) = &sample.outcome else { panic!("{sentence}: {sample:?}") };
        assert_eq!(failed.why, why, "{sentence}: {failed:?}");
        assert!(sample.tls.is_some_and(|tls| tls.pin.is_some()), "{sentence}: the certificate is shown");
        assert_eq!(sample.phases.tls_us, None, "{sentence}");
        assert_eq!(peer.heard_text(), "", "{sentence}: no request was sent");

        let sample = called(&peer, trust, Certificates::Note).await;
        assert_eq!(sample.outcome.kind(), OutcomeKind::Unsealed, "{sentence}: {sample:?}");
        let noted = sample.tls.and_then(|tls| tls.certificate_error.clone()).expect("the error is noted");
        assert_eq!(&noted, &failed.detail, "{sentence}");
    }
}

#[tokio::test]
async fn a_good_certificate_is_good_by_any_of_three_trusts() {
    let authority = Authority::new();
    let peer = hello(authority.server(NAME, Validity::Now, &["http/1.1"])).await;
    let by_ca = called(&peer, Trust::Ca(authority.pem()), Certificates::Require).await;
    let facts = by_ca.tls.clone().expect("a handshake took place");
    assert_eq!(by_ca.status, Some(200), "{by_ca:?}");
    assert_eq!(facts.version.as_deref(), Some("TLSv1_3"));
    assert_eq!(facts.alpn.as_deref(), Some("http/1.1"));
    assert_eq!(facts.certificate_error, None);
    assert!(by_ca.phases.tls_us.is_some());

    let pin = facts.pin.expect("the certificate's digest");
    let by_pin = called(&peer, Trust::Pin(pin), Certificates::Require).await;
    assert_eq!(by_pin.status, Some(200), "{by_pin:?}");

    let means = means(MeansSettings { ca: Some(authority.pem()), ..settings() });
    let call = call_to(by_name(&peer, Trust::Platform));
    let by_agent = place(&means, &run(), &known(), &call, None).await;
    assert_eq!(by_agent.status, Some(200), "{by_agent:?}");
    assert!(peer.heard_text().contains(&format!("host: {NAME}:")), "the name goes into the request");
}

#[tokio::test]
async fn a_self_signed_certificate_is_good_where_it_is_named_itself_and_for_its_names_and_dates_only() {
    let (_, another) = self_signed(NAME, Validity::Now);
    for (sentence, (tls, own), trusted, expected) in [
        ("named itself", self_signed(NAME, Validity::Now), None, None),
        (
            "another of its kind is named",
            self_signed(NAME, Validity::Now),
            Some(another),
            Some(TlsFailedWhy::Untrusted),
        ),
        ("for another name", self_signed("x.test", Validity::Now), None, Some(TlsFailedWhy::WrongName)),
        ("of the past", self_signed(NAME, Validity::Past), None, Some(TlsFailedWhy::Expired)),
    ] {
        let peer = hello(tls).await;
        let sample = called(&peer, Trust::Ca(trusted.unwrap_or(own)), Certificates::Require).await;
        assert_eq!(why(&sample), expected, "{sentence}: {sample:?}");
        assert_eq!(sample.status, expected.is_none().then_some(200), "{sentence}");
    }
}

#[tokio::test]
async fn a_pinned_certificate_is_good_whatever_its_date_and_name() {
    let peer = hello(Authority::new().server("x.test", Validity::Past, &[])).await;
    let noted = called(&peer, Trust::Platform, Certificates::Note).await;
    let pin = noted.tls.and_then(|tls| tls.pin).expect("the certificate's digest");
    let sample = called(&peer, Trust::Pin(pin), Certificates::Require).await;
    assert_eq!(sample.status, Some(200), "{sample:?}");
}

const ODDITIES: [Oddity; 7] = [
    Oddity::Version1,
    Oddity::Version2,
    Oddity::NegativeSerial,
    Oddity::BrokenExtension,
    Oddity::UnknownExtension,
    Oddity::NoNames,
    Oddity::None,
];

#[tokio::test]
async fn a_pinned_certificate_is_good_whatever_is_in_it_and_another_certificate_or_key_is_not() {
    for (oddity, version) in ODDITIES.into_iter().flat_map(|oddity| [(oddity, &TLS12), (oddity, &TLS13)]) {
        let sentence = format!("{oddity:?} over {:?}", version.version);
        let odd = Odd::new(oddity, "x.test", Validity::Past);
        let peer = hello(odd.server(version)).await;
        let noted = called(&peer, Trust::Platform, Certificates::Note).await;
        assert_eq!(noted.status, Some(200), "{sentence}: a bad certificate hides no open path: {noted:?}");
        let facts = noted.tls.expect("a handshake took place");
        assert!(facts.certificate_error.is_some(), "{sentence}");
        let pin = Trust::Pin(facts.pin.expect("the certificate's digest"));

        for certificates in [Certificates::Require, Certificates::Note] {
            let sample = called(&peer, pin.clone(), certificates).await;
            assert_eq!(sample.status, Some(200), "{sentence}: {sample:?}");
            let error = sample.tls.and_then(|tls| tls.certificate_error.clone());
            assert_eq!(error, None, "{sentence}");
        }
        let other = called(&peer, Trust::Pin(Pin::new([7; 32])), Certificates::Require).await;
        assert_eq!(why(&other), Some(TlsFailedWhy::Untrusted), "{sentence}: {other:?}");

        let impostor = hello(odd.impostor(version)).await;
        let sample = called(&impostor, pin.clone(), Certificates::Require).await;
        assert_eq!(why(&sample), Some(TlsFailedWhy::Untrusted), "{sentence}, with another key: {sample:?}");
        let sample = called(&impostor, pin, Certificates::Note).await;
        let error = sample.tls.and_then(|tls| tls.certificate_error.clone());
        assert!(error.is_some(), "{sentence}, with another key, is noted");
    }
}

#[tokio::test]
async fn a_certificate_named_itself_as_the_ca_is_good_for_its_names_and_dates_whatever_its_version() {
    let ca = Authority::new();
    for (oddity, name, validity, expected) in [
        (Oddity::Version1, NAME, Validity::Now, None),
        (Oddity::Version1, "*.example.test", Validity::Now, None),
        (Oddity::Version1, "x.test", Validity::Now, Some(TlsFailedWhy::WrongName)),
        (Oddity::Version1, NAME, Validity::Past, Some(TlsFailedWhy::Expired)),
        (Oddity::Version1, NAME, Validity::Future, Some(TlsFailedWhy::NotYetValid)),
        (Oddity::NoNames, NAME, Validity::Now, None),
        (Oddity::NoNames, "x.test", Validity::Now, Some(TlsFailedWhy::WrongName)),
        (Oddity::NoNames, NAME, Validity::Past, Some(TlsFailedWhy::Expired)),
    ] {
        let sentence = format!("{oddity:?} {name} {validity:?}");
        let odd = Odd::new(oddity, name, validity);
        let peer = hello(odd.server(&TLS13)).await;
        let sample = called(&peer, Trust::Ca(odd.pem()), Certificates::Require).await;
        assert_eq!(why(&sample), expected, "{sentence}: {sample:?}");
        assert_eq!(sample.status, expected.is_none().then_some(200), "{sentence}");
        let impostor = hello(odd.impostor(&TLS13)).await;
        let sample = called(&impostor, Trust::Ca(odd.pem()), Certificates::Require).await;
        assert!(why(&sample).is_some(), "{sentence}, with another key: {sample:?}");
        let sample = called(&peer, Trust::Ca(ca.pem()), Certificates::Require).await;
        assert!(why(&sample).is_some(), "{sentence}, with somebody else named: {sample:?}");
    }
}

#[tokio::test]
async fn an_issued_certificate_is_good_where_it_is_named_itself_and_its_issuer_is_not() {
    for (name, expected) in [(NAME, None), ("x.test", Some(TlsFailedWhy::WrongName))] {
        let (tls, own) = Authority::new().server_and_pem(name);
        let peer = hello(tls).await;
        let sample = called(&peer, Trust::Ca(own), Certificates::Require).await;
        assert_eq!(why(&sample), expected, "{name}: {sample:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_version_1_that_nobody_named_is_told_as_a_limit_and_with_what_to_do() {
    let peer = hello(Odd::new(Oddity::Version1, NAME, Validity::Now).server(&TLS13)).await;
    let sample = called(&peer, Trust::Ca(Authority::new().pem()), Certificates::Require).await;
    let Outcome::TlsFailed(failed) = &sample.outcome else { panic!("{sample:?}") };
    assert_eq!(failed.why, TlsFailedWhy::Unsupported, "{failed:?}");
    assert!(failed.detail.contains("limit of Ringfence") && failed.detail.contains("`pin`"), "{failed:?}");
}

/// An alert in a record of its own (RFC 8446 section 6).
fn alert(code: u8) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, 2, code]
}

/// The hello of a server that speaks this version (3.1 is TLS 1.0), with no extension (RFC 5246 section 7.4.1.3).
fn server_hello(minor: u8) -> Vec<u8> {
    let body = [[3, minor].as_slice(), &[7; 32], &[0, 0x00, 0x2f, 0]].concat();
    let handshake = [[2, 0, 0, u8::try_from(body.len()).expect("short")].as_slice(), &body].concat();
    [[22, 3, minor, 0, u8::try_from(handshake.len()).expect("short")].as_slice(), &handshake].concat()
}

#[tokio::test]
async fn a_peer_that_speaks_nothing_of_what_is_offered_is_told_as_a_limit_of_ringfence() {
    for (sentence, say, expected) in [
        ("handshake_failure", alert(40), TlsFailedWhy::Unsupported),
        ("protocol_version", alert(70), TlsFailedWhy::Unsupported),
        ("insufficient_security", alert(71), TlsFailedWhy::Unsupported),
        ("TLS 1.0", server_hello(1), TlsFailedWhy::Unsupported),
        ("TLS 1.1", server_hello(2), TlsFailedWhy::Unsupported),
        ("unrecognized_name", alert(112), TlsFailedWhy::Alert),
        ("access_denied", alert(49), TlsFailedWhy::Alert),
        ("internal_error", alert(80), TlsFailedWhy::Alert),
    ] {
        let script = Script { hear: ringfence_tests::script::Hear::Nothing, ..Script::http(say) };
        let peer = script.ending(End::Hang).play().await;
        for certificates in [Certificates::Require, Certificates::Note] {
            let sample = called(&peer, Trust::Platform, certificates).await;
            assert_eq!(why(&sample), Some(expected), "{sentence}: {sample:?}");
        }
    }
}

fn why(sample: &Sample) -> Option<TlsFailedWhy> {
    match &sample.outcome {
        Outcome::TlsFailed(failed) => Some(failed.why),
        _ => None,
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_told_apart() {
    let authority = Authority::new();
    let alpn = authority.server(NAME, Validity::Now, &["nothing-we-speak"]);
    let trust = || Trust::Ca(authority.pem());
    let plain =
        Script { hear: ringfence_tests::script::Hear::Nothing, ..Script::http("HTTP/1.1 400 Bad\r\n\r\n") };
    let plain = called(&plain.play().await, trust(), Certificates::Require).await;
    assert_eq!(why(&plain), Some(TlsFailedWhy::Handshake), "plain HTTP: {plain:?}");
    let alert = called(&hello(alpn).await, trust(), Certificates::Require).await;
    assert_eq!(why(&alert), Some(TlsFailedWhy::Alert), "no protocol in common: {alert:?}");
    let closed = called(&Script::at_once(End::Close).play().await, trust(), Certificates::Require).await;
    let ends = [Outcome::Reset(Reset::ClosedDuringTls), Outcome::Reset(Reset::DuringTls)];
    assert!(ends.contains(&closed.outcome), "closed with the hello unread or read: {closed:?}");
    let reset = called(&Script::at_once(End::Reset).play().await, trust(), Certificates::Require).await;
    let ends = [Outcome::Reset(Reset::DuringTls), Outcome::Reset(Reset::BeforeAnswer)];
    assert!(ends.contains(&reset.outcome), "with the handshake begun or not: {reset:?}");
}

#[tokio::test]
async fn a_reset_after_the_handshake_is_before_the_answer() {
    let authority = Authority::new();
    let tls = authority.server(NAME, Validity::Now, &[]);
    let peer = Script::http("").ending(End::Reset).over(tls).play().await;
    let sample = called(&peer, Trust::Ca(authority.pem()), Certificates::Require).await;
    assert_eq!(sample.outcome, Outcome::Reset(Reset::BeforeAnswer), "{sample:?}");
    assert!(sample.phases.tls_us.is_some());
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_of_its_caller_says_so_with_an_alert() {
    let authority = Authority::new();
    let peer = hello(authority.demanding_server(NAME)).await;
    let sample = called(&peer, Trust::Ca(authority.pem()), Certificates::Require).await;
    let Outcome::TlsFailed(failed) = &sample.outcome else { panic!("{sample:?}") };
    assert_eq!(failed.why, TlsFailedWhy::Alert, "{failed:?}");
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_agreed_on() {
    let run = run();
    let authority = Authority::new();
    let call = call_to(route("https://127.0.0.1:1"));
    let tls = authority.server(NAME, Validity::Now, &["h2"]);
    let peer = h2::answering(tls, sealed(&run, call.id, EXPECTED)).await;
    let to = Destination::Endpoint(by_name(&peer, Trust::Ca(authority.pem())));
    let sample = place_freely(&run, &Call { to, ..call }).await;
    assert_eq!(sample.outcome.kind(), OutcomeKind::Answered, "{sample:?}");
    assert_eq!(sample.tls.and_then(|tls| tls.alpn.clone()).as_deref(), Some("h2"));
    assert!(sample.phases.first_byte_us.is_some() && sample.phases.transfer_us.is_some());
    assert!(peer.heard_text().contains("ringfence-call"), "{}", peer.heard_text());
}

#[tokio::test]
async fn http_2_that_is_none_is_told_by_what_came() {
    let authority = Authority::new();
    for (sentence, say, end, expected) in [
        ("silence and close", "", End::Close, OutcomeKind::Reset),
        ("silence and reset", "", End::Reset, OutcomeKind::Reset),
        (
            "another protocol",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            End::Hang,
            OutcomeKind::Unsealed,
        ),
    ] {
        let tls = authority.server(NAME, Validity::Now, &["h2"]);
        // The connection preface ends with an empty line (RFC 9113 section 3.4).
        let peer = Script::http(say).ending(end).over(tls).play().await;
        let sample = called(&peer, Trust::Ca(authority.pem()), Certificates::Require).await;
        assert_eq!(sample.outcome.kind(), expected, "{sentence}: {sample:?}");
    }
}

#[tokio::test]
async fn an_own_listener_with_any_certificate_is_called() {
    let run = run();
    let to = Destination::OwnListener(route("https://127.0.0.1:1").address);
    let call = Call { to, ..call_to(route("https://127.0.0.1:1")) };
    let tls = Authority::new().server(NAME, Validity::Past, &[]);
    let answer = response("200 OK", "", &sealed(&run, call.id, EXPECTED));
    let peer = Script::http(answer).over(tls).play().await;
    let sample = place(&means(settings()), &run, &known(), &call, Some(peer.address)).await;
    assert_eq!(sample.outcome.kind(), OutcomeKind::Answered, "{sample:?}");
}
