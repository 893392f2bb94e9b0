//! An answer counts only from the agent that it names, in a life that said hello, with a receipt in its own book.

use std::time::Duration;

use ringfence_tests::stage::{ADMITTED, Door, Member, Passing, Play, Then, When};

use super::{GREEN, refuse};
use crate::entry::Verdict::{Fail, NoPass, Pass};
use crate::entry::{Entry, Want, want};

const VM_NO_PASS: Want = want(&[1, 3], &[("vm", "app/site", NoPass)]);

/// A member of the run whose orders pass a thief, who reads the run's key from them.
fn with_thief(front: Door) -> Play {
    let thief = Door::http().others(Then::Pass(Passing::to("mallory").stealing())).at("127.20.0.7");
    Play::of(front)
        .also(thief)
        .member(Member::new("mallory", "127.12.0.1"))
        .agents(&["mallory: { control: \"http://127.20.0.7:<port>\" }"])
        .rules(&["{ name: mallory does not, from: mallory, to: app/site, expect: deny }"])
}

/// Somebody else answers.
pub(super) const FAULTS: &[Entry] = &[
    Entry {
        name: "answers: a member of the run answers in the app's name, which saw no call",
        play: || with_thief(Door::https().when(When::From(ADMITTED), Then::Forge("app")).others(refuse())),
        want: VM_NO_PASS,
    },
    Entry {
        name: "answers: in the clear, a member of the run answers in the app's name",
        play: || with_thief(Door::http().when(When::From(ADMITTED), Then::Forge("app")).others(refuse())),
        want: VM_NO_PASS,
    },
    Entry {
        name: "answers: a member of the run answers each second call in the app's name",
        play: || {
            let second = When::All(vec![When::From(ADMITTED), When::Each(2)]);
            with_thief(Door::https().when(second, Then::Forge("app")).admitting().others(refuse()))
                .allow("attempts: 6")
        },
        want: VM_NO_PASS,
    },
    Entry {
        name: "answers: a cache in front gives the first sealed answer to all calls",
        play: || {
            let cached = Then::Pass(Passing::to("app").cached());
            Play::of(Door::https().when(When::From(ADMITTED), cached).others(refuse()))
        },
        want: want(&[1], &[("vm", "app/site", Fail)]),
    },
    Entry {
        name: "answers: another agent of the run stands behind the site",
        play: || {
            let other = Then::Pass(Passing::to("other"));
            Play::of(Door::https().when(When::From(ADMITTED), other).others(refuse()))
                .member(Member::new("other", "127.10.2.1"))
                .agents(&["other: { control: \"http://<other>\" }"])
                .rules(&["{ name: the other reaches it, from: other, to: app/site, expect: allow }"])
        },
        want: want(&[1], &[("vm", "app/site", Fail), ("other", "app/site", Fail)]),
    },
    Entry {
        name: "answers: an agent of the app's name that said no hello stands behind the site",
        play: || {
            let twin = Then::Pass(Passing::to("twin"));
            let member = Member::new("twin", "127.10.3.1").called("app");
            Play::of(Door::https().when(When::From(ADMITTED), twin).others(refuse())).member(member)
        },
        want: VM_NO_PASS,
    },
    Entry {
        name: "answers: the app's agent says that the VM came from another network",
        play: || {
            let saying = Passing::to("app").saying(&[("X-Forwarded-For", "198.51.100.7")]);
            Play::of(Door::https().when(When::From(ADMITTED), Then::Pass(saying)).others(refuse()))
        },
        want: want(&[1], &[("vm", "app/site", Fail)]),
    },
];

/// The app's own agent answers.
pub(super) const SOUND: &[Entry] = &[
    Entry {
        name: "answers: sound: the app's own agent answers each of many calls",
        play: || Play::of(Door::https().admitting().others(refuse())).allow("attempts: 8"),
        want: GREEN,
    },
    Entry {
        name: "answers: sound: a member of the run knows the key, as all do, and does nothing with it",
        play: || with_thief(Door::https().admitting().others(refuse())),
        want: want(&[0], &[("vm", "app/site", Pass), ("mallory", "app/site", Pass)]),
    },
    Entry {
        name: "answers: sound: control by relay, with answers and receipts by that way",
        play: || {
            Play::of(Door::https().admitting().others(refuse()))
                .app_by("{ relay: vm, url: \"http://<app>\" }")
        },
        want: GREEN,
    },
    Entry {
        name: "answers: sound: the app answers itself, without a front end",
        play: || {
            Play::of(Door::http().others(refuse())).scenario(
                "name: case\nagents:\n  vm: { control: \"http://<vm>\" }\n\
                 \x20 app: { control: \"http://<app>\", endpoints: { site: \"http://<app>\", port: \"tcp://<app:tcp>\" } }\n\
                 rules:\n  - { name: both, from: vm, to: app/*, expect: allow }\n",
            )
        },
        want: want(&[0], &[("vm", "app/site", Pass), ("vm", "app/port", Pass)]),
    },
    Entry {
        name: "answers: sound: the app has to start first, and an order by relay wakes it",
        play: || {
            let first = When::All(vec![When::From(ADMITTED), When::First(1)]);
            let late = Then::Late(Duration::from_secs(12), Box::new(Then::Pass(Passing::to("app"))));
            Play::of(Door::https().when(first, late).admitting().others(refuse())).app_by("{ relay: vm }")
        },
        want: GREEN,
    },
    Entry {
        name: "answers: sound: the app answers late, but in time",
        play: || {
            let late = Then::Late(Duration::from_secs(1), Box::new(Then::Pass(Passing::to("app"))));
            Play::of(Door::https().when(When::From(ADMITTED), late).others(refuse()))
                .top("timeouts: { first-byte: 10s }")
        },
        want: GREEN,
    },
];
