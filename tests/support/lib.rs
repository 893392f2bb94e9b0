//! What the tests share: peers that misbehave on purpose, and the programs under test.
//!
//! Every peer listens on a port the system chose, on loopback, and stops when its handle is dropped. One family of
//! peers a file:
//!
//! - [`script`]: TCP and TLS peers that hear something, say something, and end in a chosen way; canned HTTP among them;
//! - [`stalling`]: HTTP peers that take their time;
//! - [`h2`]: HTTP/2 over TLS;
//! - [`datagram`]: UDP peers;
//! - [`dns`]: DNS servers;
//! - [`closed`]: addresses where nothing listens, or nothing accepts;
//! - [`namespace`]: network namespaces, and what runs in them;
//! - [`frames`]: an HTTP/2 server that says whatever frames it is told to;
//! - [`link`]: links between namespaces that delay, lose and swallow packets;
//! - [`ground`]: agents in namespaces around a hub;
//! - [`capture`]: what went over an interface, and when;
//! - [`refusing_router`]: a network of its own with a router that says no;
//! - [`certificates`]: certificates good and bad, made at run time;
//! - [`bent_agent`]: agents that answer orders badly;
//! - [`stage`]: a small stage on loopback for the cases of `tests/cases`: doors, agents, names, scenarios as data;
//! - [`topology`], [`catalogue`]: a whole private network, and what can be wrong with it; they stand in `tests/network`;
//! - [`programs`]: the programs themselves, started and ended by tests;
//! - [`calls`]: calls, runs, sealed answers, and the means to call with.

pub mod bent_agent;
pub mod calls;
pub mod capture;
#[path = "../network/catalogue/mod.rs"]
pub mod catalogue;
pub mod certificates;
pub mod closed;
pub mod datagram;
pub mod dns;
pub mod frames;
pub mod ground;
pub mod h2;
pub mod link;
pub mod namespace;
pub mod odd_certificates;
pub mod programs;
pub mod refusing_router;
pub mod script;
pub mod stage;
pub mod stalling;
#[path = "../network/topology/mod.rs"]
pub mod topology;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::task::AbortOnDropHandle;

/// A peer at work. It stops when this is dropped.
#[derive(Debug)]
pub struct Peer {
    /// Where it listens.
    pub address: SocketAddr,
    heard: Heard,
    _task: AbortOnDropHandle<()>,
}

impl Peer {
    /// Sets a peer to work.
    pub(crate) fn start(
        address: SocketAddr,
        heard: Heard,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self { address, heard, _task: AbortOnDropHandle::new(tokio::spawn(work)) }
    }

    /// What it heard so far: one entry a connection, datagram or question.
    #[must_use]
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.heard.all()
    }

    /// What it heard so far, as text.
    #[must_use]
    pub fn heard_text(&self) -> String {
        self.heard.all().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

/// What a peer heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Vec<u8>>>>);

impl Heard {
    pub(crate) fn push(&self, bytes: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }

    fn all(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
