//! What a call has seen so far. It knows no phase by itself: each phase writes down what it saw.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ringfence_contract::id::CallId;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::sample::{Phases, Resolution, Sample, TlsFacts};

use super::window::Slot;

/// What a call has seen so far.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) phases: Phases,
    pub(super) remote: Option<SocketAddr>,
    pub(super) local: Option<SocketAddr>,
    pub(super) resolution: Option<Resolution>,
    pub(super) tls: Option<TlsFacts>,
    pub(super) status: Option<u16>,
    /// A call's slot towards its target. An order to another agent has none.
    pub(super) slot: Option<Slot>,
    /// How long the call waited for its slot, which is no phase of it.
    pub(super) waited: Duration,
}

impl Trail {
    /// The trail at its end.
    pub(super) fn into_sample(self, call: CallId, started_ms: u64, outcome: Outcome) -> Sample {
        let Self { phases, remote, local, resolution, tls, status, .. } = self;
        Sample { call, started_ms, outcome, phases, remote, local, resolution, tls, status }
    }
}

/// Waits for a phase at most its time. Gives what it came to and how long it took, in microseconds.
pub(super) async fn within<T>(
    limit: Duration,
    phase: Phase,
    work: impl Future<Output = T>,
) -> Result<(T, u64), Outcome> {
    let start = Instant::now();
    match tokio::time::timeout(limit, work).await {
        Ok(done) => Ok((done, micros(start.elapsed()))),
        Err(_) => Err(Outcome::TimedOut(phase)),
    }
}

/// A duration in whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The time by this machine's clock, in milliseconds since the Unix epoch; 0 on a clock set before it.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
