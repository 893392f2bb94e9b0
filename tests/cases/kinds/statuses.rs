//! A status means what it means in its context: what is reached for the admitted is open for strangers; a page for every
//! made-up host tells nothing; a challenge is no denial; and what the caller's own side answers is not the target's.

use ringfence_tests::stage::{ADMITTED, Door, Paper, Passing, Play, Reply, Then, When};

use super::{BEACON_FAILS_ALIKE, GREEN, LEAK, NO_PASS, UNPROVED, bare_403, refuse, the_app};
use crate::entry::Verdict::{Fail, NoPass, Open, Pass};
use crate::entry::{Entry, Want, want};

const TARGET_LEAK: Want = want(&[1], &[("vm", "target", Pass), ("internet", "target", Fail)]);
const TARGET_GREEN: Want = want(&[0], &[("vm", "target", Pass), ("internet", "target", Pass)]);
const TARGET_UNPROVED: Want = want(&[3], &[("vm", "target", Pass), ("internet", "target", Open)]);
const VM_NO_PASS: Want = want(&[1, 3], &[("vm", "target", NoPass)]);
const VM_FAILS: Want = want(&[1], &[("vm", "app/site", Fail)]);

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

/// The app behind a front end over TLS that says this to strangers.
fn front(others: Then) -> Play {
    Play::of(Door::https().admitting().others(others))
}

/// The same in the clear, where whatever is on the way may answer.
fn plain_front(others: Then) -> Play {
    Play::of(Door::http().admitting().others(others))
}

/// What stands on a stranger's own way answers the same for the app and for the beacon.
fn on_the_way(answer: Reply) -> Play {
    plain_front(Then::Say(answer.clone())).beacon_is(Some(Door::http().others(Then::Say(answer))))
}

/// A front end that strangers meet with a challenge, and browsers not at all.
fn challenge(answer: Reply) -> Play {
    let browser = When::Says("user-agent", "Mozilla/");
    Play::of(Door::https().admitting().when(browser, the_app()).others(Then::Say(answer)))
}

/// A mesh's proxy that could not connect (Envoy, "Response flags": the body names the reason).
fn sidecar() -> Reply {
    let words = "upstream connect error or disconnect/reset before headers. reset reason: connection timeout";
    reply("503 Service Unavailable", words).with("server", "envoy")
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
        name: "sound: 403 is reached, and the network's 403 has a row of its own",
        play: || {
            let network = say("403 Forbidden", NETWORK);
            platform(reply("403 Forbidden", AUTHENTICATION), network, "statuses: [403]").top(NETWORK_ROW)
        },
        want: TARGET_GREEN,
    },
    Entry {
        name: "sound: 401 is reached, and strangers get a bare 403",
        play: || platform(reply("401 Unauthorized", ""), bare_403(), "statuses: [401]"),
        want: TARGET_GREEN,
    },
    Entry {
        name: "sound: 404 is listed, and strangers are refused",
        play: || platform(reply("404 Not Found", "no index"), refuse(), "statuses: [404]"),
        want: TARGET_GREEN,
    },
    Entry {
        name: "sound: a redirect to sign in is reached, and strangers are refused",
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
        name: "404: the platform echoes the host it does not know",
        play: || {
            let front =
                Door::https().when(When::Host("app."), say("404 Not Found", "no site app.example.test"));
            Play::of_target(front.others(say("404 Not Found", "no site")), "statuses: [200]")
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

/// 403s that are no denial by the network.
pub(super) const CHALLENGES: &[Entry] = &[
    Entry {
        // Cloudflare, "Detect a challenge page response": the header's value is `challenge`.
        name: "challenge: programs get one that names itself, browsers too",
        play: || {
            front(Then::Say(
                reply("403 Forbidden", "<title>Just a moment...</title>").with("cf-mitigated", "challenge"),
            ))
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: programs get one that names itself, and browsers get in",
        play: || {
            challenge(
                reply("403 Forbidden", "<title>Just a moment...</title>").with("cf-mitigated", "challenge"),
            )
        },
        want: NO_PASS,
    },
    Entry {
        name: "challenge: programs get a 403 of no known maker, and browsers get in",
        play: || challenge(reply("403 Forbidden", "<p>Are you a robot?</p>")),
        want: NO_PASS,
    },
    Entry {
        name: "challenge: in the clear, programs get a bare 403 and browsers get in",
        play: || {
            let browser = When::Says("user-agent", "Mozilla/");
            Play::of(Door::http().admitting().when(browser, the_app()).others(bare_403()))
        },
        want: NO_PASS,
    },
    Entry {
        name: "challenge: whoever brings the header of a call gets a 403, and the rest the app",
        play: || {
            let marked = When::Bears("ringfence-call");
            Play::of(Door::https().admitting().when(marked, bare_403()).others(the_app()))
        },
        want: NO_PASS,
    },
    Entry {
        name: "challenge: programs get a 403, and browsers are sent to sign in",
        play: || {
            let browser = When::Says("user-agent", "Mozilla/");
            let sign_in = Then::Say(reply("302 Found", "").with("location", "https://login.example.test/"));
            Play::of(Door::https().admitting().when(browser, sign_in).others(bare_403()))
        },
        want: NO_PASS,
    },
    Entry {
        name: "challenge: the scenario says that this 403 asks for a certificate",
        play: || {
            let row = "not-denials:\n  - { name: client certificate, status: 403, body-contains: \"403.7\" }";
            front(say("403 Forbidden", "HTTP Error 403.7 - Forbidden")).top(row)
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: the scenario says that this 403 is a rule about bodies",
        play: || {
            let row = "not-denials:\n  - { name: WAF, status: 403, header: x-waf, header-contains: body }";
            front(Then::Say(reply("403 Forbidden", "").with("x-waf", "body-rule-7"))).top(row)
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: sound: a bare 403 of the same server, browsers too",
        play: || front(bare_403()),
        want: GREEN,
    },
    Entry {
        name: "challenge: sound: in the clear, a bare 403 with witnesses",
        play: || plain_front(bare_403()),
        want: GREEN,
    },
    Entry {
        name: "challenge: sound: browsers get a 403 with another page",
        play: || {
            let browser = When::Says("user-agent", "Mozilla/");
            let page = say("403 Forbidden", "<h1>You are not allowed here</h1>");
            Play::of(Door::https().admitting().when(browser, page).others(bare_403()))
        },
        want: GREEN,
    },
];

/// Answers of the caller's own side.
pub(super) const CALLERS_SIDE: &[Entry] = &[
    Entry {
        name: "caller's side: a mesh's proxy could not connect",
        play: || plain_front(Then::Say(sidecar())),
        want: UNPROVED,
    },
    Entry {
        name: "caller's side: a mesh's proxy could not connect, on the VM's way",
        play: || Play::of(Door::http().when(When::From(ADMITTED), Then::Say(sidecar())).others(refuse())),
        want: VM_FAILS,
    },
    Entry {
        name: "caller's side: a mesh's proxy could not connect to a platform, on the VM's way",
        play: || Play::of_target(Door::http().others(Then::Say(sidecar())), ""),
        want: want(&[1], &[("vm", "target", Fail)]),
    },
    Entry {
        // RFC 9110 section 15.5.8.
        name: "caller's side: a proxy wants a login",
        play: || {
            let login = reply("407 Proxy Authentication Required", "")
                .with("proxy-authenticate", "Basic realm=\"out\"");
            plain_front(Then::Say(login))
        },
        want: UNPROVED,
    },
    Entry {
        // RFC 6585 section 6.
        name: "caller's side: a captive portal says 511",
        play: || on_the_way(reply("511 Network Authentication Required", "<a href=/login>log in</a>")),
        want: BEACON_FAILS_ALIKE,
    },
    Entry {
        name: "caller's side: a captive portal redirects everything",
        play: || on_the_way(reply("302 Found", "").with("location", "http://portal.example.test/login")),
        want: BEACON_FAILS_ALIKE,
    },
    Entry {
        name: "caller's side: the scenario knows the page of its own egress filter",
        play: || {
            let row = "callers-side:\n  - { name: our egress, status: 403, header: x-egress-policy }";
            plain_front(Then::Say(reply("403 Forbidden", "blocked").with("x-egress-policy", "default")))
                .top(row)
        },
        want: UNPROVED,
    },
    Entry {
        name: "caller's side: the scenario knows the page of its own egress filter, on the VM's way",
        play: || {
            let row = "callers-side:\n  - { name: our egress, status: 200, body-contains: corporate policy }";
            let page = say("200 OK", "blocked by corporate policy");
            let door = Door::http().when(When::From(ADMITTED), page).others(refuse());
            Play::of_target(door, "").top(row)
        },
        want: want(&[1], &[("vm", "target", Fail)]),
    },
    Entry {
        name: "caller's side: an inspecting proxy answers for the app and for the beacon",
        play: || {
            let door = Door::https().showing("127.203.0.0/16", Paper::Stranger).admitting();
            let beacon = Door::https().showing("127.203.0.0/16", Paper::Stranger);
            let page = say("200 OK", "this site is not in your plan");
            Play::of(door.others(page.clone())).beacon_is(Some(beacon.others(page)))
        },
        want: BEACON_FAILS_ALIKE,
    },
    Entry {
        name: "caller's side: an inspecting proxy resets what it does not like",
        play: || {
            let door = Door::https().showing("127.203.0.0/16", Paper::Stranger).admitting();
            let beacon = Door::https().showing("127.203.0.0/16", Paper::Stranger);
            Play::of(door.others(say("502 Bad Gateway", "certificate pinned")))
                .beacon_is(Some(beacon.others(Then::Reset)))
        },
        want: BEACON_FAILS_ALIKE,
    },
    Entry {
        name: "caller's side: an inspecting proxy lets the call through to the app's agent",
        play: || {
            let door = Door::https().showing("127.203.0.0/16", Paper::Stranger);
            Play::of(door.others(Then::Pass(Passing::to("app"))))
        },
        want: LEAK,
    },
    Entry {
        name: "caller's side: a portal answers for a name, and the beacon is well",
        play: || plain_front(say("200 OK", "<h1>the private app</h1>")),
        want: LEAK,
    },
];
