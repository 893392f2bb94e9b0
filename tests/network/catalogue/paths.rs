//! What the routers between callers and endpoints do: open, closed, one way, by another way, and lossy.

use ringfence::judge::Reason as R;

use super::{Entry, SOUND};

const ACCEPT_OTHER: &str = "ip saddr 10.0.9.0/24 ip daddr 10.0.0.0/16 accept";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "database-open",
        what: "the security group of the VM's subnet admits the whole network to the database",
        does: |layout| layout.first("ip saddr 10.0.0.0/8 ip daddr 10.0.0.4 tcp dport 5432 accept"),
        turns: &[("app-2 app-3 other peer > test-vm/database", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "udp-open",
        what: "the security group of the VM's subnet admits everybody's UDP",
        does: |layout| layout.first("ip daddr 10.0.0.4 meta l4proto udp accept"),
        turns: &[("denied > test-vm/syslog", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "peered-network-open",
        what: "the peered network may reach everything inside",
        does: |layout| layout.first("ip saddr 10.1.0.0/16 ip daddr 10.0.0.0/16 accept"),
        turns: &[("peer > test-vm/database test-vm/syslog app-1/worker app-3/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "other-subnet-open",
        what: "the subnet that nobody admits may reach everything inside",
        does: |layout| layout.first(ACCEPT_OTHER),
        turns: &[("other > test-vm/database test-vm/syslog app-1/worker app-3/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "private-endpoint-ungrouped",
        what: "no security group holds on the private endpoint's subnet, and this network routes to it from anywhere",
        does: |layout| layout.first("ip daddr 10.0.3.4 tcp dport 443 accept"),
        turns: &[("app-2 other peer internet > app-3/site", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "tcp-answer-lost",
        what: "the other subnet's requests get in to the database, and only the answers are dropped",
        does: |layout| {
            layout.first(ACCEPT_OTHER_DATABASE);
            layout.first("ip saddr 10.0.0.4 tcp sport 5432 ip daddr 10.0.9.4 ip length > 80 drop");
        },
        turns: &[("other > test-vm/database", R::LeakOneWay)],
        ..SOUND
    },
    Entry {
        name: "tcp-payload-dropped",
        what: "a filter lets the other subnet connect to the database, and drops what it sends on the connection",
        does: |layout| {
            layout.first(ACCEPT_OTHER_DATABASE);
            layout.first("ip saddr 10.0.9.4 ip daddr 10.0.0.4 tcp dport 5432 ip length > 80 drop");
        },
        turns: &[("other > test-vm/database", R::LeakOneWay)],
        ..SOUND
    },
    Entry {
        name: "tcp-payload-reset",
        what: "a filter lets the other subnet connect to the database, and resets the connection at the first request",
        does: |layout| {
            layout.first(ACCEPT_OTHER_DATABASE);
            let rule =
                "ip saddr 10.0.9.4 ip daddr 10.0.0.4 tcp dport 5432 ip length > 80 reject with tcp reset";
            layout.first(rule);
        },
        turns: &[("other > test-vm/database", R::LeakOneWay)],
        ..SOUND
    },
    Entry {
        name: "udp-answer-lost",
        what: "the other subnet's datagrams get in, and the answers are dropped",
        does: |layout| {
            layout.first("ip saddr 10.0.9.4 ip daddr 10.0.0.4 udp dport 5514 accept");
            layout.first("ip saddr 10.0.0.4 udp sport 5514 ip daddr 10.0.9.4 drop");
        },
        turns: &[("other > test-vm/syslog", R::LeakOneWay)],
        ..SOUND
    },
    Entry {
        name: "answer-lost-from-the-worker",
        what: "requests from the peered network get in to app 1's worker, and only the answers are dropped",
        does: |layout| {
            layout.first("ip saddr 10.1.0.4 ip daddr 10.0.1.4 tcp dport 8080 accept");
            layout.first("ip saddr 10.0.1.4 tcp sport 8080 ip daddr 10.1.0.4 ip length > 80 drop");
        },
        turns: &[("peer > app-1/worker", R::LeakOneWay)],
        ..SOUND
    },
    Entry {
        name: "allowed-answer-lost",
        what: "the database's answers to app 1 are dropped",
        does: |layout| layout.first("ip saddr 10.0.0.4 tcp sport 5432 ip daddr 10.0.1.4 ip length > 80 drop"),
        turns: &[("app-1 > test-vm/database", R::Blocked), ("denied > test-vm/database", R::NoTargetWitness)],
        ..SOUND
    },
    Entry {
        name: "rejected-by-reset",
        what: "the security group of the VM's subnet resets what it does not admit: as good a denial as a drop",
        does: |layout| {
            layout.forward.push("ip daddr 10.0.0.4 tcp dport 5432 reject with tcp reset".to_owned());
        },
        turns: &[("denied > test-vm/database", R::DeniedWitnessed)],
        ..SOUND
    },
    Entry {
        name: "rejected-by-icmp",
        what: "the routers say administratively prohibited to what they do not admit: as good a denial as a drop",
        does: |layout| layout.forward.push("reject with icmpx admin-prohibited".to_owned()),
        turns: &[("denied > test-vm/database test-vm/syslog app-1/worker", R::DeniedWitnessed)],
        ..SOUND
    },
    Entry {
        name: "reset-in-tls",
        what: "a filter lets the other subnet connect to the private endpoint and resets its TLS: as good a denial",
        does: |layout| {
            layout.first("ip saddr 10.0.9.4 ip daddr 10.0.3.4 tcp dport 443 accept");
            let rule =
                "ip saddr 10.0.9.4 ip daddr 10.0.3.4 tcp dport 443 ip length > 100 reject with tcp reset";
            layout.first(rule);
        },
        turns: &[("other > app-3/site", R::DeniedWitnessed)],
        ..SOUND
    },
    Entry {
        name: "front-silent",
        what: "the front end is dead, and nothing answers in its place",
        does: |layout| layout.first("oifname front drop"),
        turns: FRONT_DEAD,
        ..SOUND
    },
    Entry {
        name: "front-refuses",
        what: "the front end's programs are dead, and its kernel refuses connections",
        does: |layout| {
            let rule = "iifname eth0 meta l4proto tcp reject with tcp reset";
            layout.nft(super::Place::Front, "filter hook input priority 0", rule);
        },
        turns: FRONT_DEAD,
        ..SOUND
    },
    Entry {
        name: "front-without-ipv6",
        what: "the front end does not answer over IPv6",
        does: |layout| layout.first("ip6 daddr 2001:db8:51::10 drop"),
        turns: &[("allowed > app-1/site ipv6", R::Blocked), ("denied > app-1/site ipv6", R::NoTargetWitness)],
        ..SOUND
    },
    Entry {
        name: "egress-closed",
        what: "the security group of app 1's subnet lets no HTTPS out",
        does: |layout| layout.first("ip saddr 10.0.1.0/24 tcp dport 443 drop"),
        turns: &[("app-1 > app-2/site app-3/site", R::Blocked), ("app-1 > app-2/scm", R::NoVantageWitness)],
        ..SOUND
    },
    Entry {
        name: "subnet-bypassed",
        what: "route-all is off: app 1's calls to the front end leave by a public address",
        does: |layout| layout.translate.push(BYPASS.to_owned()),
        turns: &[("app-1 > app-2/site", R::Blocked), ("app-1 > app-2/scm", R::OthersAddress)],
        ..SOUND
    },
    Entry {
        name: "subnet-bypassed-and-admitted",
        what: "app 1's calls leave by an address it shares with strangers, and app 2 admits that address",
        does: |layout| {
            layout.translate.push(BYPASS.to_owned());
            layout.site("app-2").admit("192.0.2.0/24");
        },
        turns: &[("app-1 > app-2/site", R::WrongSource), ("app-1 > app-2/scm", R::OthersAddress)],
        ..SOUND
    },
    Entry {
        name: "translated-on-the-way",
        what: "a NAT stands between app 1's subnet and the VM's",
        does: |layout| {
            layout.translate.push("ip saddr 10.0.1.4 ip daddr 10.0.0.4 snat ip to 10.0.0.1".to_owned());
        },
        turns: &[("app-1 > test-vm/database test-vm/syslog", R::WrongSource)],
        ..SOUND
    },
    Entry {
        name: "hub-translates-strangers",
        what: "the peered network's calls to the front end leave by an address of the VM's subnet",
        does: |layout| {
            layout.translate.push("ip saddr 10.1.0.4 ip daddr 198.51.100.10 snat ip to 10.0.0.99".to_owned());
        },
        turns: &[
            ("peer > app-1/site app-1/post app-1/path app-1/admin app-2/site ipv4", R::Leak),
            ("peer > app-1/scm app-1/staging app-1/plain app-2/scm", R::PathOpen),
        ],
        ..SOUND
    },
    Entry {
        name: "large-packets-lost",
        what: "the way back to the test VM drops large packets, and says nothing of it",
        does: |layout| layout.first("ip saddr 198.51.100.10 ip daddr 10.0.0.4 ip length > 600 drop"),
        turns: &[
            ("allowed > app-1/plain", R::Reached),
            ("test-vm > app-1/bare", R::NoTargetWitness),
            // Its beacon at that port is reached by small packets alone.
            ("test-vm > app-1/worker", R::NoVantageWitness),
            (
                "test-vm > app-1/site app-1/scm app-1/staging app-1/admin app-1/post app-1/path app-2/site app-2/scm ipv4",
                R::Blocked,
            ),
        ],
        ..SOUND
    },
    Entry {
        name: "black-hole-one-way",
        what: "whatever the front end sends to app 2 is lost",
        does: |layout| layout.first("ip saddr 198.51.100.10 ip daddr 10.0.2.4 drop"),
        turns: &[
            ("app-2 > app-1/site app-1/post app-1/path app-1/plain ipv4", R::Blocked),
            ("app-2 > app-1/bare", R::NoTargetWitness),
            ("app-2 > app-1/scm app-1/staging app-1/admin", R::NoVantageWitness),
            ("app-2 > app-1/worker app-3/site test-vm/database test-vm/syslog", R::NoVantageWitness),
        ],
        ..SOUND
    },
];

const ACCEPT_OTHER_DATABASE: &str = "ip saddr 10.0.9.4 ip daddr 10.0.0.4 tcp dport 5432 accept";

const BYPASS: &str = "ip saddr 10.0.1.4 ip daddr 198.51.100.10 snat ip to 192.0.2.7";

/// Nobody reaches the front end. What stands behind it may be dead; and who has nothing but it cannot show that it can
/// send at all.
const FRONT_DEAD: &[super::Turn] = &[
    ("denied > app-1/worker test-vm/database test-vm/syslog", R::NoVantageWitness),
    ("allowed > test-vm/database test-vm/syslog", R::Reached),
    ("allowed > *", R::Blocked),
    ("denied > *", R::NoTargetWitness),
];
