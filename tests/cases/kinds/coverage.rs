//! What was not tried is said: addresses, families, ports, paths.

use ringfence_tests::stage::{ADMITTED, Door, End, Member, Names, Passing, Play, Reply, Then, When};

use super::{GREEN, LEAK, NO_PASS, UNPROVED, bare_403, refuse};
use crate::entry::Verdict::{Fail, Pass};
use crate::entry::{Entry, Want, want};

const NAMED: &str = "{ url: \"https://app.example.test:<port>\", ca: ca.pem }";

fn to_app() -> Then {
    Then::Pass(Passing::to("app"))
}

fn closed(ip: &str) -> Door {
    Door::https().admitting().others(refuse()).at(ip)
}

fn open(ip: &str) -> Door {
    Door::https().others(to_app()).at(ip)
}

/// The app behind these doors, all of them addresses of its name.
fn several(doors: Vec<Door>, addresses: &[&str]) -> Play {
    let mut doors = doors.into_iter();
    let play = Play::of(doors.next().expect("a door"));
    let play = doors.fold(play, Play::also);
    let beacon = ["127.20.0.9"];
    play.site(NAMED)
        .names(Names::new().with("app.example.test", addresses).with("beacon.example.test", &beacon))
}

const SIX: [&str; 6] = ["127.20.1.1", "127.20.1.2", "127.20.1.3", "127.20.1.4", "127.20.1.5", "127.20.1.6"];

/// Six addresses, of which one (from 1) is open.
fn six(hole: usize) -> Play {
    let door = |(number, ip): (usize, &&str)| if number + 1 == hole { open(ip) } else { closed(ip) };
    several(SIX.iter().enumerate().map(door).collect(), &SIX)
}

/// A target over bare TCP that resets strangers, and a stranger with these beacons.
fn silent_port(internet: &str) -> Play {
    Play::of(Door::lines().admitting().others(Then::Reset)).internet(internet)
}

/// A site that closes on strangers without a word, and a stranger with these beacons.
fn silent_site(internet: &str) -> Play {
    Play::of(Door::https().admitting().others(Then::Close)).internet(internet)
}

/// A door that lets strangers in where the path begins so, and an endpoint with this path.
fn by_path(begins: &'static str, path: &str) -> Play {
    let site =
        format!("{{ url: \"https://app.example.test:<port>{path}\", connect: 127.20.0.1, ca: ca.pem }}");
    Play::of(Door::https().admitting().when(When::Path(begins), to_app()).others(refuse())).site(&site)
}

/// A scenario is refused, or what it asks for is done to the byte.
const LEAK_OR_REFUSED: Want = want(&[1, 2], &[]);

/// More addresses than attempts.
pub(super) const ADDRESSES: &[Entry] = &[
    Entry { name: "addresses: six, and the last lets everybody in", play: || six(6), want: NO_PASS },
    Entry { name: "addresses: six, and the first lets everybody in", play: || six(1), want: NO_PASS },
    Entry { name: "addresses: six, and the fourth lets everybody in", play: || six(4), want: NO_PASS },
    Entry {
        name: "addresses: six, and the last lets everybody in, with one attempt",
        play: || six(6).deny("attempts: 1"),
        want: NO_PASS,
    },
    Entry {
        name: "addresses: four, and the last gives strangers a page",
        play: || {
            let page = Then::Say(Reply::new("200 OK", "<h1>an older version</h1>"));
            let last = Door::https().admitting().others(page).at(SIX[3]);
            several(vec![closed(SIX[0]), closed(SIX[1]), closed(SIX[2]), last], &SIX[..4])
        },
        want: NO_PASS,
    },
    Entry { name: "addresses: sound: six, and all are closed", play: || six(0), want: GREEN },
    Entry {
        name: "addresses: sound: three, and all are closed without a word",
        play: || {
            let silent = |ip: &&str| Door::https().admitting().others(Then::Close).at(ip);
            several(SIX[..3].iter().map(silent).collect(), &SIX[..3])
        },
        want: GREEN,
    },
];

/// The other family.
pub(super) const FAMILIES: &[Entry] = &[
    Entry {
        name: "families: the name has an IPv6 address that nobody calls",
        play: || several(vec![closed("127.20.0.1"), open("::1")], &["127.20.0.1", "::1"]),
        want: want(&[0, 1, 3], &[("vm", "app/site ipv4", Pass)]).says(&["ipv6|aaaa"]),
    },
    Entry {
        name: "families: the name has an IPv6 address that nobody calls, and the front end is silent",
        play: || {
            let silent = Door::https().admitting().others(Then::Close);
            several(vec![silent, open("::1")], &["127.20.0.1", "::1"])
        },
        want: want(&[0, 1, 3], &[("vm", "app/site ipv4", Pass)]).says(&["ipv6|aaaa"]),
    },
    Entry {
        name: "families: both are called, and IPv6 is open",
        play: || {
            several(vec![closed("127.20.0.1"), open("::1")], &["127.20.0.1", "::1"])
                .deny("families: [ipv4, ipv6]")
                .allow("families: [ipv4]")
                .top("families: [ipv4, ipv6]")
                .arguments(&["--local-source", "::1"])
        },
        want: want(&[1], &[("internet", "app/site ipv4", Pass), ("internet", "app/site ipv6", Fail)]),
    },
    Entry {
        name: "families: sound: the name has no IPv6 address, and none is spoken of",
        play: || several(vec![closed("127.20.0.1")], &["127.20.0.1"]),
        want: GREEN.never(&["ipv6", "aaaa"]),
    },
];

/// A vantage's witness is of the same transport and port.
pub(super) const PORTS: &[Entry] = &[
    Entry {
        name: "ports: silence at a port, and the beacon is on another",
        play: || silent_port("beacon: \"tcp://<vm:tcp>\""),
        want: UNPROVED.says(&["beacon"]),
    },
    Entry {
        name: "ports: silence at a port, and the beacon is a site on another",
        play: || silent_port("beacon: \"http://<vm>\""),
        want: UNPROVED.says(&["beacon"]),
    },
    Entry {
        name: "ports: a site's silence, and the beacon is on another port",
        play: || silent_site("beacon: \"http://<vm>\""),
        want: UNPROVED.says(&["beacon"]),
    },
    Entry {
        name: "ports: silence at a port, and no beacon at all",
        play: || Play::of(Door::lines().admitting().others(Then::Reset)).beacon_is(None),
        want: UNPROVED.says(&["beacon"]),
    },
    Entry {
        name: "ports: sound: one beacon of several is on the port",
        play: || silent_port("beacons: [ \"http://<vm>\", \"tcp://127.20.0.9:<port>\" ]"),
        want: GREEN,
    },
    Entry {
        name: "ports: sound: another agent's endpoint on the port is the beacon",
        play: || {
            silent_port("beacons: [ other/port ]")
                .member(Member::new("other", "127.20.0.8").on_the_port())
                .agents(&["other: { control: \"http://<other>\", endpoints: { port: \"tcp://127.20.0.8:<port>\" } }"])
        },
        want: GREEN,
    },
    Entry {
        name: "ports: sound: the rule takes a witness on any port, and the report says that it is weaker",
        play: || silent_port("beacon: \"http://<vm>\"").deny("witness-port: any"),
        want: GREEN.says(&["weaker|other port|another port|any port"]),
    },
    Entry {
        name: "ports: sound: an endpoint that the internet may reach is on the port",
        play: || {
            silent_site("zone: internet").zones("vm: [127.10.0.0/16], internet: [127.203.0.0/16]").targets(&[
                "public: { url: \"https://www.example.test:<port>\", connect: 127.20.0.9, ca: ca.pem, statuses: [200] }",
            ])
            .rules(&["{ name: the internet reads the public page, from: internet, to: public, expect: allow }"])
        },
        want: GREEN,
    },
    Entry {
        name: "ports: sound: a refusal in the clear, and the beacon is on another port",
        play: || Play::of(Door::http().admitting().others(refuse())).internet("beacon: \"http://<vm>\""),
        want: GREEN.says(&["weaker"]),
    },
    Entry {
        name: "ports: silence in the clear, and the beacon is on another port",
        play: || Play::of(Door::http().admitting().others(Then::Close)).internet("beacon: \"http://<vm>\""),
        want: UNPROVED.says(&["beacon"]),
    },
    Entry {
        name: "ports: sound: a certified 403 shows that the caller sends, without any beacon",
        play: || Play::of(Door::https().admitting().others(bare_403())).beacon_is(None),
        want: GREEN,
    },
];

/// A URL is called byte for byte as it is written, or refused.
pub(super) const PATHS: &[Entry] = &[
    Entry {
        name: "paths: dot segments in disguise",
        play: || by_path("/public/", "/public/%2e%2e/admin"),
        want: LEAK_OR_REFUSED,
    },
    Entry {
        name: "paths: dot segments",
        play: || by_path("/public/", "/public/../admin"),
        want: LEAK_OR_REFUSED,
    },
    Entry {
        name: "paths: a dot segment at the end",
        play: || by_path("/admin/.", "/admin/."),
        want: LEAK_OR_REFUSED,
    },
    Entry {
        name: "paths: two slashes at the front",
        play: || by_path("//admin", "//admin"),
        want: LEAK_OR_REFUSED,
    },
    Entry {
        name: "paths: a letter in percent code",
        play: || by_path("/%61dmin", "/%61dmin"),
        want: LEAK_OR_REFUSED,
    },
    Entry { name: "paths: an encoded slash", play: || by_path("/a%2Fb", "/a%2Fb"), want: LEAK_OR_REFUSED },
    Entry {
        name: "paths: a parameter of a segment",
        play: || by_path("/admin;x=1/", "/admin;x=1/"),
        want: LEAK_OR_REFUSED,
    },
    Entry {
        name: "paths: a backslash",
        play: || by_path("/public\\", "/public\\\\..\\\\admin"),
        want: LEAK_OR_REFUSED,
    },
    Entry { name: "paths: an empty query", play: || by_path("/admin?", "/admin?"), want: LEAK_OR_REFUSED },
    Entry {
        name: "paths: a query with a slash and a mark",
        play: || by_path("/admin?a=/../b?", "/admin?a=/../b?"),
        want: LEAK_OR_REFUSED,
    },
    Entry {
        name: "paths: sound: another path than the open one is closed",
        play: || by_path("/public/", "/admin"),
        want: GREEN,
    },
    Entry {
        name: "paths: an open path, as it is written",
        play: || by_path("/public/", "/public/a"),
        want: LEAK,
    },
];

/// Something else stands at the port for strangers.
pub(super) const LINES: &[Entry] = &[
    Entry {
        name: "lines: a port hands everybody on to the agent",
        play: || Play::of(Door::lines().others(to_app())),
        want: LEAK,
    },
    Entry {
        name: "lines: a stranger gets a greeting and no answer",
        play: || Play::of(Door::lines().admitting().others(Then::Raw(b"220 ready\r\n".to_vec(), End::Close))),
        want: LEAK,
    },
    Entry {
        name: "lines: sound: a stranger's connection ends without a word",
        play: || Play::of(Door::lines().when(When::From(ADMITTED), to_app()).others(Then::Close)),
        want: GREEN,
    },
];
