//! The ground that tests of flows stand on: a hub where the runner is, and agents in namespaces around it, over both
//! families. What is wrong with the network is for each test to say.

use std::net::{IpAddr, UdpSocket};

use tokio::runtime::Runtime;

use crate::Peer;
use crate::dns::Zone;
use crate::namespace::{Namespace, ip};
use crate::programs::{AgentProcess, Bench, Finished, Programs};

/// The port on which every agent answers HTTP; on `::`, as on the others, and so in both families.
pub const HTTP: u16 = 8080;
/// The port for bare TCP.
pub const TCP: u16 = 7000;
/// The port for UDP.
pub const UDP: u16 = 7001;

/// A hub, and agents around it. Agent `n`, from 0, is at `10.99.n.2` and `fd99:n::2`; the hub at `.1` and `::1` of each.
#[derive(Debug)]
pub struct Ground {
    /// The folder that runs take place in.
    pub bench: Bench,
    /// Where the runner is.
    pub hub: Namespace,
    places: Vec<Place>,
    resolver: Option<(Runtime, Peer)>,
}

#[derive(Debug)]
struct Place {
    name: &'static str,
    namespace: Namespace,
    agent: Option<AgentProcess>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// The runner's exit code.
    pub code: i32,
    /// What it said, on both of its streams.
    pub text: String,
    /// The run record.
    pub record: serde_json::Value,
}

impl Ground {
    /// Lays the network; no agent runs yet.
    ///
    /// # Panics
    ///
    /// When it cannot be laid: without root, without `ip`, without namespaces.
    #[must_use]
    pub fn new(programs: Programs, names: &[&'static str]) -> Self {
        let hub = Namespace::new("hub");
        hub.ip("link set lo up");
        for switch in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
            hub.sysctl(switch, "1");
        }
        let places = names.iter().enumerate().map(|(number, name)| Place::new(number, name, &hub)).collect();
        Self { bench: Bench::new(programs), hub, places, resolver: None }
    }

    /// Answers every question for a name with these addresses, for agents that are started from now on.
    ///
    /// # Panics
    ///
    /// When one of them is no address, or port 53 of the hub is taken.
    pub fn resolve(&mut self, addresses: &[&str]) {
        let addresses = addresses.iter().map(|ip| ip.parse::<IpAddr>().expect("an address")).collect();
        let socket = self.hub.inside(|| UdpSocket::bind("0.0.0.0:53")).expect("port 53 of the hub");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let peer = runtime.block_on(async { Zone::Addresses(addresses).serve_on(socket) });
        self.resolver = Some((runtime, peer));
    }

    /// Starts every agent, with arguments of its own beside the usual.
    pub fn start(&mut self, more: &[(&str, &[&str])]) {
        let (programs, trust) = (self.bench.programs(), self.bench.public());
        let resolves = self.resolver.is_some();
        for (number, place) in self.places.iter_mut().enumerate() {
            let more = more.iter().find(|(name, _)| *name == place.name).map_or(&[][..], |(_, more)| more);
            place.start(programs, &trust, resolves.then(|| format!("10.99.{number}.1")), more);
        }
    }

    /// The namespace of an agent.
    ///
    /// # Panics
    ///
    /// When there is no agent of that name.
    #[must_use]
    pub fn at(&self, name: &str) -> &Namespace {
        &self.places.iter().find(|place| place.name == name).expect("an agent of that name").namespace
    }

    /// Has an agent's namespace drop packets that come in, instead of those dropped before: `tcp dport 80`, as `nft` says it.
    pub fn drop_at(&self, name: &str, which: &str) {
        self.at(name).nft(&format!(
            "add table inet guard
            delete table inet guard
            add table inet guard
            add chain inet guard in {{ type filter hook input priority 0; }}
            add rule inet guard in {which} drop"
        ));
    }

    /// Runs a scenario whose agents are those of the ground, each with these endpoints, over their control addresses.
    /// The zone of each is its own networks and that of links, `10.80.0.0/30`. `rest` is everything but zones and agents.
    ///
    /// # Panics
    ///
    /// When nothing was judged, as of a scenario with a mistake in it.
    #[must_use]
    pub fn verify(&self, endpoints: &[(&str, String)], rest: &str) -> Run {
        self.write(endpoints, rest);
        let run = self.run();
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!([0, 1, 3].contains(&run.code), "{text}\n{}", self.bench.read("s.yaml"));
        let record = serde_json::from_str(&self.bench.read("r.json")).expect("JSON");
        Run { code: run.code, text, record }
    }

    /// Runs the scenario that was written last, and writes both reports.
    #[must_use]
    pub fn run(&self) -> Finished {
        let reports = ["--progress", "none", "--json", "r.json", "--junit", "r.xml"];
        self.bench.run_in(&self.hub, &[&["verify", "s.yaml"][..], &reports].concat())
    }

    /// Writes a scenario, as [`verify`](Self::verify) runs it.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn write(&self, endpoints: &[(&str, String)], rest: &str) {
        let agents: Vec<String> = self
            .places
            .iter()
            .enumerate()
            .map(|(number, Place { name, .. })| {
                let own = endpoints.iter().find(|(agent, _)| agent == name);
                let own = own.map_or(String::new(), |(_, endpoints)| format!(", endpoints: {{ {endpoints} }}"));
                format!(
                    "  {name}: {{ zone: {name}, control: {{ url: \"http://10.99.{number}.2:{HTTP}\", plaintext: true }}{own} }}\n"
                )
            })
            .collect();
        let zones: Vec<String> = self
            .places
            .iter()
            .enumerate()
            .map(|(number, Place { name, .. })| {
                format!("{name}: [10.99.{number}.0/24, \"fd99:{number}::/64\", 10.80.0.0/30]")
            })
            .collect();
        let scenario =
            format!("name: flows\nzones: {{ {} }}\nagents:\n{}{rest}", zones.join(", "), agents.concat());
        self.bench.write("s.yaml", &scenario);
    }
}

impl Place {
    fn new(number: usize, name: &'static str, hub: &Namespace) -> Self {
        let namespace = Namespace::new(name);
        let (inside, at_hub) = (namespace.name(), hub.name());
        ip(&format!("link add eth0 netns {inside} type veth peer name to{number} netns {at_hub}"));
        hub.ip(&format!(
            "address add 10.99.{number}.1/24 dev to{number}
            address add fd99:{number}::1/64 dev to{number} nodad
            link set to{number} up"
        ));
        namespace.ip(&format!(
            "link set lo up
            address add 10.99.{number}.2/24 dev eth0
            address add fd99:{number}::2/64 dev eth0 nodad
            link set eth0 up
            route add default via 10.99.{number}.1
            route add default via fd99:{number}::1"
        ));
        Self { name, namespace, agent: None }
    }

    fn start(&mut self, programs: Programs, trust: &str, resolver: Option<String>, more: &[&str]) {
        let own: Vec<String> = [
            ("--listen", format!("[::]:{HTTP}")),
            ("--tcp-listen", format!("[::]:{TCP}")),
            ("--udp-listen", format!("[::]:{UDP}")),
        ]
        .into_iter()
        .chain(resolver.map(|resolver| ("--resolver", resolver)))
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect();
        let mut arguments = vec!["--name", self.name, "--trust", trust, "--allow", "any"];
        arguments.extend(own.iter().map(String::as_str));
        arguments.extend(more);
        let doors = arguments.iter().filter(|argument| argument.ends_with("listen")).count();
        // The one before, if there was one, ends first and leaves its ports.
        self.agent = None;
        self.agent = Some(AgentProcess::start_in(&self.namespace, programs, &arguments, doors));
    }
}

impl Run {
    /// The edge from a vantage to an endpoint in a family.
    ///
    /// # Panics
    ///
    /// When there is none, or the record has another form.
    #[must_use]
    pub fn edge(&self, vantage: &str, endpoint: &str, family: &str) -> &serde_json::Value {
        let edges = self.record["edges"].as_array().expect("edges");
        let wanted = |edge: &&serde_json::Value| {
            edge["vantage"] == vantage && edge["endpoint"] == endpoint && edge["family"] == family
        };
        edges.iter().find(wanted).unwrap_or_else(|| panic!("no such edge: {}", self.text))
    }

    /// The reason of an edge's verdict.
    ///
    /// # Panics
    ///
    /// When there is no such edge.
    #[must_use]
    pub fn reason(&self, vantage: &str, endpoint: &str, family: &str) -> &str {
        self.edge(vantage, endpoint, family)["judged"]["reason"].as_str().expect("a reason")
    }

    /// Asserts the reasons of some edges: vantage, endpoint, family, reason.
    ///
    /// # Panics
    ///
    /// When an edge has another reason.
    pub fn expect(&self, rows: &[(&str, &str, &str, &str)]) {
        for (vantage, endpoint, family, reason) in rows {
            let got = self.reason(vantage, endpoint, family);
            assert_eq!(got, *reason, "{vantage} -> {endpoint} {family}\n{}", self.text);
        }
    }
}
