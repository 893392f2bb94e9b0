//! Names and certificates, as every other program of the host reads them.

use ringfence_tests::stage::{Door, Edns, FRONT, Names, Paper, Play};

use super::{GREEN, refuse};
use crate::entry::Verdict::{Fail, NoPass};
use crate::entry::{Entry, Want, want};
use hickory_proto::op::ResponseCode;

const VM_FAILS: Want = want(&[1], &[("vm", "app/site", Fail)]);
const NAMED: &str = "{ url: \"https://app.example.test:<port>\", ca: ca.pem }";

/// The app by its name, which a resolver that treats EDNS so knows.
fn asked(edns: Edns) -> Play {
    let names = Names::new().with("example.test", &[FRONT]).edns(edns);
    Play::of(Door::https().admitting().others(refuse())).site(NAMED).names(names)
}

fn named(names: Names) -> Play {
    Play::of(Door::https().admitting().others(refuse())).site(NAMED).names(names)
}

/// A front end that shows this paper, and an endpoint with this trust: `pin: ...` or `ca: ...`.
fn shown(paper: Paper, trust: &str) -> Play {
    let site = format!("{{ url: \"https://app.example.test:<port>\", connect: 127.20.0.1, {trust} }}");
    Play::of(Door::https().showing("0.0.0.0/0", paper).admitting().others(refuse())).site(&site)
}

/// Resolvers and what they make of EDNS (RFC 6891 section 7).
pub(super) const NAMES: &[Entry] = &[
    Entry {
        name: "names: the resolver says that questions with EDNS have no good form",
        play: || asked(Edns::Code(ResponseCode::FormErr)),
        want: GREEN,
    },
    Entry {
        name: "names: the resolver says that it does not know EDNS",
        play: || asked(Edns::Code(ResponseCode::NotImp)),
        want: GREEN,
    },
    Entry {
        name: "names: the resolver fails questions with EDNS",
        play: || asked(Edns::Code(ResponseCode::ServFail)),
        want: GREEN,
    },
    Entry {
        name: "names: the resolver refuses questions with EDNS",
        play: || asked(Edns::Code(ResponseCode::Refused)),
        want: GREEN,
    },
    Entry {
        name: "names: the resolver does not answer questions with EDNS",
        play: || asked(Edns::Dropped),
        want: GREEN,
    },
    Entry { name: "names: sound: the resolver takes EDNS", play: || asked(Edns::Taken), want: GREEN },
    Entry {
        name: "names: sound: the name is an alias",
        play: || {
            named(
                Names::new()
                    .alias("app.example.test", "front.example.net.")
                    .with("front.example.net", &[FRONT]),
            )
        },
        want: GREEN,
    },
    Entry { name: "names: there is no such name", play: || named(Names::new()), want: VM_FAILS },
    Entry {
        name: "names: the resolver fails every question",
        play: || named(Names::new().failing("example.test", ResponseCode::ServFail)),
        want: want(&[1, 3], &[("vm", "app/site", NoPass)]),
    },
];

/// Certificates.
pub(super) const CERTIFICATES: &[Entry] = &[
    Entry {
        name: "certificates: one of version 1, pinned",
        play: || shown(Paper::Version1, "pin: \"<pin-version-1>\""),
        want: GREEN,
    },
    Entry {
        name: "certificates: one of version 1, pinned, and another is shown",
        play: || shown(Paper::Good, "pin: \"<pin-version-1>\""),
        want: VM_FAILS,
    },
    Entry {
        name: "certificates: sound: one for another name, pinned",
        play: || shown(Paper::OtherName, "pin: \"<pin-other-name>\""),
        want: GREEN,
    },
    Entry {
        name: "certificates: sound: one that has expired, pinned",
        play: || shown(Paper::Expired, "pin: \"<pin-expired>\""),
        want: GREEN,
    },
    Entry {
        name: "certificates: sound: one of nobody known, pinned",
        play: || shown(Paper::Stranger, "pin: \"<pin-stranger>\""),
        want: GREEN,
    },
    Entry {
        name: "certificates: one of nobody known, not pinned",
        play: || shown(Paper::Stranger, "ca: ca.pem"),
        want: VM_FAILS,
    },
    Entry {
        name: "certificates: one that has expired, not pinned",
        play: || shown(Paper::Expired, "ca: ca.pem"),
        want: VM_FAILS,
    },
    Entry {
        name: "certificates: one for another name, not pinned",
        play: || shown(Paper::OtherName, "ca: ca.pem"),
        want: VM_FAILS,
    },
    Entry {
        name: "certificates: the server speaks no version that we speak, and the report says that it may be us",
        play: || shown(Paper::Alert(70), "ca: ca.pem"),
        want: VM_FAILS.says(&["a limit of ringfence's tls"]),
    },
    Entry {
        name: "certificates: the server finds nothing in common, and the report says that it may be us",
        play: || shown(Paper::Alert(40), "ca: ca.pem"),
        want: VM_FAILS.says(&["a limit of ringfence's tls"]),
    },
];
