//! A way opened to an endpoint, and calls made on it: one, or one after the other.
//!
//! This file must not know what is sent on any of the three kinds of connection.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ringfence_contract::call::Guise;
use ringfence_contract::outcome::{NotSentWhy, Outcome};
use ringfence_contract::seal::Purpose;
use ringfence_contract::transport::Transport;

use super::aim::{Goal, aim};
use super::classify::Attempt;
use super::means::Means;
use super::not_sent::not_sent;
use super::trail::Trail;
use super::{http, tcp, udp};
use crate::clock::{Datagrams, Stamped};

/// A way opened to an endpoint.
pub(super) enum Connection {
    Http(Box<http::Visit>),
    Tcp(Stamped),
    Udp(Datagrams),
}

impl Connection {
    /// Goes through the phases up to the request. Whatever ends the call early is the `Err`: an outcome like any other.
    pub(super) async fn open(
        means: &Means,
        attempt: &Attempt<'_>,
        own: Option<SocketAddr>,
        trail: &mut Trail,
    ) -> Result<Self, Outcome> {
        let goal = Goal::of(attempt.call, own)?;
        let limit = Duration::from_millis(attempt.call.timeouts.resolve_ms.into());
        let way = aim(means, &goal, limit, trail).await?;
        if attempt.call.guise == Guise::LookUp {
            let detail = format!("the name leads to `{}`", way.remote.ip());
            return Err(not_sent(NotSentWhy::LookedUp, detail));
        }
        if attempt.purpose == Purpose::Reach {
            // Measured calls have a rate of their own, and waiting would be measured.
            let ready = Instant::now();
            trail.slot = Some(means.slot(way.remote.ip()).await);
            trail.waited = ready.elapsed();
        }
        Ok(match goal.route.address.transport {
            Transport::Http | Transport::Https => {
                Self::Http(Box::new(http::visit(means, attempt, goal, way, trail).await?))
            }
            Transport::Tcp => Self::Tcp(tcp::visit(attempt, way, trail).await?),
            Transport::Udp => Self::Udp(udp::visit(way, trail)?),
        })
    }

    /// Makes a call on it.
    pub(super) async fn ask(&mut self, attempt: &Attempt<'_>, trail: &mut Trail) -> Result<Outcome, Outcome> {
        match self {
            Self::Http(visit) => visit.ask(attempt, trail).await,
            Self::Tcp(stream) => tcp::ask(stream, attempt, trail).await,
            Self::Udp(socket) => udp::ask(socket, attempt, trail).await,
        }
    }

    /// Whether another call can be made on it, when the one before was answered whole.
    pub(super) async fn stands(&mut self) -> bool {
        match self {
            Self::Http(visit) => visit.stands().await,
            Self::Tcp(stream) => stream.is_quiet(),
            Self::Udp(_) => true,
        }
    }

    /// Whether an answer has to come whole before another call can be made.
    pub(super) fn is_stream(&self) -> bool {
        !matches!(self, Self::Udp(_))
    }
}
