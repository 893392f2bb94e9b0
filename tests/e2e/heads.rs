//! Answers whose head is all that counts, and heads and bodies that browsers and curl read.

use ringfence_agent::call::place;
use ringfence_contract::call::{Call, Destination, Timeouts};
use ringfence_contract::fingerprint::{Basis, Fingerprint, Says};
use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::{OwnLimit, Sample};
use ringfence_tests::calls::{
    BRIEF_MS, EXPECTED, PATIENT, call_to, means, place_freely, route, run, sealed, settings,
};
use ringfence_tests::script::{End, Script, response};

/// Calls a peer at which no agent answers.
async fn called(script: Script) -> Sample {
    let peer = script.play().await;
    let call = call_to(route(&format!("http://{}", peer.address)));
    let timeouts = Timeouts { transfer_ms: BRIEF_MS, first_byte_ms: 5 * BRIEF_MS, ..PATIENT };
    place_freely(&run(), &Call { expects: None, timeouts, ..call }).await
}

fn told(sample: &Sample) -> String {
    match &sample.outcome {
        Outcome::Unsealed(unsealed) => {
            format!("{:?} {:?} {:?}", unsealed.status, unsealed.body, sample.limit)
        }
        Outcome::Forbidden(forbidden) => format!("forbidden {}", forbidden.fingerprint),
        outcome => format!("{outcome:?}"),
    }
}

/// What a peer says behind the status line of a good answer, how it ends, and what is told.
type Row = (&'static str, String, End, &'static str);

const HELLO: &str = "Some(200) \"hello\" None";
const NONE: &str = "Some(200) \"\" None";
const HEAD_ALONE: &str = "Some(200) \"\" Some(Head)";
const ODD: &str = "Some(200) \"hello\" Some(Head)";

/// So many fields, and what ends the head of an answer that is `hello`.
fn fields(count: usize) -> String {
    let fields: Vec<String> = (0..count).map(|n| format!("x-{n}: 1\r\n")).collect();
    format!("{}content-length: 5\r\n\r\nhello", fields.concat())
}

#[tokio::test]
async fn a_platform_s_answer_is_told_by_its_head_whatever_becomes_of_its_body() {
    let stream = "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n7\r\n: hi!\n\n\r\n";
    let both = "content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let row = |sentence, rest: &str, end, told| (sentence, rest.to_owned(), end, told);
    let rows: Vec<Row> = vec![
        row("an event stream", stream, End::Hang, "Some(200) \": hi!\\n\\n\" Some(Time)"),
        row("a short body", "content-length: 500\r\n\r\nhello", End::Close, HELLO),
        row("a body that is reset", "content-length: 500\r\n\r\n", End::Reset, NONE),
        row("chunks that are none", "transfer-encoding: chunked\r\n\r\nzz\r\n", End::Close, NONE),
        row("chunks without an end", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", End::Close, HELLO),
        row("no length", "\r\nhello", End::Close, HELLO),
        row("a length and chunks", both, End::Close, HELLO),
        row("two lengths", "content-length: 5\r\ncontent-length: 6\r\n\r\nhello", End::Close, ODD),
        row("a length that is none", "content-length: five\r\n\r\nhello", End::Close, ODD),
        row("a head without an end", "x: y\r\n", End::Close, NONE),
        row("a head that hangs", "x: y\r\n", End::Hang, "Some(200) \"\" Some(Time)"),
    ];
    for (sentence, rest, end, expected) in rows {
        let script = Script::http(format!("HTTP/1.1 200 OK\r\n{rest}")).ending(end);
        assert_eq!(told(&called(script).await), expected, "{sentence}");
    }
    let script = Script::http("HTTP/1.1 403 No\r\ncontent-length: 9\r\n\r\nno").ending(End::Hang);
    assert_eq!(told(&called(script).await), "Some(403) \"no\" Some(Time)", "a refusal whose page hangs");
}

#[tokio::test]
async fn a_head_that_browsers_read_is_read() {
    let ok = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    let hello = |fields: &str| ok(&format!("{fields}content-length: 5\r\n\r\nhello"));
    let early = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    let large = |kib: usize| hello(&format!("x: {}\r\n", "y".repeat(kib * 1_024)));
    let bytes = |text: &[u8]| text.to_vec();
    for (sentence, said, expected) in [
        ("120 fields", ok(&fields(120)), HELLO),
        ("1,000 fields", ok(&fields(1_000)), HELLO),
        ("2,000 fields", ok(&fields(2_000)), HEAD_ALONE),
        ("300 KiB", large(300), HELLO),
        ("2 MiB", large(2 * 1_024), HEAD_ALONE),
        ("bare line feeds", bytes(b"HTTP/1.1 200 OK\ncontent-length: 5\n\nhello"), HELLO),
        ("a folded field", hello("x: a\r\n  b\r\n"), HELLO),
        ("a space before the colon", hello("x : a\r\n"), HELLO),
        ("a name with odd characters", hello("odd name(1): a\r\n"), HELLO),
        ("a line that is no field", hello("nothing\r\n"), HELLO),
        ("no UTF-8", bytes(b"HTTP/1.1 200 \xc4\r\nx: \xff\xfe\r\ncontent-length: 5\r\n\r\nhello"), HELLO),
        ("no reason", bytes(b"HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello"), HELLO),
        ("HTTP/1.0", bytes(b"HTTP/1.0 200 OK\r\n\r\nhello"), HELLO),
        ("HTTP/1.0 with chunks", bytes(b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello"), ODD),
        (
            "nobody's status",
            bytes(b"HTTP/1.1 999 No\r\ncontent-length: 2\r\n\r\nno"),
            "Some(999) \"no\" None",
        ),
        ("an early hint before it", bytes(early.as_bytes()), HELLO),
        ("no HTTP", bytes(b"SSH-2.0-x\r\n"), "None \"SSH-2.0-x\\r\\n\" None"),
        ("no status", bytes(b"HTTP/1.1 OK\r\n\r\n"), "None \"HTTP/1.1 OK\\r\\n\\r\\n\" None"),
    ] {
        assert_eq!(told(&called(Script::http(said)).await), expected, "{sentence}");
    }
}

#[tokio::test]
async fn what_began_an_answer_over_http_1_1_is_no_silence() {
    for (sentence, said, end, expected) in [
        ("nothing", "", End::Close, "Reset(ClosedBeforeAnswer)"),
        ("nothing that ends", "", End::Hang, "TimedOut(FirstByte)"),
        ("a part of a status line", "HTTP/1.1 2", End::Hang, "TimedOut(Transfer)"),
        ("a letter", "H", End::Hang, "TimedOut(Transfer)"),
        ("an early hint", "HTTP/1.1 103 Early Hints\r\n\r\n", End::Hang, "TimedOut(Transfer)"),
        (
            "an early hint, then closed",
            "HTTP/1.1 103 Early Hints\r\n\r\n",
            End::Close,
            "Reset(ClosedMidAnswer)",
        ),
        ("an early hint, then reset", "HTTP/1.1 100 Continue\r\n\r\n", End::Reset, "Reset(MidAnswer)"),
    ] {
        let script = Script::http(said).ending(end);
        let sample = called(script).await;
        assert_eq!(told(&sample), expected, "{sentence}: {sample:?}");
        assert_eq!(sample.status, None, "{sentence}");
    }
}

#[tokio::test]
async fn an_agent_s_answer_is_found_behind_a_head_that_browsers_read() {
    let run = run();
    let call = call_to(route("http://127.0.0.1:1"));
    let good = String::from_utf8(sealed(&run, call.id, EXPECTED)).expect("text");
    let many = fields(120).replace("content-length: 5\r\n\r\nhello", "\r\n");
    for head in [many, "x: a\r\n b\r\n\r\n".to_owned(), "odd name: 1\r\n\r\n".to_owned()] {
        let peer = Script::http(format!("HTTP/1.1 200 OK\r\n{head}{good}")).play().await;
        let to = Destination::Endpoint(route(&format!("http://{}", peer.address)));
        let sample = place_freely(&run, &Call { to, ..call.clone() }).await;
        assert!(matches!(sample.outcome, Outcome::Answered(_)), "{head}: {sample:?}");
        assert_eq!(sample.limit, None);
    }
    // What an agent's answer needs is its body: a status that came alone is told beside what became of it.
    let peer = Script::http("HTTP/1.1 200 OK\r\nx: y\r\n").ending(End::Hang).play().await;
    let to = Destination::Endpoint(route(&format!("http://{}", peer.address)));
    let timeouts = Timeouts { first_byte_ms: BRIEF_MS, ..PATIENT };
    let sample = place_freely(&run, &Call { to, timeouts, ..call }).await;
    assert_eq!((told(&sample).as_str(), sample.status), ("TimedOut(Transfer)", Some(200)));
}

/// A row of a scenario's own.
fn ours() -> Fingerprint {
    let body_contains = Some("this app is internal".to_owned());
    Fingerprint {
        name: "ours".to_owned(),
        says: Says::Refused,
        by: Basis::Scenario,
        statuses: vec![404],
        header: None,
        header_contains: None,
        body_contains,
    }
}

#[tokio::test]
async fn a_fingerprint_is_found_under_codings_and_a_coding_that_cannot_be_undone_is_told() {
    // Python's gzip, zlib and raw deflate of `<p>this app is internal</p>`.
    for (sentence, coding, body, expected) in [
        ("as it is", "identity", b"<p>this app is internal</p>".to_vec(), "forbidden ours"),
        ("gzip", "gzip", GZIP.to_vec(), "forbidden ours"),
        ("gzip by its old name", "X-GZIP", GZIP.to_vec(), "forbidden ours"),
        ("deflate", "deflate", ZLIB.to_vec(), "forbidden ours"),
        ("deflate without its frame", "deflate", ZLIB[2..ZLIB.len() - 4].to_vec(), "forbidden ours"),
        ("two in a row", "gzip, gzip", TWICE.to_vec(), "forbidden ours"),
        ("two in two lines", "gzip\r\ncontent-encoding: gzip", TWICE.to_vec(), "forbidden ours"),
        ("cut off", "gzip", GZIP[..GZIP.len() - 6].to_vec(), "forbidden ours"),
        ("nothing in it", "gzip", Vec::new(), "Some(404) \"\" None"),
        ("text that is not coded at all", "gzip", b"<p>this app is internal</p>".to_vec(), "forbidden ours"),
        ("neither text nor what it says", "gzip", vec![1, 2, 3], "Some(404) \"\" Some(Coding)"),
        ("one that nobody here undoes", "br", vec![1, 2, 3], "Some(404) \"\" Some(Coding)"),
        ("one that nobody knows", "gzip, x", GZIP.to_vec(), "Some(404) \"\" Some(Coding)"),
        ("too many", "gzip, gzip, gzip, gzip, gzip", GZIP.to_vec(), "Some(404) \"\" Some(Coding)"),
    ] {
        let script =
            Script::http(response("404 Not Found", &format!("content-encoding: {coding}\r\n"), &body));
        let peer = script.play().await;
        let call = Call { expects: None, ..call_to(route(&format!("http://{}", peer.address))) };
        let sample = place(&means(settings()), &run(), &[ours()], &call, None).await;
        assert_eq!(told(&sample), expected, "{sentence}: {sample:?}");
        assert!(peer.heard_text().to_lowercase().contains("\r\naccept-encoding: identity\r\n"));
    }
}

#[tokio::test]
async fn few_bytes_that_stand_for_many_are_undone_as_far_as_is_read() {
    let script = Script::http(response("200 OK", "content-encoding: gzip, gzip\r\n", BOMB));
    let sample = called(script).await;
    let Outcome::Unsealed(unsealed) = &sample.outcome else { panic!("{sample:?}") };
    assert_eq!(unsealed.body, "0".repeat(256));
    assert_ne!(sample.limit, Some(OwnLimit::Coding));
}

/// The page in gzip's format (RFC 1952).
#[rustfmt::skip]
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xb3, 0x29, 0xb0, 0x2b, 0xc9, 0xc8, 0x2c, 0x56,
    0x48, 0x2c, 0x28, 0x50, 0x00, 0x52, 0x99, 0x79, 0x25, 0xa9, 0x45, 0x79, 0x89, 0x39, 0x36, 0xfa, 0x05, 0x76,
    0x00, 0x14, 0x9b, 0x6e, 0xfd, 0x1b, 0x00, 0x00, 0x00,
];

/// The page in zlib's format (RFC 1950).
#[rustfmt::skip]
const ZLIB: &[u8] = &[
    0x78, 0x9c, 0xb3, 0x29, 0xb0, 0x2b, 0xc9, 0xc8, 0x2c, 0x56, 0x48, 0x2c, 0x28, 0x50, 0x00, 0x52, 0x99, 0x79,
    0x25, 0xa9, 0x45, 0x79, 0x89, 0x39, 0x36, 0xfa, 0x05, 0x76, 0x00, 0x86, 0xe8, 0x09, 0x96,
];

/// The page in gzip's format, twice.
#[rustfmt::skip]
const TWICE: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x93, 0xef, 0xe6, 0x60, 0x00, 0x01, 0x26, 0xe6,
    0xcd, 0x9a, 0x1b, 0xb4, 0x4f, 0x9e, 0xd0, 0x09, 0xf3, 0xd0, 0xd1, 0x08, 0x60, 0x08, 0x9a, 0x59, 0xa9, 0xba,
    0xd2, 0xb5, 0xb2, 0xd3, 0xd2, 0xec, 0x17, 0x6b, 0x19, 0x83, 0xc8, 0xec, 0xbc, 0xbf, 0xd2, 0x40, 0x45, 0x00,
    0x67, 0x0f, 0x04, 0x31, 0x2d, 0x00, 0x00, 0x00,
];

/// A hundred million zeros in gzip's format, twice.
#[rustfmt::skip]
const BOMB: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xdc, 0x2f, 0x4a, 0x44, 0x61, 0x14, 0x87,
    0xe1, 0x3b, 0x7f, 0x04, 0x31, 0x38, 0x63, 0xd0, 0x62, 0xf0, 0x6e, 0xc1, 0x36, 0x65, 0x40, 0x11, 0xcc, 0x06,
    0xcd, 0x62, 0x34, 0x18, 0xad, 0x3a, 0x22, 0x26, 0xd7, 0x31, 0xc1, 0x05, 0xb8, 0x00, 0x9b, 0x0b, 0x10, 0xd4,
    0xa6, 0x51, 0x30, 0x0d, 0x68, 0x52, 0xae, 0xdc, 0xbb, 0x09, 0xe1, 0xfb, 0x3d, 0x4f, 0x3a, 0xf9, 0xc4, 0xc3,
    0xe1, 0xdd, 0xba, 0x5d, 0xae, 0x5a, 0xfd, 0xc1, 0xe7, 0xc3, 0x55, 0x3b, 0xcc, 0xea, 0xf9, 0xef, 0xc7, 0xc6,
    0xdd, 0x4a, 0x05, 0x00, 0x00, 0x00, 0x14, 0x6e, 0xf6, 0x7a, 0x3d, 0xe8, 0xb5, 0x43, 0xdd, 0x3c, 0xef, 0x1f,
    0x1c, 0x01, 0x00, 0x00, 0x00, 0xa5, 0x3b, 0x19, 0xad, 0x0e, 0xbb, 0xa3, 0xc0, 0xcf, 0xf1, 0xe6, 0xae, 0x75,
    0x00, 0x00, 0x00, 0x40, 0xf1, 0x6e, 0xa6, 0x93, 0x71, 0xf7, 0x21, 0xb0, 0xb8, 0x3c, 0x1b, 0x5a, 0x07, 0x00,
    0x00, 0x00, 0x14, 0x6f, 0xfd, 0xfb, 0x6d, 0xa7, 0xbb, 0x05, 0x3c, 0x36, 0xf7, 0x6b, 0x87, 0xf6, 0x01, 0x00,
    0x00, 0x00, 0xc5, 0x7b, 0x11, 0x0c, 0x00, 0x00, 0x00, 0x80, 0x28, 0x82, 0x01, 0x00, 0x00, 0x00, 0x90, 0x45,
    0x30, 0x00, 0x00, 0x00, 0x00, 0xb2, 0x08, 0x06, 0x00, 0x00, 0x00, 0x40, 0x18, 0xc1, 0x00, 0x00, 0x00, 0x00,
    0xc8, 0x22, 0x18, 0x00, 0x00, 0x00, 0x00, 0x59, 0x04, 0x03, 0x00, 0x00, 0x00, 0x20, 0x8b, 0x60, 0x00, 0x00,
    0x00, 0x00, 0x84, 0x11, 0x0c, 0x00, 0x00, 0x00, 0x80, 0x2c, 0x82, 0x01, 0x00, 0x00, 0x00, 0x90, 0x45, 0x30,
    0x00, 0x00, 0x00, 0x00, 0xb2, 0x08, 0x06, 0x00, 0x00, 0x00, 0x40, 0x18, 0xc1, 0x00, 0x00, 0x00, 0x00, 0xc8,
    0x22, 0x18, 0x00, 0x00, 0x00, 0x00, 0x59, 0x04, 0x03, 0x00, 0x00, 0x00, 0x20, 0x8b, 0x60, 0x00, 0x00, 0x00,
    0x00, 0x84, 0x11, 0x0c, 0x00, 0x00, 0x00, 0x80, 0x2c, 0x82, 0x01, 0x00, 0x00, 0x00, 0x90, 0x65, 0x3e, 0x9d,
    0xd4, 0xed, 0x2d, 0x60, 0xbc, 0x68, 0xce, 0xf7, 0xfa, 0x15, 0x00, 0x00, 0xfc, 0x87, 0x51, 0xef, 0xf4, 0xe2,
    0x69, 0xbb, 0x7a, 0xff, 0x5a, 0xfa, 0x03, 0xc2, 0x5f, 0xdf, 0xe9, 0xc6, 0x7b, 0x01, 0x00,
];
