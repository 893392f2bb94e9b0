//! What a call has seen so far. It knows no phase by itself: each phase writes down what it saw.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_contract::id::CallId;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::sample::{Again, Clock, OwnLimit, Phases, Resolution, Sample, TlsFacts};
use ringfence_contract::wall_clock::now_ms;

use super::window::Slot;

/// How long something took, and who looked at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    /// How long.
    pub took: Duration,
    /// By which clock.
    pub clock: Clock,
}

impl Timed {
    /// What the program says.
    pub(super) fn by_program(took: Duration) -> Self {
        Self { took, clock: Clock::Program }
    }

    /// What the kernel says, where it says something; else what the program says. The program's time has the kernel's in
    /// it: where it has not, the clock was set in between.
    pub(super) fn by_kernel(told: Option<Duration>, program: Duration) -> Self {
        match told {
            Some(took) if took <= program => Self { took, clock: Clock::Kernel },
            _ => Self::by_program(program),
        }
    }
}

/// How long each phase took. A phase that did not take place, or did not end, is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Took {
    /// Asking the resolver.
    pub resolve: Option<Timed>,
    /// SYN to SYN-ACK.
    pub connect: Option<Timed>,
    /// The TLS handshake.
    pub tls: Option<Timed>,
    /// From the request to the first byte of the answer.
    pub first_byte: Option<Timed>,
    /// From the first byte of the answer to the last.
    pub transfer: Option<Timed>,
}

impl Took {
    fn phases(self, total: Duration) -> Phases {
        // No phase may take longer than some seconds.
        let whole = |took| u32::try_from(micros(took)).unwrap_or(u32::MAX);
        let us = |timed: Option<Timed>| timed.map(|timed| whole(timed.took));
        Phases {
            resolve_us: us(self.resolve),
            connect_us: us(self.connect),
            connect_clock: self.connect.map(|timed| timed.clock),
            tls_us: us(self.tls),
            first_byte_us: us(self.first_byte),
            first_byte_clock: self.first_byte.map(|timed| timed.clock),
            transfer_us: us(self.transfer),
            total_us: Some(whole(total)),
        }
    }
}

/// What a call has seen so far.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) took: Took,
    pub(super) remote: Option<SocketAddr>,
    pub(super) local: Option<SocketAddr>,
    pub(super) resolution: Option<Resolution>,
    pub(super) tls: Option<TlsFacts>,
    pub(super) status: Option<u16>,
    pub(super) again: Option<Again>,
    pub(super) limit: Option<OwnLimit>,
    /// A call's slot towards its target. An order to another agent has none.
    pub(super) slot: Option<Slot>,
    /// How long the call waited for its slot, which is no phase of it.
    pub(super) waited: Duration,
}

impl Trail {
    /// The trail at its end.
    pub(super) fn into_sample(self, call: CallId, start: Start, outcome: Outcome) -> Sample {
        let Self { took, remote, local, resolution, tls, status, again, limit, waited, .. } = self;
        let phases = took.phases(start.at.elapsed().saturating_sub(waited));
        let (resolution, tls) = (resolution.map(Box::new), tls.map(Arc::new));
        let started_ms = start.at_ms;
        Sample { call, started_ms, outcome, phases, remote, local, resolution, tls, status, again, limit }
    }
}

/// When a call was started, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    at: Instant,
    at_ms: u64,
}

impl Start {
    pub(super) fn now() -> Self {
        Self { at: Instant::now(), at_ms: now_ms() }
    }
}

/// Waits for a phase at most its time. Gives what it came to and how long it took. The work stays where it is pinned: a call's
/// state is moved as a whole when the call begins, and would hold what is handed on twice.
pub(super) async fn within<T>(
    limit: Duration,
    phase: Phase,
    work: Pin<&mut impl Future<Output = T>>,
) -> Result<(T, Duration), Outcome> {
    let start = Instant::now();
    match tokio::time::timeout(limit, work).await {
        Ok(done) => Ok((done, start.elapsed())),
        Err(_) => Err(Outcome::TimedOut(phase)),
    }
}

/// A duration in whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
