//! An edge that was measured and mostly was not answered is no pass; and one lost call beside many answers is no verdict.

use ringfence_tests::stage::{ADMITTED, Door, Passing, Play, Then, When};

use super::{GREEN, refuse};
use crate::entry::Verdict::{NoPass, Pass};
use crate::entry::{Entry, Want, want};

/// A run ends as it must for an edge that was lost: never in order.
const LOST: Want = want(&[1, 3], &[("vm", "app/site", NoPass)]);
/// The edge or a claim of it is no pass.
const NOT_CLEAN: Want = want(&[1, 3], &[]);

/// The app behind a front end that does this once so many requests were handed on, and the edge measured.
fn measured(after: u32, then: Then, latency: &str) -> Play {
    let door = Door::http().when(When::After(after), then).admitting().others(refuse());
    Play::of(door)
        .allow(&format!("latency: {{ {latency} }}"))
        .top("timeouts: { first-byte: 1s, connect: 1s }")
}

/// The app behind a front end that loses all but the first bytes of long answers.
fn narrow(at_most: usize) -> Play {
    let passing = Then::Pass(Passing::to("app").at_most(at_most));
    // The token of a download begins with a `d`, as the contract writes it: other calls are answered whole.
    let download = When::Begins("ringfence-call", "d");
    let door = Door::http().when(download, passing).admitting().others(refuse());
    Play::of(door)
        .allow("throughput: { at-least: 1MB/s, for: 1s }")
        .top("timeouts: { first-byte: 1s, transfer: 1s }")
}

/// A front end that loses the calls of strangers whose number this divides.
fn losing(each: u32, then: Then, keys: &str) -> Play {
    let door = Door::https().admitting().when(When::Each(each), then).others(refuse());
    Play::of(door).deny(keys).top("timeouts: { first-byte: 1s }")
}

/// Measured, and gone.
pub(super) const GONE: &[Entry] = &[
    Entry {
        name: "measured: the app's agent is killed after the first calls",
        play: || measured(30, Then::Kill("app"), "samples: 200, rate: 200/s"),
        want: LOST,
    },
    Entry {
        name: "measured: the front end closes on everybody after the first calls",
        play: || measured(30, Then::Close, "samples: 200, rate: 200/s"),
        want: LOST,
    },
    Entry {
        name: "measured: the front end resets everybody after the first calls",
        play: || measured(30, Then::Reset, "samples: 200, rate: 200/s"),
        want: LOST,
    },
    Entry {
        name: "measured: the front end falls silent after the first calls",
        play: || measured(30, Then::Hang, "samples: 100, rate: 200/s"),
        want: LOST,
    },
    Entry {
        name: "measured: the front end refuses everybody after the first calls",
        play: || measured(30, refuse(), "samples: 200, rate: 200/s"),
        want: LOST,
    },
    Entry {
        name: "measured: the app's agent is killed, and the budget for loss is all of it",
        play: || measured(30, Then::Kill("app"), "samples: 200, rate: 200/s, loss: 100%"),
        want: NOT_CLEAN,
    },
    Entry {
        name: "measured: the app's agent is killed, and one percentile has a budget",
        play: || measured(30, Then::Kill("app"), "samples: 200, rate: 200/s, p50: 10s"),
        want: NOT_CLEAN,
    },
    Entry {
        name: "measured: no bytes of a download get through, and path MTU is among the hints",
        play: || narrow(1_200),
        want: want(&[1], &[]).says(&["mtu"]),
    },
    Entry { name: "measured: nothing of a download gets through", play: || narrow(0), want: NOT_CLEAN },
];

/// Measured, and well.
pub(super) const SOUND: &[Entry] = &[
    Entry {
        name: "measured: sound: every call is answered",
        play: || measured(u32::MAX, Then::Close, "samples: 200, rate: 200/s"),
        want: GREEN,
    },
    Entry {
        name: "measured: sound: each fiftieth call is lost, within the budget for loss",
        play: || {
            let lost = When::All(vec![When::From(ADMITTED), When::Each(50)]);
            let door = Door::http().when(lost, Then::Close).admitting().others(refuse());
            Play::of(door).allow("latency: { samples: 200, rate: 200/s, loss: 5% }")
        },
        want: GREEN,
    },
    Entry {
        name: "measured: sound: bytes come as fast as they have to",
        play: || {
            let door = Door::http().admitting().others(refuse());
            Play::of(door).allow("throughput: { at-least: 100kB/s, for: 1s }")
        },
        want: GREEN,
    },
];

/// One call is lost beside others that are answered.
pub(super) const ONE_LOST: &[Entry] = &[
    Entry {
        name: "one lost: a stranger's call closes without a word beside refusals, and the rule wants refusals",
        play: || losing(7, Then::Close, "attempts: 6, by: [forbidden]"),
        want: GREEN,
    },
    Entry {
        name: "one lost: a stranger's call is reset beside refusals, and the rule wants refusals",
        play: || losing(7, Then::Reset, "attempts: 6, by: [forbidden]"),
        want: GREEN,
    },
    Entry {
        name: "one lost: a stranger's call hangs beside refusals, and the rule wants refusals",
        play: || losing(7, Then::Hang, "attempts: 6, by: [forbidden]"),
        want: GREEN,
    },
    Entry {
        name: "one lost: a stranger's call is lost beside refusals, and there is no beacon",
        play: || losing(5, Then::Close, "attempts: 6").beacon_is(None),
        want: GREEN,
    },
    Entry {
        name: "one lost: each second call of a stranger's is lost, and the rule wants refusals",
        play: || losing(2, Then::Close, "attempts: 6, by: [forbidden]"),
        want: want(&[0, 1, 3], &[("vm", "app/site", Pass)]),
    },
    Entry {
        name: "one lost: all calls of a stranger's are lost, and the rule wants refusals",
        play: || losing(1, Then::Close, "attempts: 6, by: [forbidden]"),
        want: want(&[1, 3], &[("vm", "app/site", Pass), ("internet", "app/site", NoPass)]),
    },
];
