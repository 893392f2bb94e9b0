//! Every way a call can end once its address is known, each against a peer that makes it end so.

use std::net::IpAddr;

use ringfence_contract::call::{Call, Destination, Timeouts};
use ringfence_contract::id::CallId;
use ringfence_contract::order::Run;
use ringfence_contract::outcome::{Outcome, Phase, Reset, SealFlaw, Unsealed};
use ringfence_contract::sample::Sample;
use ringfence_tests::calls::{BRIEF_MS, EXPECTED, PATIENT, call_to, place_freely, route, run, sealed};
use ringfence_tests::script::{End, Script, response};
use ringfence_tests::{Peer, closed, datagram};

/// What a row expects: the outcome's kind, and what tells it from its kin.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(answered) | Outcome::Misanswered(answered) => {
            format!("{} {}", outcome.kind(), answered.agent)
        }
        Outcome::Forbidden(forbidden) => {
            format!("forbidden {} {} {:?}", forbidden.fingerprint, forbidden.status, forbidden.saw)
        }
        Outcome::Unsealed(unsealed) => {
            format!("unsealed {:?} {:?} {:?}", unsealed.status, unsealed.flaw, unsealed.body)
        }
        Outcome::Refused => "refused".to_owned(),
        Outcome::Reset(reset) => format!("reset {reset}"),
        Outcome::Unreachable(kind) => format!("unreachable {kind}"),
        Outcome::TimedOut(phase) => format!("timed-out {phase}"),
        Outcome::Unresolved(unresolved) => format!("unresolved {} {:?}", unresolved.why, unresolved.rcode),
        Outcome::TlsFailed(failed) => format!("tls-failed {}", failed.why),
        Outcome::NotSent(not_sent) => format!("not-sent {}", not_sent.why),
    }
}

/// One row: what the peer does, and what comes of it.
struct Row {
    sentence: &'static str,
    script: Script,
    told: &'static str,
}

async fn check(scheme: &str, run: &Run, call: &Call, row: Row) -> Sample {
    let peer = row.script.play().await;
    let to = Destination::Endpoint(route(&format!("{scheme}://{}", peer.address)));
    let call = Call { to, ..call.clone() };
    let sample = place_freely(run, &call).await;
    assert_eq!(told(&sample.outcome), row.told, "{}: {sample:?}", row.sentence);
    assert!(sample.phases.total_us.is_some(), "{}", row.sentence);
    assert_eq!(sample.remote, Some(peer.address), "{}", row.sentence);
    sample
}

fn row(sentence: &'static str, script: Script, told: &'static str) -> Row {
    Row { sentence, script, told }
}

fn cut(bytes: &[u8], by: usize) -> Vec<u8> {
    bytes.get(..bytes.len() - by).expect("longer than that").to_vec()
}

#[tokio::test]
async fn an_http_answer_is_told_by_what_it_says() {
    let run = run();
    let call = call_to(route("http://127.0.0.1:1"));
    let good = sealed(&run, call.id, EXPECTED);
    let forbidden = response("403 Ip Forbidden", "x-ms-forbidden-ip: [fd00::1002:4]\r\n", b"<title>");
    let cut_page = cut(&forbidden, 3);
    let told_forbidden = "forbidden azure-app-service 403 Some(fd00::1002:4)";
    for row in [
        row("the expected agent", Script::http(response("200 OK", "", &good)), "answered app-1"),
        row(
            "another agent",
            Script::http(response("200 OK", "", &sealed(&run, call.id, "app-2"))),
            "misanswered app-2",
        ),
        row(
            "a body that ends with its connection",
            Script::http([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), good].concat()),
            "answered app-1",
        ),
        row("App Service refuses", Script::http(forbidden), told_forbidden),
        row("a refusal told by its header alone, its page cut off", Script::http(cut_page), told_forbidden),
        row(
            "a bare 403 is no platform's word",
            Script::http(response("403 Forbidden", "", b"stopped")),
            "unsealed Some(403) None \"stopped\"",
        ),
        row(
            "a redirect is not followed",
            Script::http(response("302 Found", "location: http://127.0.0.1:1/login\r\n", b"")),
            "unsealed Some(302) None \"\"",
        ),
    ] {
        check("http", &run, &call, row).await;
    }
}

#[tokio::test]
async fn an_unsealed_answer_keeps_what_tells_whose_it_is() {
    let headers = "server: proxy/1\r\nlocation: http://127.0.0.1:1/login\r\n";
    let page = format!("{}é", "x".repeat(Unsealed::BODY_MAX_BYTES - 1));
    let peer = Script::http(response("302 Found", headers, page.as_bytes())).play().await;
    let sample = place_freely(&run(), &call_to(route(&format!("http://{}", peer.address)))).await;
    let Outcome::Unsealed(unsealed) = &sample.outcome else { panic!("{sample:?}") };
    assert_eq!(unsealed.server.as_deref(), Some("proxy/1"));
    assert_eq!(unsealed.location.as_deref(), Some("http://127.0.0.1:1/login"));
    assert_eq!(unsealed.body, "x".repeat(Unsealed::BODY_MAX_BYTES - 1), "cut between characters");
    assert_eq!(peer.heard().len(), 1, "the redirect is not followed");
}

#[tokio::test]
async fn an_http_call_ends_as_its_peer_makes_it_end() {
    let run = run();
    let call = call_to(route("http://127.0.0.1:1"));
    let part = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc";
    let no_chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    let told_banner = "unsealed None None \"SSH-2.0-x\\r\\n\"";
    for row in [
        row("reset after the request", Script::http("").ending(End::Reset), "reset before-answer"),
        row("closed after the request", Script::http(""), "reset closed-before-answer"),
        row("reset inside the body", Script::http(part).ending(End::Reset), "reset mid-answer"),
        row("closed inside the body", Script::http(part), "reset closed-mid-answer"),
        row("closed inside the head", Script::http("HTTP/1.1 200 O"), "reset closed-mid-answer"),
        row("what is no HTTP", Script::http("SSH-2.0-x\r\n"), told_banner),
        row("what is no HTTP and goes on", Script::http("SSH-2.0-x\r\n").ending(End::Hang), told_banner),
        row(
            "chunks that are none",
            Script::http(no_chunks).ending(End::Hang),
            "unsealed Some(200) None \"\"",
        ),
    ] {
        check("http", &run, &call, row).await;
    }
}

#[tokio::test]
async fn a_call_lies_about_its_source_only_if_it_is_told_to() {
    let run = run();
    for (source, lines) in [
        ("10.0.1.4", ["x-forwarded-for: 10.0.1.4", "client-ip: 10.0.1.4", "forwarded: for=10.0.1.4"]),
        ("fd00::4", ["x-forwarded-for: fd00::4", "client-ip: fd00::4", "forwarded: for=\"[fd00::4]\""]),
    ] {
        let honest = call_to(route("http://192.0.2.1"));
        let source: IpAddr = source.parse().expect("an address");
        let lying = Call { spoofs: Some(source.into()), ..honest.clone() };
        for (call, lies) in [(honest, false), (lying, true)] {
            let peer = Script::http(response("404 Not Found", "", b"")).play().await;
            let to = Destination::Endpoint(route(&format!("http://{}", peer.address)));
            place_freely(&run, &Call { to, ..call }).await;
            let heard = peer.heard_text().to_lowercase();
            assert_eq!(lines.map(|line| heard.contains(&format!("\r\n{line}\r\n"))), [lies; 3], "{heard}");
        }
    }
}

#[tokio::test]
async fn a_seal_that_is_not_good_is_named() {
    let (run, stranger) = (run(), run());
    let call = call_to(route("http://127.0.0.1:1"));
    let good = sealed(&run, call.id, EXPECTED);
    let ok = |body: &[u8]| response("200 OK", "", body);
    for (sentence, response, flaw) in [
        ("sealed with another key", ok(&sealed(&stranger, call.id, EXPECTED)), SealFlaw::Forged),
        ("an answer to an earlier call", ok(&sealed(&run, CallId::random(), EXPECTED)), SealFlaw::Replayed),
        ("truncated, of its own length", ok(&cut(&good, 9)), SealFlaw::Truncated),
        ("cut off by the connection's end", cut(&ok(&good), 9), SealFlaw::Truncated),
    ] {
        flawed(&run, &call, (sentence, Script::http(response), flaw)).await;
    }
}

async fn flawed(run: &Run, call: &Call, (sentence, script, flaw): (&str, Script, SealFlaw)) {
    let peer = script.play().await;
    let to = Destination::Endpoint(route(&format!("http://{}", peer.address)));
    let sample = place_freely(run, &Call { to, ..call.clone() }).await;
    let Outcome::Unsealed(unsealed) = &sample.outcome else { panic!("{sentence}: {sample:?}") };
    assert_eq!(unsealed.flaw, Some(flaw), "{sentence}");
    assert_eq!(unsealed.status, Some(200), "{sentence}");
}

#[tokio::test]
async fn a_peer_that_closes_at_accept_ends_the_call_before_an_answer() {
    let peer = Script::at_once(End::Close).play().await;
    let sample = place_freely(&run(), &call_to(route(&format!("http://{}", peer.address)))).await;
    // The request may meet a socket that is closed already, which answers it with a reset.
    let ends = [Outcome::Reset(Reset::ClosedBeforeAnswer), Outcome::Reset(Reset::BeforeAnswer)];
    assert!(ends.contains(&sample.outcome), "{sample:?}");
}

#[tokio::test]
async fn a_reset_at_accept_is_a_reset_whether_or_not_the_request_was_out() {
    for scheme in ["http", "tcp"] {
        let peer = Script::at_once(End::Reset).play().await;
        let sample = place_freely(&run(), &call_to(route(&format!("{scheme}://{}", peer.address)))).await;
        assert_eq!(sample.outcome, Outcome::Reset(Reset::BeforeAnswer), "{scheme}: {sample:?}");
    }
}

#[tokio::test]
async fn a_tcp_call_ends_as_its_peer_makes_it_end() {
    let run = run();
    let call = call_to(route("tcp://127.0.0.1:1"));
    let good = sealed(&run, call.id, EXPECTED);
    for row in [
        row("a sealed answer", Script::line(good.clone()), "answered app-1"),
        row(
            "a sealed answer, the line kept open",
            Script::line(good.clone()).ending(End::Hang),
            "answered app-1",
        ),
        row("another agent", Script::line(sealed(&run, call.id, "app-2")), "misanswered app-2"),
        row("closed without a word", Script::line(""), "reset closed-before-answer"),
        row("reset without a word", Script::line("").ending(End::Reset), "reset before-answer"),
        row(
            "a banner",
            Script::line("220 mail\r\n").ending(End::Hang),
            "unsealed None None \"220 mail\\r\\n\"",
        ),
        row("a word without an end of line", Script::line("hello"), "unsealed None None \"hello\""),
    ] {
        check("tcp", &run, &call, row).await;
    }
}

#[tokio::test]
async fn a_silence_is_told_by_its_phase() {
    let run = run();
    let brief = |phase: Phase| {
        let mut timeouts = PATIENT;
        match phase {
            Phase::Connect => timeouts.connect_ms = BRIEF_MS,
            Phase::Tls => timeouts.tls_ms = BRIEF_MS,
            Phase::FirstByte => timeouts.first_byte_ms = BRIEF_MS,
            Phase::Transfer => timeouts.transfer_ms = BRIEF_MS,
            Phase::Resolve => timeouts.resolve_ms = BRIEF_MS,
        }
        timeouts
    };
    let full = closed::full().await;
    let mute = Script::at_once(End::Hang).play().await;
    let half = Script::http("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").ending(End::Hang).play().await;
    let mute_udp = datagram::answering(usize::MAX, Vec::new()).await;
    for (scheme, address, phase) in [
        ("http", full.address, Phase::Connect),
        ("tcp", full.address, Phase::Connect),
        ("https", mute.address, Phase::Tls),
        ("http", mute.address, Phase::FirstByte),
        ("tcp", mute.address, Phase::FirstByte),
        ("udp", mute_udp.address, Phase::FirstByte),
        ("http", half.address, Phase::Transfer),
    ] {
        let timeouts: Timeouts = brief(phase);
        let call = Call { timeouts, ..call_to(route(&format!("{scheme}://{address}"))) };
        let sample = place_freely(&run, &call).await;
        assert_eq!(sample.outcome, Outcome::TimedOut(phase), "{scheme}: {sample:?}");
        let ended = [
            (Phase::Connect, sample.phases.connect_us),
            (Phase::Tls, sample.phases.tls_us),
            (Phase::FirstByte, sample.phases.first_byte_us),
            (Phase::Transfer, sample.phases.transfer_us),
        ];
        for (later, took) in ended {
            let may_have_ended = later < phase;
            assert!(may_have_ended || took.is_none(), "{scheme}: {later} did not end: {sample:?}");
        }
        assert!(sample.phases.total_us >= Some(BRIEF_MS * 1_000), "{scheme}: {sample:?}");
    }
}

#[tokio::test]
async fn a_closed_port_refuses() {
    for (scheme, address) in [("http", closed::tcp().await), ("udp", closed::udp().await)] {
        let sample = place_freely(&run(), &call_to(route(&format!("{scheme}://{address}")))).await;
        assert_eq!(sample.outcome, Outcome::Refused, "{scheme}: {sample:?}");
        assert_eq!(sample.phases.connect_us, None);
    }
}

#[tokio::test]
async fn a_udp_call_is_sent_again_until_something_comes() {
    let run = run();
    let call = call_to(route("udp://127.0.0.1:1"));
    let good = sealed(&run, call.id, EXPECTED);
    let late = sealed(&run, CallId::random(), EXPECTED);
    let to = |peer: &Peer| Destination::Endpoint(route(&format!("udp://{}", peer.address)));
    for (sentence, deaf, answers, expected) in [
        ("a sealed answer", 0, vec![good.clone()], "answered app-1"),
        ("the first datagram is lost", 1, vec![good.clone()], "answered app-1"),
        ("a late answer to another call comes first", 0, vec![late, good.clone()], "answered app-1"),
        ("another answer", 0, vec![b"hello".to_vec(), good], "unsealed None None \"hello\""),
    ] {
        let peer = datagram::answering(deaf, answers).await;
        let sample = place_freely(&run, &Call { to: to(&peer), ..call.clone() }).await;
        assert_eq!(told(&sample.outcome), expected, "{sentence}: {sample:?}");
        assert_eq!(peer.heard().len(), deaf + 1, "{sentence}");
        assert!(
            peer.heard().windows(2).all(|pair| pair[0] == pair[1]),
            "{sentence}: the same call each time"
        );
    }
    let peer = datagram::answering(0, vec![sealed(&run, CallId::random(), EXPECTED)]).await;
    let timeouts = Timeouts { first_byte_ms: BRIEF_MS, ..PATIENT };
    let sample = place_freely(&run, &Call { to: to(&peer), timeouts, ..call }).await;
    let Outcome::Unsealed(unsealed) = &sample.outcome else { panic!("{sample:?}") };
    assert_eq!(unsealed.flaw, Some(SealFlaw::Replayed), "only a replayed answer came");
}
