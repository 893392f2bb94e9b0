//! Straight to a listener of the agent, over HTTP(S).

use std::time::Duration;

use ringfence_agent::call::{Means, PostError, post};
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
            reply.map(|reply| order.hear(&reply)).map_err(|error| {
                let why = match error {
                    PostError::Tls { .. } => UnaskedWhy::NotCertified,
                    _ => UnaskedWhy::NoRoute,
                };
                Unasked::new(why, format!("{}: {error}", self.to.address))
            })
        })
    }

    fn describe(&self) -> String {
        format!("direct {}", self.to.address)
    }
}

#[cfg(test)]
mod tests {
    use ringfence_contract::call::Trust;
    use ringfence_contract::id::OrderId;
    use tokio::net::TcpListener;

    use super::*;
    use crate::dispatch::LocalSettings;

    #[tokio::test]
    async fn orders_do_not_leave_from_the_source_of_the_vantages_calls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let at = listener.local_addr().expect("an address");
        let sources = vec!["127.0.0.2".parse().expect("an address")];
        let local =
            LocalVantage::new(LocalSettings { sources, ..LocalSettings::default() }).expect("settings");
        let to = ControlAddress {
            address: format!("http://{at}").parse().expect("an address"),
            connect: None,
            trust: Trust::Platform,
        };
        let (route, letter) = (Direct::new(&local, to), Letter::new(OrderId::random(), String::new()));
        let taken = async {
            let (_closed, peer) = listener.accept().await.expect("an order comes");
            peer.ip()
        };
        // The listener closes without a word, so the order comes to nothing.
        let (delivered, from) = tokio::join!(route.deliver(&letter, Duration::from_secs(10)), taken);
        assert!(delivered.is_err());
        assert_eq!(from.to_string(), "127.0.0.1");
    }
}
