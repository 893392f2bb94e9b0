//! A caller, a router that says no in every way a router can, and a place with no network at all.

use crate::namespace::{Namespace, ip};

/// One of the namespaces of a [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `10.9.0.2` and `fd09::2`, with the router as its default route.
    Caller,
    /// `10.9.0.1` and `fd09::1`. It forwards, and has no default route.
    Router,
    /// No address but its loopback's, which is down.
    Nowhere,
}

const CALLER: &str = "
address add 10.9.0.2/24 dev veth0
address add fd09::2/64 dev veth0 nodad
link set veth0 up
link set lo up
route add default via 10.9.0.1
route add default via fd09::1
route add unreachable 10.9.11.0/24
route add prohibit 10.9.12.0/24
route add blackhole 10.9.13.0/24
";

const ROUTER: &str = "
address add 10.9.0.1/24 dev veth0
address add fd09::1/64 dev veth0 nodad
link set veth0 up
link set lo up
route add unreachable 10.9.1.0/24
route add prohibit 10.9.2.0/24
route add blackhole 10.9.3.0/24
route add prohibit fd09:2::/64
";

/// A router forwards, and here it says no as often as it is asked: by default Linux does so once a second.
const ROUTER_SWITCHES: [(&str, &str); 4] = [
    ("ipv4/ip_forward", "1"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv4/icmp_ratelimit", "0"),
    ("ipv6/icmp/ratelimit", "0"),
];

/// Three namespaces. They are gone when this is dropped.
#[derive(Debug)]
pub struct Network {
    caller: Namespace,
    router: Namespace,
    nowhere: Namespace,
}

impl Network {
    /// Sets the network up.
    ///
    /// # Panics
    ///
    /// When it cannot be set up: without root, without `ip`, without namespaces.
    #[must_use]
    pub fn set_up() -> Self {
        let network = Self {
            caller: Namespace::new("caller"),
            router: Namespace::new("router"),
            nowhere: Namespace::new("nowhere"),
        };
        let (caller, router) = (&network.caller, &network.router);
        ip(&format!(
            "link add veth0 netns {} type veth peer name veth0 netns {}",
            caller.name(),
            router.name()
        ));
        router.ip(ROUTER);
        caller.ip(CALLER);
        for (switch, value) in ROUTER_SWITCHES {
            router.sysctl(switch, value);
        }
        network
    }

    /// The namespace of a place.
    #[must_use]
    pub fn at(&self, place: Place) -> &Namespace {
        match place {
            Place::Caller => &self.caller,
            Place::Router => &self.router,
            Place::Nowhere => &self.nowhere,
        }
    }
}
