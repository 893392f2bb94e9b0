//! What the target wrote down when a call reached it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::id::{BootId, CallId};
use crate::transport::Transport;

/// What the target agent wrote down when a call reached it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which call.
    pub call: CallId,
    /// The receipt's number, counted from 1 in each life of the agent.
    pub number: u64,
    /// When it first came, by the target's clock, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Where it first came from.
    pub seen: SeenSource,
    /// How it came.
    pub transport: Transport,
    /// How often it came: datagrams and proxies may repeat themselves.
    pub arrivals: u32,
}

/// Where a call came from, as the answering agent saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenSource {
    /// The caller's address.
    pub address: IpAddr,
    /// How the agent knows.
    pub by: SeenBy,
    /// The other end of the socket: the caller itself, or the last proxy.
    pub peer: SocketAddr,
    /// Another address that the proxy's headers say as well: then neither is proved to be the caller's.
    pub conflict: Option<IpAddr>,
}

impl SeenSource {
    /// What the socket's other end alone says.
    #[must_use]
    pub fn by_peer(peer: SocketAddr) -> Self {
        Self { address: peer.ip(), by: SeenBy::Peer, peer, conflict: None }
    }
}

impl fmt::Display for SeenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            SeenBy::Peer => write!(f, "{}", self.address)?,
            SeenBy::ClientIp => write!(f, "{} (CLIENT-IP)", self.address)?,
            SeenBy::XForwardedFor => write!(f, "{} (X-Forwarded-For)", self.address)?,
            SeenBy::NamedHeader => write!(f, "{} (the header named to it)", self.address)?,
        }
        self.conflict.map_or(Ok(()), |other| write!(f, ", but {other} by another header"))
    }
}

/// How an agent knows the caller's address. Headers count only from a trusted proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeenBy {
    /// The socket's other end.
    Peer,
    /// The `CLIENT-IP` header, which App Service's front end overwrites (Azure/app-service-linux-docs, `headers.md`).
    ClientIp,
    /// The right-most element of `X-Forwarded-For`: the one the nearest proxy appended.
    XForwardedFor,
    /// A header that the agent was started with (`--source-header`).
    NamedHeader,
}

/// What an agent's ring of receipts says about the calls it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPage {
    /// Which life of the agent speaks.
    pub boot: BootId,
    /// How many receipts were dropped to make room of those written since the agent knows the run, and how many this life
    /// could not write: connections that were turned away count, by the agent or by a full queue of its system, and so does
    /// one of this run's unfinished ones that had to be forgotten. More than at hello: absence proves nothing.
    pub dropped: u64,
    /// The receipts it holds for the calls asked for, in the order of their numbers.
    pub found: Vec<Receipt>,
    /// The connections that were opened since the run is known and ended, or still stand, without a whole call or
    /// another request: each sort of each address once. What opened them got in and left no receipt.
    pub unfinished: Vec<Unfinished>,
}

impl ReceiptPage {
    /// The most sorts of unfinished connections that are held and shown. Above it the oldest is forgotten, which counts
    /// as a dropped receipt for the runs it may have been of.
    pub const UNFINISHED_MAX: usize = 1_024;
}

/// A connection that an agent accepted, and on which neither a call nor another request came whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Unfinished {
    /// The other end of the socket, a v4-mapped address as the IPv4 address it stands for.
    pub from: IpAddr,
    /// What did not come whole.
    pub left: Left,
}

/// What a connection left unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// A TLS handshake of which bytes came. Only a client leaves this.
    Handshake,
    /// The first request: nothing came, or no more than a part. Port scans and health probes leave this, too.
    Request,
}
