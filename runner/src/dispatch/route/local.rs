//! The agent embedded in the runner: takes the same signed orders as every other, without a wire between.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use ringfence_agent::call::{Admit, Asked, Means};
use ringfence_agent::control::{Agent, Taken};
use ringfence_agent::perform::Policy;
use ringfence_contract::name::AgentName;
use ringfence_contract::order::PublicKey;

use super::{ControlRoute, Delivery, Letter, unasked};
use crate::dispatch::observe::UnaskedWhy;

/// How the runner's own calls are made.
#[derive(Debug, Clone, Default)]
pub struct LocalVantage {
    /// The addresses to call from, at most one a family, instead of the system's choice.
    pub sources: Vec<IpAddr>,
    /// The DNS server to ask instead of the system's.
    pub resolver: Option<SocketAddr>,
    /// Certificates (PEM) trusted beside the platform's roots.
    pub ca: Option<String>,
    /// Networks that may be called although they are guarded (loopback, link-local, platform metadata).
    pub allow: Vec<IpNet>,
}

/// The runner's operator says where orders go, so nothing is refused on that way.
struct Operator;

impl Admit for Operator {
    fn admit(&self, _: &Asked<'_>) -> Result<(), String> {
        Ok(())
    }
}

impl LocalVantage {
    /// What orders are carried with.
    pub(super) fn control_means(&self) -> Means {
        self.means(Arc::new(Operator))
    }

    fn means(&self, admit: Arc<dyn Admit>) -> Means {
        Means::new(admit, self.resolver, self.sources.clone(), self.ca.clone())
    }
}

/// The route: the agent itself.
pub(super) struct Local {
    agent: Arc<Agent>,
}

impl Local {
    pub(super) fn new(vantage: &LocalVantage, name: AgentName, trust: PublicKey) -> Self {
        let means = vantage.means(Arc::new(Policy::open_except_guarded(&vantage.allow)));
        Self { agent: Agent::embedded(name, vec![trust], means) }
    }
}

impl ControlRoute for Local {
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a> {
        Box::pin(async move {
            let reply = async {
                let mut lines = match self.agent.take(&order.text).await {
                    Taken::Lines(lines) => lines,
                    Taken::Refused(line) => return Ok(line),
                    Taken::Stranger => {
                        return Err(unasked(UnaskedWhy::Broken, "the embedded agent does not trust the run's own key"));
                    }
                };
                let mut reply = String::new();
                while let Some(line) = lines.recv().await {
                    reply.push_str(&line);
                }
                Ok(reply)
            };
            let late = |_| unasked(UnaskedWhy::Broken, "the embedded agent did not end its calls in time");
            tokio::time::timeout(within, reply).await.map_err(late)?
        })
    }

    fn describe(&self) -> String {
        "local".to_owned()
    }
}
