//! A platform's endpoint is decided by the head of its answer: whatever body or head browsers and curl take will do.

use ringfence_tests::stage::frames::CANCEL;
use ringfence_tests::stage::{ADMITTED, Door, End, Frame, Play, Reply, Then, When};

use super::refuse;
use crate::entry::Verdict::{Fail, Pass};
use crate::entry::{Entry, Want, want};

const GREEN: Want = want(&[0], &[("vm", "target", Pass), ("internet", "target", Pass)]);
const LEAK: Want = want(&[1], &[("vm", "target", Pass), ("internet", "target", Fail)]);
const VM_FAILS: Want = want(&[1], &[("vm", "target", Fail)]);

/// A platform that answers the admitted so, and refuses strangers.
fn answering(then: Then) -> Play {
    let door = Door::https().when(When::From(ADMITTED), then).others(refuse());
    Play::of_target(door, "statuses: [200]").top("timeouts: { transfer: 1s }")
}

fn raw(text: impl Into<Vec<u8>>, end: End) -> Play {
    answering(Then::Raw(text.into(), end))
}

/// The same over HTTP/2, frame by frame.
fn framed(frames: Vec<Frame>) -> Play {
    let door = Door::http2().when(When::From(ADMITTED), Then::Frames(frames)).others(refuse());
    Play::of_target(door, "statuses: [200]").top("timeouts: { transfer: 1s }")
}

/// Headers, this many and this long.
fn headers(count: usize, bytes: usize) -> String {
    let line = |number| format!("x-h{number}: {}\r\n", "v".repeat(bytes));
    (0..count).map(line).collect::<Vec<String>>().concat()
}

/// Bodies that do not end well.
pub(super) const BODIES: &[Entry] = &[
    Entry {
        name: "body: a stream of events that never ends, and is silent",
        play: || raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n: hi!\n\n\r\n", End::Hang),
        want: GREEN,
    },
    Entry {
        name: "body: a stream of events that never ends, and never stops",
        play: || {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
            answering(Then::Forever(
                head,
                b"400\r\n".iter().copied().chain([b'x'; 1024]).chain(*b"\r\n").collect(),
            ))
        },
        want: GREEN,
    },
    Entry {
        name: "body: shorter than was said",
        play: || raw("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhello", End::Close),
        want: GREEN,
    },
    Entry {
        name: "body: shorter than was said, with a reset",
        play: || raw("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhello", End::Reset),
        want: GREEN,
    },
    Entry {
        name: "body: never begun",
        play: || raw("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", End::Hang),
        want: GREEN,
    },
    Entry {
        name: "body: a chunk whose length is no number",
        play: || raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n", End::Close),
        want: GREEN,
    },
    Entry {
        name: "body: eight megabytes",
        play: || answering(Then::Say(Reply::new("200 OK", vec![b'x'; 8 << 20]))),
        want: GREEN,
    },
    Entry {
        name: "body: as long as the connection lasts",
        play: || raw("HTTP/1.0 200 OK\r\n\r\nhello", End::Close),
        want: GREEN,
    },
    Entry {
        name: "body: claims gzip and is none",
        play: || answering(Then::Say(Reply::new("200 OK", "hello").with("content-encoding", "gzip"))),
        want: GREEN,
    },
    Entry {
        name: "body: over HTTP/2, a stream that never ends",
        play: || framed(vec![Frame::head("200", &[]), Frame::Body(b": hi!\n\n".to_vec(), false)]),
        want: GREEN,
    },
    Entry {
        name: "body: over HTTP/2, cancelled in the middle",
        play: || {
            let begun = Frame::Body(b"hello".to_vec(), false);
            framed(vec![Frame::head("200", &[]), begun, Frame::ResetStream(CANCEL)])
        },
        want: GREEN,
    },
];

/// Heads that are odd, and are taken elsewhere.
pub(super) const HEADS: &[Entry] = &[
    Entry {
        name: "head: a hundred and twenty headers",
        play: || raw(format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", headers(120, 1)), End::Close),
        want: GREEN,
    },
    Entry {
        name: "head: two hundred and fifty headers of a hundred bytes",
        play: || {
            raw(format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", headers(250, 100)), End::Close)
        },
        want: GREEN,
    },
    Entry {
        name: "head: one header of sixty kilobytes",
        play: || {
            raw(format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", headers(1, 60_000)), End::Close)
        },
        want: GREEN,
    },
    Entry {
        name: "head: over HTTP/2, thirty kilobytes of headers",
        play: || {
            let fields: Vec<(String, String)> =
                (0..30).map(|number| (format!("x-{number}"), "v".repeat(1_000))).collect();
            let status = (":status".to_owned(), "200".to_owned());
            framed(vec![Frame::Head(std::iter::once(status).chain(fields).collect(), true)])
        },
        want: GREEN,
    },
    Entry {
        name: "head: a status without a reason",
        play: || raw("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", End::Close),
        want: GREEN,
    },
    Entry {
        name: "head: lines that end without a carriage return",
        play: || raw("HTTP/1.1 200 OK\ncontent-length: 0\n\n", End::Close),
        want: GREEN,
    },
    Entry {
        name: "head: a header that goes on in the next line",
        play: || raw("HTTP/1.1 200 OK\r\nx-long: one\r\n  two\r\ncontent-length: 0\r\n\r\n", End::Close),
        want: GREEN,
    },
    Entry {
        name: "head: a header whose value is no ASCII",
        play: || raw(b"HTTP/1.1 200 OK\r\nx-name: caf\xe9\r\ncontent-length: 0\r\n\r\n".to_vec(), End::Close),
        want: GREEN,
    },
    Entry {
        name: "head: a header with a space before its colon",
        play: || raw("HTTP/1.1 200 OK\r\nx-name : v\r\ncontent-length: 0\r\n\r\n", End::Close),
        want: GREEN,
    },
    Entry {
        name: "head: the same length said twice",
        play: || raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok", End::Close),
        want: GREEN,
    },
    Entry {
        name: "head: early hints come first",
        play: || {
            let text = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            raw(text, End::Close)
        },
        want: GREEN,
    },
    Entry {
        name: "head: over HTTP/2, early hints come first",
        play: || framed(vec![Frame::head("103", &[("link", "</a.css>")]), Frame::whole("200", &[])]),
        want: GREEN,
    },
    Entry {
        name: "head: beyond every limit, and the report says whose limit it was",
        play: || raw(format!("HTTP/1.1 200 OK\r\n{}\r\n", headers(4_000, 1_000)), End::Close),
        want: want(&[0, 1, 3], &[]).says(&["limit|reached"]),
    },
];

/// What is wrong in spite of a head that came.
pub(super) const FAULTS: &[Entry] = &[
    Entry {
        name: "head: another status than the listed ones, and an endless body",
        play: || raw("HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n", End::Hang),
        want: VM_FAILS,
    },
    Entry {
        name: "head: a status line that ends in the middle",
        play: || raw("HTTP/1.1 20", End::Close),
        want: VM_FAILS,
    },
    Entry {
        name: "head: no HTTP at all",
        play: || raw("SSH-2.0-OpenSSH_9.2\r\n", End::Close),
        want: VM_FAILS,
    },
    Entry {
        name: "head: strangers get it, and an endless body",
        play: || {
            let stream = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n: hi!\n\n\r\n";
            let door = Door::https().when(When::From(ADMITTED), Then::Say(Reply::new("200 OK", "here")));
            Play::of_target(door.others(Then::Raw(stream.into(), End::Hang)), "statuses: [200]")
                .top("timeouts: { transfer: 1s }")
        },
        want: LEAK,
    },
    Entry {
        name: "head: strangers get it with a hundred and twenty headers",
        play: || {
            let text = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", headers(120, 1));
            let door = Door::https().when(When::From(ADMITTED), Then::Say(Reply::new("200 OK", "here")));
            Play::of_target(door.others(Then::Raw(text.into_bytes(), End::Close)), "statuses: [200]")
        },
        want: LEAK,
    },
];
