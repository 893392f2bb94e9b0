//! A refusal attributes only if it is proved to come from the endpoint, and if the address that it names may be the
//! caller's.

use ringfence_tests::stage::{ADMITTED, Door, Member, Names, Paper, Play, Reply, Then, When};

use super::{GREEN, NO_PASS, UNPROVED, refusal, refuse};
use crate::entry::Verdict::{NoPass, Open, Pass, PassBy};
use crate::entry::{Entry, Want, want};

const ATTRIBUTED: Want =
    want(&[0], &[("vm", "app/site", Pass), ("internet", "app/site", PassBy("denied-attributed"))]);
const WITNESSED: Want =
    want(&[0], &[("vm", "app/site", Pass), ("internet", "app/site", PassBy("denied-witnessed"))]);

fn front(others: Then) -> Play {
    Play::of(Door::https().admitting().others(others))
}

/// A page of a mesh's proxy that refuses, in words that any app can print.
fn rbac() -> Then {
    Then::Say(Reply::new("403 Forbidden", "RBAC: access denied"))
}

/// Shown to strangers alone.
fn to_strangers(paper: Paper, others: Then) -> Play {
    Play::of(Door::https().showing("127.203.0.0/16", paper).admitting().others(others))
}

/// A second stranger, `partner` at 127.11.0.1, in a zone of its own; its refusal names this address.
fn partner(seen: &'static str, zone: &str) -> Play {
    let front = Door::https().admitting().when(When::From("127.11.0.0/16"), refusal(seen)).others(refuse());
    let zones = format!("vm: [127.10.0.0/16], partner: [{zone}]");
    Play::of(front)
        .member(Member::new("partner", "127.11.0.1"))
        .zones(&zones)
        .agents(&["partner: { zone: partner, control: \"http://<partner>\" }"])
        .rules(&["{ name: the partner does not, from: partner, to: app/site, expect: deny }"])
}

/// A scenario of targets of the platform's, all of one host, each with keys of its own, and these rules.
fn platforms(targets: &[(&str, &str)], scheme: &str, rules: &str) -> String {
    let ca = if scheme == "https" { ", ca: ca.pem" } else { "" };
    let target = |(name, keys): &(&str, &str)| {
        format!("  {name}: {{ {keys}url: \"{scheme}://app.example.test:<port>\"{ca} }}\n")
    };
    let targets: Vec<String> = targets.iter().map(target).collect();
    format!(
        "name: case\nagents:\n  vm: {{ control: \"http://<vm>\" }}\n  internet: {{ control: local }}\n\
         targets:\n{}rules:\n{rules}otherwise: untested\n",
        targets.concat()
    )
}

const BY_NAME: &str = "  - { name: the VM reaches the site itself, from: vm, to: 'true', expect: allow }\n\
                       \x20 - { name: nobody by its name, from: internet, to: app, expect: deny }\n";

const OWN_ROW: &str = "fingerprints:\n  - { name: ours, status: 404, body-contains: this app is internal }";

fn own_words() -> Then {
    Then::Say(Reply::new("404 Not Found", "<p>this app is internal</p>"))
}

/// Refusals that prove nothing.
pub(super) const FAULTS: &[Entry] = &[
    Entry {
        name: "attribution: in the clear, a refusal in the platform's words, and nothing shows that the caller can send",
        play: || Play::of(Door::http().admitting().others(refuse())).beacon_is(None),
        want: UNPROVED,
    },
    Entry {
        name: "attribution: in the clear, a refusal with the scenario's own words, and nothing shows that the caller can send",
        play: || Play::of(Door::http().admitting().others(own_words())).top(OWN_ROW).beacon_is(None),
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the refusing server has a certificate for another name",
        play: || to_strangers(Paper::OtherName, refuse()),
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the refusing server has a certificate of nobody known",
        play: || to_strangers(Paper::Stranger, refuse()),
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the refusing server has a certificate that has expired",
        play: || to_strangers(Paper::Expired, refuse()),
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the refusing server has another certificate than the pinned one",
        play: || {
            let site =
                "{ url: \"https://app.example.test:<port>\", connect: 127.20.0.1, pin: \"<pin-good>\" }";
            to_strangers(Paper::OtherName, refuse()).site(site)
        },
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the refusal names the address of the VM",
        play: || front(refusal("127.10.0.1")),
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the refusal names the address of the VM, and says that it is kept",
        play: || {
            let kept = Reply::new("403 Forbidden", "").with("x-ms-forbidden-ip", "127.10.0.1");
            front(Then::Say(kept.with("age", "31")))
        },
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the refusal names an address outside the caller's declared zone",
        play: || partner("198.51.100.7", "127.11.0.0/16"),
        want: want(&[3], &[("internet", "app/site", Pass), ("partner", "app/site", Open)]),
    },
    Entry {
        name: "attribution: the refusal names the internet's address to a partner with a zone",
        play: || partner("127.203.0.1", "127.11.0.0/16"),
        want: want(&[3], &[("internet", "app/site", Pass), ("partner", "app/site", Open)]),
    },
    Entry {
        name: "attribution: a body that says RBAC, and nobody reached the endpoint",
        play: || Play::of(Door::https().others(rbac())),
        want: want(&[1, 3], &[("vm", "app/site", NoPass), ("internet", "app/site", NoPass)]),
    },
    Entry {
        name: "attribution: a body that says RBAC, of a server with a certificate for another name",
        play: || to_strangers(Paper::OtherName, rbac()),
        want: NO_PASS,
    },
    Entry {
        name: "attribution: silence, and the beacon has a certificate of nobody known",
        play: || {
            let beacon = Door::https().showing("0.0.0.0/0", Paper::Stranger);
            front(Then::Close).beacon_is(Some(beacon.others(Then::Say(Reply::new("200 OK", "here")))))
        },
        want: UNPROVED,
    },
    Entry {
        name: "attribution: silence, and the beacon is a stranger's that refuses",
        play: || {
            let beacon = Door::https().showing("0.0.0.0/0", Paper::Stranger);
            front(Then::Close).beacon_is(Some(beacon.others(refuse())))
        },
        want: UNPROVED,
    },
    Entry {
        name: "attribution: the name leads the internet to a stranger that refuses, and the site itself is open",
        play: || {
            let stranger =
                Door::https().showing("0.0.0.0/0", Paper::OtherName).others(refusal("198.51.100.77"));
            Play::of(Door::https().others(Then::Say(Reply::new("200 OK", "open"))))
                .also(stranger.at("127.20.1.1"))
                .names(Names::new().with("app.example.test", &["127.20.1.1"]))
                .scenario(&platforms(&[("app", ""), ("true", "connect: 127.20.0.1, ")], "https", BY_NAME))
        },
        want: want(&[3], &[("vm", "true", Pass), ("internet", "app", Open)]),
    },
    Entry {
        name: "attribution: in the clear, a target says itself that it refuses, and nobody reached it",
        play: || {
            let nobody = "  - { name: nobody, from: internet, to: app, expect: deny }\n";
            Play::of(Door::http().others(refusal("203.0.113.9"))).scenario(&platforms(
                &[("app", "connect: 127.20.0.1, ")],
                "http",
                nobody,
            ))
        },
        want: want(&[3], &[("internet", "app", Open)]),
    },
    Entry {
        name: "attribution: in the clear, a target says RBAC itself, and nobody reached it",
        play: || {
            let nobody = "  - { name: nobody, from: internet, to: app, expect: deny }\n";
            Play::of(Door::http().others(rbac())).scenario(&platforms(
                &[("app", "connect: 127.20.0.1, ")],
                "http",
                nobody,
            ))
        },
        want: want(&[3], &[("internet", "app", Open)]),
    },
];

/// Refusals that prove a denial.
pub(super) const SOUND: &[Entry] = &[
    Entry {
        name: "attribution: sound: a refusal in the platform's words",
        play: || front(refuse()),
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: the internet is behind NAT, and its public address is refused",
        play: || front(refusal("198.51.100.7")),
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: the internet is behind a pool of addresses",
        play: || front(refusal("{pool}")),
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: the internet's refused address is a private one",
        play: || front(refusal("10.9.8.7")),
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: the internet's refused address is one of a shared network",
        play: || front(refusal("100.64.3.2")),
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: the refusal names the caller with its port",
        play: || front(refusal("{caller}:50123")),
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: two strangers are refused, each with its own address",
        play: || partner("{caller}", "127.11.0.0/16"),
        want: want(
            &[0],
            &[("internet", "app/site", Pass), ("partner", "app/site", PassBy("denied-attributed"))],
        ),
    },
    Entry {
        name: "attribution: sound: two strangers are behind the same NAT",
        play: || {
            let front = Door::https().admitting().others(refusal("198.51.100.7"));
            Play::of(front)
                .member(Member::new("partner", "127.11.0.1"))
                .agents(&["partner: { control: \"http://<partner>\" }"])
                .rules(&["{ name: the partner does not, from: partner, to: app/site, expect: deny }"])
        },
        want: want(&[0], &[("internet", "app/site", Pass), ("partner", "app/site", Pass)]),
    },
    Entry {
        name: "attribution: sound: in the clear, a refusal in the platform's words is witnessed",
        play: || Play::of(Door::http().admitting().others(refuse())),
        want: WITNESSED,
    },
    Entry {
        name: "attribution: sound: in the clear, the scenario's own words are witnessed",
        play: || {
            let row = "fingerprints:\n  - { name: ours, status: 403, body-contains: this app is internal }";
            let words = Reply::new("403 Forbidden", "<p>this app is internal</p>");
            Play::of(Door::http().admitting().others(Then::Say(words))).top(row)
        },
        want: WITNESSED,
    },
    Entry {
        name: "attribution: sound: the scenario's own words over TLS attribute",
        play: || front(own_words()).top(OWN_ROW),
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: a body that says RBAC is witnessed as a bare 403 is",
        play: || front(rbac()),
        want: WITNESSED,
    },
    Entry {
        name: "attribution: sound: a pinned server refuses, whatever its name or date",
        play: || {
            let site =
                "{ url: \"https://app.example.test:<port>\", connect: 127.20.0.1, pin: \"<pin-expired>\" }";
            Play::of(Door::https().showing("0.0.0.0/0", Paper::Expired).admitting().others(refuse()))
                .site(site)
        },
        want: ATTRIBUTED,
    },
    Entry {
        name: "attribution: sound: nobody is admitted, and everybody is refused in the platform's words",
        play: || {
            let front = Door::https().when(When::From(ADMITTED), refuse()).others(refuse());
            Play::of(front).scenario(
                "name: case\nagents:\n  vm: { control: \"http://<vm>\" }\n  internet: { control: local }\n\
                 targets:\n  app: { url: \"https://app.example.test:<port>\", connect: 127.20.0.1, ca: ca.pem }\n\
                 rules:\n  - { name: nobody, from: '*', to: app, expect: deny }\n",
            )
        },
        want: want(
            &[0],
            &[("vm", "app", PassBy("denied-attributed")), ("internet", "app", PassBy("denied-attributed"))],
        ),
    },
    Entry {
        name: "attribution: sound: control over the app by the VM's relay, through the front end itself",
        play: || {
            let site = "{ url: \"https://app.example.test:<port>\", connect: 127.20.0.1, ca: ca.pem }";
            front(refuse()).app_by("{ relay: vm }").site(site)
        },
        want: GREEN,
    },
    Entry {
        name: "attribution: sound: a private endpoint for the VM, and the public one refuses everybody",
        play: || {
            let rules = "  - { name: the private one, from: vm, to: private, expect: allow }\n\
                         \x20 - { name: not the public one, from: [vm, internet], to: public, expect: deny }\n";
            let private = Door::https().when(When::From(ADMITTED), Then::Say(Reply::new("200 OK", "here")));
            let doors = [("private", "connect: 127.20.1.1, "), ("public", "connect: 127.20.0.1, ")];
            Play::of(Door::https().others(refuse()))
                .also(private.others(Then::Close).at("127.20.1.1"))
                .scenario(&platforms(&doors, "https", rules))
        },
        want: want(&[0], &[("vm", "private", Pass), ("vm", "public", Pass), ("internet", "public", Pass)]),
    },
];
