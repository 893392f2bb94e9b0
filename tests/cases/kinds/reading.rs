//! Answers are read as every other program reads them: codings undone, each of repeated headers, the caller's address from
//! where the front end writes it.

use ringfence_tests::stage::{ADMITTED, APP, Door, End, Member, Passing, Play, Reply, Then, When};

use super::{GREEN, UNPROVED, refuse};
use crate::entry::Verdict::{NoPass, Open, Pass, PassBy};
use crate::entry::{Entry, Want, want};

/// The scenario's own refusal: a 404 whose page says so. Without its body it is an answer like any other.
const ROW: &str = "fingerprints:\n  - { name: ours, status: 404, body-contains: this app is internal }";
const ATTRIBUTED: Want =
    want(&[0], &[("vm", "app/site", Pass), ("internet", "app/site", PassBy("denied-attributed"))]);

/// The page `this app is internal`, some 200 bytes of HTML, in codings in which these words cannot be seen.
mod page {
    /// As `gzip -9` writes it (RFC 1952).
    pub(super) const GZIP: &[u8] = b"\
    \x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x6d\x8f\x41\x0a\x42\x31\x0c\x44\xaf\x32\x07\x10\x8a\x6b\
    \x43\xef\x12\x69\xa4\x85\xda\x94\x76\x36\xff\xf6\x16\x2b\x8a\xf0\x57\xe1\x31\x2f\x61\x22\x99\xcf\
    \x1a\x25\x9b\xa6\x28\x2c\xac\x16\x4b\xa3\x8d\xa6\x55\xc2\x66\x09\x3b\xbd\x7b\x3a\x96\x79\x8d\xcc\
    \x65\x42\x7b\xc7\x1a\x3f\x79\x05\xd2\x4f\xb3\x0b\xb4\xa5\x2f\xa1\x10\x93\x7a\xcc\x1b\xce\x64\x3c\
    \x7c\x40\x31\x4c\xa7\xb7\xbd\xc9\x6c\x1f\xfe\xbf\x4a\x77\x09\x7d\xf5\xdb\xcd\xc2\xfb\x95\x17\xe5\
    \x5e\x4e\x1d\xd1\x00\x00\x00";

    /// With zlib's wrapper, which is what `deflate` means (RFC 9110 section 8.4.1.2).
    pub(super) const ZLIB: &[u8] = b"\
    \x78\xda\x6d\x8f\x41\x0a\x42\x31\x0c\x44\xaf\x32\x07\x10\x8a\x6b\x43\xef\x12\x69\xa4\x85\xda\x94\
    \x76\x36\xff\xf6\x16\x2b\x8a\xf0\x57\xe1\x31\x2f\x61\x22\x99\xcf\x1a\x25\x9b\xa6\x28\x2c\xac\x16\
    \x4b\xa3\x8d\xa6\x55\xc2\x66\x09\x3b\xbd\x7b\x3a\x96\x79\x8d\xcc\x65\x42\x7b\xc7\x1a\x3f\x79\x05\
    \xd2\x4f\xb3\x0b\xb4\xa5\x2f\xa1\x10\x93\x7a\xcc\x1b\xce\x64\x3c\x7c\x40\x31\x4c\xa7\xb7\xbd\xc9\
    \x6c\x1f\xfe\xbf\x4a\x77\x09\x7d\xf5\xdb\xcd\xc2\xfb\x95\x17\x90\x3b\x49\xfd";

    /// Without it, as some servers send `deflate` all the same.
    pub(super) const BARE: &[u8] = b"\
    \x6d\x8f\x41\x0a\x42\x31\x0c\x44\xaf\x32\x07\x10\x8a\x6b\x43\xef\x12\x69\xa4\x85\xda\x94\x76\x36\
    \xff\xf6\x16\x2b\x8a\xf0\x57\xe1\x31\x2f\x61\x22\x99\xcf\x1a\x25\x9b\xa6\x28\x2c\xac\x16\x4b\xa3\
    \x8d\xa6\x55\xc2\x66\x09\x3b\xbd\x7b\x3a\x96\x79\x8d\xcc\x65\x42\x7b\xc7\x1a\x3f\x79\x05\xd2\x4f\
    \xb3\x0b\xb4\xa5\x2f\xa1\x10\x93\x7a\xcc\x1b\xce\x64\x3c\x7c\x40\x31\x4c\xa7\xb7\xbd\xc9\x6c\x1f\
    \xfe\xbf\x4a\x77\x09\x7d\xf5\xdb\xcd\xc2\xfb\x95\x17";

    /// Through gzip twice.
    pub(super) const TWICE: &[u8] = b"\
    \x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x01\x7f\x00\x80\xff\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\
    \x03\x6d\x8f\x41\x0a\x42\x31\x0c\x44\xaf\x32\x07\x10\x8a\x6b\x43\xef\x12\x69\xa4\x85\xda\x94\x76\
    \x36\xff\xf6\x16\x2b\x8a\xf0\x57\xe1\x31\x2f\x61\x22\x99\xcf\x1a\x25\x9b\xa6\x28\x2c\xac\x16\x4b\
    \xa3\x8d\xa6\x55\xc2\x66\x09\x3b\xbd\x7b\x3a\x96\x79\x8d\xcc\x65\x42\x7b\xc7\x1a\x3f\x79\x05\xd2\
    \x4f\xb3\x0b\xb4\xa5\x2f\xa1\x10\x93\x7a\xcc\x1b\xce\x64\x3c\x7c\x40\x31\x4c\xa7\xb7\xbd\xc9\x6c\
    \x1f\xfe\xbf\x4a\x77\x09\x7d\xf5\xdb\xcd\xc2\xfb\x95\x17\xe5\x5e\x4e\x1d\xd1\x00\x00\x00\xe4\xf7\
    \x5f\xa4\x7f\x00\x00\x00";
}

/// A front end that refuses strangers with this page in this coding.
fn coded(coding: &'static str, page: &'static [u8]) -> Play {
    let refusal = Reply::new("404 Not Found", page).with("content-encoding", coding);
    Play::of(Door::https().admitting().others(Then::Say(refusal))).top(ROW)
}

/// A front end that refuses strangers by the first of these headers that counts.
fn headed(row: &str, headers: &[(&str, &str)]) -> Play {
    let refusal =
        headers.iter().fold(Reply::new("404 Not Found", ""), |reply, (name, value)| reply.with(name, value));
    let row = format!("fingerprints:\n  - {{ name: ours, status: 404, {row} }}");
    Play::of(Door::https().admitting().others(Then::Say(refusal))).top(&row)
}

/// A front end that says so who called, before an app's agent with these arguments.
fn telling(saying: &[(&'static str, &'static str)], arguments: &[&'static str]) -> Play {
    let passing = Then::Pass(Passing::to("app").saying(saying));
    Play::of(Door::https().when(When::From(ADMITTED), passing).others(refuse()))
        .member(Member::new("app", APP).with(arguments))
}

const VM_OPEN: Want = want(&[3], &[("vm", "app/site", Open)]);
const VM_NO_PASS: Want = want(&[1, 3], &[("vm", "app/site", NoPass)]);

/// Codings of bodies.
pub(super) const CODINGS: &[Entry] = &[
    Entry {
        name: "reading: the refusing page comes through gzip",
        play: || coded("gzip", page::GZIP),
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: the refusing page comes through x-gzip",
        play: || coded("x-gzip", page::GZIP),
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: the refusing page comes through deflate",
        play: || coded("deflate", page::ZLIB),
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: the refusing page comes through deflate without its wrapper",
        play: || coded("deflate", page::BARE),
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: the refusing page comes through GZIP in capitals",
        play: || coded("GZIP", page::GZIP),
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: the refusing page comes through gzip twice",
        play: || coded("gzip, gzip", page::TWICE),
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: in the clear, the refusing page comes through gzip",
        play: || {
            let refusal = Reply::new("404 Not Found", page::GZIP).with("content-encoding", "gzip");
            Play::of(Door::http().admitting().others(Then::Say(refusal))).top(ROW)
        },
        want: GREEN,
    },
    Entry {
        name: "reading: the refusing page is coded for whoever does not say that it takes none",
        play: || {
            let plain = Then::Say(Reply::new("404 Not Found", "<p>this app is internal</p>"));
            // A coding that nobody undoes: only who asks for none can read it.
            let coded = Reply::new("404 Not Found", "x").with("content-encoding", "x-secret");
            let door = Door::https().admitting().when(When::Says("accept-encoding", "identity"), plain);
            Play::of(door.others(Then::Say(coded))).top(ROW)
        },
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: a page that claims gzip and is none is an answer like any other",
        play: || coded("gzip", b"<p>nothing of that kind</p>"),
        want: UNPROVED,
    },
    Entry {
        name: "reading: a sealed answer comes through no coding, and stays whole",
        play: || Play::of(Door::https().admitting().others(refuse())),
        want: GREEN,
    },
    Entry {
        name: "reading: the refusing page comes in chunks",
        play: || {
            let head = "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n";
            let body = "8\r\nthis app\r\nc\r\n is internal\r\n0\r\n\r\n";
            let raw = Then::Raw(format!("{head}{body}").into_bytes(), End::Close);
            Play::of(Door::https().admitting().others(raw)).top(ROW)
        },
        want: ATTRIBUTED,
    },
];

/// Repeated headers.
pub(super) const REPEATED: &[Entry] = &[
    Entry {
        name: "reading: the telling one of two headers is the second",
        play: || {
            headed(
                "header: x-deny, header-contains: network",
                &[("x-deny", "quota"), ("x-deny", "network rule")],
            )
        },
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: the telling one of two headers is the first",
        play: || {
            headed(
                "header: x-deny, header-contains: network",
                &[("x-deny", "network rule"), ("x-deny", "quota")],
            )
        },
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: the telling one of five headers is the fourth, in another case of letters",
        play: || {
            let all = [
                ("server", "a"),
                ("X-Deny", "1"),
                ("x-deny", "2"),
                ("X-DENY", "network rule"),
                ("x-deny", "3"),
            ];
            headed("header: x-deny, header-contains: network", &all)
        },
        want: ATTRIBUTED,
    },
    Entry {
        name: "reading: none of two headers is the telling one",
        play: || {
            headed("header: x-deny, header-contains: network", &[("x-deny", "quota"), ("x-deny", "size")])
        },
        want: UNPROVED,
    },
];

/// Where the caller's address stands.
pub(super) const SOURCES: &[Entry] = &[
    Entry {
        name: "reading: the front end has a header of its own for the caller, and X-Forwarded-For is another's",
        play: || {
            let saying = [("X-My-Client", "{caller}"), ("X-Forwarded-For", "198.51.100.4")];
            telling(&saying, &["--source-header", "X-My-Client"])
        },
        want: GREEN,
    },
    Entry {
        name: "reading: the front end has a header of its own for the caller, and no other",
        play: || telling(&[("X-Real-Ip", "{caller}")], &["--source-header", "x-real-ip"]),
        want: GREEN,
    },
    Entry {
        name: "reading: the front end's own header for the caller says another network",
        play: || {
            let saying = [("X-My-Client", "198.51.100.4"), ("X-Forwarded-For", "{caller}")];
            telling(&saying, &["--source-header", "X-My-Client"])
        },
        want: VM_NO_PASS,
    },
    Entry {
        name: "reading: CLIENT-IP and X-Forwarded-For disagree",
        play: || telling(&[("CLIENT-IP", "{caller}"), ("X-Forwarded-For", "198.51.100.4")], &[]),
        want: VM_OPEN,
    },
    Entry {
        name: "reading: CLIENT-IP and X-Forwarded-For disagree, and the wrong one would pass",
        play: || telling(&[("CLIENT-IP", "198.51.100.4"), ("X-Forwarded-For", "{caller}")], &[]),
        want: VM_NO_PASS,
    },
    Entry {
        name: "reading: sound: CLIENT-IP and X-Forwarded-For agree, one of them with a port",
        play: || telling(&[("CLIENT-IP", "{caller}:4711"), ("X-Forwarded-For", "{caller}")], &[]),
        want: GREEN,
    },
    Entry {
        name: "reading: sound: the caller is the last of those in X-Forwarded-For",
        play: || telling(&[("X-Forwarded-For", "192.0.2.1, {caller}")], &[]),
        want: GREEN,
    },
];
