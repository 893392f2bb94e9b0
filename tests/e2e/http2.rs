//! What comes over HTTP/2, and what is asked again: every way a server can leave an answer out, or begin one.

use ringfence_agent::call::Kept;
use ringfence_contract::call::{Call, Route, Timeouts, Trust};
use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::{OwnLimit, Sample};
use ringfence_tests::Peer;
use ringfence_tests::calls::{
    BRIEF_MS, EXPECTED, PATIENT, call_to, means, place_freely, route, run, sealed, settings,
};
use ringfence_tests::certificates::{Authority, Validity};
use ringfence_tests::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PUSH_PROMISE, Say, fields_of, frame, frames,
    goaway, head, play, reset,
};
use ringfence_tests::script::{End, response};

const NAME: &str = "app-1.example.test";

/// Error codes (RFC 9113 section 7).
const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;
const HTTP_1_1_REQUIRED: u32 = 13;

const BOTH: &[&str] = &["h2", "http/1.1"];
const ONLY: &[&str] = &["h2"];

/// The server of one row: what it says over HTTP/2, connection by connection, and over HTTP/1.1 where it speaks that.
struct Row {
    sentence: &'static str,
    alpn: &'static [&'static str],
    http2: Vec<Say>,
    http1: Say,
    /// The outcome, why it was asked again, and the status.
    told: &'static str,
}

fn told(sample: &Sample) -> String {
    let outcome = match &sample.outcome {
        Outcome::Unsealed(unsealed) => format!("unsealed {:?}", unsealed.body),
        Outcome::Reset(reset) => format!("reset {reset}"),
        Outcome::TimedOut(phase) => format!("timed-out {phase}"),
        outcome => outcome.kind().to_string(),
    };
    let again = sample.again.map_or_else(|| "once".to_owned(), |why| why.to_string());
    format!("{outcome}, {again}, {:?}", sample.status)
}

fn over_tls(peer: &Peer, authority: &Authority) -> Call {
    let connect = Some(peer.address.ip());
    let to = route(&format!("https://{NAME}:{}", peer.address.port()));
    call_to(Route { connect, trust: Trust::Ca(authority.pem()), ..to })
}

/// Says an HTTP/1.1 answer.
fn http1(bytes: &[u8]) -> Say {
    Say { bytes: bytes.to_vec(), end: End::Close }
}

fn page(status: &str, body: &str) -> Say {
    http1(&response(status, "", body.as_bytes()))
}

/// Answers over HTTP/2.
fn answer(status: &str, body: &str) -> Vec<Vec<u8>> {
    vec![head(0, status, &[]), frame(DATA, END_STREAM, 1, body.as_bytes())]
}

async fn check(row: Row) {
    let Row { sentence, alpn, http2, http1, told: expected } = row;
    let authority = Authority::new();
    let peer = play(authority.server(NAME, Validity::Now, alpn), http2, http1).await;
    let sample = place_freely(&run(), &over_tls(&peer, &authority)).await;
    assert_eq!(told(&sample), expected, "{sentence}: {:?}\n{sample:?}", peer.heard_text());
}

/// A server of both protocols, which is silent over HTTP/1.1.
fn http2_only(sentence: &'static str, said: &[Vec<u8>], end: End, told: &'static str) -> Row {
    Row { sentence, alpn: BOTH, http2: vec![frames(said, end)], http1: http1(b""), told }
}

#[tokio::test]
async fn what_began_an_answer_is_never_told_as_a_silence() {
    let mut flood = vec![frame(HEADERS, 0, 1, &[0x88])];
    flood.resize(2_000, frame(CONTINUATION, 0, 1, &[]));
    let early = head(0, "103", &[("link", "</a.css>")]);
    for row in [
        http2_only(
            "a head, then reset",
            &[head(0, "200", &[]), reset(INTERNAL_ERROR)],
            End::Hang,
            "reset mid-answer, once, Some(200)",
        ),
        http2_only(
            "a head, then closed",
            &[head(0, "200", &[])],
            End::Close,
            "reset closed-mid-answer, once, Some(200)",
        ),
        http2_only(
            "a head with an odd field, which no library takes",
            &[head(0, "200", &[("Upper", "x")])],
            End::Hang,
            "unsealed \"\", once, Some(200)",
        ),
        http2_only(
            "a head with a forbidden field",
            &[head(0, "503", &[("connection", "close")])],
            End::Hang,
            "unsealed \"\", once, Some(503)",
        ),
        http2_only(
            "a part of a head",
            &[frame(HEADERS, 0, 1, &[0x88])],
            End::Close,
            "reset closed-mid-answer, once, Some(200)",
        ),
        http2_only(
            "a head without a status",
            &[frame(HEADERS, END_HEADERS, 1, b"\x00\x01x\x01y")],
            End::Hang,
            "reset mid-answer, once, None",
        ),
        http2_only(
            "a body without a head",
            &[frame(DATA, 0, 1, b"hello")],
            End::Hang,
            "reset mid-answer, once, None",
        ),
        http2_only(
            "a promise",
            &[frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82])],
            End::Hang,
            "reset mid-answer, once, None",
        ),
        http2_only(
            "an early hint, then reset",
            &[early.clone(), reset(INTERNAL_ERROR)],
            End::Hang,
            "reset mid-answer, once, None",
        ),
        http2_only(
            "an early hint, then closed",
            &[early.clone()],
            End::Close,
            "reset closed-mid-answer, once, None",
        ),
        http2_only(
            "an early hint, then the answer",
            &[vec![early], answer("404", "none")].concat(),
            End::Hang,
            "unsealed \"none\", once, Some(404)",
        ),
        http2_only("a head that has no end", &flood, End::Hang, "unsealed \"\", once, Some(200)"),
        http2_only(
            "an answer, then an unknown code",
            &[answer("403", "no"), vec![goaway(1, ENHANCE_YOUR_CALM)]].concat(),
            End::Close,
            "unsealed \"no\", once, Some(403)",
        ),
        http2_only(
            "an answer with trailers",
            &[
                head(0, "200", &[]),
                frame(DATA, 0, 1, b"hello"),
                frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x00\x01x\x01y"),
            ],
            End::Hang,
            "unsealed \"hello\", once, Some(200)",
        ),
    ] {
        check(row).await;
    }
}

#[tokio::test]
async fn a_head_that_browsers_take_is_taken_and_the_limit_of_a_larger_one_is_ours() {
    let authority = Authority::new();
    for (fields, limit) in [(300, None), (1_100, Some(OwnLimit::Head))] {
        let many: Vec<String> = (0..fields).map(|n| format!("x-{n}")).collect();
        let value = "p".repeat(1_000);
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), value.as_str())).collect();
        let block = fields_of("200", &many);
        let pieces: Vec<&[u8]> = block.chunks(16_000).collect();
        let mut said = Vec::new();
        for (place, piece) in pieces.iter().enumerate() {
            let kind = if place == 0 { HEADERS } else { CONTINUATION };
            let flags = if place + 1 == pieces.len() { END_HEADERS } else { 0 };
            said.push(frame(kind, flags, 1, piece));
        }
        said.push(frame(DATA, END_STREAM, 1, b"hello"));
        let tls = authority.server(NAME, Validity::Now, BOTH);
        let peer = play(tls, vec![frames(&said, End::Hang)], http1(b"")).await;
        let sample = place_freely(&run(), &over_tls(&peer, &authority)).await;
        let body = if limit.is_none() { "hello" } else { "" };
        assert_eq!(told(&sample), format!("unsealed {body:?}, once, Some(200)"), "{fields}: {sample:?}");
        assert_eq!(sample.limit, limit, "{fields}");
    }
}

#[tokio::test]
async fn what_says_nothing_about_the_request_is_asked_again() {
    let said = |said: &[Vec<u8>]| frames(said, End::Hang);
    let ok = || said(&answer("200", "second"));
    let row = |sentence, alpn, http2, http1, told| Row { sentence, alpn, http2, http1, told };
    let open = || page("200 OK", "first");
    for row in [
        row(
            "the server wants HTTP/1.1",
            BOTH,
            vec![said(&[reset(HTTP_1_1_REQUIRED)])],
            open(),
            "unsealed \"first\", http-1-1-required, Some(200)",
        ),
        row(
            "and leaves",
            BOTH,
            vec![said(&[goaway(0, HTTP_1_1_REQUIRED)])],
            open(),
            "unsealed \"first\", http-1-1-required, Some(200)",
        ),
        row(
            "the server refuses the request",
            BOTH,
            vec![said(&[reset(REFUSED_STREAM)]), ok()],
            http1(b""),
            "unsealed \"second\", refused-stream, Some(200)",
        ),
        row(
            "the server leaves",
            BOTH,
            vec![frames(&[goaway(0, NO_ERROR)], End::Close), ok()],
            http1(b""),
            "unsealed \"second\", goaway, Some(200)",
        ),
        row(
            "it leaves in steps",
            BOTH,
            vec![frames(&[goaway(0x7fff_ffff, NO_ERROR), goaway(0, NO_ERROR)], End::Close), ok()],
            http1(b""),
            "unsealed \"second\", goaway, Some(200)",
        ),
        row(
            "it speaks HTTP/2 alone",
            ONLY,
            vec![said(&[reset(REFUSED_STREAM)]), ok()],
            http1(b""),
            "unsealed \"second\", refused-stream, Some(200)",
        ),
        row(
            "it refuses twice",
            BOTH,
            vec![said(&[reset(REFUSED_STREAM)])],
            open(),
            "unsealed \"first\", refused-stream, Some(200)",
        ),
        row(
            "it refuses, then fails",
            BOTH,
            vec![said(&[reset(REFUSED_STREAM)]), said(&[reset(INTERNAL_ERROR)])],
            open(),
            "unsealed \"first\", stream-reset, Some(200)",
        ),
        row(
            "any other code",
            BOTH,
            vec![said(&[reset(INTERNAL_ERROR)])],
            open(),
            "unsealed \"first\", stream-reset, Some(200)",
        ),
        row(
            "a cancelled request",
            BOTH,
            vec![said(&[reset(CANCEL)])],
            open(),
            "unsealed \"first\", stream-reset, Some(200)",
        ),
        row(
            "a code nobody knows",
            BOTH,
            vec![said(&[reset(0xbeef)])],
            open(),
            "unsealed \"first\", stream-reset, Some(200)",
        ),
        row(
            "the connection closes",
            BOTH,
            vec![frames(&[], End::Close)],
            open(),
            "unsealed \"first\", connection-ended, Some(200)",
        ),
        row(
            "the connection is reset",
            BOTH,
            vec![frames(&[], End::Reset)],
            open(),
            "unsealed \"first\", connection-ended, Some(200)",
        ),
        row(
            "what came may have been taken up",
            BOTH,
            vec![frames(&[goaway(1, PROTOCOL_ERROR)], End::Close)],
            open(),
            "unsealed \"first\", connection-ended, Some(200)",
        ),
        row(
            "frames that break the rules",
            BOTH,
            vec![said(&[frame(8, 0, 0, &[0; 4])])],
            open(),
            "unsealed \"first\", connection-ended, Some(200)",
        ),
        row(
            "what is no HTTP/2",
            BOTH,
            vec![Say { bytes: b"SSH-2.0-x\r\n".to_vec(), end: End::Close }],
            open(),
            "unsealed \"SSH-2.0-x\\r\\n\", once, None",
        ),
    ] {
        check(row).await;
    }
}

#[tokio::test]
async fn a_silence_stays_one_where_http_1_1_says_so() {
    for (sentence, said, end, again) in [
        ("nginx closes without a word", vec![reset(INTERNAL_ERROR)], End::Hang, "stream-reset"),
        ("so does another", vec![], End::Close, "connection-ended"),
        ("a refusal of HTTP/2 is no answer", vec![reset(HTTP_1_1_REQUIRED)], End::Hang, "http-1-1-required"),
        ("nor is leaving", vec![goaway(0, NO_ERROR)], End::Close, "goaway"),
    ] {
        let expected = format!("reset closed-before-answer, {again}, None");
        check(http2_only(sentence, &said, end, Box::leak(expected.into_boxed_str()))).await;
    }
}

#[tokio::test]
async fn what_cannot_be_asked_again_is_no_silence_if_something_was_said_about_it() {
    let row =
        |sentence, said: &[Vec<u8>], end, told| Row { alpn: ONLY, ..http2_only(sentence, said, end, told) };
    for row in [
        row("reset", &[reset(INTERNAL_ERROR)], End::Hang, "reset taken-back, once, None"),
        row("refused twice", &[reset(REFUSED_STREAM)], End::Hang, "reset taken-back, refused-stream, None"),
        row(
            "wants what it does not speak",
            &[reset(HTTP_1_1_REQUIRED)],
            End::Hang,
            "reset taken-back, once, None",
        ),
        row(
            "left, and may have taken it up",
            &[goaway(1, NO_ERROR)],
            End::Close,
            "reset taken-back, once, None",
        ),
        row("closed without a word", &[], End::Close, "reset closed-before-answer, once, None"),
    ] {
        check(row).await;
    }
    // Whatever is agreed on, this one speaks HTTP/2.
    let http1 = frames(&[goaway(0, PROTOCOL_ERROR)], End::Close);
    let http2 = vec![frames(&[reset(INTERNAL_ERROR)], End::Hang)];
    let told = "reset taken-back, stream-reset, None";
    check(Row { sentence: "speaks HTTP/2 whatever is agreed on", alpn: BOTH, http2, http1, told }).await;
}

#[tokio::test]
async fn the_time_of_a_call_is_told_by_what_came_in_it() {
    let authority = Authority::new();
    for (sentence, said, expected) in [
        ("nothing", vec![], "timed-out first-byte, once, None"),
        ("a part of a head", vec![frame(HEADERS, 0, 1, &[0x88])], "timed-out transfer, once, Some(200)"),
        ("an early hint", vec![head(0, "103", &[])], "timed-out transfer, once, None"),
        ("a head", vec![head(0, "403", &[])], "timed-out transfer, once, Some(403)"),
    ] {
        let tls = authority.server(NAME, Validity::Now, BOTH);
        let peer = play(tls, vec![frames(&said, End::Hang)], page("200 OK", "first")).await;
        let timeouts = Timeouts { first_byte_ms: BRIEF_MS, transfer_ms: BRIEF_MS, ..PATIENT };
        let sample = place_freely(&run(), &Call { timeouts, ..over_tls(&peer, &authority) }).await;
        assert_eq!(told(&sample), expected, "{sentence}: {sample:?}");
    }
}

#[tokio::test]
async fn a_measured_call_is_asked_again_as_well_and_its_connection_was_opened_for_it() {
    let (run, authority) = (run(), Authority::new());
    let tls = authority.server(NAME, Validity::Now, BOTH);
    let first = frames(&[reset(HTTP_1_1_REQUIRED)], End::Hang);
    let shell =
        play(authority.server(NAME, Validity::Now, BOTH), vec![first.clone()], page("200 OK", "x")).await;
    let call = over_tls(&shell, &authority);
    let peer = play(
        tls,
        vec![first],
        page("200 OK", &String::from_utf8(sealed(&run, call.id, EXPECTED)).expect("text")),
    )
    .await;
    let call = Call { to: over_tls(&peer, &authority).to, ..call };
    let seen = Kept::default().measure(&means(settings()), &run, &[], &call).await;
    assert_eq!(told(&seen.sample), "answered, http-1-1-required, Some(200)", "{seen:?}");
    assert!(seen.is_opened && seen.took.tls.is_some(), "{seen:?}");
}
