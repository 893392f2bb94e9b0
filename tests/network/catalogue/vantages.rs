//! Callers, and agents, that are not what they should be: without a way, a name, an answer, a clock, a life.

use ringfence::judge::{ClaimReason as C, Reason as R};

use super::{Entry, Place, SOUND};
use crate::topology::{Act, Setup};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "internet-offline",
        what: "the vantage outside has lost its network: what it does not reach is not denied",
        does: |layout| {
            layout.first("iifname internet drop");
            layout.input.push("iifname internet drop".to_owned());
        },
        turns: &[
            ("internet > app-1/bare", R::NoTargetWitness),
            ("internet > app-1/worker test-vm/database test-vm/syslog", R::NoVantageWitness),
            ("internet > *", R::NotResolved),
        ],
        names: &[("internet > app-3/site", C::ResolverSilent)],
        ..SOUND
    },
    Entry {
        name: "egress-of-a-stranger-closed",
        what: "the other subnet lets nothing out to the web: what it does not reach there is not denied",
        does: |layout| layout.first("ip saddr 10.0.9.4 tcp dport { 80, 443, 8443 } drop"),
        turns: &[
            ("other > app-1/bare", R::NoTargetWitness),
            // It does reach something at the ports of these.
            ("other > app-1/worker test-vm/database test-vm/syslog", R::DeniedWitnessed),
            ("other > * ipv4", R::NoVantageWitness),
        ],
        ..SOUND
    },
    Entry {
        name: "route-missing",
        what: "the other subnet's VM has no route to the front end",
        does: |layout| layout.ip(Place::Other, "route add unreachable 198.51.100.10/32"),
        turns: &[
            ("other > app-1/worker app-3/site test-vm/database test-vm/syslog", R::NoVantageWitness),
            ("other > * ipv4", R::NotSent),
        ],
        ..SOUND
    },
    Entry {
        name: "route-missing-where-allowed",
        what: "app 1 has no route to the front end",
        does: |layout| layout.ip(Place::App1, "route add unreachable 198.51.100.10/32"),
        turns: &[("app-1 > app-2/site", R::Blocked), ("app-1 > app-2/scm", R::NotSent)],
        ..SOUND
    },
    Entry {
        name: "resolver-silent",
        what: "the resolver does not answer the other subnet",
        does: |layout| layout.input.push("ip saddr 10.0.9.4 th dport 53 drop".to_owned()),
        turns: &[
            ("other > app-1/bare", R::DeniedAttributed),
            ("other > app-1/worker test-vm/database test-vm/syslog", R::NoVantageWitness),
            ("other > *", R::NotResolved),
        ],
        names: &[("other > app-3/site", C::ResolverSilent)],
        ..SOUND
    },
    Entry {
        name: "resolver-silent-where-allowed",
        what: "the resolver does not answer app 1",
        does: |layout| layout.input.push("ip saddr 10.0.1.4 th dport 53 drop".to_owned()),
        turns: &[("app-1 > app-2/site app-3/site", R::NameUnresolved), ("app-1 > app-2/scm", R::NotResolved)],
        names: &[("app-1 > app-3/site", C::ResolverSilent)],
        ..SOUND
    },
    Entry {
        name: "resolver-of-strangers",
        what: "the other subnet asks the public resolver, and is refused there instead",
        does: |layout| layout.agent(Place::Other).resolver = "203.0.113.53",
        turns: &[("other > app-3/site", R::DeniedAttributed)],
        names: &[("other > app-3/site", C::ResolvedElsewhere)],
        ..SOUND
    },
    Entry {
        name: "no-ipv6-at-a-vantage",
        what: "the other subnet has no IPv6",
        does: |layout| {
            layout.more.push((Place::Other, Setup::Switch("ipv6/conf/all/disable_ipv6", "1")));
        },
        turns: &[("other > app-1/site ipv6", R::NoFamily)],
        ..SOUND
    },
    Entry {
        name: "control-route-lost",
        what: "the runner cannot ask app 2's agent",
        does: |layout| layout.ip(Place::App2, "link set mgmt down"),
        turns: &[("app-2 > *", R::VantageNotAsked), ("allowed > app-2/site", R::TargetNotAsked)],
        names: &[("app-2 > app-3/site", C::VantageNotAsked)],
        ..SOUND
    },
    Entry {
        name: "control-route-of-a-stranger-lost",
        what: "the runner cannot ask the other subnet's agent",
        does: |layout| layout.ip(Place::Other, "link set mgmt down"),
        turns: &[("other > *", R::VantageNotAsked)],
        names: &[("other > app-3/site", C::VantageNotAsked)],
        ..SOUND
    },
    Entry {
        name: "control-route-of-the-target-lost",
        what: "the runner cannot ask the VM's agent, which answers nobody then",
        does: |layout| layout.ip(Place::TestVm, "link set mgmt down"),
        turns: &[
            ("test-vm > *", R::VantageNotAsked),
            ("app-1 > test-vm/database test-vm/syslog", R::TargetNotAsked),
            ("denied > test-vm/database test-vm/syslog", R::NoTargetWitness),
        ],
        names: &[("test-vm > app-3/site", C::VantageNotAsked)],
        ..SOUND
    },
    Entry {
        name: "target-restarted",
        what: "the VM's agent restarts in the middle of the run, and forgets what reached it",
        does: |layout| layout.meanwhile.push(("reach", Act::Restart(Place::TestVm))),
        turns: &[("denied > test-vm/database test-vm/syslog", R::TargetRestarted)],
        chance: &["test-vm > *", "app-1 > test-vm/database test-vm/syslog"],
        ..SOUND
    },
    Entry {
        name: "clock-ahead",
        what: "app 1's clock is seven minutes ahead: nothing is wrong with the network",
        does: |layout| {
            // The library that moves a clock, by its place in Debian's `libfaketime`.
            let library = "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1";
            let words = ["env", library, "FAKETIME=+7m", "FAKETIME_DONT_FAKE_MONOTONIC=1"];
            layout.agent(Place::App1).started_by = words.map(str::to_owned).to_vec();
        },
        turns: &[],
        ..SOUND
    },
    Entry {
        name: "clock-behind",
        what: "the VM's clock is seven minutes behind: nothing is wrong with the network",
        does: |layout| {
            let library = "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1";
            let words = ["env", library, "FAKETIME=-7m", "FAKETIME_DONT_FAKE_MONOTONIC=1"];
            layout.agent(Place::TestVm).started_by = words.map(str::to_owned).to_vec();
        },
        turns: &[],
        ..SOUND
    },
];
