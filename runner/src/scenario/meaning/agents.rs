//! Agents: names, zones, and the local one. This file must not know how orders travel.

use indexmap::IndexMap;

use super::control::{Relays, make_direct};
use super::rules::endpoint_names;
use super::understand::Meaning;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{Agent, Answers, Beacon, Control, Endpoint};
use crate::scenario::shape::{AgentShape, ScenarioFile};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::text::Scalar;
use crate::scenario::zone::Zone;

impl Meaning<'_> {
    /// Every agent in the order of the file; none in the place of one with a fault.
    pub(super) fn agents(
        &mut self,
        file: &ScenarioFile,
        zones: &IndexMap<String, Zone>,
        endpoints: &[Option<Endpoint>],
    ) -> Vec<Option<Agent>> {
        if file.agents.0.is_empty() {
            let help = "add at least `internet: { control: local }` under `agents:`: the runner itself";
            self.fault(Fault::nowhere(Mistake::NoAgents).help(help));
        }
        let mut relays = Relays::new(file, endpoints);
        let names = endpoint_names(file);
        let agents = file.agents.0.iter().enumerate();
        let mut agents: Vec<_> = agents
            .map(|(place, (name, shape))| {
                let control = self.control(place, &shape.control, &mut relays);
                let beacons = self.beacons(&names, shape);
                self.agent((name, shape), zones, (control, beacons))
            })
            .collect();
        self.circles(&relays);
        self.one_local(&agents);
        for (place, agent) in agents.iter().enumerate() {
            if agent.as_ref().is_some_and(|agent| agent.control == Control::Local) {
                self.local_answers(file, endpoints, place);
            }
        }
        make_direct(&mut agents);
        agents
    }

    fn agent(
        &mut self,
        (name, shape): (&Scalar, &AgentShape),
        zones: &IndexMap<String, Zone>,
        (control, beacons): (Option<Control>, Option<Vec<Beacon>>),
    ) -> Option<Agent> {
        let known = self.name(name);
        let zone = self.maybe(shape.zone.as_ref(), |meaning, zone| {
            meaning.value(zone, |text| zones.get(text).cloned().ok_or_else(|| unknown_zone(zone, zones)))
        });
        Some(Agent {
            name: known?,
            zone: zone.ok()?,
            control: control?,
            beacons: beacons?,
            span: name.span.clone(),
        })
    }

    fn one_local(&mut self, agents: &[Option<Agent>]) {
        let local = |agent: &&Agent| agent.control == Control::Local;
        let mut spans = agents.iter().flatten().filter(local).map(|agent| agent.span.clone());
        let Some(first) = spans.next() else { return };
        let others: Vec<Span> = spans.collect();
        for span in others {
            let fault =
                Fault::at(span, Mistake::SecondLocal).label("the second").and(first.clone(), "the first");
            self.fault(
                fault.help("there is one runner: remove one of the two, and name the other in its rules"),
            );
        }
    }

    /// The runner places calls and answers none.
    fn local_answers(&mut self, file: &ScenarioFile, endpoints: &[Option<Endpoint>], place: usize) {
        let Some((agent, _)) = file.agents.0.get(place) else { return };
        let owned = endpoints
            .iter()
            .flatten()
            .filter(|endpoint| endpoint.owner.is_some_and(|owner| owner.0 == place));
        for endpoint in owned.filter(|endpoint| endpoint.answers == Answers::Agent) {
            let mistake = Mistake::LocalAnswers { agent: agent.text.clone() };
            let help = "run `ringfence-agent serve` there and give its URL as `control:`, or move the endpoint to \
                        `targets:` if the platform answers it";
            self.fault(Fault::at(endpoint.span.clone(), mistake).help(help));
        }
    }
}

fn unknown_zone(zone: &Scalar, zones: &IndexMap<String, Zone>) -> Fault {
    let mistake = Mistake::UnknownZone { name: zone.text.clone() };
    let help = if zones.is_empty() {
        "declare it under `zones:` with the networks its callers come from".to_owned()
    } else {
        suggest::hint(&zone.text, zones.keys().map(String::as_str))
    };
    Fault::at(zone.span.clone(), mistake).help(help)
}
