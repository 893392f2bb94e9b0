//! Azure as it is: what a service endpoint's address tells, the stamp's other family, SCM hosts with a hash and a region.

use ringfence_tests::stage::{ADMITTED, Door, Member, Passing, Play, Reply, Then, When};

use super::{GREEN, refusal, refuse};
use crate::entry::Verdict::{Fail, NoPass, Open, Pass, PassBy};
use crate::entry::{Entry, Want, want};

/// Of Azure/azure-docs#111480: 10.0.1.4, in its low 32 bits.
const OF_10_0_1_4: &str = "fde4:8dba:2300:5457:6f23:200:a00:104";
/// The same, of the next subnet: 10.0.2.4.
const OF_10_0_2_4: &str = "fde4:8dba:2300:5457:6f23:200:a00:204";
/// Another prefix, another subnet: 10.2.1.38.
const OF_10_2_1_38: &str = "fde4:8dba:1200:98db:6a12:300:a02:126";
/// One that was seen and has another form.
const OF_ANOTHER_FORM: &str = "fd00::1002:fc01:3000:2000:1000";

const VM_FAILS: Want = want(&[1], &[("vm", "app/site", Fail)]);

/// The app, whose front end shows the VM at this address, and the VM's zone.
fn seen(address: &'static str, zone: &str) -> Play {
    let passing = Passing::to("app").saying(&[("X-Forwarded-For", address)]);
    let front = Door::https().when(When::From(ADMITTED), Then::Pass(passing)).others(refuse());
    Play::of(front).zones(&format!("vm: [{zone}, service-endpoint]"))
}

/// A denied partner with a zone, and the address that its refusal names.
fn partner(address: &'static str) -> Play {
    let front =
        Door::https().admitting().when(When::From("127.11.0.0/16"), refusal(address)).others(refuse());
    Play::of(front)
        .member(Member::new("partner", "127.11.0.1"))
        .zones("vm: [127.10.0.0/16], partner: [10.0.2.0/24, service-endpoint]")
        .agents(&["partner: { zone: partner, control: \"http://<partner>\" }"])
        .rules(&["{ name: the partner does not, from: partner, to: app/site, expect: deny }"])
}

fn login() -> Then {
    Then::Say(Reply::new("401 Unauthorized", "").with("www-authenticate", "Basic realm=\"site\""))
}

/// An SCM site of this name, which does this with strangers.
fn scm(host: &str, others: Then) -> Play {
    let front = Door::https().when(When::From(ADMITTED), login()).others(others);
    Play::of_target(front, "").scenario(&format!(
        "name: case\nagents:\n  vm: {{ control: \"http://<vm>\" }}\n  internet: {{ control: local }}\ntargets:\n\
         \x20 scm: {{ url: \"https://{host}:<port>\", connect: 127.20.0.1, ca: ca.pem }}\n\
         rules:\n  - {{ name: the VM reaches it, from: vm, to: scm, expect: allow }}\n"
    ))
}

/// The stamp's address of the other family, which no name leads to, and what it does with everybody.
fn stamp(others: Then) -> Play {
    let front = Door::https().when(When::From(ADMITTED), login()).others(refuse());
    Play::of_target(front, "")
        .also(Door::https().others(others).at("::1"))
        .scenario(
            "name: case\nagents:\n  vm: { control: \"http://<vm>\" }\n  internet: { control: local }\ntargets:\n\
             \x20 v4: { url: \"https://app.example.test:<port>\", connect: 127.20.0.1, ca: ca.pem }\n\
             \x20 v6: { url: \"https://app.example.test:<port>\", connect: \"::1\", ca: ca.pem }\n\
             rules:\n  - { name: the VM reaches it, from: vm, to: v4, expect: allow }\n\
             \x20 - { name: the internet does not, from: internet, to: [v4, v6], expect: deny }\notherwise: untested\n",
        )
        .arguments(&["--local-source", "::1"])
}

/// Addresses of service endpoints.
pub(super) const SERVICE_ENDPOINTS: &[Entry] = &[
    Entry {
        name: "service endpoint: sound: the address is of the zone's subnet",
        play: || seen(OF_10_0_1_4, "10.0.1.0/24"),
        want: GREEN,
    },
    Entry {
        name: "service endpoint: sound: the address is of the zone's subnet, with another prefix",
        play: || seen(OF_10_2_1_38, "10.2.1.0/24"),
        want: GREEN,
    },
    Entry {
        name: "service endpoint: the address is of the next subnet",
        play: || seen(OF_10_0_2_4, "10.0.1.0/24"),
        want: VM_FAILS,
    },
    Entry {
        name: "service endpoint: the address is of another network",
        play: || seen(OF_10_2_1_38, "10.0.1.0/24"),
        want: VM_FAILS,
    },
    Entry {
        name: "service endpoint: the address has another form, which is no failure and is said",
        play: || seen(OF_ANOTHER_FORM, "10.0.1.0/24"),
        want: GREEN.says(&[OF_ANOTHER_FORM]),
    },
    Entry {
        name: "service endpoint: sound: a refusal names the partner's own subnet",
        play: || partner(OF_10_0_2_4),
        want: want(&[0], &[("partner", "app/site", PassBy("denied-attributed"))]),
    },
    Entry {
        name: "service endpoint: a refusal names another subnet than the partner's",
        play: || partner(OF_10_0_1_4),
        want: want(&[3], &[("partner", "app/site", Open)]),
    },
    Entry {
        name: "service endpoint: a public address where the zone has subnets alone",
        play: || seen("198.51.100.7", "10.0.1.0/24"),
        want: VM_FAILS,
    },
];

/// Doors that templates forget.
pub(super) const DOORS: &[Entry] = &[
    Entry {
        name: "SCM: a host with a hash and a region is open, and the hint knows its list of rules",
        play: || scm("app-a1b2c3d4.scm.westeurope-01.azurewebsites.net", login()),
        want: want(&[1], &[("vm", "scm", Pass), ("internet", "scm", Fail)])
            .says(&["scmIpSecurityRestrictions"]),
    },
    Entry {
        name: "SCM: a plain host is open, and the hint knows its list of rules",
        play: || scm("app.scm.azurewebsites.test", login()),
        want: want(&[1], &[("vm", "scm", Pass), ("internet", "scm", Fail)])
            .says(&["scmIpSecurityRestrictions"]),
    },
    Entry {
        name: "SCM: sound: a host with a hash and a region is closed",
        play: || scm("app-a1b2c3d4.scm.westeurope-01.azurewebsites.net", refuse()),
        want: want(&[0], &[("vm", "scm", Pass), ("internet", "scm", Pass)]),
    },
    Entry {
        name: "stamp: it lets the internet in over IPv6, where no name leads",
        play: || stamp(login()),
        want: want(&[1], &[("internet", "v4", Pass), ("internet", "v6", Fail)]),
    },
    Entry {
        name: "stamp: it answers over IPv6 with a page of its own",
        play: || stamp(Then::Say(Reply::new("404 Not Found", "<h1>404 Web Site not found.</h1>"))),
        want: want(&[1, 3], &[("internet", "v4", Pass), ("internet", "v6", NoPass)]),
    },
    Entry {
        name: "stamp: sound: it refuses the internet over IPv6, too",
        play: || stamp(refuse()),
        want: want(&[0], &[("internet", "v4", Pass), ("internet", "v6", Pass)]),
    },
];
