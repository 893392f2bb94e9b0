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
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PUSH_PROMISE, SETTINGS, Say, fields_of, frame,
    frames, goaway, head, play, reset,
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
struct Row<'a> {
    sentence: &'a str,
    alpn: &'a [&'a str],
    http2: Vec<Say>,
    http1: Say,
    /// The outcome, why it was asked again, and the status.
    told: &'a str,
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

async fn check(row: Row<'_>) {
    let Row { sentence, alpn, http2, http1, told: expected } = row;
    let authority = Authority::new();
    let peer = play(authority.server(NAME, Validity::Now, alpn), http2, http1).await;
    let sample = place_freely(&run(), &over_tls(&peer, &authority)).await;
    assert_eq!(told(&sample), expected, "{sentence}: {:?}\n{sample:?}", peer.heard_text());
}

/// A server of both protocols, which is silent over HTTP/1.1.
fn http2_only<'a>(sentence: &'a str, said: &[Vec<u8>], end: End, told: &'a str) -> Row<'a> {
    Row { sentence, alpn: BOTH, http2: vec![frames(said, end)], http1: http1(b""), told }
}

#[tokio::test]
async fn what_began_an_answer_is_never_told_as_a_silence() {
    let early = || head(0, "103", &[("link", "</a.css>")]);
    let begun = || head(0, "200", &[]);
    let part = || frame(HEADERS, 0, 1, &[0x88]);
    let no_status = || frame(HEADERS, END_HEADERS, 1, b"\x00\x01x\x01y");
    let promise = || frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]);
    let (failed, cut) = ("reset mid-answer, once, None", "reset closed-mid-answer, once, Some(200)");
    for (sentence, said, end, told) in [
        ("reset", vec![begun(), reset(INTERNAL_ERROR)], End::Hang, "reset mid-answer, once, Some(200)"),
        ("closed", vec![begun()], End::Close, cut),
        ("a part of a head", vec![part()], End::Close, cut),
        ("a head without a status", vec![no_status()], End::Hang, failed),
        ("a body without a head", vec![frame(DATA, 0, 1, b"hello")], End::Hang, failed),
        ("a promise", vec![promise()], End::Hang, failed),
        ("an early hint, then reset", vec![early(), reset(INTERNAL_ERROR)], End::Hang, failed),
        ("an early hint, then refused", vec![early(), reset(HTTP_1_1_REQUIRED)], End::Hang, failed),
        ("an early hint, then closed", vec![early()], End::Close, "reset closed-mid-answer, once, None"),
    ] {
        check(http2_only(sentence, &said, end, told)).await;
    }
}

#[tokio::test]
async fn a_head_that_the_library_does_not_take_is_an_answer() {
    let mut flood = vec![frame(HEADERS, 0, 1, &[0x88])];
    flood.resize(2_000, frame(CONTINUATION, 0, 1, &[]));
    let trailers = frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x00\x01x\x01y");
    let with_trailers = vec![head(0, "200", &[]), frame(DATA, 0, 1, b"hello"), trailers];
    let early = vec![head(0, "103", &[("link", "</a.css>")])];
    let leaves = vec![goaway(1, ENHANCE_YOUR_CALM)];
    for (sentence, said, end, told) in [
        (
            "an odd field",
            vec![head(0, "200", &[("Upper", "x")])],
            End::Hang,
            "unsealed \"\", once, Some(200)",
        ),
        (
            "a forbidden field",
            vec![head(0, "503", &[("connection", "close")])],
            End::Hang,
            "unsealed \"\", once, Some(503)",
        ),
        ("a head that has no end", flood, End::Hang, "unsealed \"\", once, Some(200)"),
        ("trailers", with_trailers, End::Hang, "unsealed \"hello\", once, Some(200)"),
        (
            "an early hint before it",
            [early, answer("404", "none")].concat(),
            End::Hang,
            "unsealed \"none\", once, Some(404)",
        ),
        (
            "its server leaves",
            [answer("403", "no"), leaves].concat(),
            End::Close,
            "unsealed \"no\", once, Some(403)",
        ),
    ] {
        check(http2_only(sentence, &said, end, told)).await;
    }
}

/// A head that takes several frames.
fn in_pieces(fields: &[u8]) -> Vec<Vec<u8>> {
    let pieces: Vec<&[u8]> = fields.chunks(16_000).collect();
    let last = pieces.len() - 1;
    let kind = |place| [CONTINUATION, HEADERS][usize::from(place == 0)];
    let flags = |place| [0, END_HEADERS][usize::from(place == last)];
    pieces.iter().enumerate().map(|(place, piece)| frame(kind(place), flags(place), 1, piece)).collect()
}

#[tokio::test]
async fn a_head_that_browsers_take_is_taken_and_the_limit_of_a_larger_one_is_ours() {
    let authority = Authority::new();
    for (fields, limit) in [(300, None), (1_100, Some(OwnLimit::Head))] {
        let many: Vec<String> = (0..fields).map(|n| format!("x-{n}")).collect();
        let value = "p".repeat(1_000);
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), value.as_str())).collect();
        let mut said = in_pieces(&fields_of("200", &many));
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
async fn what_was_not_taken_up_is_asked_again() {
    let said = |said: &[Vec<u8>]| frames(said, End::Hang);
    let leaves = |said: &[Vec<u8>]| frames(said, End::Close);
    let ok = || said(&answer("200", "second"));
    let refused = || said(&[reset(REFUSED_STREAM)]);
    let in_steps = [goaway(0x7fff_ffff, NO_ERROR), goaway(0, NO_ERROR)];
    let wants = || said(&[reset(HTTP_1_1_REQUIRED)]);
    let (over_1, over_2) = ("unsealed \"first\"", "unsealed \"second\"");
    for (sentence, alpn, http2, told) in [
        ("the server wants HTTP/1.1", BOTH, vec![wants()], format!("{over_1}, http-1-1-required")),
        (
            "and leaves",
            BOTH,
            vec![said(&[goaway(0, HTTP_1_1_REQUIRED)])],
            format!("{over_1}, http-1-1-required"),
        ),
        ("it refuses", BOTH, vec![refused(), ok()], format!("{over_2}, refused-stream")),
        (
            "it refuses and speaks nothing else",
            ONLY,
            vec![refused(), ok()],
            format!("{over_2}, refused-stream"),
        ),
        ("it refuses twice", BOTH, vec![refused()], format!("{over_1}, refused-stream")),
        (
            "it refuses, then wants HTTP/1.1",
            BOTH,
            vec![refused(), wants()],
            format!("{over_1}, http-1-1-required"),
        ),
        ("it leaves", BOTH, vec![leaves(&[goaway(0, NO_ERROR)]), ok()], format!("{over_2}, goaway")),
        ("it leaves in steps", BOTH, vec![leaves(&in_steps), ok()], format!("{over_2}, goaway")),
    ] {
        let (http1, told) = (page("200 OK", "first"), format!("{told}, Some(200)"));
        check(Row { sentence, alpn, http2, http1, told: &told }).await;
    }
}

#[tokio::test]
async fn what_says_nothing_about_the_request_is_asked_over_http_1_1() {
    let broken = || vec![frame(8, 0, 0, &[0; 4])];
    for (sentence, said, end, again) in [
        ("failed", vec![reset(INTERNAL_ERROR)], End::Hang, "stream-reset"),
        ("cancelled", vec![reset(CANCEL)], End::Hang, "stream-reset"),
        ("a code nobody knows", vec![reset(0xbeef)], End::Hang, "stream-reset"),
        ("closed", vec![], End::Close, "connection-ended"),
        ("reset", vec![], End::Reset, "connection-ended"),
        ("it may have been taken up", vec![goaway(1, PROTOCOL_ERROR)], End::Close, "connection-ended"),
        ("frames that break the rules", broken(), End::Hang, "connection-ended"),
    ] {
        let told = format!("unsealed \"first\", {again}, Some(200)");
        let http1 = page("200 OK", "first");
        check(Row { http1, ..http2_only(sentence, &said, end, &told) }).await;
    }
    let http2 = vec![Say { bytes: b"SSH-2.0-x\r\n".to_vec(), end: End::Close }];
    let told = "unsealed \"SSH-2.0-x\\r\\n\", once, None";
    check(Row { sentence: "no HTTP/2", alpn: BOTH, http2, http1: page("200 OK", "first"), told }).await;
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
        check(http2_only(sentence, &said, end, &expected)).await;
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
        (
            "no leave to ask",
            vec![frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 0])],
            "unsealed \"first\", refused-stream, Some(200)",
        ),
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
