//! A whole run as its edges are judged on: what bears on several of them is looked up once.

use std::collections::HashSet;

use super::callers::Callers;
use super::case::{Case, is_private};
use super::witness::WitnessBook;
use crate::dispatch::{Attempt, Observations};
use crate::plan::Plan;
use crate::scenario::{EndpointIndex, Scenario};

/// Everything a run's edges are judged on.
pub struct Grounds<'a> {
    scenario: &'a Scenario,
    plan: &'a Plan,
    observations: &'a Observations,
    witnesses: WitnessBook,
    callers: Callers,
    /// Endpoints whose name somebody resolved to a private address.
    private_for_some: HashSet<EndpointIndex>,
}

impl<'a> Grounds<'a> {
    /// Looks up, once for the whole run, what bears on its edges.
    #[must_use]
    pub fn gather(scenario: &'a Scenario, plan: &'a Plan, observations: &'a Observations) -> Self {
        let witnesses = WitnessBook::gather(scenario, plan, observations);
        let private_for_some = plan
            .edges
            .iter()
            .zip(&observations.reach)
            .filter(|(_, attempts)| attempts.iter().any(resolved_privately))
            .map(|(edge, _)| edge.endpoint)
            .collect();
        let callers = Callers::gather(plan, observations);
        Self { scenario, plan, observations, witnesses, callers, private_for_some }
    }

    /// Every edge, with what bears on it, in the plan's order.
    pub(crate) fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        (0..self.plan.edges.len()).map(|place| self.case(place))
    }

    /// The scenario.
    pub(crate) fn scenario(&self) -> &Scenario {
        self.scenario
    }

    fn case(&self, place: usize) -> Case<'_> {
        let edge = &self.plan.edges[place];
        let endpoint = self.scenario.endpoint(edge.endpoint);
        Case {
            scenario: self.scenario,
            edge,
            vantage: self.scenario.agent(edge.vantage),
            endpoint,
            rule: self.scenario.rule(edge.rule),
            attempts: self.observations.reach.get(place).map_or(&[], Vec::as_slice),
            measurement: self.observations.latency.get(place).and_then(Option::as_deref),
            download: self.observations.throughput.get(place).and_then(Option::as_deref),
            owner: endpoint.owner.and_then(|owner| self.observations.agents.get(owner.0)),
            witnesses: &self.witnesses,
            callers: &self.callers,
            interrupted: self.observations.interrupted,
            private_for_others: self.private_for_some.contains(&edge.endpoint),
        }
    }
}

fn resolved_privately(attempt: &Attempt) -> bool {
    let resolution = attempt.sample.as_ref().ok().and_then(|sample| sample.resolution.as_ref());
    resolution.is_some_and(|resolution| resolution.addresses.iter().copied().any(is_private))
}
