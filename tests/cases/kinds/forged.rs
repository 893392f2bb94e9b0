//! A front end that believes what callers say of themselves is open to everybody who says the right thing.

use ringfence_tests::stage::{ADMITTED, Door, Passing, Play, Reply, Then, When};

use super::{GREEN, LEAK, bare_403, refuse, the_app};
use crate::entry::Entry;
use crate::entry::Verdict::{Fail, Open, Pass};
use crate::entry::want;

fn to_app() -> Then {
    Then::Pass(Passing::to("app"))
}

/// A front end that takes its caller's address from `X-Forwarded-For`, behind a filter that does this with calls that bear as
/// many headers as ours.
fn believing_behind(filter: Then) -> Play {
    let many = When::Bears("wl-proxy-client-ip");
    let believes = When::Believes("x-forwarded-for", ADMITTED);
    Play::of(Door::https().admitting().when(many, filter).when(believes, to_app()).others(refuse()))
}

/// A front end that takes its caller's address from this header, where it is there.
fn believing(header: &'static str) -> Play {
    Play::of(Door::https().admitting().when(When::Believes(header, ADMITTED), to_app()).others(refuse()))
}

/// The same, of whoever bears a header with this in it.
fn passed_by(header: &'static str, part: &'static str) -> Play {
    Play::of(Door::https().admitting().when(When::Says(header, part), to_app()).others(refuse()))
}

/// A front end that turns calls with a forged source away with this, and other strangers as it should.
fn wary(answer: Then, others: Then) -> Play {
    Play::of(Door::https().admitting().when(When::Bears("x-forwarded-for"), answer).others(others))
}

fn say(status: &str, body: &str) -> Then {
    Then::Say(Reply::new(status, body))
}

/// An entry of a front end that believes this header.
macro_rules! believed {
    ($header:literal) => {
        Entry { name: concat!("believed: ", $header), play: || believing($header), want: LEAK }
    };
}

/// What proxies and frameworks read a caller's address from.
pub(super) const BELIEVED: &[Entry] = &[
    believed!("X-Forwarded-For"),
    believed!("Forwarded"),
    believed!("X-Real-IP"),
    believed!("X-Client-IP"),
    believed!("Client-IP"),
    believed!("True-Client-IP"),
    believed!("CF-Connecting-IP"),
    believed!("Fastly-Client-IP"),
    believed!("X-Cluster-Client-IP"),
    believed!("X-Azure-ClientIP"),
    believed!("X-Azure-SocketIP"),
    believed!("X-Original-Forwarded-For"),
    believed!("X-Forwarded"),
    believed!("Forwarded-For"),
    believed!("WL-Proxy-Client-IP"),
    believed!("Proxy-Client-IP"),
    believed!("X-Envoy-External-Address"),
    believed!("X-Remote-IP"),
    believed!("X-Remote-Addr"),
    believed!("X-Originating-IP"),
    believed!("Fly-Client-IP"),
    believed!("X-Appengine-User-IP"),
    believed!("X-ProxyUser-Ip"),
    believed!("X-Custom-IP-Authorization"),
    believed!("DO-Connecting-IP"),
    believed!("X-NF-Client-Connection-IP"),
    believed!("Incap-Client-IP"),
];

/// A platform that answers admitted callers with this, whoever says that he is one with that, and others so.
fn platform_believing(admitted: Then, claimants: Then, others: Then) -> Play {
    let believes = When::Believes("X-Forwarded-For", ADMITTED);
    let door = Door::https().when(When::From(ADMITTED), admitted).when(believes, claimants);
    Play::of_target(door.others(others), "")
}

/// The same, answering both alike.
fn platform_believing_alike(answer: Then, others: Then) -> Play {
    platform_believing(answer.clone(), answer, others)
}

/// A filter that turns whoever bears `cf-connecting-ip` away, before a server that believes this header.
fn believing_one(header: &'static str) -> Play {
    let door = Door::https().admitting().when(When::Bears("cf-connecting-ip"), bare_403());
    Play::of(door.when(When::Believes(header, ADMITTED), to_app()).others(bare_403()))
}

const TARGET_LEAKS: crate::entry::Want = want(&[1], &[("vm", "target", Pass), ("internet", "target", Fail)]);

/// A forged call that is answered as an admitted one, though with no status of success; and one header that is enough.
pub(super) const ALIKE: &[Entry] = &[
    Entry {
        name: "alike: a platform's root is a 404, to whoever is let in and to whoever says so",
        play: || {
            let root = Then::Say(Reply::new("404 Not Found", "{\"detail\":\"Not Found\"}"));
            let unknown = Then::Say(Reply::new("404 Not Found", "<h1>no such host</h1>"));
            let believes = When::Believes("X-Forwarded-For", ADMITTED);
            let door = Door::https().when(When::Host("no-site-"), unknown);
            let door = door.when(When::From(ADMITTED), root.clone()).when(believes, root);
            Play::of_target(door.others(refuse()), "")
        },
        want: TARGET_LEAKS,
    },
    Entry {
        name: "alike: a platform wants a parameter, of whoever is let in and of whoever says so",
        play: || platform_believing_alike(say("400 Bad Request", "{\"error\":\"api-version\"}"), refuse()),
        want: TARGET_LEAKS,
    },
    Entry {
        name: "alike: a platform's root breaks, for whoever is let in and for whoever says so",
        play: || platform_believing_alike(say("500 Internal Server Error", "oops"), bare_403()),
        want: TARGET_LEAKS,
    },
    Entry {
        name: "alike: whoever says that he is let in is asked for a login",
        play: || {
            let login = Reply::new("401 Unauthorized", "").with("www-authenticate", "Basic realm=\"app\"");
            platform_believing(the_app(), Then::Say(login), refuse())
        },
        want: TARGET_LEAKS,
    },
    Entry {
        name: "alike: X-Real-IP alone is believed, and the whole set is turned away",
        play: || believing_one("x-real-ip"),
        want: LEAK,
    },
    Entry {
        name: "alike: True-Client-IP alone is believed, and the whole set is turned away",
        play: || believing_one("true-client-ip"),
        want: LEAK,
    },
    Entry {
        name: "alike: a platform believes only the very address that the VM calls from",
        play: || {
            let believes = When::Says("X-Forwarded-For", "127.10.0.1");
            let door = Door::https().when(When::From(ADMITTED), the_app()).when(believes, the_app());
            Play::of_target(door.others(refuse()), "")
        },
        want: TARGET_LEAKS,
    },
    Entry {
        name: "alike: sound: a filter turns forged calls away with a page of its own, and 200",
        play: || {
            let page = "The requested URL was rejected. Please consult with your administrator.";
            wary(say("200 OK", page), refuse())
        },
        want: GREEN,
    },
    Entry {
        name: "alike: sound: a filter sends forged calls to a page of its own",
        play: || {
            let away = Reply::new("302 Found", "").with("location", "https://waf.example.test/blocked");
            wary(Then::Say(away), refuse())
        },
        want: GREEN,
    },
    Entry {
        name: "alike: a platform shows forged calls another page than the VM's, with the same status",
        play: || {
            let (vms, others) = ("which version?", "too many headers");
            platform_believing(say("400 Bad Request", vms), say("400 Bad Request", others), refuse())
        },
        want: want(&[3], &[("vm", "target", Pass), ("internet", "target", Open)]),
    },
    Entry {
        name: "alike: sound: forged calls come to nothing, and the report says so",
        play: || {
            let headers = ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "client-ip"];
            let closes = |door: Door, header| door.when(When::Bears(header), Then::Close);
            Play::of(headers.into_iter().fold(Door::https().admitting(), closes).others(refuse()))
        },
        want: GREEN.says(&["no forged call was answered"]),
    },
];

/// Front ends that believe something else.
pub(super) const FAULTS: &[Entry] = &[
    Entry {
        name: "believed without zones: X-Forwarded-For",
        play: || believing("X-Forwarded-For").zones(""),
        want: LEAK,
    },
    Entry {
        name: "believed in the clear: X-Forwarded-For",
        play: || {
            let door = Door::http().admitting().when(When::Believes("X-Forwarded-For", ADMITTED), to_app());
            Play::of(door.others(bare_403()))
        },
        want: LEAK,
    },
    Entry {
        name: "believed over HTTP/2: X-Forwarded-For",
        play: || {
            let door = Door::http2().admitting().when(When::Believes("X-Forwarded-For", ADMITTED), to_app());
            Play::of(door.others(refuse()))
        },
        want: LEAK,
    },
    Entry {
        name: "believed only of the very address that the VM calls from",
        play: || passed_by("X-Forwarded-For", "127.10.0.1"),
        want: LEAK,
    },
    Entry {
        name: "believed only of the very address that the VM is seen at, behind its NAT",
        play: || {
            let nat = Passing::to("app").saying(&[("X-Forwarded-For", "198.51.100.20")]);
            let door = Door::https().when(When::From(ADMITTED), Then::Pass(nat));
            let door = door.when(When::Believes("X-Forwarded-For", "198.51.100.20/32"), to_app());
            Play::of(door.others(refuse())).zones("vm: [127.10.0.0/16, 198.51.100.0/24]")
        },
        want: LEAK,
    },
    Entry {
        name: "believed only of loopback",
        play: || {
            Play::of(
                Door::https()
                    .admitting()
                    .when(When::Says("X-Forwarded-For", "127.0.0.1"), to_app())
                    .others(refuse()),
            )
            .zones("vm: [127.10.0.0/16]")
        },
        want: LEAK,
    },
    Entry {
        name: "believed without zones: loopback in X-Real-IP",
        play: || passed_by("X-Real-IP", "127.0.0.1").zones(""),
        want: LEAK,
    },
    Entry {
        name: "believed of a second zone that is admitted, too",
        play: || {
            let door = Door::https().admitting().when(When::From("127.13.0.0/16"), to_app());
            let door = door.when(When::Believes("X-Forwarded-For", "127.13.0.0/16"), to_app());
            Play::of(door.others(refuse()))
                .member(ringfence_tests::stage::Member::new("ops", "127.13.0.1"))
                .zones("vm: [127.10.0.0/16], ops: [127.13.0.0/16]")
                .agents(&["ops: { zone: ops, control: \"http://<ops>\" }"])
                .rules(&["{ name: ops reach it, from: ops, to: app/site, expect: allow }"])
        },
        want: LEAK,
    },
    Entry {
        name: "believed: a header of the scenario's own",
        play: || believing("X-My-Client").top("spoof-headers: [ { name: X-My-Client } ]"),
        want: LEAK,
    },
    Entry {
        name: "believed: a header of the scenario's own with a value",
        play: || {
            let id = "0b3c1a52-7a2e-4e7b-9d0c-2f1f6a1d9e11";
            passed_by("X-Azure-FDID", id)
                .top(&format!("spoof-headers: [ {{ name: X-Azure-FDID, value: {id} }} ]"))
        },
        want: LEAK,
    },
    Entry {
        name: "believed: who says that it is Front Door's health probe",
        play: || passed_by("X-FD-HealthProbe", "1"),
        want: LEAK,
    },
    Entry {
        name: "believed: whose X-Forwarded-Host names the app",
        play: || passed_by("X-Forwarded-Host", "app.example.test"),
        want: LEAK,
    },
    Entry {
        name: "believed, and the app has no agent: a platform's page comes",
        play: || {
            let door = Door::https().when(When::From(ADMITTED), the_app());
            let door = door.when(When::Believes("X-Forwarded-For", ADMITTED), the_app()).others(refuse());
            Play::of_target(door, "statuses: [200]")
        },
        want: want(&[1], &[("vm", "target", Pass), ("internet", "target", crate::entry::Verdict::Fail)]),
    },
    Entry {
        name: "forged: nothing is forged, since the rule says so: the report has the word",
        play: || Play::of(Door::https().admitting().others(refuse())).deny("spoof: false"),
        want: GREEN.says(&["forg|spoof"]),
    },
];

/// Forged calls are turned away, by whatever: no verdict changes.
pub(super) const SOUND: &[Entry] = &[
    Entry {
        name: "forged: sound: a filter answers forged calls with 406",
        play: || wary(say("406 Not Acceptable", "no"), refuse()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter answers forged calls with 400",
        play: || wary(say("400 Bad Request", "no"), refuse()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter answers forged calls with a bare 403",
        play: || wary(bare_403(), refuse()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter answers forged calls with 429",
        play: || wary(say("429 Too Many Requests", "no"), refuse()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter answers forged calls with 503",
        play: || wary(say("503 Service Unavailable", "no"), refuse()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter closes forged calls without a word",
        play: || wary(Then::Close, refuse()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter resets forged calls",
        play: || wary(Then::Reset, refuse()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter answers forged calls with 406, and other strangers with a bare 403",
        play: || wary(say("406 Not Acceptable", "no"), bare_403()),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter closes forged calls, and the front end closes on all strangers",
        play: || wary(Then::Reset, Then::Close),
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter answers forged calls over HTTP/2 with 406",
        play: || {
            let forged = When::Bears("x-forwarded-for");
            Play::of(Door::http2().admitting().when(forged, say("406 Not Acceptable", "no")).others(refuse()))
        },
        want: GREEN,
    },
    Entry {
        name: "forged: sound: a filter answers calls with many headers with 431, and nobody is believed",
        play: || {
            let many = When::Bears("wl-proxy-client-ip");
            let too_many = say("431 Request Header Fields Too Large", "no");
            Play::of(Door::https().admitting().when(many, too_many).others(bare_403()))
        },
        want: GREEN,
    },
];

/// A filter that turns away all that our calls say at once hides that one of it is believed.
pub(super) const HIDDEN: &[Entry] = &[
    Entry {
        name: "believed: X-Forwarded-For, behind a filter that answers many headers with 431",
        play: || believing_behind(say("431 Request Header Fields Too Large", "no")),
        want: LEAK,
    },
    Entry {
        name: "believed: X-Forwarded-For, behind a filter that answers many headers with 400",
        play: || believing_behind(say("400 Bad Request", "no")),
        want: LEAK,
    },
    Entry {
        name: "believed: X-Forwarded-For, behind a filter that answers many headers with a bare 403",
        play: || believing_behind(bare_403()),
        want: LEAK,
    },
    Entry {
        name: "believed: X-Forwarded-For, behind a filter that closes on many headers",
        play: || believing_behind(Then::Close),
        want: LEAK,
    },
];
