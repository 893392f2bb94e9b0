//! Control routes: how orders get to each agent, and the relays among them. This file must not know what orders say.

use std::collections::HashMap;

use ringfence_contract::order::ControlAddress;

use super::understand::Meaning;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{Agent, AgentIndex, Answers, Control, Endpoint};
use crate::scenario::shape::{ControlMap, ControlShape, ScenarioFile};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::text::Scalar;
use crate::scenario::words::TRUTH;

/// What relays need to know of the scenario, and which agent each leads through.
pub(super) struct Relays<'a> {
    names: HashMap<&'a str, usize>,
    endpoints: &'a [Option<Endpoint>],
    file: &'a ScenarioFile,
    via: Vec<Option<(usize, Span)>>,
}

impl<'a> Relays<'a> {
    pub(super) fn new(file: &'a ScenarioFile, endpoints: &'a [Option<Endpoint>]) -> Self {
        let agents = &file.agents.0;
        let names = agents.iter().enumerate().map(|(place, (name, _))| (name.text.as_str(), place)).collect();
        Self { names, endpoints, file, via: vec![None; agents.len()] }
    }

    fn name(&self, place: usize) -> &'a str {
        self.file.agents.0.get(place).map_or("", |(name, _)| name.text.as_str())
    }

    /// The first http or https endpoint that the agent itself answers.
    fn way_in(&self, place: usize) -> Option<&Endpoint> {
        let owned = |endpoint: &&Endpoint| endpoint.owner == Some(AgentIndex(place));
        let answered = |endpoint: &&Endpoint| endpoint.answers == Answers::Agent;
        let http = |endpoint: &&Endpoint| endpoint.route.address.transport.is_http();
        self.endpoints.iter().flatten().filter(owned).filter(answered).find(http)
    }

    /// The agents from `start` along the relays that no walk has come by before, and where that walk ends.
    fn walk(&self, start: usize, settled: &mut [bool]) -> (Vec<usize>, usize) {
        let mut walked = Vec::new();
        let mut at = start;
        while settled.get(at) == Some(&false) {
            settled[at] = true;
            walked.push(at);
            let Some(Some((via, _))) = self.via.get(at) else { break };
            at = *via;
        }
        (walked, at)
    }

    /// Whether an endpoint of the agent has a fault of its own, which may be the way in.
    fn way_in_is_unknown(&self, place: usize) -> bool {
        let shapes = self.file.agents.0.iter().take(place).map(|(_, shape)| shape.endpoints.0.len());
        let first: usize = shapes.sum();
        let own = self.file.agents.0.get(place).map_or(0, |(_, shape)| shape.endpoints.0.len());
        self.endpoints.iter().skip(first).take(own).any(Option::is_none)
    }
}

/// A relay by way of the runner itself is no relay.
pub(super) fn make_direct(agents: &mut [Option<Agent>]) {
    let local = |agent: &Option<Agent>| agent.as_ref().is_some_and(|agent| agent.control == Control::Local);
    let local: Vec<bool> = agents.iter().map(local).collect();
    for agent in agents.iter_mut().flatten() {
        if let Control::Relay { via, to } = &agent.control
            && local.get(via.0) == Some(&true)
        {
            agent.control = Control::Direct(to.clone());
        }
    }
}

impl Meaning<'_> {
    pub(super) fn control(
        &mut self,
        place: usize,
        shape: &ControlShape,
        relays: &mut Relays<'_>,
    ) -> Option<Control> {
        match shape {
            ControlShape::Word(word) => self.control_word(word),
            ControlShape::Map(map) => match (&map.url, &map.relay, &map.exec) {
                (None, None, None) => {
                    let keys = [&map.connect, &map.ca, &map.pin, &map.plaintext];
                    let written = keys.into_iter().flatten().next();
                    let at = written.map(|scalar| scalar.span.clone());
                    let at =
                        at.or_else(|| relays.file.agents.0.get(place).map(|(name, _)| name.span.clone()));
                    let help = "add `url: https://HOST:PORT`, `relay: AGENT` or `exec: [PROGRAM, ...]`";
                    self.fault(Fault::at(at.unwrap_or_default(), Mistake::ControlWithoutWay).help(help));
                    None
                }
                (None, None, Some(program)) => self.exec(map, program),
                (Some(_), _, Some(program)) => self.exec_and("url", program),
                (None, Some(_), Some(program)) => self.exec_and("relay", program),
                (Some(url), None, None) => self.listener(url, map).map(Control::Direct),
                (url, Some(relay), None) => self.relay((place, url.as_ref()), relay, map, relays),
            },
        }
    }

    fn control_word(&mut self, word: &Scalar) -> Option<Control> {
        if word.text == "local" {
            return self.value(word, |_| Ok(Control::Local));
        }
        if !word.text.contains("://") {
            return self.value(word, |text| {
                let mistake = Mistake::Word { key: "control", text: text.to_owned() };
                let help = match suggest::closest(text, ["local"]) {
                    Some(_) => "did you mean `local`?",
                    None => "write `local`, a URL, `{ relay: AGENT }` or `{ exec: [PROGRAM, ...] }`",
                };
                Err(Fault::at(word.span.clone(), mistake).help(help))
            });
        }
        self.listener(word, &ControlMap::default()).map(Control::Direct)
    }

    fn exec_and(&mut self, key: &'static str, program: &[Scalar]) -> Option<Control> {
        let at = program.first().map_or(0..0, |program| program.span.clone());
        let fault = Fault::at(at, Mistake::ControlExecAnd { key });
        self.fault(fault.help("keep the one way that orders are to take"));
        None
    }

    fn exec(&mut self, map: &ControlMap, program: &[Scalar]) -> Option<Control> {
        for (key, written) in
            [("connect", &map.connect), ("ca", &map.ca), ("pin", &map.pin), ("plaintext", &map.plaintext)]
        {
            if let Some(scalar) = written {
                let fault = Fault::at(scalar.span.clone(), Mistake::ControlExecAnd { key });
                self.fault(fault.help("remove it: a program has no certificate and no address"));
            }
        }
        let arguments: Option<Vec<String>> =
            program.iter().map(|argument| self.value(argument, |text| Ok(text.to_owned()))).collect();
        arguments.map(Control::Exec)
    }

    fn relay(
        &mut self,
        (place, url): (usize, Option<&Scalar>),
        relay: &Scalar,
        map: &ControlMap,
        relays: &mut Relays<'_>,
    ) -> Option<Control> {
        let via = self.value(relay, |name| {
            relays.names.get(name).copied().ok_or_else(|| {
                let mistake = Mistake::UnknownAgent { name: name.to_owned() };
                let names = relays.file.agents.0.iter().map(|(name, _)| name.text.as_str());
                Fault::at(relay.span.clone(), mistake).help(suggest::hint(name, names))
            })
        });
        if let (Some(via), Some(slot)) = (via, relays.via.get_mut(place)) {
            *slot = Some((via, relay.span.clone()));
        }
        let to = match url {
            Some(url) => self.listener(url, map),
            None => self.default_listener(place, relay, map, relays),
        };
        Some(Control::Relay { via: AgentIndex(via?), to: to? })
    }

    /// The agent's first endpoint as a listener, with what the control route adds to it.
    fn default_listener(
        &mut self,
        place: usize,
        relay: &Scalar,
        map: &ControlMap,
        relays: &Relays<'_>,
    ) -> Option<ControlAddress> {
        let Some(endpoint) = relays.way_in(place) else {
            if !relays.way_in_is_unknown(place) {
                let mistake = Mistake::RelayWithoutWay { agent: relays.name(place).to_owned() };
                let help = "add `url:` beside `relay:`, or an http or https endpoint that the agent answers";
                self.fault(Fault::at(relay.span.clone(), mistake).help(help));
            }
            return None;
        };
        let route = &endpoint.route;
        let connect = self.maybe(map.connect.as_ref(), Self::ip).ok()?;
        let trust = match (&map.ca, &map.pin) {
            (None, None) => Some(route.trust.clone()),
            (ca, pin) => self.trust(ca.as_ref(), pin.as_ref()),
        };
        let address = route.address.clone();
        let to = ControlAddress { address, connect: connect.or(route.connect), trust: trust? };
        self.in_the_clear(to, &relay.span, map)
    }

    fn listener(&mut self, url: &Scalar, map: &ControlMap) -> Option<ControlAddress> {
        let address = self.address(url);
        let connect = self.maybe(map.connect.as_ref(), Self::ip);
        let trust = self.trust(map.ca.as_ref(), map.pin.as_ref());
        let address = address?;
        if !address.transport.is_http() {
            let fault = Fault::at(url.span.clone(), Mistake::ControlTransport(address.transport));
            self.fault(fault.help("give the https (or http) listener of the agent"));
            return None;
        }
        let to = ControlAddress { address, connect: connect.ok()?, trust: trust? };
        self.in_the_clear(to, &url.span, map)
    }

    /// The run key crosses a plain link only where the scenario says so aloud.
    fn in_the_clear(&mut self, to: ControlAddress, at: &Span, map: &ControlMap) -> Option<ControlAddress> {
        let aloud = self
            .maybe(map.plaintext.as_ref(), |meaning, word| meaning.word("plaintext", word, TRUTH))
            .ok()?;
        let transport = to.address.transport;
        for (key, written) in [("ca", &map.ca), ("pin", &map.pin)] {
            if let Some(scalar) = written
                && !transport.is_tls()
            {
                let mistake = Mistake::KeyForTransport { key, transport };
                let help = "remove it, or use https: nothing else has certificates";
                self.fault(Fault::at(scalar.span.clone(), mistake).help(help));
            }
        }
        let control = Control::Direct(to);
        if control.is_plaintext() && aloud != Some(true) {
            let help = "whoever holds the run key can forge this run's answers: use https, or say `plaintext: true` in \
                        the `control:` map; a loopback address needs neither";
            self.fault(Fault::at(at.clone(), Mistake::Plaintext).help(help));
            return None;
        }
        match control {
            Control::Direct(to) => Some(to),
            Control::Local | Control::Relay { .. } | Control::Exec(_) => None,
        }
    }

    /// Reports each circle of relays once, at the agent it is first found at.
    pub(super) fn circles(&mut self, relays: &Relays<'_>) {
        let mut settled = vec![false; relays.via.len()];
        for start in 0..relays.via.len() {
            let (walked, end) = relays.walk(start, &mut settled);
            let Some(first) = walked.iter().position(|place| *place == end) else { continue };
            let Some(Some((_, span))) = relays.via.get(end) else { continue };
            let names =
                walked.iter().skip(first).chain([&end]).map(|place| format!("`{}`", relays.name(*place)));
            let circle = names.collect::<Vec<_>>().join(" by ");
            let fault = Fault::at(span.clone(), Mistake::RelayCircle { circle });
            self.fault(fault.help("let one of them be reached without a relay: by its URL, or by `exec`"));
        }
    }
}
