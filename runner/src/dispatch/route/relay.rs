//! By way of another agent, which passes the order on. It can neither change the order, which is signed, nor learn more
//! from it than it was told itself: both hold the same run key.

use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::order::ControlAddress;

use super::{ControlRoute, Delivery, Letter};
use crate::dispatch::correspond::Correspondent;

/// The route: the agent that passes on, and where it finds the addressee.
pub(super) struct Relay {
    via: Arc<Correspondent>,
    to: ControlAddress,
}

impl Relay {
    pub(super) fn new(via: Arc<Correspondent>, to: ControlAddress) -> Self {
        Self { via, to }
    }
}

impl ControlRoute for Relay {
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a> {
        Box::pin(async move {
            let reply = self.via.pass_on(&self.to, &order.text, within).await?;
            order.hear(&reply);
            Ok(())
        })
    }

    fn describe(&self) -> String {
        format!("relay by {} to {}", self.via.name(), self.to.address)
    }
}
