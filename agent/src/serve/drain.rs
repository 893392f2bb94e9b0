//! A running agent, and its end: orders under way are finished, then doors are closed, then nothing is left.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::reply::Listener;
use ringfence_contract::transport::Transport;
use tokio::time::timeout;

use super::accept::Doors;
use crate::control::Agent;

/// How long orders under way may take to end when an agent is told to stop, unless it is told otherwise.
pub const GRACE: Duration = Duration::from_secs(10);

/// How long open connections may take to end after that: their last response is written by then.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// A running agent. Dropping it ends it at once; [`Running::drain`] ends it well.
pub struct Running {
    doors: Arc<Doors>,
    listeners: Vec<Listener>,
}

impl Running {
    pub(super) fn new(doors: Arc<Doors>, listeners: Vec<Listener>) -> Self {
        Self { doors, listeners }
    }

    /// The agent.
    #[must_use]
    pub fn agent(&self) -> &Arc<Agent> {
        &self.doors.agent
    }

    /// What it answers on, with the ports the system chose.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Where it answers calls of this transport: the first such listener.
    #[must_use]
    pub fn address(&self, transport: Transport) -> Option<SocketAddr> {
        self.listeners
            .iter()
            .find(|listener| listener.transport == transport)
            .map(|listener| listener.address)
    }

    /// Ends the agent well: `/ready` says 503 and new orders are refused, orders under way have the grace to end, then
    /// no connection is accepted any more and those open are closed behind their last response.
    pub async fn drain(self, grace: Duration) {
        self.doors.agent.drain(grace).await;
        self.doors.close.cancel();
        self.doors.tasks.close();
        if timeout(CLOSE_WITHIN, self.doors.tasks.wait()).await.is_err() {
            self.doors.abort.cancel();
            self.doors.tasks.wait().await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.doors.close.cancel();
        self.doors.abort.cancel();
    }
}
