//! Answers, and what each comes to.

use http::{HeaderMap, HeaderName, HeaderValue};
use ringfence_contract::address::Family;
use ringfence_contract::call::Destination;
use ringfence_contract::fingerprint::{Basis, Fingerprint, Says, known};
use ringfence_contract::id::{BootId, CallId, RunId};
use ringfence_contract::outcome::{OutcomeKind, Phase, ToldKind};
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

/// Names and values, repeated as they come.
fn lines(status: u16, lines: &[(&'static str, &[u8])]) -> Head {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_bytes(value).expect("a value"));
    }
    Head { status, headers }
}

#[test]
fn every_line_of_a_header_is_looked_at() {
    let row = |part: Option<&str>| Fingerprint {
        name: "ours".to_owned(),
        says: Says::Refused,
        by: Basis::Scenario,
        statuses: vec![403],
        header: Some("x-denied-by".to_owned()),
        header_contains: part.map(str::to_owned),
        body_contains: None,
    };
    for (sentence, part, lines_, saw) in [
        (
            "in the first",
            Some("waf"),
            &[("x-denied-by", &b"waf"[..]), ("x-denied-by", b"edge")][..],
            Some(None),
        ),
        ("in the second", Some("waf"), &[("x-denied-by", b"edge"), ("x-denied-by", b"the waf")], Some(None)),
        ("in a list", Some("waf"), &[("x-denied-by", b"edge, waf")], Some(None)),
        (
            "a list in lines",
            Some("edge, waf"),
            &[("x-denied-by", b"edge"), ("x-denied-by", b"waf")],
            Some(None),
        ),
        ("beside what is no UTF-8", Some("waf"), &[("x-denied-by", b"\xff waf")], Some(None)),
        ("no UTF-8 at all", None, &[("x-denied-by", b"\xff")], Some(None)),
        ("nowhere", Some("waf"), &[("x-denied-by", b"edge"), ("x-other", b"waf")], None),
        (
            "an address in the second",
            None,
            &[("x-denied-by", b"edge"), ("x-denied-by", b"10.0.0.4")],
            Some(Some("10.0.0.4")),
        ),
        (
            "the same twice",
            None,
            &[("x-denied-by", b"10.0.0.4:9"), ("x-denied-by", b"::ffff:10.0.0.4")],
            Some(Some("10.0.0.4")),
        ),
        ("two addresses", None, &[("x-denied-by", b"10.0.0.4"), ("x-denied-by", b"10.0.0.5")], None),
        ("two in a list", None, &[("x-denied-by", b"10.0.0.4, 10.0.0.5")], None),
    ] {
        let told = match forbidden(&[row(part)], &lines(403, lines_), b"") {
            Some(Outcome::Forbidden(forbidden)) => Some(forbidden.saw),
            _ => None,
        };
        let saw = saw.map(|saw| saw.map(|saw: &str| saw.parse().expect("an address")));
        assert_eq!(told, saw, "{sentence}");
    }
}

#[test]
fn where_no_agent_is_expected_the_head_decides() {
    let (run, call) = (run(), call(None));
    let attempt = Attempt { run: &run, fingerprints: &known(), call: &call, purpose: Purpose::Reach };
    for end in [
        Outcome::TimedOut(Phase::Transfer),
        Outcome::Reset(Reset::MidAnswer),
        Outcome::Reset(Reset::ClosedMidAnswer),
    ] {
        let part = |head: Option<&Head>| classify_part(&attempt, head, b"<html>", end.clone()).kind();
        assert_eq!(part(Some(&head(200, &[]))), OutcomeKind::Unsealed, "{end:?}");
        assert_eq!(
            part(Some(&head(403, &[("x-ms-forbidden-ip", "10.0.0.4")]))),
            OutcomeKind::Forbidden,
            "{end:?}"
        );
        assert_eq!(part(None), end.kind(), "no head");
    }
}

#[test]
fn a_header_is_kept_as_far_as_it_is_evidence() {
    let long = lines(302, &[("location", &[b'x'; 5_000]), ("server", b"\xe9 1")]);
    let unsealed = unsealed(Some(&long), b"", None);
    assert_eq!(unsealed.location.map(|location| location.len()), Some(HEADER_MAX_BYTES));
    assert_eq!(unsealed.server.as_deref(), Some("\u{fffd} 1"));
}

#[test]
fn an_answer_says_of_itself_what_a_row_of_the_tables_knows() {
    let run = run();
    let call = call(Some("app-1"));
    let attempt = Attempt { run: &run, fingerprints: &known(), call: &call, purpose: Purpose::Reach };
    let told = |head: Head, body: &[u8]| match classify(&attempt, Some(&head), body) {
        Outcome::Unsealed(unsealed) => unsealed.told.map(|told| (told.kind, told.name)),
        other => panic!("{other:?}"),
    };
    let named = |kind, name: &str| Some((kind, name.to_owned()));
    assert_eq!(
        told(head(403, &[("cf-mitigated", "challenge")]), b""),
        named(ToldKind::NotADenial, "cloudflare-challenge")
    );
    assert_eq!(
        told(head(403, &[]), b"Error 403 - This web app is stopped."),
        named(ToldKind::NotADenial, "azure-app-stopped")
    );
    assert_eq!(told(head(407, &[]), b""), named(ToldKind::CallersSide, "proxy-login"));
    assert_eq!(
        told(head(403, &[("x-squid-error", "ERR_ACCESS_DENIED 0")]), b""),
        named(ToldKind::CallersSide, "squid")
    );
    assert_eq!(told(head(403, &[]), b"denied"), None);
    // A refusal in a platform's own words is that, and one in a body alone says so.
    let both = head(403, &[("x-ms-forbidden-ip", "10.0.0.4"), ("x-squid-error", "ERR_ACCESS_DENIED 0")]);
    assert_eq!(classify(&attempt, Some(&both), b"").kind(), OutcomeKind::Forbidden);
    let Outcome::Forbidden(envoy) = classify(&attempt, Some(&head(403, &[])), b"RBAC: access denied") else {
        panic!("no fingerprint fits")
    };
    assert_eq!(envoy.by, Basis::BodyAlone);
    // A control route refuses only in a platform's words.
    assert_eq!(forbidden(&known(), &head(407, &[]), b""), None);
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
