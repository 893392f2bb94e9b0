//! Endpoints and targets: the ways in. This file must not know who may use them.

use std::net::IpAddr;

use ringfence_contract::address::{Address, Family, Host};
use ringfence_contract::call::{Method, Route};

use super::understand::Meaning;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{AgentIndex, Answers, Endpoint};
use crate::scenario::shape::{ScenarioFile, WayMap};
use crate::scenario::text::Scalar;
use crate::scenario::words::{ANSWERS, AnswersWord, FAMILIES, METHODS};

impl Meaning<'_> {
    /// Every endpoint, agents' first, in the order of the file; none in the place of one with a fault.
    pub(super) fn endpoints(&mut self, file: &ScenarioFile) -> Vec<Option<Endpoint>> {
        let mut endpoints = Vec::new();
        for (place, (agent, shape)) in file.agents.0.iter().enumerate() {
            for (name, way) in &shape.endpoints.0 {
                self.name(name);
                let full = format!("{}/{}", agent.text, name.text);
                endpoints.push(self.endpoint((name, full), &way.0, Some(AgentIndex(place))));
            }
        }
        for (name, way) in &file.targets.0 {
            self.name(name);
            endpoints.push(self.endpoint((name, name.text.clone()), &way.0, None));
        }
        endpoints
    }

    fn endpoint(
        &mut self,
        (at, name): (&Scalar, String),
        way: &WayMap,
        owner: Option<AgentIndex>,
    ) -> Option<Endpoint> {
        let route = self.route(way);
        let answers = self.answers(way, owner);
        let route = route?;
        let families = self.families(way, &route);
        let resolves = self.maybe(way.resolves.as_deref(), Self::resolves);
        let (answers, families) = (answers?, families?);
        if let (Answers::Platform { .. }, false) = (&answers, route.address.transport.is_http()) {
            let mistake = Mistake::PlatformTransport(route.address.transport);
            let help = "give an http or https URL, or let an agent answer there";
            self.fault(Fault::at(way.url.span.clone(), mistake).help(help));
            return None;
        }
        let resolves = resolves.ok()?;
        let endpoint = Endpoint { name, owner, route, answers, families, resolves, span: at.span.clone() };
        self.endpoint_resolves(way, &endpoint);
        Some(endpoint)
    }

    fn answers(&mut self, way: &WayMap, owner: Option<AgentIndex>) -> Option<Answers> {
        let said = match &way.answers {
            Some(word) => Some(self.word("answers", word, ANSWERS)?),
            None => None,
        };
        match (owner, said, &way.statuses) {
            (Some(_), None | Some(AnswersWord::Agent), None) => Some(Answers::Agent),
            (Some(_), None | Some(AnswersWord::Agent), Some(statuses)) => {
                let at = statuses.first().map_or_else(|| way.url.span.clone(), |status| status.span.clone());
                let help =
                    "a sealed answer is told by its seal; add `answers: platform` if no agent answers there";
                self.fault(Fault::at(at, Mistake::StatusesOfAgent).help(help));
                None
            }
            (None, Some(AnswersWord::Agent), _) => {
                let at = way.answers.as_ref().map_or_else(|| way.url.span.clone(), |word| word.span.clone());
                let help =
                    "move it to the `endpoints:` of the agent that answers there, or remove `answers:`";
                self.fault(Fault::at(at, Mistake::TargetAnswers).help(help));
                None
            }
            (Some(_), Some(AnswersWord::Platform), statuses)
            | (None, None | Some(AnswersWord::Platform), statuses) => {
                let statuses = statuses.as_deref().unwrap_or_default().iter();
                let statuses = statuses.filter_map(|status| self.number("statuses", status, 100, 599));
                let statuses = statuses.filter_map(|status| u16::try_from(status).ok()).collect();
                Some(Answers::Platform { statuses })
            }
        }
    }

    fn families(&mut self, way: &WayMap, route: &Route) -> Option<Vec<Family>> {
        let literal = literal(route).map(Family::of);
        let Some(written) = &way.families else {
            let families = literal.map_or_else(|| self.families.clone(), |family| vec![family]);
            return (!families.is_empty()).then_some(families);
        };
        let families = self.words("families", written, FAMILIES);
        let wrong =
            literal.and_then(|has| families.iter().find(|wants| **wants != has).map(|wants| (has, *wants)));
        match wrong {
            None => (!families.is_empty()).then_some(families),
            Some((has, wants)) => {
                let at = way.connect.as_ref().unwrap_or(&way.url).span.clone();
                let fault = Fault::at(at, Mistake::FamilyOfAddress { has, wants });
                let help = "give a name instead of an address, or make an endpoint for each family";
                self.fault(fault.help(help));
                None
            }
        }
    }

    /// How an endpoint or a beacon is reached and recognised.
    pub(super) fn route(&mut self, way: &WayMap) -> Option<Route> {
        let address = self.address(&way.url);
        let connect = self.maybe(way.connect.as_ref(), Self::ip);
        let method =
            self.maybe(way.method.as_ref(), |meaning, method| meaning.word("method", method, METHODS));
        let trust = self.trust(way.ca.as_ref(), way.pin.as_ref());
        let address = address?;
        self.keys_fit(&address, way);
        Some(Route {
            address,
            connect: connect.ok()?,
            method: method.ok()?.unwrap_or(Method::Get),
            trust: trust?,
        })
    }

    /// A key that has no effect is a mistake: somebody counts on it.
    fn keys_fit(&mut self, address: &Address, way: &WayMap) {
        let transport = address.transport;
        let tls = transport.is_tls();
        for (key, written, fits, help) in [
            ("method", &way.method, transport.is_http(), "remove it: only HTTP has methods"),
            ("ca", &way.ca, tls, "remove it, or use https: nothing else has certificates"),
            ("pin", &way.pin, tls, "remove it, or use https: nothing else has certificates"),
        ] {
            if let (Some(scalar), false) = (written, fits) {
                let mistake = Mistake::KeyForTransport { key, transport };
                self.fault(Fault::at(scalar.span.clone(), mistake).help(help));
            }
        }
    }
}

/// The one address a call to it goes to, where no name has to be resolved.
pub(super) fn literal(route: &Route) -> Option<IpAddr> {
    route.connect.or(match route.address.host {
        Host::Ip(address) => Some(address),
        Host::Name(_) => None,
    })
}
