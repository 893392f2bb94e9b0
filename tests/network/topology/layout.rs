//! The network as data: who is where, what the routers let through, what the names lead to. Sound as it comes; an entry
//! of the catalogue changes it before it is raised. It must not know how anything is set up.

use super::names::{private_names, public_names};
use super::sites::{Site, sites};

/// A network namespace, and what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The test VM, in the subnet `default`.
    TestVm,
    /// An app with a site, integrated with a subnet of its own.
    App1,
    /// Another.
    App2,
    /// An app behind a private endpoint.
    App3,
    /// A VM in a subnet that nobody admits.
    Other,
    /// A VM in a peered network.
    Peer,
    /// The runner, outside.
    Internet,
    /// The multi-tenant front end.
    Front,
    /// The routers and resolvers in the middle.
    Fabric,
}

impl Place {
    /// Every place with a subnet of its own behind the fabric.
    pub const HOSTS: [Self; 8] = [
        Self::TestVm,
        Self::App1,
        Self::App2,
        Self::App3,
        Self::Other,
        Self::Peer,
        Self::Internet,
        Self::Front,
    ];

    /// Its short name: the label of its namespace, and of the fabric's link to it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::TestVm => "test-vm",
            Self::App1 => "app-1",
            Self::App2 => "app-2",
            Self::App3 => "app-3",
            Self::Other => "other",
            Self::Peer => "peer",
            Self::Internet => "internet",
            Self::Front => "front",
            Self::Fabric => "fabric",
        }
    }

    /// Its addresses, and the fabric's on the same link: IPv4 each, then IPv6 each.
    #[must_use]
    pub fn addresses(self) -> [&'static str; 4] {
        match self {
            Self::TestVm => ["10.0.0.4", "10.0.0.1", "2001:db8:10::4", "2001:db8:10::1"],
            Self::App1 => ["10.0.1.4", "10.0.1.1", "2001:db8:10:1::4", "2001:db8:10:1::1"],
            Self::App2 => ["10.0.2.4", "10.0.2.1", "2001:db8:10:2::4", "2001:db8:10:2::1"],
            Self::App3 => ["10.0.4.4", "10.0.4.1", "2001:db8:10:4::4", "2001:db8:10:4::1"],
            Self::Other => ["10.0.9.4", "10.0.9.1", "2001:db8:10:9::4", "2001:db8:10:9::1"],
            Self::Peer => ["10.1.0.4", "10.1.0.1", "2001:db8:11::4", "2001:db8:11::1"],
            Self::Internet => ["203.0.113.9", "203.0.113.1", "2001:db8:113::9", "2001:db8:113::1"],
            Self::Front => ["198.51.100.10", "198.51.100.1", "2001:db8:51::10", "2001:db8:51::1"],
            Self::Fabric => ["10.0.255.53", "10.0.255.53", "2001:db8:10::53", "2001:db8:10::53"],
        }
    }

    /// Its last octet on the management network, where it has an agent.
    #[must_use]
    pub fn management(self) -> Option<u8> {
        match self {
            Self::TestVm => Some(10),
            Self::App1 => Some(11),
            Self::App2 => Some(12),
            Self::App3 => Some(13),
            Self::Other => Some(14),
            Self::Peer => Some(15),
            Self::Internet | Self::Front | Self::Fabric => None,
        }
    }

    /// Whether it is an app, with a worker behind the front end.
    #[must_use]
    pub fn is_app(self) -> bool {
        matches!(self, Self::App1 | Self::App2 | Self::App3)
    }
}

/// The resolver of the virtual network, and the public one.
pub(super) const RESOLVERS: [&str; 2] = ["10.0.255.53", "203.0.113.53"];

/// Something more that is set up at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setup {
    /// A line of `ip`, without the `ip`.
    Ip(String),
    /// Rules of `nft`.
    Nft(String),
    /// A switch below `/proc/sys/net`, and its value.
    Switch(&'static str, &'static str),
}

/// An agent: where it runs, whether it runs, and what it is told beside the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Where it runs; it is called as the place is.
    pub place: Place,
    /// What it calls itself, where not as its place.
    pub name: &'static str,
    /// Whether it is up when the run begins.
    pub is_up: bool,
    /// The resolver it asks.
    pub resolver: &'static str,
    /// Further arguments.
    pub arguments: Vec<String>,
    /// What it is started by: `faketime` and its arguments, or nothing.
    pub started_by: Vec<String>,
}

/// What happens while a run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The agent at this place ends, as in a crash.
    End(Place),
    /// The agent at this place ends and starts again.
    Restart(Place),
    /// Something is set up.
    SetUp(Place, Setup),
}

/// A change to the sound network.
pub type Change = fn(&mut Layout);

/// The whole network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The front end's sites.
    pub sites: Vec<Site>,
    /// What the fabric lets through, in order; the rest is dropped.
    pub forward: Vec<String>,
    /// What the fabric itself takes, in order; the rest it takes as well.
    pub input: Vec<String>,
    /// Whose address is translated on the way out, in order.
    pub translate: Vec<String>,
    /// The private resolver's records, as `dnsmasq` reads them.
    pub private_names: Vec<String>,
    /// The public resolver's.
    pub public_names: Vec<String>,
    /// The agents.
    pub agents: Vec<Agent>,
    /// The runner's resolver.
    pub runner_resolver: &'static str,
    /// More, at this place or that, before any program starts.
    pub more: Vec<(Place, Setup)>,
    /// What happens when the run says that this stage begins.
    pub meanwhile: Vec<(&'static str, Act)>,
}

impl Layout {
    /// The network as it should be.
    #[must_use]
    pub fn sound() -> Self {
        let agent = |place: Place| Agent {
            place,
            name: place.label(),
            is_up: true,
            resolver: RESOLVERS[0],
            arguments: Vec::new(),
            started_by: Vec::new(),
        };
        let places = Place::HOSTS.into_iter().filter(|place| place.management().is_some());
        Self {
            sites: sites(),
            forward: FORWARD.iter().map(ToString::to_string).collect(),
            input: Vec::new(),
            translate: Vec::new(),
            private_names: private_names(),
            public_names: public_names(),
            agents: places.map(agent).collect(),
            runner_resolver: RESOLVERS[1],
            more: Vec::new(),
            meanwhile: Vec::new(),
        }
    }

    /// The site of this name.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn site(&mut self, name: &str) -> &mut Site {
        self.sites.iter_mut().find(|site| site.name == name).unwrap_or_else(|| panic!("no site `{name}`"))
    }

    /// The agent at this place.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn agent(&mut self, place: Place) -> &mut Agent {
        self.agents.iter_mut().find(|agent| agent.place == place).expect("an agent at that place")
    }

    /// Lets the fabric look at a rule before all others.
    pub fn first(&mut self, rule: &str) {
        self.forward.insert(0, rule.to_owned());
    }

    /// Sets up a line of `ip` at a place as well.
    pub fn ip(&mut self, place: Place, line: &str) {
        self.more.push((place, Setup::Ip(line.to_owned())));
    }

    /// Sets up a chain of `nft` rules at a place as well: what the chain is, and its rules.
    pub fn nft(&mut self, place: Place, kind: &str, rules: &str) {
        let table = format!("table inet more {{\nchain more {{\ntype {kind}\n{rules}\n}}\n}}\n");
        self.more.push((place, Setup::Nft(table)));
    }

    /// Replaces a record of the private resolver, which begins like this, or takes it away.
    pub fn private_name(&mut self, begins: &str, record: Option<&str>) {
        replace(&mut self.private_names, begins, record);
    }

    /// Replaces a record of the public resolver, which begins like this, or takes it away.
    pub fn public_name(&mut self, begins: &str, record: Option<&str>) {
        replace(&mut self.public_names, begins, record);
    }
}

fn replace(records: &mut Vec<String>, begins: &str, record: Option<&str>) {
    let before = records.len();
    records.retain(|known| !known.starts_with(begins));
    assert!(records.len() < before, "no record begins with `{begins}`");
    records.extend(record.map(str::to_owned));
}

/// What the routers and network security groups let through.
const FORWARD: &[&str] = &[
    "ct state established,related accept",
    // The front end's public addresses, for everybody: it looks at each request itself.
    "ip daddr 198.51.100.10 tcp dport { 80, 443, 8443 } accept",
    "ip6 daddr 2001:db8:51::10 tcp dport { 80, 443, 8443 } accept",
    // Its beacon, at the ports of what must stay silent elsewhere.
    "ip daddr 198.51.100.10 tcp dport { 5432, 8080 } accept",
    // The subnet `default`: the VM's services, for app 1's subnet.
    "ip saddr 10.0.1.0/24 ip daddr 10.0.0.4 tcp dport 5432 accept",
    "ip saddr 10.0.1.0/24 ip daddr 10.0.0.4 udp dport 5514 accept",
    // The private endpoint's subnet: the VM's subnet and app 1's.
    "ip saddr { 10.0.0.0/24, 10.0.1.0/24 } ip daddr 10.0.3.4 tcp dport 443 accept",
];
