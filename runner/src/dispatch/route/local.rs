//! The agent embedded in the runner: takes the same signed orders as every other, without a wire between.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use ringfence_agent::call::{Admit, Asked, Means, MeansError, MeansSettings};
use ringfence_agent::control::{Agent, AgentSettings, Taken};
use ringfence_agent::perform::{Limits, Policy, raise_open_files};
use ringfence_contract::name::AgentName;
use ringfence_contract::order::PublicKey;

use super::{ControlRoute, Delivery, Letter};
use crate::dispatch::observe::{Unasked, UnaskedWhy};

/// How the runner's own calls are to be made.
#[derive(Debug, Clone, Default)]
pub struct LocalSettings {
    /// The addresses that calls are placed from, at most one a family, instead of the system's choice. Orders do not
    /// leave from them.
    pub sources: Vec<IpAddr>,
    /// The DNS server to ask instead of the system's.
    pub resolver: Option<SocketAddr>,
    /// Certificates (PEM) trusted beside the platform's roots.
    pub ca: Option<String>,
    /// Networks that may be called although they are guarded (loopback, link-local, platform metadata).
    pub allow: Vec<IpNet>,
}

/// How the runner's own calls are made, looked over.
#[derive(Clone)]
pub struct LocalVantage {
    settings: LocalSettings,
    /// What orders are carried with.
    control: Means,
}

/// The runner's operator says where orders go, so nothing is refused on that way.
struct Operator;

impl Admit for Operator {
    fn admit(&self, _: &Asked<'_>) -> Result<(), String> {
        Ok(())
    }
}

impl LocalVantage {
    /// Looks the settings over.
    ///
    /// # Errors
    ///
    /// [`MeansError`], when nothing can be called with them.
    pub fn new(settings: LocalSettings) -> Result<Self, MeansError> {
        let control = Means::new(MeansSettings {
            admit: Arc::new(Operator),
            resolver: settings.resolver,
            // The sources are the vantage's, where its calls have to come from: orders go the operator's own way.
            sources: Vec::new(),
            ca: settings.ca.clone(),
        })?;
        Ok(Self { settings, control })
    }

    /// What orders are carried with.
    pub(super) fn control(&self) -> Means {
        self.control.clone()
    }
}

/// The route: the agent itself.
pub(super) struct Local {
    agent: Arc<Agent>,
}

impl Local {
    pub(super) fn new(vantage: &LocalVantage, name: AgentName, trust: PublicKey) -> Self {
        // Calls in flight are limited by open files before anything else.
        let files = raise_open_files().unwrap_or_else(|error| error.stays);
        let LocalSettings { sources, resolver, ca, allow } = vantage.settings.clone();
        let settings = AgentSettings {
            policy: Policy::open_except_guarded(&allow),
            resolver,
            sources,
            ca,
            limits: Limits::default().within_open_files(files),
            ..AgentSettings::new(name, vec![trust])
        };
        Self { agent: Agent::embedded(settings).expect("the same settings were looked over before") }
    }

    async fn carry_out(&self, order: &Letter) -> Result<(), Unasked> {
        let mut lines = match self.agent.take(&order.text) {
            Taken::Lines(lines) => lines,
            Taken::Refused(line) => {
                order.hear(&line);
                return Ok(());
            }
            Taken::Stranger => return Err(broken("the embedded agent does not trust the run's own key")),
        };
        while let Some(line) = lines.recv().await {
            order.hear(&line);
        }
        Ok(())
    }
}

impl ControlRoute for Local {
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a> {
        Box::pin(async move {
            let late = |_| broken("the embedded agent did not end its calls in time");
            tokio::time::timeout(within, self.carry_out(order)).await.map_err(late)?
        })
    }

    fn describe(&self) -> String {
        "local".to_owned()
    }
}

fn broken(detail: &str) -> Unasked {
    Unasked::new(UnaskedWhy::Broken, detail)
}
