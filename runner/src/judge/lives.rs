//! Whether what somebody saw shows that an endpoint lives.

use std::collections::HashSet;

use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::Sample;

use super::platform::{self, PlatformAnswer};
use super::site;
use crate::dispatch::{Attempt, Observations};
use crate::plan::{Plan, Witness, WitnessTarget};
use crate::scenario::{AgentIndex, Answers, EndpointIndex, Scenario};

/// Whether what an allowed vantage saw at an endpoint shows that the endpoint lives. `sites` are those of [`sites`].
pub(super) fn endpoint_lives(
    scenario: &Scenario,
    sites: &HashSet<EndpointIndex>,
    index: EndpointIndex,
    sample: &Sample,
) -> bool {
    let endpoint = scenario.endpoint(index);
    match &endpoint.answers {
        Answers::Agent => {
            let owner = endpoint.owner.map(|owner| &scenario.agent(owner).name);
            matches!(&sample.outcome, Outcome::Answered(answered) if Some(&answered.agent) == owner)
        }
        Answers::Platform { statuses } => {
            match platform::read(endpoint.route.address.transport, statuses, sample) {
                PlatformAnswer::Reached => true,
                PlatformAnswer::NotFound => sites.contains(&index),
                PlatformAnswer::Refused
                | PlatformAnswer::Wrong
                | PlatformAnswer::Sealed
                | PlatformAnswer::None => false,
            }
        }
    }
}

/// Whether an agent's own call shows that its own listener lives.
pub(super) fn listener_lives(
    scenario: &Scenario,
    endpoint: EndpointIndex,
    by: AgentIndex,
    outcome: &Outcome,
) -> bool {
    let own = scenario.endpoint(endpoint).owner == Some(by);
    own && matches!(outcome, Outcome::Answered(answered) if answered.agent == scenario.agent(by).name)
}

/// Whether the target's own book knows of a sealed answer: every member of a run can make one. Where the book cannot say, the
/// edges that lean on it are judged by that.
pub(super) fn is_confirmed(
    scenario: &Scenario,
    observations: &Observations,
    witness: &Witness,
    attempt: &Attempt,
) -> bool {
    let WitnessTarget::Endpoint(to) = witness.to else { return true };
    let endpoint = scenario.endpoint(to);
    let owner = endpoint.owner.filter(|_| endpoint.answers == Answers::Agent);
    let book = owner.and_then(|owner| observations.agents.get(owner.0)?.receipts.as_ref().ok());
    book.is_none_or(|book| book.restarted || book.wrapped || book.found.contains_key(&attempt.call))
}

/// The endpoints of which some vantage's own calls show that their 404 is theirs.
pub(super) fn sites(plan: &Plan, observations: &Observations) -> HashSet<EndpointIndex> {
    let edges = plan.edges.iter().zip(&observations.reach);
    edges.filter(|(_, attempts)| site::is_shown(attempts)).map(|(edge, _)| edge.endpoint).collect()
}
