//! Control routes: the ways an order gets to its agent and the reply gets back. One trait, one file each.
//!
//! A route carries signed text there and sealed text back. It must not know what either says.

mod direct;
mod exec;
mod local;
mod relay;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::id::OrderId;
use ringfence_contract::order::PublicKey;

use super::correspond::Correspondent;
use super::observe::{Unasked, UnaskedWhy};
use crate::scenario::{Agent, Control};

pub use local::{LocalSettings, LocalVantage};

/// The text of a reply, or why there is none.
pub(super) type Delivery<'a> = Pin<Box<dyn Future<Output = Result<String, Unasked>> + Send + 'a>>;

/// A way to one agent.
pub(super) trait ControlRoute: Send + Sync {
    /// Carries one signed order there, and the whole reply back, within a time.
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a>;

    /// The way in words, for reports.
    fn describe(&self) -> String;
}

/// A signed order, under way.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Which order it is.
    pub(super) id: OrderId,
    /// The signed text.
    pub(super) text: String,
}

/// Opens the route to an agent. Nothing is sent yet. `via` is the agent that passes orders on, for a relay.
pub(super) fn open(
    agent: &Agent,
    local: &LocalVantage,
    trust: PublicKey,
    via: Option<Arc<Correspondent>>,
) -> Box<dyn ControlRoute> {
    match (&agent.control, via) {
        (Control::Relay { to, .. }, Some(via)) => Box::new(relay::Relay::new(via, to.clone())),
        (Control::Direct(to) | Control::Relay { to, .. }, _) => {
            Box::new(direct::Direct::new(local, to.clone()))
        }
        (Control::Exec(command), _) => Box::new(exec::Exec::new(command.clone())),
        (Control::Local, _) => Box::new(local::Local::new(local, agent.name.clone(), trust)),
    }
}

pub(super) fn unasked(why: UnaskedWhy, detail: impl Into<String>) -> Unasked {
    Unasked { why, detail: detail.into() }
}
