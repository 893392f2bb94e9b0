//! An answer that began is no silence, however odd it is: over HTTP/2 (RFC 9113) and over HTTP/1.1 (RFC 9112). What asks
//! to be tried again is tried again; another stream error is decided over HTTP/1.1.

use ringfence_tests::stage::frames::{
    CANCEL, ENHANCE_YOUR_CALM, Frame, HTTP_1_1_REQUIRED, INTERNAL_ERROR, REFUSED_STREAM,
};
use ringfence_tests::stage::{ADMITTED, Door, End, Passing, Play, Reply, Then, When};

use super::{GREEN, LEAK, NO_PASS, bare_403, refuse, the_app};
use crate::entry::Entry;

/// A front end that says these frames to a stranger over HTTP/2, and this over HTTP/1.1.
fn odd(frames: Vec<Frame>, http1: Then) -> Play {
    Play::of(Door::http2().admitting().when(When::Http2, Then::Frames(frames)).others(http1))
}

/// A front end that says these frames to everybody over HTTP/2, and serves the admitted over HTTP/1.1.
fn odd_to_all(frames: Vec<Frame>, http1: Then) -> Play {
    Play::of(Door::http2().when(When::Http2, Then::Frames(frames)).admitting().others(http1))
}

/// A front end that says these bytes to a stranger over HTTP/1.1.
fn raw(bytes: impl Into<Vec<u8>>, end: End) -> Play {
    Play::of(Door::https().admitting().others(Then::Raw(bytes.into(), end)))
}

fn many(count: usize, bytes: usize) -> Vec<(String, String)> {
    let field = |number| (format!("x-policy-{number}"), "p".repeat(bytes));
    std::iter::once((":status".to_owned(), "200".to_owned())).chain((0..count).map(field)).collect()
}

fn page() -> Frame {
    Frame::Body(b"<h1>the private app</h1>".to_vec(), true)
}

/// Strangers get in, or half in.
pub(super) const FAULTS: &[Entry] = &[
    Entry {
        name: "h2: a stranger's answer has twenty headers of a kilobyte",
        play: || odd(vec![Frame::Head(many(20, 1_000), false), page()], the_app()),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger's answer has one header of seventy kilobytes",
        play: || odd(vec![Frame::Head(many(1, 70_000), false), page()], the_app()),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger's answer has three thousand headers",
        play: || odd(vec![Frame::Head(many(3_000, 1), false), page()], the_app()),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger's answer is too large, and over HTTP/1.1 it is silence",
        play: || odd(vec![Frame::Head(many(40, 1_000), false), page()], Then::Close),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger is sent to HTTP/1.1, where it gets the app",
        play: || odd(vec![Frame::ResetStream(HTTP_1_1_REQUIRED)], the_app()),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger's stream is refused untouched, and over HTTP/1.1 it gets the app",
        play: || odd(vec![Frame::ResetStream(REFUSED_STREAM)], the_app()),
        want: NO_PASS,
    },
    Entry {
        name: "h2: the first connection of each caller is told to go away, the next serves everybody",
        play: || {
            let away = Then::Frames(vec![Frame::GoAway(0, 0), Frame::End]);
            // Witnesses and attempts: each second connection is a second try.
            let door = Door::http2().admitting().when(When::Not(Box::new(When::Each(2))), away);
            Play::of(door.others(the_app()))
        },
        want: NO_PASS,
    },
    Entry {
        name: "h2: a stranger is told to go away with nothing taken up, and HTTP/1.1 serves it",
        play: || odd(vec![Frame::GoAway(0, 0), Frame::End], the_app()),
        want: NO_PASS,
    },
    Entry {
        name: "h2: a stranger's stream ends with an error, and over HTTP/1.1 it gets the app",
        play: || odd(vec![Frame::ResetStream(INTERNAL_ERROR)], the_app()),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger's stream is cancelled, and over HTTP/1.1 it gets the app",
        play: || odd(vec![Frame::ResetStream(CANCEL)], the_app()),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger gets the head of an answer, and then a stream error",
        play: || odd(vec![Frame::head("200", &[]), Frame::ResetStream(INTERNAL_ERROR)], Then::Close),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger gets the head of an answer, and then the connection ends",
        play: || odd(vec![Frame::head("302", &[("location", "/login")]), Frame::End], Then::Close),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger gets a head with a field name in capitals (RFC 9113 8.2.1)",
        play: || odd(vec![Frame::head("200", &[("X-App", "1")]), page()], Then::Close),
        want: NO_PASS,
    },
    Entry {
        name: "h2: a stranger gets a head without a status (RFC 9113 8.3.2)",
        play: || {
            let fields = vec![("server".to_owned(), "app".to_owned())];
            odd(vec![Frame::Head(fields, false), page()], Then::Close)
        },
        want: NO_PASS,
    },
    Entry {
        name: "h2: a stranger gets a head with a connection field (RFC 9113 8.2.2)",
        play: || odd(vec![Frame::head("200", &[("connection", "close")]), page()], Then::Close),
        want: NO_PASS,
    },
    Entry {
        name: "h2: a stranger gets a body longer than was said (RFC 9113 8.1.1)",
        play: || odd(vec![Frame::head("200", &[("content-length", "3")]), page()], Then::Close),
        want: LEAK,
    },
    Entry {
        name: "h2: a stranger gets a body without a head",
        play: || odd(vec![page()], Then::Close),
        want: NO_PASS,
    },
    Entry {
        name: "h2: a stranger gets early hints, and then a stream error",
        play: || {
            odd(vec![Frame::head("103", &[("link", "</a.css>")]), Frame::ResetStream(CANCEL)], Then::Close)
        },
        want: NO_PASS,
    },
    Entry {
        name: "h2: a stranger's answer is padded with an unknown frame before it",
        play: || odd(vec![Frame::Other(0xfe, 0, vec![7; 9]), Frame::head("200", &[]), page()], the_app()),
        want: LEAK,
    },
    Entry {
        name: "h1: a stranger's answer has a head of seventy kilobytes",
        play: || raw(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\nhello", "y".repeat(70_000)), End::Close),
        want: LEAK,
    },
    Entry {
        name: "h1: a stranger's answer has five hundred headers",
        play: || {
            let fields: Vec<String> = (0..500).map(|number| format!("x-{number}: 1\r\n")).collect();
            raw(format!("HTTP/1.1 200 OK\r\n{}\r\nhello", fields.concat()), End::Close)
        },
        want: LEAK,
    },
    Entry {
        name: "h1: a stranger gets a status line and nothing more",
        play: || raw("HTTP/1.1 200 OK\r\n", End::Reset),
        want: LEAK,
    },
    Entry {
        name: "h1: a stranger gets half a status line",
        play: || raw("HTTP/1.1 2", End::Close),
        want: NO_PASS,
    },
    Entry {
        name: "h1: a stranger gets a page without a head (HTTP/0.9)",
        play: || raw("<h1>the private app</h1>", End::Close),
        want: LEAK,
    },
    Entry {
        name: "h1: a stranger gets a head, and a body that never comes",
        play: || raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", End::Hang),
        want: LEAK,
    },
    Entry {
        name: "h1: a stranger gets an answer that an older protocol writes",
        play: || raw("ICY 200 OK\r\n\r\nhello", End::Close),
        want: LEAK,
    },
];

/// A door that does this with strangers over HTTP/2, and lets everybody in over HTTP/1.1.
fn open_over_http1(over_http2: Then) -> Play {
    let to_app = Then::Pass(Passing::to("app"));
    Play::of(Door::http2().admitting().when(When::Http2, over_http2).others(to_app))
}

/// A door that refuses strangers over HTTP/2, and does this with them over HTTP/1.1.
fn only_http2(over_http1: Then) -> Play {
    Play::of(Door::http2().admitting().when(When::Http2, refuse()).others(over_http1))
}

fn say(status: &str, body: &str) -> Then {
    Then::Say(Reply::new(status, body))
}

/// HTTP/2 has its rules, and HTTP/1.1 has none.
pub(super) const OTHER_VERSION: &[Entry] = &[
    Entry {
        name: "versions: refused in the platform's words over HTTP/2, open over HTTP/1.1",
        play: || open_over_http1(refuse()),
        want: LEAK,
    },
    Entry {
        name: "versions: a bare 403 over HTTP/2, open over HTTP/1.1",
        play: || open_over_http1(bare_403()),
        want: LEAK,
    },
    Entry {
        name: "versions: silence over HTTP/2, open over HTTP/1.1",
        play: || open_over_http1(Then::Hang),
        want: LEAK,
    },
    Entry {
        name: "versions: refused over HTTP/2, and over HTTP/1.1 the app has an error",
        play: || only_http2(say("500 Internal Server Error", "the app failed")),
        want: LEAK,
    },
    Entry {
        name: "versions: sound: refused over HTTP/2, which alone is spoken",
        play: || only_http2(say("505 HTTP Version Not Supported", "")),
        want: GREEN,
    },
    Entry {
        name: "versions: sound: refused over HTTP/2, to which HTTP/1.1 is asked to change",
        play: || only_http2(say("426 Upgrade Required", "")),
        want: GREEN,
    },
    Entry {
        name: "versions: sound: refused over HTTP/2, which is spoken whatever was agreed on",
        play: || only_http2(Then::Raw(vec![0, 0, 0, 4, 0, 0, 0, 0, 0], End::Close)),
        want: GREEN,
    },
    Entry {
        name: "versions: sound: refused over HTTP/2, closed without a word over HTTP/1.1",
        play: || only_http2(Then::Close),
        want: GREEN,
    },
    Entry {
        name: "versions: sound: refused over HTTP/2, a bare 403 over HTTP/1.1",
        play: || only_http2(bare_403()),
        want: GREEN,
    },
];

/// Strangers get nothing, or a refusal.
pub(super) const SOUND: &[Entry] = &[
    Entry {
        name: "h2: sound: strangers are refused in the platform's words",
        play: || Play::of(Door::http2().admitting().others(refuse())),
        want: GREEN,
    },
    Entry {
        name: "h2: sound: the front end closes without a word, over both versions",
        play: || Play::of(Door::http2().admitting().others(Then::Close)),
        want: GREEN,
    },
    Entry {
        name: "h1: sound: the front end closes without a word",
        play: || Play::of(Door::https().admitting().others(Then::Close)),
        want: GREEN,
    },
    Entry {
        name: "h1: sound: the front end resets without a word",
        play: || Play::of(Door::https().admitting().others(Then::Reset)),
        want: GREEN,
    },
    Entry {
        name: "h2: sound: everybody is sent to HTTP/1.1, where strangers are refused",
        play: || odd_to_all(vec![Frame::ResetStream(HTTP_1_1_REQUIRED)], refuse()),
        want: GREEN,
    },
    Entry {
        name: "h2: sound: everybody is sent to HTTP/1.1, where strangers get a bare 403",
        play: || odd_to_all(vec![Frame::ResetStream(HTTP_1_1_REQUIRED)], bare_403()),
        want: GREEN,
    },
    Entry {
        name: "h2: sound: a stranger's stream ends with an error, and HTTP/1.1 refuses it",
        play: || odd(vec![Frame::ResetStream(INTERNAL_ERROR)], refuse()),
        want: GREEN,
    },
    Entry {
        name: "h2: sound: a stranger's stream is calmed down, and HTTP/1.1 closes without a word",
        play: || odd(vec![Frame::ResetStream(ENHANCE_YOUR_CALM)], Then::Close),
        want: GREEN,
    },
    Entry {
        name: "h2: sound: the VM's first connection is told to go away, the next ones serve it",
        play: || {
            let vms_first = When::All(vec![When::From(ADMITTED), When::First(1), When::Http2]);
            let away = Then::Frames(vec![Frame::GoAway(0, 0), Frame::End]);
            Play::of(Door::http2().when(vms_first, away).admitting().others(refuse()))
        },
        want: GREEN,
    },
    Entry {
        name: "h2: sound: the VM's first stream is refused untouched, the next ones are served",
        play: || {
            let vms_first = When::All(vec![When::From(ADMITTED), When::First(1), When::Http2]);
            let refused = Then::Frames(vec![Frame::ResetStream(REFUSED_STREAM)]);
            Play::of(Door::http2().when(vms_first, refused).admitting().others(refuse()))
        },
        want: GREEN,
    },
    Entry {
        name: "h2: sound: the VM is sent to HTTP/1.1 and strangers are refused over HTTP/2",
        play: || {
            let vm = When::All(vec![When::From(ADMITTED), When::Http2]);
            let http1 = Then::Frames(vec![Frame::ResetStream(HTTP_1_1_REQUIRED)]);
            let to_app = Then::Pass(Passing::to("app"));
            Play::of(Door::http2().when(vm, http1).when(When::From(ADMITTED), to_app).others(refuse()))
        },
        want: GREEN,
    },
];
