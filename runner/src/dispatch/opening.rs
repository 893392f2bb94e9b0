//! The correspondence with every agent of a scenario, opened. Nothing is sent yet.

use std::sync::Arc;

use super::correspond::Correspondent;
use super::route::{self, LocalVantage};
use super::signet::Signet;
use crate::scenario::{AgentIndex, Control, Scenario};

pub(super) fn open_all(
    scenario: &Scenario,
    signet: &Arc<Signet>,
    local: &LocalVantage,
) -> Vec<Arc<Correspondent>> {
    let mut opened: Vec<Option<Arc<Correspondent>>> = vec![None; scenario.agents.len()];
    for index in 0..scenario.agents.len() {
        open(scenario, AgentIndex(index), signet, local, &mut opened);
    }
    opened.into_iter().map(|agent| agent.expect("every agent was opened")).collect()
}

/// Opens an agent, the one that relays to it first. A scenario holds no circle of relays.
fn open(
    scenario: &Scenario,
    index: AgentIndex,
    signet: &Arc<Signet>,
    local: &LocalVantage,
    opened: &mut Vec<Option<Arc<Correspondent>>>,
) -> Arc<Correspondent> {
    if let Some(agent) = &opened[index.0] {
        return Arc::clone(agent);
    }
    let agent = scenario.agent(index);
    let via = match agent.control {
        Control::Relay { via, .. } => Some(open(scenario, via, signet, local, opened)),
        _ => None,
    };
    let route = route::open(agent, local, signet.key.public(), via);
    let correspondent = Arc::new(Correspondent::new(agent.name.clone(), Arc::clone(signet), route));
    opened[index.0] = Some(Arc::clone(&correspondent));
    correspondent
}
