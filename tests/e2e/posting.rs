//! An order on its way to an agent, and what can stop it.

use std::time::Duration;

use ringfence_agent::call::{MeansSettings, PostError, post};
use ringfence_contract::call::{Pin, Trust};
use ringfence_contract::order::ControlAddress;
use ringfence_contract::outcome::{NotSentWhy, Phase, Reset, TlsFailedWhy, UnresolvedWhy};
use ringfence_tests::calls::{Nothing, means, settings};
use ringfence_tests::certificates::{Authority, Validity};
use ringfence_tests::closed;
use ringfence_tests::dns::Zone;
use ringfence_tests::script::{End, Script, response};

const ORDER: &str = "ringfence/1 an order";
const PATIENT: Duration = Duration::from_secs(20);

fn control(address: &str, trust: Trust) -> ControlAddress {
    ControlAddress { address: address.parse().expect("an address"), connect: None, trust }
}

async fn posted(address: &str) -> Result<String, PostError> {
    post(&means(settings()), &control(address, Trust::Platform), ORDER, PATIENT).await
}

#[tokio::test]
async fn an_order_is_posted_with_its_length_and_the_reply_comes_back() {
    let peer = Script::http(response("200 OK", "", b"one\ntwo\n")).play().await;
    let reply = posted(&format!("http://{}/elsewhere", peer.address)).await;
    assert_eq!(reply, Ok("one\ntwo\n".to_owned()));
    let request = peer.heard_text().to_lowercase();
    assert!(request.starts_with("post /.ringfence/order http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("content-length: {}\r\n", ORDER.len())), "{request}");
    assert!(!request.contains("transfer-encoding"), "{request}");
}

#[tokio::test]
async fn a_refusal_is_a_reply_whatever_its_status() {
    let peer = Script::http(response("409 Conflict", "", b"refused - {}\n")).play().await;
    assert_eq!(posted(&format!("http://{}", peer.address)).await, Ok("refused - {}\n".to_owned()));
}

#[tokio::test]
async fn what_stops_an_order_is_named() {
    let ip_forbidden = response("403 Ip Forbidden", "x-ms-forbidden-ip: 203.0.113.9\r\n", b"");
    for (script, expected) in [
        (Script::http(response("404 Not Found", "", b"")), PostError::NotTaken),
        (
            Script::http(response("502 Bad Gateway", "server: proxy\r\n", b"")),
            PostError::Status { status: 502, server: Some("proxy".to_owned()) },
        ),
        (
            Script::http(ip_forbidden),
            PostError::Forbidden {
                status: 403,
                fingerprint: "azure-app-service".to_owned(),
                saw: "203.0.113.9".parse().ok(),
            },
        ),
        (Script::http(""), PostError::Ended(Reset::ClosedBeforeAnswer)),
        (
            Script::http("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
            PostError::Ended(Reset::ClosedMidAnswer),
        ),
        (Script::http(response("200 OK", "", &[0xff, 0xfe])), PostError::NotText),
    ] {
        let peer = script.play().await;
        let trouble = posted(&format!("http://{}", peer.address)).await.expect_err("no reply");
        assert_eq!(trouble, expected);
        assert!(!trouble.to_string().is_empty());
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_sent_says_at_which_step() {
    let closed = posted(&format!("http://{}", closed::tcp().await)).await.expect_err("refused");
    assert!(matches!(closed, PostError::Connect(_)), "{closed:?}");
    assert!(closed.to_string().contains("nothing listens"), "{closed}");

    let banner = Script::http("SSH-2.0-x\r\n").play().await;
    let banner = posted(&format!("http://{}", banner.address)).await.expect_err("no HTTP");
    assert!(matches!(banner, PostError::Http(_)), "{banner:?}");

    let forbidding = means(MeansSettings { admit: std::sync::Arc::new(Nothing), ..settings() });
    let to = control("http://127.0.0.1:1", Trust::Platform);
    let denied = post(&forbidding, &to, ORDER, PATIENT).await.expect_err("not allowed");
    assert!(matches!(denied, PostError::NotAllowed(_)), "{denied:?}");

    let tcp = posted("tcp://127.0.0.1:1").await.expect_err("no HTTP");
    assert!(matches!(tcp, PostError::Transport(_)), "{tcp:?}");

    let foreign = MeansSettings { sources: vec!["192.0.2.77".parse().expect("an address")], ..settings() };
    let source = post(&means(foreign), &to, ORDER, PATIENT).await.expect_err("not ours");
    assert!(matches!(source, PostError::NotSent { why: NotSentWhy::BadSource, .. }), "{source:?}");
}

#[tokio::test]
async fn a_control_host_without_an_ipv4_address_is_asked_for_an_ipv6_one() {
    let peer = Script::http(response("200 OK", "", b"reply\n")).play_on("::1").await;
    let server = Zone::Addresses(vec![peer.address.ip()]).serve().await;
    let means_ = means(MeansSettings { resolver: Some(server.address), ..settings() });
    let to = control(&format!("http://agent.example.test:{}", peer.address.port()), Trust::Platform);
    assert_eq!(post(&means_, &to, ORDER, PATIENT).await, Ok("reply\n".to_owned()));

    let server = Zone::Code(hickory_proto::op::ResponseCode::NXDomain).serve().await;
    let means_ = means(MeansSettings { resolver: Some(server.address), ..settings() });
    let trouble = post(&means_, &to, ORDER, PATIENT).await.expect_err("no such name");
    assert!(matches!(trouble, PostError::Resolve { why: UnresolvedWhy::NoSuchName, .. }), "{trouble:?}");
    assert!(trouble.to_string().contains("NXDOMAIN"), "{trouble}");
}

#[tokio::test]
async fn an_order_goes_only_to_a_certificate_that_is_trusted() {
    let authority = Authority::new();
    let tls = authority.server("127.0.0.1", Validity::Now, &["http/1.1"]);
    let peer = Script::http(response("200 OK", "", b"reply\n")).over(tls).play().await;
    let at = |trust| control(&format!("https://{}", peer.address), trust);
    let means = means(settings());
    for (trust, expected) in [
        (Trust::Ca(authority.pem()), None),
        (Trust::Platform, Some(TlsFailedWhy::Untrusted)),
        (Trust::Pin(Pin::new([7; 32])), Some(TlsFailedWhy::Untrusted)),
    ] {
        let failed = match post(&means, &at(trust.clone()), ORDER, PATIENT).await {
            Ok(_) => None,
            Err(PostError::Tls { why, .. }) => Some(why),
            Err(other) => panic!("{trust:?}: {other:?}"),
        };
        assert_eq!(failed, expected, "{trust:?}");
    }
    assert_eq!(peer.heard().len(), 1, "an order went out to the trusted certificate only");
}

#[tokio::test]
async fn a_reply_that_does_not_come_ends_with_its_time() {
    let brief = Duration::from_millis(400);
    for (script, phase) in [
        (Script::at_once(End::Hang), Phase::FirstByte),
        (Script::http("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").ending(End::Hang), Phase::Transfer),
    ] {
        let peer = script.play().await;
        let to = control(&format!("http://{}", peer.address), Trust::Platform);
        let trouble = post(&means(settings()), &to, ORDER, brief).await.expect_err("no reply");
        assert_eq!(trouble, PostError::TimedOut { phase });
    }
}
