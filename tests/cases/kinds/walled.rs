//! What takes a network of its own: packets that are dropped, and the system's own names.

use ringfence_tests::stage::{Door, FRONT, Member, Names, Passing, Play, Then};

use super::{GREEN, UNPROVED, bare_403};
use crate::entry::Verdict::{Open, Pass};
use crate::entry::{Entry, want};

/// A port that anybody can call, but for the internet's own network, which drops what goes there.
fn own_network_drops(internet: &str) -> Play {
    Play::of(Door::lines().others(Then::Pass(Passing::to("app"))))
        .internet(internet)
        .dropping("ip saddr 127.203.0.1 tcp dport <port>")
}

/// A database whose agent listens for itself, and what is dropped on the way there.
fn database(rules: &str, dropped: &'static str) -> Play {
    let text = format!(
        "name: case\nzones: {{ vm: [127.10.0.0/24] }}\ntimeouts: {{ connect: 2s }}\nagents:\n\
         \x20 vm: {{ zone: vm, control: \"http://<vm>\", beacon: \"tcp://127.20.0.9:<port>\" }}\n\
         \x20 db: {{ control: \"http://<db>\", endpoints: {{ port: \"tcp://127.10.4.1:<port>\" }} }}\n\
         \x20 internet: {{ control: local, beacon: \"tcp://127.20.0.9:<port>\" }}\n\
         rules:\n{rules}otherwise: untested\n"
    );
    let db = Member::new("db", "127.10.4.1").on_the_port();
    Play::of(Door::lines()).member(db).scenario(&text).dropping(dropped)
}

/// An app and another agent over UDP, both on one port; the internet may reach neither.
fn datagrams(internet: &str, dropped: &'static str) -> Play {
    let text = format!(
        "name: case\nzones: {{ vm: [127.10.0.0/24] }}\nagents:\n\
         \x20 vm: {{ zone: vm, control: \"http://<vm>\" }}\n\
         \x20 app: {{ control: \"http://<app>\", endpoints: {{ site: \"udp://127.10.1.1:<port>\" }} }}\n\
         \x20 other: {{ control: \"http://<other>\", endpoints: {{ port: \"udp://127.20.0.8:<port>\" }} }}\n\
         \x20 internet: {{ control: local, {internet} }}\n\
         rules:\n  - {{ name: the VM, from: vm, to: app/site, expect: allow }}\n\
         \x20 - {{ name: nobody else, from: internet, to: app/site, expect: deny }}\notherwise: untested\n"
    );
    Play::of(Door::lines())
        .member(Member::new("app", "127.10.1.1").on_the_port())
        .member(Member::new("other", "127.20.0.8").on_the_port())
        .scenario(&text)
        .dropping(dropped)
}

/// What every machine but the database's own sends there.
const ALL_BUT_ITSELF: &str = "ip daddr 127.10.4.1 ip saddr { 127.10.0.1, 127.203.0.1 } tcp dport <port>";

/// A site in the clear with a name that the system's own `resolv.conf` leads to.
fn named(host: &str, resolv_conf: &'static str, names: Names) -> Play {
    Play::of(Door::http().admitting().others(bare_403()))
        .site(&format!("\"http://{host}:<port>\""))
        .names(names)
        .resolv_conf(resolv_conf, "127.0.0.1")
}

fn cluster() -> Names {
    Names::new().with("web.shop.svc.cluster.test", &[FRONT])
}

const CLUSTER: &str =
    "nameserver 127.0.0.1\nsearch shop.svc.cluster.test svc.cluster.test cluster.test\noptions ndots:5\n";

/// Packets that are dropped.
pub(super) const PORTS: &[Entry] = &[
    Entry {
        name: "walled: the internet's own network drops the port, and its beacon is on another",
        play: || own_network_drops("beacon: \"http://<vm>\""),
        want: UNPROVED.says(&["beacon"]),
    },
    Entry {
        name: "walled: the internet's own network drops the port, its beacon there with it",
        play: || own_network_drops("beacon: \"tcp://127.20.0.9:<port>\""),
        want: UNPROVED,
    },
    Entry {
        name: "walled: the internet's own network drops the port, and of two beacons the one on another answers",
        play: || own_network_drops("beacons: [ \"http://<vm>\", \"tcp://127.20.0.9:<port>\" ]"),
        want: UNPROVED,
    },
    Entry {
        name: "walled: sound: a database's port is denied to all, and the target witnesses itself",
        play: || {
            database(
                "  - { name: nobody, from: [vm, internet], to: db/port, expect: deny, witness: self }\n",
                ALL_BUT_ITSELF,
            )
        },
        want: want(&[0], &[("vm", "db/port", Pass), ("internet", "db/port", Pass)]),
    },
    Entry {
        name: "walled: a database's port is denied to all, and nobody witnesses it",
        play: || {
            database(
                "  - { name: nobody, from: [vm, internet], to: db/port, expect: deny }\n",
                ALL_BUT_ITSELF,
            )
        },
        want: want(&[3], &[("vm", "db/port", Open), ("internet", "db/port", Open)]),
    },
    Entry {
        name: "walled: sound: a database's port is open to the VM, and dropped for all others",
        play: || {
            database(
                "  - { name: the VM, from: vm, to: db/port, expect: allow }\n\
                 \x20 - { name: nobody else, from: internet, to: db/port, expect: deny }\n",
                "ip daddr 127.10.4.1 ip saddr 127.203.0.0/16 tcp dport <port>",
            )
        },
        want: want(&[0], &[("vm", "db/port", Pass), ("internet", "db/port", Pass)]),
    },
    Entry {
        name: "walled: the internet's own network lets no datagram out, and its beacon is over TCP on the port",
        play: || datagrams("beacon: \"tcp://127.20.0.8:<port>\"", "ip saddr 127.203.0.1 udp dport <port>"),
        want: UNPROVED,
    },
    Entry {
        name: "walled: sound: datagrams to the app are dropped, and another agent answers those on its port",
        play: || {
            let dropped = "ip saddr 127.203.0.1 ip daddr 127.10.1.1 udp dport <port>";
            datagrams("beacons: [ other/port ]", dropped)
        },
        want: GREEN,
    },
];

/// The system's own names (resolv.conf(5)).
pub(super) const NAMES: &[Entry] = &[
    Entry {
        name: "system names: a short name, by the search list",
        play: || named("web", CLUSTER, cluster()),
        want: GREEN,
    },
    Entry {
        name: "system names: a name with dots fewer than ndots, by the search list",
        play: || named("web.shop.svc", CLUSTER, cluster()),
        want: GREEN,
    },
    Entry {
        name: "system names: sound: the whole name, in spite of a search list",
        play: || named("web.shop.svc.cluster.test", CLUSTER, cluster()),
        want: GREEN,
    },
    Entry {
        name: "system names: no server is named, so the one on this machine is asked",
        play: || named("web.shop.svc.cluster.test", "", cluster()),
        want: GREEN,
    },
    Entry {
        name: "system names: nothing but a comment, so the one on this machine is asked",
        play: || named("web.shop.svc.cluster.test", "# written by nobody\n", cluster()),
        want: GREEN,
    },
    Entry {
        name: "system names: `domain` instead of `search`",
        play: || named("web", "nameserver 127.0.0.1\ndomain shop.svc.cluster.test\n", cluster()),
        want: GREEN,
    },
];
