//! Straight to a listener of the agent, over HTTP(S).

use std::time::Duration;

use ringfence_agent::call::{Means, post};
use ringfence_contract::order::ControlAddress;

use super::{ControlRoute, Delivery, Letter, LocalVantage};
use crate::dispatch::observe::{Unasked, UnaskedWhy};

/// The route: the runner's own means of calling, and the address.
pub(super) struct Direct {
    means: Means,
    to: ControlAddress,
}

impl Direct {
    pub(super) fn new(local: &LocalVantage, to: ControlAddress) -> Self {
        Self { means: local.control(), to }
    }
}

impl ControlRoute for Direct {
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a> {
        Box::pin(async move {
            let reply = post(&self.means, &self.to, &order.text, within).await;
            reply
                .map(|reply| order.hear(&reply))
                .map_err(|error| Unasked::new(UnaskedWhy::NoRoute, format!("{}: {error}", self.to.address)))
        })
    }

    fn describe(&self) -> String {
        format!("direct {}", self.to.address)
    }
}
