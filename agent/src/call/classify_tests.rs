//! Answers, and what each comes to.

use http::{HeaderMap, HeaderName, HeaderValue};
use ringfence_contract::address::Family;
use ringfence_contract::call::Destination;
use ringfence_contract::fingerprint::known;
use ringfence_contract::id::{BootId, CallId, RunId};
use ringfence_contract::outcome::{OutcomeKind, Phase};
use ringfence_contract::receipt::{SeenBy, SeenSource};
use ringfence_contract::seal::{RunKey, seal_answer};

use super::*;

fn run() -> Run {
    Run { id: RunId::random(), key: RunKey::random() }
}

fn call(expects: Option<&str>) -> Call {
    let to = Destination::OwnListener("tcp://127.0.0.1:1".parse().expect("an address"));
    let expects = expects.map(|name| name.parse().expect("a name"));
    Call { expects, ..Call::new(to, Family::Ipv4) }
}

fn sealed(run: &Run, call: CallId, agent: &str) -> Vec<u8> {
    let peer: SocketAddr = "10.0.1.4:40000".parse().expect("an address");
    let seen = SeenSource { address: peer.ip(), by: SeenBy::Peer, peer, conflict: None };
    let agent = agent.parse().expect("a name");
    let answer = Answer { call, agent, boot: BootId::random(), receipt: 7, seen, at_ms: 1, refused: None };
    seal_answer(&run.key, &answer).into_bytes()
}

fn head(status: u16, headers: &[(&'static str, &'static str)]) -> Head {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    Head { status, headers: headers.iter().map(pair).collect::<HeaderMap>() }
}

#[test]
fn a_sealed_answer_counts_by_who_sealed_it() {
    let run = run();
    for (expects, kind) in [
        (Some("app-1"), OutcomeKind::Answered),
        (Some("app-2"), OutcomeKind::Misanswered),
        (None, OutcomeKind::Misanswered),
    ] {
        let call = call(expects);
        let attempt = Attempt { run: &run, fingerprints: &known(), call: &call, purpose: Purpose::Reach };
        let body = sealed(&run, call.id, "app-1");
        assert_eq!(classify(&attempt, None, &body).kind(), kind, "{expects:?}");
        // The seal counts, whatever the status says and however the connection ended behind it.
        assert_eq!(classify(&attempt, Some(&head(403, &[])), &body).kind(), kind, "{expects:?}");
        let cut = Outcome::TimedOut(Phase::Transfer);
        assert_eq!(classify_part(&attempt, None, &body, cut).kind(), kind, "{expects:?}");
    }
}

#[test]
fn a_seal_that_is_not_good_is_named() {
    let (run, other) = (run(), run());
    let call = call(Some("app-1"));
    let attempt = Attempt { run: &run, fingerprints: &known(), call: &call, purpose: Purpose::Reach };
    let whole = sealed(&run, call.id, "app-1");
    for (body, expected) in [
        (whole.get(..100).expect("longer than that").to_vec(), Some(SealFlaw::Truncated)),
        (sealed(&other, call.id, "app-1"), Some(SealFlaw::Forged)),
        (sealed(&run, CallId::random(), "app-1"), Some(SealFlaw::Replayed)),
        (b"<html>".to_vec(), None),
    ] {
        let Outcome::Unsealed(unsealed) = classify(&attempt, None, &body) else { panic!("sealed") };
        assert_eq!(unsealed.flaw, expected);
    }
}

#[test]
fn a_refusal_in_a_platforms_words_names_whom_it_saw() {
    for (value, saw) in [
        ("203.0.113.9", Some("203.0.113.9")),
        ("203.0.113.9:50123", Some("203.0.113.9")),
        ("[fd00::1002:fc01:3000:2000:1000]", Some("fd00::1002:fc01:3000:2000:1000")),
        ("[fd00::1]:443", Some("fd00::1")),
        ("::ffff:10.0.0.4", Some("10.0.0.4")),
        ("somebody", None),
    ] {
        let head = head(403, &[("x-ms-forbidden-ip", value)]);
        let Some(Outcome::Forbidden(forbidden)) = forbidden(&known(), &head, b"") else {
            panic!("no fingerprint fits `{value}`")
        };
        assert_eq!(forbidden.saw, saw.map(|saw| saw.parse().expect("an address")), "{value}");
        assert_eq!(forbidden.fingerprint, "azure-app-service");
    }
    assert_eq!(forbidden(&known(), &head(403, &[]), b"denied"), None);
}

#[test]
fn an_answer_cut_short_is_judged_by_what_came() {
    let run = run();
    let call = call(Some("app-1"));
    let attempt = Attempt { run: &run, fingerprints: &known(), call: &call, purpose: Purpose::Reach };
    let closed = Outcome::Reset(Reset::ClosedMidAnswer);
    let part = |head: Head, body: &[u8]| classify_part(&attempt, Some(&head), body, closed.clone()).kind();
    assert_eq!(part(head(403, &[("x-ms-forbidden-ip", "10.0.0.4")]), b""), OutcomeKind::Forbidden);
    assert_eq!(part(head(200, &[]), b"ringfence-answer/1 ab"), OutcomeKind::Unsealed);
    assert_eq!(part(head(200, &[]), b"<html>"), OutcomeKind::Reset);
    let reset = Outcome::Reset(Reset::MidAnswer);
    assert_eq!(classify_part(&attempt, None, b"ringfence-answer/1 ab", reset.clone()), reset);
}

#[test]
fn an_excerpt_is_text_and_never_too_long() {
    assert_eq!(excerpt(b"short"), "short");
    assert_eq!(excerpt(&[b'x'; 300]).len(), Unsealed::BODY_MAX_BYTES);
    // 255 bytes and half a character: the half is left out.
    let body = [vec![b'x'; 255], "é".repeat(10).into_bytes()].concat();
    assert_eq!(excerpt(&body), "x".repeat(255));
    let wild = excerpt(&[0xff; 300]);
    assert!((1..=Unsealed::BODY_MAX_BYTES).contains(&wild.len()), "{}", wild.len());
}
