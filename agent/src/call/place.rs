//! One call from its start to its end, through the phases: on a connection of its own, or on one that is kept for the next.
//! It knows their order, and nothing of what happens in them.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence_contract::call::Call;
use ringfence_contract::fingerprint::Fingerprint;
use ringfence_contract::order::Run;
use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::Sample;
use ringfence_contract::seal::Purpose;

use super::classify::Attempt;
use super::connection::Connection;
use super::means::Means;
use super::trail::{Start, Took, Trail};

/// Places one call, at once, and says what it saw. Ends within the call's timeouts; never panics on what a peer sends.
///
/// `own` is where this agent's own listener of the called transport listens, for a call to
/// [`Destination::OwnListener`](ringfence_contract::call::Destination::OwnListener); an unspecified address stands
/// for loopback.
pub async fn place(
    means: &Means,
    run: &Run,
    fingerprints: &[Fingerprint],
    call: &Call,
    own: Option<SocketAddr>,
) -> Sample {
    let attempt = Attempt { run, fingerprints, call, purpose: Purpose::Reach };
    let mut trail = Trail::default();
    let start = Start::now();
    let travelled = async {
        let mut connection = Connection::open(means, &attempt, own, &mut trail).await?;
        connection.ask(&attempt, &mut trail).await
    };
    let outcome = travelled.await.unwrap_or_else(|outcome: Outcome| outcome);
    let silent = matches!(outcome, Outcome::TimedOut(_));
    if let Some(slot) = trail.slot.take().filter(|_| !silent) {
        slot.answered();
    }
    trail.into_sample(call.id, start, outcome)
}

/// The connection that measured calls are made on, one after the other.
#[derive(Default)]
pub struct Kept {
    connection: Option<Connection>,
    remote: Option<SocketAddr>,
    local: Option<SocketAddr>,
}

/// What one measured call saw.
#[derive(Debug)]
pub struct Seen {
    /// What any call sees.
    pub sample: Sample,
    /// How long each phase took, as finely as it is known, and by which clock.
    pub took: Took,
    /// Whether a connection had to be opened for it.
    pub is_opened: bool,
}

impl Kept {
    /// Places one measured call to an endpoint, at once, on the connection that the last one left if that still stands.
    /// The target answers it and writes no receipt. Ends within the call's timeouts, and is not repeated unless HTTP/2 asks for
    /// it.
    pub async fn measure(
        &mut self,
        means: &Means,
        run: &Run,
        fingerprints: &[Fingerprint],
        call: &Call,
    ) -> Seen {
        let attempt = Attempt { run, fingerprints, call, purpose: Purpose::Measure };
        let mut trail = Trail { remote: self.remote, local: self.local, ..Trail::default() };
        let start = Start::now();
        let mut is_opened = false;
        let travelled = async {
            let kept = match self.connection.take() {
                Some(mut connection) => {
                    let limit = Duration::from_millis(call.timeouts.connect_ms.into());
                    let stands = tokio::time::timeout(limit, connection.stands()).await;
                    matches!(stands, Ok(true)).then_some(connection)
                }
                None => None,
            };
            is_opened = kept.is_none();
            let mut connection = match kept {
                Some(connection) => connection,
                None => Connection::open(means, &attempt, None, &mut trail).await?,
            };
            let outcome = connection.ask(&attempt, &mut trail).await?;
            let is_free = trail.took.transfer.is_some() || !connection.is_stream();
            self.connection = is_free.then_some(connection);
            Ok(outcome)
        };
        let outcome = travelled.await.unwrap_or_else(|outcome: Outcome| outcome);
        let is_opened = is_opened || trail.again.is_some();
        (self.remote, self.local) = (trail.remote, trail.local);
        let took = trail.took;
        Seen { sample: trail.into_sample(call.id, start, outcome), took, is_opened }
    }
}
