//! What an agent is started with: plain values, filled by a command line or by hand.

use std::fmt;
use std::net::SocketAddr;

use crate::control::AgentSettings;

/// What an agent is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the agent is and may do.
    pub agent: AgentSettings,
    /// Where it answers.
    pub listen: Listen,
}

/// Where an agent answers. Port 0 lets the system choose.
#[derive(Debug, Clone, Default)]
pub struct Listen {
    /// HTTP/1.1 in the clear.
    pub http: Vec<SocketAddr>,
    /// HTTP/1.1 over TLS.
    pub https: Option<TlsListen>,
    /// A call a connection, as one line.
    pub tcp: Vec<SocketAddr>,
    /// A call a datagram. Give a host's own address rather than `0.0.0.0` where it has several: an answer leaves from
    /// the address the system chooses, and a caller takes it only from the one it called.
    pub udp: Vec<SocketAddr>,
}

/// Where an agent answers over TLS, and as whom.
#[derive(Clone)]
pub struct TlsListen {
    /// The addresses, at least one.
    pub addresses: Vec<SocketAddr>,
    /// The certificate chain (PEM), the agent's own first.
    pub certificates: String,
    /// Its private key (PEM).
    pub key: String,
}

impl fmt::Debug for TlsListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsListen").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}
