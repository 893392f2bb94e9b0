//! A status means what it means in its context: what is reached for the admitted is open for strangers, and a page for
//! every made-up host tells nothing.

use ringfence_tests::stage::{ADMITTED, Door, Play, Reply, Then, When};

use super::{bare_403, refuse};
use crate::entry::Verdict::{Fail, NoPass, Open, Pass};
use crate::entry::{Entry, Want, want};

const TARGET_LEAK: Want = want(&[1], &[("vm", "target", Pass), ("internet", "target", Fail)]);
const TARGET_GREEN: Want = want(&[0], &[("vm", "target", Pass), ("internet", "target", Pass)]);
const TARGET_UNPROVED: Want = want(&[3], &[("vm", "target", Pass), ("internet", "target", Open)]);
const VM_NO_PASS: Want = want(&[1, 3], &[("vm", "target", NoPass)]);

/// A platform that says this to the admitted, and this to strangers.
fn platform(friends: Reply, others: Then, keys: &str) -> Play {
    let door = Door::https().when(When::From(ADMITTED), Then::Say(friends)).others(others);
    Play::of_target(door, keys)
}

fn reply(status: &str, body: &str) -> Reply {
    Reply::new(status, body)
}

fn say(status: &str, body: &str) -> Then {
    Then::Say(reply(status, body))
}

const AUTHENTICATION: &str = "<Error><Code>AuthenticationFailed</Code></Error>";
const NETWORK: &str = "<Error><Code>AuthorizationFailure</Code></Error>";
const NETWORK_ROW: &str =
    "fingerprints:\n  - { name: network rule, status: 403, body-contains: AuthorizationFailure }";
const NO_SUCH_SITE: &str = "<h1>404 Web Site not found.</h1>";

/// What counts as reached is open.
pub(super) const REACHED: &[Entry] = &[
    Entry {
        name: "statuses: 403 is reached, and strangers get the same 403",
        play: || {
            platform(
                reply("403 Forbidden", AUTHENTICATION),
                say("403 Forbidden", AUTHENTICATION),
                "statuses: [403]",
            )
        },
        want: TARGET_LEAK,
    },
    Entry {
        name: "statuses: 403 is reached, strangers get the same 403, and a row tells the network's own",
        play: || {
            let same = reply("403 Forbidden", AUTHENTICATION);
            platform(same.clone(), Then::Say(same), "statuses: [403]").top(NETWORK_ROW)
        },
        want: TARGET_LEAK,
    },
    Entry {
        name: "statuses: 403 is reached, and a row fits that very answer",
        play: || {
            let same = reply("403 Forbidden", AUTHENTICATION);
            let row =
                "fingerprints:\n  - { name: sign in, status: 403, body-contains: AuthenticationFailed }";
            platform(same.clone(), Then::Say(same), "statuses: [403]").top(row)
        },
        want: want(&[1, 3], &[("internet", "target", NoPass)]),
    },
    Entry {
        name: "statuses: 401 is reached, and strangers get a 401",
        play: || platform(reply("401 Unauthorized", ""), say("401 Unauthorized", ""), "statuses: [401]"),
        want: TARGET_LEAK,
    },
    Entry {
        name: "statuses: 401 and 403 are reached, the VM gets one and strangers the other",
        play: || platform(reply("401 Unauthorized", ""), bare_403(), "statuses: [401, 403]"),
        want: TARGET_LEAK,
    },
    Entry {
        name: "statuses: 404 is listed, and strangers get that 404",
        play: || {
            platform(reply("404 Not Found", "no index"), say("404 Not Found", "no index"), "statuses: [404]")
        },
        want: TARGET_LEAK,
    },
    Entry {
        name: "statuses: 200 is listed, and strangers get a 500 of the same server",
        play: || {
            platform(reply("200 OK", "here"), say("500 Internal Server Error", "oops"), "statuses: [200]")
        },
        want: TARGET_LEAK,
    },
    Entry {
        name: "statuses: sound: 403 is reached, and the network's 403 has a row of its own",
        play: || {
            let network = say("403 Forbidden", NETWORK);
            platform(reply("403 Forbidden", AUTHENTICATION), network, "statuses: [403]").top(NETWORK_ROW)
        },
        want: TARGET_GREEN,
    },
    Entry {
        name: "statuses: sound: 401 is reached, and strangers get a bare 403",
        play: || platform(reply("401 Unauthorized", ""), bare_403(), "statuses: [401]"),
        want: TARGET_GREEN,
    },
    Entry {
        name: "statuses: sound: 404 is listed, and strangers are refused",
        play: || platform(reply("404 Not Found", "no index"), refuse(), "statuses: [404]"),
        want: TARGET_GREEN,
    },
    Entry {
        name: "statuses: sound: a redirect to sign in is reached, and strangers are refused",
        play: || {
            let sign_in = reply("302 Found", "").with("location", "https://login.example.test/");
            platform(sign_in, refuse(), "")
        },
        want: TARGET_GREEN,
    },
];

/// A platform's own 404.
pub(super) const NOT_FOUND: &[Entry] = &[
    Entry {
        name: "404: the platform does not know the site, and says so to everybody of every host",
        play: || platform(reply("404 Not Found", NO_SUCH_SITE), say("404 Not Found", NO_SUCH_SITE), ""),
        want: VM_NO_PASS,
    },
    Entry {
        name: "404: in the clear, the platform does not know the site",
        play: || Play::of_target(Door::http().others(say("404 Not Found", NO_SUCH_SITE)), ""),
        want: VM_NO_PASS,
    },
    Entry {
        name: "404: the platform's page repeats the host that it does not know",
        play: || Play::of_target(Door::https().others(say("404 Not Found", "<h1>no site {host}</h1>")), ""),
        want: VM_NO_PASS,
    },
    Entry {
        name: "404: the platform's page bears a number of its own each time",
        play: || {
            let page = reply("404 Not Found", "<h1>404 Web Site not found.</h1><p>Ref: {pool}</p>");
            Play::of_target(Door::https().others(Then::Say(page.with("x-ref", "{pool}"))), "")
        },
        want: VM_NO_PASS,
    },
    Entry {
        name: "404: strangers get what every made-up host gets, and the VM gets the site",
        play: || platform(reply("200 OK", "here"), say("404 Not Found", NO_SUCH_SITE), ""),
        want: TARGET_UNPROVED,
    },
    Entry {
        name: "404: strangers get the site's own 404, which no made-up host gets",
        play: || {
            let site = When::Host("app.example.test");
            let front = Door::https().when(When::From(ADMITTED), say("200 OK", "here"));
            let front = front.when(site, say("404 Not Found", "<h1>our app has no such page</h1>"));
            Play::of_target(front.others(say("404 Not Found", NO_SUCH_SITE)), "")
        },
        want: TARGET_LEAK,
    },
    Entry {
        name: "404: sound: the site's own 404 is reached, and strangers are refused",
        play: || {
            let friends = When::All(vec![When::From(ADMITTED), When::Host("app.example.test")]);
            let front =
                Door::https().when(friends, say("404 Not Found", "<h1>our app has no such page</h1>"));
            let front = front.when(When::Host("app.example.test"), refuse());
            Play::of_target(front.others(say("404 Not Found", NO_SUCH_SITE)), "")
        },
        want: TARGET_GREEN,
    },
];
