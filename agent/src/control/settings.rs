//! What an agent is and may do: plain values.

use std::net::{IpAddr, SocketAddr};

use ringfence_contract::name::AgentName;
use ringfence_contract::order::PublicKey;

use crate::answer::{Proxies, RECEIPTS_HELD};
use crate::perform::{Limits, Policy};

/// What an agent is and may do.
#[derive(Debug, Clone)]
pub struct AgentSettings {
    /// What orders for it are addressed to, and what its answers are signed off with.
    pub name: AgentName,
    /// Whose orders it takes.
    pub trust: Vec<PublicKey>,
    /// What it may call.
    pub policy: Policy,
    /// The DNS server to ask instead of the system's.
    pub resolver: Option<SocketAddr>,
    /// The addresses to call from, at most one a family, instead of the system's choice.
    pub sources: Vec<IpAddr>,
    /// Certificates (PEM) trusted beside the platform's roots.
    pub ca: Option<String>,
    /// The proxies whose `CLIENT-IP` and `X-Forwarded-For` headers count.
    pub proxies: Proxies,
    /// How much it takes on.
    pub limits: Limits,
    /// How many receipts it holds.
    pub receipts_held: usize,
}

impl AgentSettings {
    /// An agent that takes these keys' orders, may call nobody, believes no proxy, and has the default limits.
    #[must_use]
    pub fn new(name: AgentName, trust: Vec<PublicKey>) -> Self {
        Self {
            name,
            trust,
            policy: Policy::default(),
            resolver: None,
            sources: Vec::new(),
            ca: None,
            proxies: Proxies::default(),
            limits: Limits::default(),
            receipts_held: RECEIPTS_HELD,
        }
    }
}
