//! Calls that are lost, and doors that are slow: what got in did so, whatever became of its answer or of the call in its stead.

use std::time::Duration;

use ringfence_tests::stage::{ADMITTED, Door, Passing, Play, Reply, Then, When};

use super::{GREEN, LEAK, NO_PASS, UNPROVED, bare_403, refuse, the_app};
use crate::entry::Verdict::{Fail, Pass};
use crate::entry::{Entry, want};

/// The VM's requests, and those of whoever else this holds for, go to the app.
fn door(hole: When, then: Then, others: Then) -> Play {
    Play::of(Door::https().admitting().when(hole, then).others(others))
}

/// The app gets the request, and nothing of its answer comes back.
fn answer_lost() -> Then {
    Then::Pass(Passing::to("app").at_most(0))
}

fn late(seconds: u64, then: Then) -> Then {
    Then::Late(Duration::from_secs(seconds), Box::new(then))
}

fn platform(door: Door, keys: &str) -> Play {
    Play::of_target(door, keys)
}

const TARGET_LEAKS: crate::entry::Want = want(&[1], &[("vm", "target", Pass), ("internet", "target", Fail)]);

/// Calls that are lost, with a hole behind them.
pub(super) const LOST: &[Entry] = &[
    Entry {
        name: "lost: every second call gets to the app and its answer is lost, the others are refused",
        play: || door(When::Each(2), answer_lost(), refuse()),
        want: LEAK,
    },
    Entry {
        name: "lost: every third call gets to the app and its answer is lost, the others get a bare 403",
        play: || door(When::Each(3), answer_lost(), bare_403()),
        want: LEAK,
    },
    Entry {
        name: "lost: sound: every second call is lost before it gets anywhere, the others are refused",
        play: || door(When::Each(2), Then::Close, refuse()),
        want: GREEN,
    },
];

/// Doors that take their time.
pub(super) const SLOW: &[Entry] = &[
    Entry {
        name: "slow: strangers get to the app after five seconds",
        play: || door(When::Always, late(5, Then::Pass(Passing::to("app"))), refuse()),
        want: LEAK,
    },
    Entry {
        name: "slow: in the clear, strangers get to the app after five seconds",
        play: || Play::of(Door::http().admitting().others(late(5, Then::Pass(Passing::to("app"))))),
        want: LEAK,
    },
    Entry {
        name: "slow: a platform's door shows strangers its page after five seconds",
        play: || platform(Door::https().when(When::From(ADMITTED), the_app()).others(late(5, the_app())), ""),
        want: TARGET_LEAKS,
    },
    Entry {
        name: "slow: over HTTP/1.1 alone strangers get in, after five seconds",
        play: || {
            let slow = late(5, Then::Pass(Passing::to("app")));
            Play::of(Door::http2().admitting().when(When::Http2, refuse()).others(slow))
        },
        want: LEAK,
    },
    Entry {
        name: "slow: a forged call gets in, after five seconds",
        play: || {
            let believes = When::Believes("X-Forwarded-For", ADMITTED);
            door(believes, late(5, Then::Pass(Passing::to("app"))), refuse())
        },
        want: LEAK,
    },
    Entry {
        name: "slow: strangers are kept waiting, and nothing comes of it",
        play: || Play::of(Door::https().admitting().others(Then::Hang)),
        want: GREEN,
    },
];

/// Doors that end a program's connection without a word.
pub(super) const CUT_OFF: &[Entry] = &[
    Entry {
        name: "cut off: programs are met with silence, and browsers get in",
        play: || door(When::Says("user-agent", "Mozilla/"), the_app(), Then::Close),
        want: LEAK,
    },
    Entry {
        name: "cut off: in the clear, programs are reset, and browsers get in",
        play: || {
            let browser = When::Says("user-agent", "Mozilla/");
            Play::of(Door::http().admitting().when(browser, the_app()).others(Then::Reset))
        },
        want: NO_PASS,
    },
    Entry {
        name: "cut off: browsers are sent to a page that says no",
        play: || {
            let away = Reply::new("302 Found", "").with("location", "https://no.example.test/");
            door(When::Says("user-agent", "Mozilla/"), Then::Say(away), bare_403())
        },
        want: UNPROVED,
    },
    Entry {
        name: "cut off: sound: everybody but the VM",
        play: || Play::of(Door::https().admitting().others(Then::Close)),
        want: GREEN,
    },
];
