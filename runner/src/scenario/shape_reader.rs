//! A tree of nodes in, a [`ScenarioFile`] out: every unknown, repeated or missing key and every value of the wrong kind,
//! all at once. This file must not look anything up.

use super::fault::Fault;
use super::mistake::Mistake;
use super::reader::{Reader, first_key};
use super::shape::{
    AgentShape, BeaconMap, ControlMap, ControlShape, InputShape, Named, ScenarioFile, WayMap, WayShape,
};
use super::shape_rules::{
    FingerprintShape, LatencyShape, RuleShape, SpoofHeaderShape, ThroughputShape, TimeoutsShape,
};
use super::text::{Node, Scalar};

/// Reads the shape of a scenario. `None` only where faults say why.
pub(super) fn read(root: Node, faults: &mut Vec<Fault>) -> Option<ScenarioFile> {
    let before = faults.len();
    let mut reader = Reader { faults };
    let file = reader.scenario(root);
    if faults.len() > before { None } else { file }
}

/// Reads what `inputs:` declares. Its faults are left to [`read`], which sees them as well.
pub(super) fn read_inputs(root: &Node) -> Named<InputShape> {
    let Node::Map(entries, _) = root else { return Named::default() };
    let inputs = entries.iter().find(|(key, _)| key.text == "inputs");
    let mut faults = Vec::new();
    let mut reader = Reader { faults: &mut faults };
    inputs.map(|(_, node)| reader.named(node.clone(), "`inputs`", Reader::input)).unwrap_or_default()
}

/// Reads a map of names to single values, as an `--inputs` file has it.
pub(super) fn read_values(root: Node, faults: &mut Vec<Fault>) -> Named<Scalar> {
    let mut reader = Reader { faults };
    if matches!(root, Node::Nothing(_)) {
        return Named::default();
    }
    reader.named(root, "the file", |reader, name, node| reader.scalar(node, &format!("`{}`", name.text)))
}

impl Reader<'_> {
    fn scenario(&mut self, root: Node) -> Option<ScenarioFile> {
        if matches!(root, Node::Nothing(_)) {
            let help =
                "write at least `name:`, `agents:` and `rules:`; scenarios/README.md has a short example";
            self.faults.push(Fault::nowhere(Mistake::EmptyFile).help(help));
            return None;
        }
        if !matches!(root, Node::Map(..)) {
            let mistake =
                Mistake::WrongKind { what: "the file".to_owned(), expected: "a map", found: root.kind() };
            let help = "begin with the keys `name:`, `agents:` and `rules:`; scenarios/README.md has a short example";
            self.faults.push(Fault::at(root.span(), mistake).help(help));
            return None;
        }
        let mut fields = self.fields(root, ("a scenario", 0..0), ScenarioFile::KEYS)?;
        let name = self.require(&mut fields, "name", "add `name: what-reports-call-it` at the top");
        let agents = self.require(&mut fields, "agents", "add `agents:` with the places calls are made from");
        let rules =
            self.require(&mut fields, "rules", "add `rules:`; a scenario without any expects nothing");
        let inputs = fields.take("inputs").map(|(_, node)| self.named(node, "`inputs`", Self::input));
        let zones = fields.take("zones").map(|(_, node)| {
            self.named(node, "`zones`", |reader, name, node| {
                reader.scalars(node, &format!("zone `{}`", name.text))
            })
        });
        let agents = agents.map(|node| self.named(node, "`agents`", Self::agent));
        let targets = fields.take("targets").map(|(_, node)| self.named(node, "`targets`", Self::way));
        let rules = rules.map(|node| self.items(node, "`rules`", Self::rule));
        let timeouts = fields.take("timeouts").map(|(key, node)| self.timeouts(&key, node));
        let mut rows = |reader: &mut Self, key: &'static str| {
            let rows =
                fields.take(key).map(|(_, node)| reader.items(node, &format!("`{key}`"), Self::fingerprint));
            rows.unwrap_or_default()
        };
        let (fingerprints, not_denials, callers_side) =
            (rows(self, "fingerprints"), rows(self, "not-denials"), rows(self, "callers-side"));
        let spoof_headers = fields.take("spoof-headers");
        let spoof_headers =
            spoof_headers.map(|(_, node)| self.items(node, "`spoof-headers`", Self::spoof_header));
        Some(ScenarioFile {
            name: name.and_then(|node| self.scalar(node, "`name`"))?,
            inputs: inputs.unwrap_or_default(),
            zones: zones.unwrap_or_default(),
            agents: agents?,
            targets: targets.unwrap_or_default(),
            rules: rules?,
            otherwise: self.optional(&mut fields, "otherwise"),
            families: self.optional_scalars(&mut fields, "families"),
            timeouts: timeouts.flatten(),
            fingerprints,
            not_denials,
            callers_side,
            spoof_headers: spoof_headers.unwrap_or_default(),
        })
    }

    fn input(&mut self, name: &Scalar, node: Node) -> Option<InputShape> {
        if matches!(node, Node::Nothing(_)) {
            return Some(InputShape { description: None, default: None, optional: None });
        }
        let what = format!("input `{}`", name.text);
        let mut fields = self.fields(node, (&what, name.span.clone()), InputShape::KEYS)?;
        let description = self.optional(&mut fields, "description");
        let default = self.optional(&mut fields, "default");
        let optional = self.optional(&mut fields, "optional");
        Some(InputShape { description, default, optional })
    }

    fn agent(&mut self, name: &Scalar, node: Node) -> Option<AgentShape> {
        let what = format!("agent `{}`", name.text);
        let mut fields = self.fields(node, (&what, name.span.clone()), AgentShape::KEYS)?;
        let help = "add `control:` with how orders get to it: `local`, its URL, `{ relay: AGENT }` or \
                    `{ exec: [PROGRAM, ...] }`";
        let control = self.require(&mut fields, "control", help).and_then(|node| self.control(node));
        let endpoints = fields.take("endpoints").map(|(_, node)| self.named(node, "`endpoints`", Self::way));
        let beacon = fields.take("beacon").map(|(key, node)| self.beacon(&key, node));
        let beacons = fields
            .take("beacons")
            .map(|(key, node)| self.items(node, "`beacons`", |reader, node| reader.beacon(&key, node)));
        Some(AgentShape {
            zone: self.optional(&mut fields, "zone"),
            control: control?,
            endpoints: endpoints.unwrap_or_default(),
            beacon: beacon.flatten(),
            beacons: beacons.unwrap_or_default(),
        })
    }

    fn control(&mut self, node: Node) -> Option<ControlShape> {
        let at = match node {
            Node::Scalar(word) => return Some(ControlShape::Word(word)),
            Node::Map(ref entries, _) => entries.first().map_or(0..0, |(key, _)| key.span.clone()),
            ref other => {
                self.wrong_kind(other, "`control`", "`local`, a URL, or a map with `url`, `relay` or `exec`");
                return None;
            }
        };
        let mut fields = self.fields(node, ("`control`", at), ControlMap::KEYS)?;
        Some(ControlShape::Map(Box::new(ControlMap {
            url: self.optional(&mut fields, "url"),
            relay: self.optional(&mut fields, "relay"),
            exec: self.optional_scalars(&mut fields, "exec"),
            connect: self.optional(&mut fields, "connect"),
            ca: self.optional(&mut fields, "ca"),
            pin: self.optional(&mut fields, "pin"),
            plaintext: self.optional(&mut fields, "plaintext"),
        })))
    }

    fn way(&mut self, name: &Scalar, node: Node) -> Option<WayShape> {
        self.way_with(&format!("endpoint `{}`", name.text), name, node, WayMap::KEYS)
    }

    fn beacon(&mut self, key: &Scalar, node: Node) -> Option<WayShape> {
        self.way_with("a beacon", key, node, BeaconMap::KEYS)
    }

    fn way_with(
        &mut self,
        what: &str,
        name: &Scalar,
        node: Node,
        keys: &'static [&'static str],
    ) -> Option<WayShape> {
        let short = |url| WayMap {
            url,
            connect: None,
            answers: None,
            statuses: None,
            method: None,
            families: None,
            resolves: None,
            ca: None,
            pin: None,
        };
        match node {
            Node::Scalar(url) => return Some(WayShape(short(url))),
            Node::Map(..) => {}
            other => {
                self.wrong_kind(&other, what, "a URL, or a map with `url`");
                return None;
            }
        }
        let mut fields = self.fields(node, (what, name.span.clone()), keys)?;
        let url = self.require(&mut fields, "url", "add `url: https://HOST`");
        let connect = self.optional(&mut fields, "connect");
        let answers = self.optional(&mut fields, "answers");
        let statuses = self.optional_scalars(&mut fields, "statuses");
        let method = self.optional(&mut fields, "method");
        let families = self.optional_scalars(&mut fields, "families");
        let resolves = self.optional_one_or_many(&mut fields, "resolves");
        let ca = self.optional(&mut fields, "ca");
        let pin = self.optional(&mut fields, "pin");
        let url = url.and_then(|node| self.scalar(node, "`url`"))?;
        Some(WayShape(WayMap { url, connect, answers, statuses, method, families, resolves, ca, pin }))
    }

    fn rule(&mut self, node: Node) -> Option<RuleShape> {
        let at = first_key(&node);
        let mut fields = self.fields(node, ("a rule", at), RuleShape::KEYS)?;
        let name = self.require(&mut fields, "name", "add `name:`; reports show it");
        let from = self.require(&mut fields, "from", "add `from:` with one or more agents");
        let to = self.require(&mut fields, "to", "add `to:` with one or more endpoints");
        let expect = self.require(&mut fields, "expect", "add `expect: allow` or `expect: deny`");
        let name = name.and_then(|node| self.scalar(node, "`name`"));
        let from = from.and_then(|node| self.one_or_many(node, "`from`"));
        let to = to.and_then(|node| self.one_or_many(node, "`to`"));
        let expect = expect.and_then(|node| self.scalar(node, "`expect`"));
        let attempts = self.optional(&mut fields, "attempts");
        let window = self.optional(&mut fields, "window");
        let retry = self.optional(&mut fields, "retry");
        let by = self.optional_scalars(&mut fields, "by");
        let families = self.optional_scalars(&mut fields, "families");
        let self_calls = self.optional(&mut fields, "self");
        let witness = self.optional(&mut fields, "witness");
        let witness_port = self.optional(&mut fields, "witness-port");
        let spoof = self.optional(&mut fields, "spoof");
        let resolves = self.optional_one_or_many(&mut fields, "resolves");
        let latency = fields.take("latency").and_then(|(key, node)| self.latency(&key, node));
        let throughput = fields.take("throughput").and_then(|(key, node)| self.throughput(&key, node));
        let (name, from, to, expect) = (name?, from?, to?, expect?);
        Some(RuleShape {
            name,
            from,
            to,
            expect,
            attempts,
            window,
            retry,
            by,
            families,
            self_calls,
            witness,
            witness_port,
            spoof,
            resolves,
            latency,
            throughput,
        })
    }

    fn latency(&mut self, key: &Scalar, node: Node) -> Option<LatencyShape> {
        let mut fields = self.fields(node, ("`latency`", key.span.clone()), LatencyShape::KEYS)?;
        Some(LatencyShape {
            samples: self.optional(&mut fields, "samples"),
            rate: self.optional(&mut fields, "rate"),
            interval: self.optional(&mut fields, "interval"),
            cold: self.optional(&mut fields, "cold"),
            connection: self.optional(&mut fields, "connection"),
            p50: self.optional(&mut fields, "p50"),
            p90: self.optional(&mut fields, "p90"),
            p95: self.optional(&mut fields, "p95"),
            p99: self.optional(&mut fields, "p99"),
            p99_9: self.optional(&mut fields, "p99.9"),
            mean: self.optional(&mut fields, "mean"),
            max: self.optional(&mut fields, "max"),
            loss: self.optional(&mut fields, "loss"),
        })
    }

    fn throughput(&mut self, key: &Scalar, node: Node) -> Option<ThroughputShape> {
        let mut fields = self.fields(node, ("`throughput`", key.span.clone()), ThroughputShape::KEYS)?;
        let at_least = self.require(&mut fields, "at-least", "add `at-least:`, for example 50MB/s")?;
        let lasts = self.optional(&mut fields, "for");
        Some(ThroughputShape { at_least: self.scalar(at_least, "`at-least`")?, lasts })
    }

    fn timeouts(&mut self, key: &Scalar, node: Node) -> Option<TimeoutsShape> {
        let mut fields = self.fields(node, ("`timeouts`", key.span.clone()), TimeoutsShape::KEYS)?;
        Some(TimeoutsShape {
            resolve: self.optional(&mut fields, "resolve"),
            connect: self.optional(&mut fields, "connect"),
            tls: self.optional(&mut fields, "tls"),
            first_byte: self.optional(&mut fields, "first-byte"),
            transfer: self.optional(&mut fields, "transfer"),
        })
    }

    fn spoof_header(&mut self, node: Node) -> Option<SpoofHeaderShape> {
        let at = first_key(&node);
        let mut fields = self.fields(node, ("a forged header", at), SpoofHeaderShape::KEYS)?;
        let name = self.require(&mut fields, "name", "add `name:`, for example X-Azure-FDID");
        let value = self.optional(&mut fields, "value");
        Some(SpoofHeaderShape { name: name.and_then(|node| self.scalar(node, "`name`"))?, value })
    }

    fn fingerprint(&mut self, node: Node) -> Option<FingerprintShape> {
        let at = first_key(&node);
        let mut fields = self.fields(node, ("a fingerprint", at), FingerprintShape::KEYS)?;
        let name = self.require(&mut fields, "name", "add `name:` with the platform's name");
        let name = name.and_then(|node| self.scalar(node, "`name`"));
        let status = self.optional_one_or_many(&mut fields, "status");
        let header = self.optional(&mut fields, "header");
        let header_contains = self.optional(&mut fields, "header-contains");
        let body_contains = self.optional(&mut fields, "body-contains");
        Some(FingerprintShape { name: name?, status, header, header_contains, body_contains })
    }
}
