//! What a case sets up: doors, agents, names, and the scenario that describes them.
//!
//! In every text `<port>` stands for the doors' port, `<vm>` for where an agent takes orders, `<pin-good>` and
//! `<pin-version-1>` and so on for a paper's pin.

use super::door::{Door, End, Layer, Reply, Then};
use super::names::Names;
use super::text::Parts;
use super::{APP, BEACON, VM};

/// An agent of the stage.
#[derive(Debug, Clone)]
pub struct Member {
    pub(super) name: &'static str,
    /// What it calls itself, which may be another's name.
    pub(super) called: &'static str,
    pub(super) ip: &'static str,
    pub(super) arguments: Vec<&'static str>,
    pub(super) on_the_port: bool,
}

impl Member {
    /// An agent at an address, from which it calls as well.
    #[must_use]
    pub fn new(name: &'static str, ip: &'static str) -> Self {
        Self { name, called: name, ip, arguments: Vec::new(), on_the_port: false }
    }

    /// The same under another name.
    #[must_use]
    pub fn called(self, name: &'static str) -> Self {
        Self { called: name, ..self }
    }

    /// The same with further arguments.
    #[must_use]
    pub fn with(self, arguments: &[&'static str]) -> Self {
        Self { arguments: arguments.to_vec(), ..self }
    }

    /// The same with its TCP and UDP listeners on the doors' port.
    #[must_use]
    pub fn on_the_port(self) -> Self {
        Self { on_the_port: true, ..self }
    }
}

/// What a case sets up.
#[derive(Debug, Clone)]
pub struct Play {
    pub(super) doors: Vec<Door>,
    pub(super) members: Vec<Member>,
    pub(super) names: Option<Names>,
    pub(super) arguments: Vec<&'static str>,
    /// Rules of `nft` in a namespace of the stage's own.
    pub(super) walls: Option<&'static str>,
    /// The namespace's `resolv.conf`, and where the resolver is that it leads to.
    pub(super) resolv_conf: Option<(&'static str, &'static str)>,
    pub(super) parts: Parts,
}

impl Play {
    /// The app behind a front end: the VM is to reach it, the internet is not. A beacon stands on the front end's port,
    /// and speaks what it speaks.
    #[must_use]
    pub fn of(front: Door) -> Self {
        let (site, beacon, zones) = match front.layer {
            Layer::Http => (SITE_HTTP, BEACON_HTTP, ZONES),
            Layer::Https { .. } => (SITE_HTTPS, BEACON_HTTPS, ZONES),
            Layer::Lines => (SITE_TCP, BEACON_TCP, ZONES_TCP),
        };
        let parts = Parts {
            zones: zones.to_owned(),
            beacon: format!(", beacon: {beacon}"),
            site: site.to_owned(),
            to: "app/site",
            ..Parts::default()
        };
        let members = vec![Member::new("vm", VM), Member::new("app", APP)];
        let beacon = beacon_beside(&front);
        let doors = vec![front, beacon];
        let (names, walls, resolv_conf) = (None, None, None);
        Self { doors, members, names, arguments: Vec::new(), walls, resolv_conf, parts }
    }

    /// The same of an endpoint that the platform answers, `target`, with these keys beside its address: `statuses: [200]`.
    #[must_use]
    pub fn of_target(front: Door, keys: &str) -> Self {
        let mut play = Self::of(front);
        let site = play.parts.site.trim_end_matches([' ', '}']).to_owned();
        let keys = if keys.is_empty() { String::new() } else { format!(", {keys}") };
        play.parts.targets = format!("  target: {site}{keys} }}\n");
        play.parts.to = "target";
        play.parts.site = String::new();
        play.members.retain(|member| member.name == "vm");
        play
    }

    /// The same with a further door.
    #[must_use]
    pub fn also(mut self, door: Door) -> Self {
        self.doors.push(door);
        self
    }

    /// The same with another beacon at the beacon's address; none, where it is not to be there.
    #[must_use]
    pub fn beacon_is(mut self, beacon: Option<Door>) -> Self {
        self.doors.retain(|door| door.ip.to_string() != BEACON);
        if beacon.is_none() {
            self.parts.beacon = String::new();
        }
        self.doors.extend(beacon.map(|beacon| beacon.at(BEACON)));
        self
    }

    /// The same with these keys of the internet instead of its beacon: `beacons: [...]`.
    #[must_use]
    pub fn internet(mut self, keys: &str) -> Self {
        self.parts.beacon = String::new();
        keys.clone_into(&mut self.parts.internet);
        self
    }

    /// The same with another agent; one of the same name is replaced.
    #[must_use]
    pub fn member(mut self, member: Member) -> Self {
        self.members.retain(|known| known.name != member.name);
        self.members.push(member);
        self
    }

    /// The same with a resolver, which all agents and the runner ask.
    #[must_use]
    pub fn names(self, names: Names) -> Self {
        Self { names: Some(names), ..self }
    }

    /// The same in a network namespace of its own, where these packets are dropped on their way out, a line each, as `nft`
    /// says it. Needs root, `ip` and `nft`.
    #[must_use]
    pub fn dropping(self, rules: &'static str) -> Self {
        Self { walls: Some(rules), ..self }
    }

    /// The same in a network namespace of its own with this `resolv.conf`; the resolver is at this address, on port 53.
    /// Needs root and `ip`.
    #[must_use]
    pub fn resolv_conf(self, text: &'static str, resolver: &'static str) -> Self {
        Self { resolv_conf: Some((text, resolver)), ..self }
    }

    /// Whether it takes a network namespace.
    #[must_use]
    pub fn needs_root(&self) -> bool {
        self.walls.is_some() || self.resolv_conf.is_some()
    }

    /// The same with these zones, or with none: `vm: [10.0.0.0/24]`.
    #[must_use]
    pub fn zones(mut self, zones: &str) -> Self {
        zones.clone_into(&mut self.parts.zones);
        self
    }

    /// The same with further keys of the whole scenario.
    #[must_use]
    pub fn top(mut self, keys: &str) -> Self {
        self.parts.top += keys;
        self.parts.top.push('\n');
        self
    }

    /// The same with further keys of the VM.
    #[must_use]
    pub fn vm(mut self, keys: &str) -> Self {
        self.parts.vm = format!(", {keys}");
        self
    }

    /// The same with another way of control over the app: `{ relay: vm }`.
    #[must_use]
    pub fn app_by(mut self, control: &str) -> Self {
        control.clone_into(&mut self.parts.app);
        self
    }

    /// The same with further agents, a line each: `other: { control: "http://<other>" }`.
    #[must_use]
    pub fn agents(mut self, lines: &[&str]) -> Self {
        self.parts.agents = listed("  ", lines);
        self
    }

    /// The same with another endpoint of the app's.
    #[must_use]
    pub fn site(mut self, endpoint: &str) -> Self {
        endpoint.clone_into(&mut self.parts.site);
        self
    }

    /// The same with further targets, a line each.
    #[must_use]
    pub fn targets(mut self, lines: &[&str]) -> Self {
        self.parts.targets += &listed("  ", lines);
        self
    }

    /// The same with further rules, a line each: `{ name: ..., from: ..., to: ..., expect: ... }`.
    #[must_use]
    pub fn rules(mut self, lines: &[&str]) -> Self {
        self.parts.rules = listed("  - ", lines);
        self
    }

    /// The same with further keys of the rule that lets the VM in.
    #[must_use]
    pub fn allow(mut self, keys: &str) -> Self {
        self.parts.allow = format!(", {keys}");
        self
    }

    /// The same with further keys of the rule that keeps the internet out.
    #[must_use]
    pub fn deny(mut self, keys: &str) -> Self {
        self.parts.deny = format!(", {keys}");
        self
    }

    /// The same with a scenario of its own.
    #[must_use]
    pub fn scenario(mut self, text: &str) -> Self {
        self.parts.whole = Some(text.to_owned());
        self
    }

    /// The same with further arguments of `ringfence verify`.
    #[must_use]
    pub fn arguments(self, arguments: &[&'static str]) -> Self {
        Self { arguments: arguments.to_vec(), ..self }
    }
}

const ZONES: &str = "vm: [127.10.0.0/16]";
/// Over bare TCP nobody says who called: an agent sees the door.
const ZONES_TCP: &str = "vm: [127.10.0.0/16, 127.20.0.0/24]";
const SITE_HTTP: &str = "{ url: \"http://app.example.test:<port>\", connect: 127.20.0.1 }";
const SITE_HTTPS: &str = "{ url: \"https://app.example.test:<port>\", connect: 127.20.0.1, ca: ca.pem }";
const SITE_TCP: &str = "{ url: \"tcp://127.20.0.1:<port>\" }";
const BEACON_HTTP: &str = "\"http://127.20.0.9:<port>\"";
const BEACON_HTTPS: &str = "{ url: \"https://beacon.example.test:<port>\", connect: 127.20.0.9, ca: ca.pem }";
const BEACON_TCP: &str = "\"tcp://127.20.0.9:<port>\"";

/// Lines with this before each.
fn listed(before: &str, lines: &[&str]) -> String {
    lines.iter().map(|line| [before, line, "\n"].concat()).collect()
}

/// What answers everybody, over what the front end speaks.
fn beacon_beside(front: &Door) -> Door {
    let door = match front.layer {
        Layer::Http => Door::http(),
        Layer::Https { .. } => Door::https(),
        Layer::Lines => {
            return Door::lines().others(Then::Raw(b"hello\n".to_vec(), End::Close)).at(BEACON);
        }
    };
    door.others(Then::Say(Reply::new("200 OK", "here"))).at(BEACON)
}
