//! Networks of their own, made of Linux network namespaces: a caller, a router that says no in every way a router can,
//! and a place with no network at all. Needs root and `ip` (iproute2).

use std::fs::File;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// One of the namespaces of a [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// 10.9.0.2 and fd09::2, with the router as its default route.
    Caller,
    /// 10.9.0.1 and fd09::1. It forwards, and has no default route.
    Router,
    /// No address but its loopback's, which is down.
    Nowhere,
}

const PLACES: [Place; 3] = [Place::Caller, Place::Router, Place::Nowhere];

/// What is set up, `C` and `R` standing for the names of the caller's and the router's namespaces.
const SET_UP: &str = "
link add veth0 netns C type veth peer name veth0 netns R
-n C address add 10.9.0.2/24 dev veth0
-n R address add 10.9.0.1/24 dev veth0
-n C address add fd09::2/64 dev veth0 nodad
-n R address add fd09::1/64 dev veth0 nodad
-n C link set veth0 up
-n R link set veth0 up
-n C link set lo up
-n R link set lo up
-n C route add default via 10.9.0.1
-n C route add default via fd09::1
-n R route add unreachable 10.9.1.0/24
-n R route add prohibit 10.9.2.0/24
-n R route add blackhole 10.9.3.0/24
-n R route add prohibit fd09:2::/64
-n C route add unreachable 10.9.11.0/24
-n C route add prohibit 10.9.12.0/24
-n C route add blackhole 10.9.13.0/24
";

/// A router forwards, and here it says no as often as it is asked: by default Linux does so once a second.
const ROUTER: [(&str, &str); 4] = [
    ("ipv4/ip_forward", "1"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv4/icmp_ratelimit", "0"),
    ("ipv6/icmp/ratelimit", "0"),
];

static NETWORKS: AtomicU32 = AtomicU32::new(0);

/// Three namespaces. They are gone when this is dropped.
#[derive(Debug)]
pub struct Network {
    prefix: String,
}

impl Network {
    /// Sets the network up.
    ///
    /// # Panics
    ///
    /// When it cannot be set up: without root, without `ip`, without namespaces.
    #[must_use]
    pub fn set_up() -> Self {
        let number = NETWORKS.fetch_add(1, Ordering::Relaxed);
        let network = Self { prefix: format!("ringfence-{}-{number}", std::process::id()) };
        for place in PLACES {
            ip(&["netns", "add", &network.name(place)]);
        }
        let (caller, router) = (network.name(Place::Caller), network.name(Place::Router));
        for line in SET_UP.lines().filter(|line| !line.is_empty()) {
            let word = |word| match word {
                "C" => caller.as_str(),
                "R" => router.as_str(),
                other => other,
            };
            ip(&line.split(' ').map(word).collect::<Vec<_>>());
        }
        network.run(Place::Router, || async {
            for (switch, value) in ROUTER {
                std::fs::write(format!("/proc/sys/net/{switch}"), value).expect("a router's settings");
            }
        });
        network
    }

    fn name(&self, place: Place) -> String {
        format!("{}-{}", self.prefix, format!("{place:?}").to_lowercase())
    }

    /// Runs something at a place, on a thread and a runtime of its own.
    ///
    /// # Panics
    ///
    /// When the place cannot be entered, or what is run panics.
    pub fn run<T: Send, F: Future<Output = T>>(&self, place: Place, work: impl FnOnce() -> F + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.name(place))).expect("a namespace");
        let there = || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("a namespace that can be entered");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(work())
        };
        std::thread::scope(|scope| scope.spawn(there).join()).expect("no panic at that place")
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for place in PLACES {
            // What was not set up cannot be taken down; the test has failed already then.
            drop(Command::new("ip").args(["netns", "delete", &self.name(place)]).output());
        }
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("`ip` runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {}: {said}", arguments.join(" "));
}
