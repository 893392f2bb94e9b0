//! A connection that was accepted, watched until a whole call has come on it.
//!
//! This file must not know how a connection is read, or what was accepted on another one.

use std::net::SocketAddr;
use std::time::Instant;

use ringfence_contract::receipt::Left;

use super::answerer::Answerer;

/// A connection that was accepted. Unless a whole request came on it, whoever asks for receipts is told of it, while it
/// stands and after it was dropped.
#[derive(Debug)]
pub struct Connection<'a> {
    answerer: &'a Answerer,
    peer: SocketAddr,
    number: u64,
}

impl<'a> Connection<'a> {
    pub(super) fn open(answerer: &'a Answerer, peer: SocketAddr) -> Self {
        let number = answerer.connections().open(peer.ip(), Instant::now());
        Self { answerer, peer, number }
    }

    /// The one who answers what comes on it.
    #[must_use]
    pub fn answerer(&self) -> &'a Answerer {
        self.answerer
    }

    /// The other end of the socket.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Notes what it leaves unfinished if it ends now. It begins with [`Left::Request`].
    pub fn leaves(&self, left: Left) {
        self.answerer.connections().leave(self.number, left);
    }

    /// Notes that a whole request came: the connection is no unfinished one, however it goes on.
    pub fn finish(&self) {
        self.answerer.connections().finish(self.number);
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.answerer.connections().end(self.number);
    }
}
