//! A hint follows from evidence, or is not given; and one root cause is told once.

use ringfence_tests::stage::{ADMITTED, Door, Member, Play, Reply, Then, When};

use super::{GREEN, LEAK, refusal, refuse, the_app};
use crate::entry::Entry;
use crate::entry::Verdict::{Fail, Open, Pass};
use crate::entry::want;

fn say(status: &str, body: &str) -> Then {
    Then::Say(Reply::new(status, body))
}

/// Two more callers of the VM's network, who are to reach the app as well.
fn with_two_more(play: Play) -> Play {
    play.member(Member::new("vm-2", "127.10.0.2"))
        .member(Member::new("vm-3", "127.10.0.3"))
        .agents(&["vm-2: { control: \"http://<vm-2>\" }", "vm-3: { control: \"http://<vm-3>\" }"])
        .rules(&["{ name: the others reach it, from: [vm-2, vm-3], to: app/site, expect: allow }"])
}

/// All of them.
pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "hints: strangers get in, but not with a forged source, and all their attempts are told",
        play: || {
            let forged = When::Bears("x-forwarded-for");
            let front = Door::https().admitting().when(forged, say("406 Not Acceptable", "no"));
            Play::of(front.others(the_app()))
        },
        want: LEAK.never(&["only some attempts"]),
    },
    Entry {
        name: "hints: strangers get in, but not with a forged source, where forged calls are reset",
        play: || {
            let front = Door::https().admitting().when(When::Bears("x-forwarded-for"), Then::Reset);
            Play::of(front.others(the_app()))
        },
        want: LEAK.never(&["only some attempts"]),
    },
    Entry {
        name: "hints: the refusal of the VM names another caller, which no service endpoint explains",
        play: || {
            let front = Door::https().when(When::From(ADMITTED), refusal("127.203.0.1"));
            Play::of(front.others(refuse()))
        },
        want: want(&[1], &[("vm", "app/site", Fail)]).never(&["service endpoint is not in effect"]),
    },
    Entry {
        name: "hints: strangers meet silence, the target is dead, and the caller needs no beacon",
        play: || Play::of(Door::https().others(Then::Close)),
        want: want(&[1], &[("vm", "app/site", Fail), ("internet", "app/site", Open)]).never(&[
            "give it a rule",
            "give it a `beacon`",
            "give `internet`",
        ]),
    },
    Entry {
        name: "hints: the app is down for three callers, which is told once",
        play: || {
            let down = say("502 Bad Gateway", "the app does not answer");
            with_two_more(Play::of(Door::https().when(When::From(ADMITTED), down).others(refuse())))
        },
        want: want(&[1], &[("vm", "app/site", Fail), ("vm-2", "app/site", Fail), ("vm-3", "app/site", Fail)])
            .hints_once(),
    },
    Entry {
        name: "hints: the certificate is bad for three callers, which is told once",
        play: || {
            use ringfence_tests::stage::Paper;
            with_two_more(Play::of(
                Door::https().showing("0.0.0.0/0", Paper::Expired).admitting().others(refuse()),
            ))
        },
        want: want(&[1], &[("vm", "app/site", Fail), ("vm-2", "app/site", Fail), ("vm-3", "app/site", Fail)])
            .hints_once(),
    },
    Entry {
        name: "hints: three callers are refused, which is told once",
        play: || with_two_more(Play::of(Door::https().others(refuse()))),
        want: want(&[1], &[("vm", "app/site", Fail), ("vm-2", "app/site", Fail), ("vm-3", "app/site", Fail)])
            .hints_once(),
    },
    Entry {
        name: "hints: two strangers get in by the same door, which is told once",
        play: || {
            Play::of(Door::https().admitting().others(the_app()))
                .member(Member::new("partner", "127.11.0.1"))
                .agents(&["partner: { control: \"http://<partner>\" }"])
                .rules(&["{ name: the partner does not, from: partner, to: app/site, expect: deny }"])
        },
        want: want(
            &[1],
            &[("vm", "app/site", Pass), ("internet", "app/site", Fail), ("partner", "app/site", Fail)],
        )
        .hints_once(),
    },
    Entry {
        name: "hints: sound: a run in which all is well gives none",
        play: || with_two_more(Play::of(Door::https().admitting().others(refuse()))),
        want: GREEN.never(&["hint:"]),
    },
];
