//! 403s that are no denial by the network, and answers of the caller's own side: neither is the target's.

use ringfence_tests::stage::{ADMITTED, Door, FRONT, Names, Paper, Passing, Play, Reply, Then, When};

use super::{BEACON_FAILS_ALIKE, GREEN, LEAK, NO_PASS, UNPROVED, bare_403, refuse, the_app};
use crate::entry::Verdict::Fail;
use crate::entry::{Entry, Want, want};

const VM_FAILS: Want = want(&[1], &[("vm", "app/site", Fail)]);

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
        name: "challenge: in the clear, programs get a bare 403 and a browser's call is lost",
        play: || {
            let browser = When::Says("user-agent", "Mozilla/");
            Play::of(Door::http().admitting().when(browser, Then::Close).others(bare_403()))
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
        name: "challenge: whoever brings the cookie of the 403 gets the app",
        play: || {
            let page = reply("403 Forbidden", "").with("set-cookie", "passed=7f31; Path=/; HttpOnly");
            let returns = When::Says("cookie", "passed=7f31");
            Play::of(Door::https().admitting().when(returns, the_app()).others(Then::Say(page)))
        },
        want: NO_PASS,
    },
    Entry {
        name: "challenge: in the clear, a browser that brings the cookie of its 403 gets the app",
        play: || {
            let page = reply("403 Forbidden", "").with("set-cookie", "passed=7f31");
            let returns =
                When::All(vec![When::Says("cookie", "passed=7f31"), When::Says("user-agent", "Mozilla/")]);
            Play::of(Door::http().admitting().when(returns, the_app()).others(Then::Say(page)))
        },
        want: NO_PASS,
    },
    Entry {
        name: "challenge: whoever brings the cookie of the 403 is met with silence",
        play: || {
            let page = reply("403 Forbidden", "").with("set-cookie", "passed=7f31");
            let returns = When::Says("cookie", "passed=7f31");
            Play::of(Door::https().admitting().when(returns, Then::Close).others(Then::Say(page)))
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: the 403 is a page to sign in at",
        play: || {
            let form = "<form method=post><input name=user><input type=\"password\" name=word></form>";
            front(say("403 Forbidden", form))
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: sound: a 403 with a cookie that changes nothing",
        play: || front(Then::Say(reply("403 Forbidden", "").with("set-cookie", "affinity=a1; Path=/"))),
        want: GREEN,
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
        name: "challenge: a cache kept the 403, by its age",
        play: || front(Then::Say(reply("403 Forbidden", "").with("age", "20"))),
        want: UNPROVED,
    },
    Entry {
        name: "challenge: a cache kept the 403, by what it says of itself",
        play: || front(Then::Say(reply("403 Forbidden", "").with("x-cache", "TCP_HIT"))),
        want: UNPROVED,
    },
    Entry {
        name: "challenge: a cache that nobody named here kept the 403",
        play: || front(Then::Say(reply("403 Forbidden", "").with("x-edge-cache", "hit"))),
        want: UNPROVED,
    },
    Entry {
        name: "challenge: sound: a cache whose name has the word has just asked",
        play: || front(Then::Say(reply("403 Forbidden", "").with("x-cache", "MISS from WHITEBOX"))),
        want: GREEN,
    },
    Entry {
        name: "challenge: the 403 sends a browser on",
        play: || front(say("403 Forbidden", "<META http-equiv=\"Refresh\" content=\"0;url=/check\">")),
        want: UNPROVED,
    },
    Entry {
        name: "challenge: the 403 is a login's, of a gateway's authorizer",
        play: || {
            front(Then::Say(reply("403 Forbidden", "{}").with("x-amzn-errortype", "AccessDeniedException")))
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: a cache kept the refusal of a platform, and says so",
        play: || {
            let refused = reply("403 Forbidden", "").with("x-ms-forbidden-ip", "127.203.0.1");
            front(Then::Say(refused.with("cache-status", "ExampleCache; hit; ttl=30")))
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: a cache kept the refusal in words that the scenario knows",
        play: || {
            let row =
                "fingerprints:\n  - { name: own door, status: 403, header: x-door, header-contains: shut }";
            front(Then::Say(reply("403 Forbidden", "").with("x-door", "shut").with("cf-cache-status", "HIT")))
                .top(row)
        },
        want: UNPROVED,
    },
    Entry {
        name: "challenge: sound: a cache that has just asked passes the 403 on",
        play: || {
            let fresh = reply("403 Forbidden", "").with("age", "0").with("x-cache", "MISS");
            front(Then::Say(fresh))
        },
        want: GREEN,
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
        name: "caller's side: a page comes from a literal address, and the beacon is well",
        play: || plain_front(say("200 OK", "<h1>the private app</h1>")),
        want: LEAK,
    },
    Entry {
        name: "caller's side: in the clear, a page comes for a name, which may have led anywhere",
        play: || {
            plain_front(say("200 OK", "<h1>this name is for sale</h1>"))
                .site("\"http://app.example.test:<port>\"")
                .names(Names::new().with("example.test", &[FRONT]))
        },
        want: NO_PASS,
    },
    Entry {
        name: "caller's side: an inspecting proxy answers for the app, and the beacon is well",
        play: || {
            let door = Door::https().showing("127.203.0.0/16", Paper::Stranger).admitting();
            Play::of(door.others(say("200 OK", "this site is not in your plan")))
        },
        want: UNPROVED,
    },
    Entry {
        name: "caller's side: an inspecting proxy says 403, and the beacon is well",
        play: || {
            let door = Door::https().showing("127.203.0.0/16", Paper::Stranger).admitting();
            Play::of(door.others(bare_403()))
        },
        want: UNPROVED,
    },
    Entry {
        name: "caller's side: sound: the beacon is inspected, and the app's own front end refuses",
        play: || {
            let beacon =
                Door::https().showing("127.203.0.0/16", Paper::Stranger).others(say("200 OK", "blocked"));
            front(refuse()).beacon_is(Some(beacon))
        },
        want: GREEN,
    },
];
