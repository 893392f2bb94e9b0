//! Which route leads to which agent.

use std::sync::Arc;

use ringfence_contract::order::PublicKey;

use super::carry::ControlRoute;
use super::direct::Direct;
use super::exec::Exec;
use super::local::{Local, LocalVantage};
use super::relay::Relay;
use crate::dispatch::correspond::Correspondent;
use crate::scenario::{Agent, Control};

/// Opens the route to an agent. Nothing is sent yet. `via` is the agent that passes orders on, for a relay.
pub(in crate::dispatch) fn open(
    agent: &Agent,
    local: &LocalVantage,
    trust: PublicKey,
    via: Option<Arc<Correspondent>>,
) -> Box<dyn ControlRoute> {
    match (&agent.control, via) {
        (Control::Relay { to, .. }, Some(via)) => Box::new(Relay::new(via, to.clone())),
        (Control::Direct(to) | Control::Relay { to, .. }, _) => Box::new(Direct::new(local, to.clone())),
        (Control::Exec(command), _) => Box::new(Exec::new(command.clone())),
        (Control::Local, _) => Box::new(Local::new(local, agent.name.clone(), trust)),
    }
}
