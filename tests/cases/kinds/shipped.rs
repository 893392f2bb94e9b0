//! The shipped scenarios on sound networks as they are met: the internet behind NAT, behind a pool of addresses, and at
//! a private one; and with the holes that each of them is there to find.

use ringfence_tests::programs::root;
use ringfence_tests::stage::{Door, FRONT, Member, Names, Passing, Play, Reply, Then, When};

use super::refusal;
use crate::entry::Verdict::Fail;
use crate::entry::{Entry, Want, want};

const GREEN: Want = want(&[0], &[]);

const VM: &str = "127.10.0.0/24";
const FIRST: &str = "127.10.1.0/24";
const SECOND: &str = "127.10.2.0/24";
const INTERNET: &str = "127.203.0.0/16";

/// A front end with sites: whoever is of one of these networks is let in to a host, to an agent or to a login.
fn front(sites: &[(&'static str, &[&'static str], Option<&'static str>)], nat: &'static str) -> Door {
    let mut door = Door::https();
    for (host, admitted, agent) in sites {
        let login = || Reply::new("401 Unauthorized", "").with("www-authenticate", "Basic realm=\"site\"");
        let inside = || agent.map_or_else(|| Then::Say(login()), |agent| Then::Pass(Passing::to(agent)));
        for network in *admitted {
            door = door.when(When::All(vec![When::Host(host), When::From(network)]), inside());
        }
    }
    door.when(When::From(INTERNET), refusal(nat)).others(refusal("{caller}"))
}

fn scenario(file: &str) -> String {
    std::fs::read_to_string(root().join("scenarios").join(file)).expect("a shipped scenario")
}

fn names() -> Names {
    Names::new().with("azurewebsites.test", &[FRONT])
}

/// Two apps that call each other.
fn apps(nat: &'static str, scm_1: &[&'static str]) -> Play {
    let sites: [(&str, &[&str], Option<&str>); 4] = [
        ("app-1.azurewebsites.test", &[VM, SECOND], Some("app-service-1")),
        ("app-1.scm.azurewebsites.test", scm_1, None),
        ("app-2.azurewebsites.test", &[VM, FIRST], Some("app-service-2")),
        ("app-2.scm.azurewebsites.test", &[VM], None),
    ];
    Play::of_target(front(&sites, nat), "")
        .member(Member::new("test-vm", "127.10.0.4"))
        .member(Member::new("app-service-1", "127.10.1.4"))
        .member(Member::new("app-service-2", "127.10.2.4"))
        .names(names())
        .scenario(&scenario("app-service-to-app-service.yaml"))
        .arguments(&[
            "--local-ca",
            "ca.pem",
            "--set",
            "app_1_host=app-1.azurewebsites.test:<port>",
            "--set",
            "app_1_scm_host=app-1.scm.azurewebsites.test:<port>",
            "--set",
            "app_2_host=app-2.azurewebsites.test:<port>",
            "--set",
            "app_2_scm_host=app-2.scm.azurewebsites.test:<port>",
            "--set",
            "vm_control=http://<test-vm>",
            "--set",
            "vnet_default=127.10.0.0/24",
            "--set",
            "vnet_app_1=127.10.1.0/24",
            "--set",
            "vnet_app_2=127.10.2.0/24",
        ])
}

/// A function that calls another.
fn functions(nat: &'static str, scm_b: &[&'static str]) -> Play {
    let sites: [(&str, &[&str], Option<&str>); 4] = [
        ("a.azurewebsites.test", &[VM], Some("function-a")),
        ("a.scm.azurewebsites.test", &[VM], None),
        ("b.azurewebsites.test", &[FIRST], Some("function-b")),
        ("b.scm.azurewebsites.test", scm_b, None),
    ];
    Play::of_target(front(&sites, nat), "")
        .member(Member::new("test-vm", "127.10.0.4"))
        .member(Member::new("function-a", "127.10.1.4"))
        .member(Member::new("function-b", "127.52.0.11"))
        .names(names())
        .scenario(&scenario("web-app-to-function.yaml"))
        .arguments(&[
            "--local-ca",
            "ca.pem",
            "--set",
            "function_a_host=a.azurewebsites.test:<port>",
            "--set",
            "function_a_scm_host=a.scm.azurewebsites.test:<port>",
            "--set",
            "function_b_host=b.azurewebsites.test:<port>",
            "--set",
            "function_b_scm_host=b.scm.azurewebsites.test:<port>",
            "--set",
            "vm_control=http://<test-vm>",
            "--set",
            "vnet_test=127.10.0.0/24",
            "--set",
            "vnet_function_a=127.10.1.0/24",
        ])
}

/// All of them.
pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "shipped: apps: sound: the internet as it is",
        play: || apps("{caller}", &[VM]),
        want: GREEN,
    },
    Entry {
        name: "shipped: apps: sound: the internet is behind NAT",
        play: || apps("198.51.100.7", &[VM]),
        want: GREEN,
    },
    Entry {
        name: "shipped: apps: sound: the internet is behind a pool",
        play: || apps("{pool}", &[VM]),
        want: GREEN,
    },
    Entry {
        name: "shipped: apps: sound: the internet is at a private address",
        play: || apps("10.9.8.7", &[VM]),
        want: GREEN,
    },
    Entry {
        name: "shipped: apps: the SCM site of the first is open",
        play: || apps("198.51.100.7", &["0.0.0.0/0"]),
        want: want(
            &[1],
            &[("internet", "app-service-1/scm", Fail), ("app-service-2", "app-service-1/scm", Fail)],
        ),
    },
    Entry {
        name: "shipped: functions: sound: the internet as it is",
        play: || functions("{caller}", &[]),
        want: GREEN,
    },
    Entry {
        name: "shipped: functions: sound: the internet is behind NAT",
        play: || functions("198.51.100.7", &[]),
        want: GREEN,
    },
    Entry {
        name: "shipped: functions: sound: the internet is behind a pool",
        play: || functions("{pool}", &[]),
        want: GREEN,
    },
    Entry {
        name: "shipped: functions: sound: the internet is at a private address",
        play: || functions("10.9.8.7", &[]),
        want: GREEN,
    },
    Entry {
        name: "shipped: functions: the SCM site of B is open to the internet",
        play: || functions("198.51.100.7", &[INTERNET]),
        want: want(&[1], &[("internet", "function-b/scm", Fail)]),
    },
];
