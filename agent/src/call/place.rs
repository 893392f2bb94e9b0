//! One call from its start to its end, through the phases. It knows their order, and nothing of what happens in them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ringfence_contract::address::Transport;
use ringfence_contract::call::Call;
use ringfence_contract::fingerprint::Fingerprint;
use ringfence_contract::order::Run;
use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::Sample;

use super::aim::{Goal, aim};
use super::classify::Attempt;
use super::means::Means;
use super::trail::{Trail, micros, now_ms};
use super::{http, tcp, udp};

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
    let started_ms = now_ms();
    let start = Instant::now();
    let mut trail = Trail::default();
    let attempt = Attempt { run, fingerprints, call };
    let outcome = travel(means, &attempt, own, &mut trail).await.unwrap_or_else(|outcome| outcome);
    let silent = matches!(outcome, Outcome::TimedOut(_));
    if let Some(slot) = trail.slot.take().filter(|_| !silent) {
        slot.answered();
    }
    trail.phases.total_us = Some(micros(start.elapsed().saturating_sub(trail.waited)));
    trail.into_sample(call.id, started_ms, outcome)
}

/// Goes through the phases. Whatever ends the call early is the `Err`: an outcome like any other.
async fn travel(
    means: &Means,
    attempt: &Attempt<'_>,
    own: Option<SocketAddr>,
    trail: &mut Trail,
) -> Result<Outcome, Outcome> {
    let goal = Goal::of(attempt.call, own)?;
    let limit = Duration::from_millis(attempt.call.timeouts.resolve_ms.into());
    let way = aim(means, &goal, limit, trail).await?;
    let ready = Instant::now();
    trail.slot = Some(means.slot(way.remote.ip()).await);
    trail.waited = ready.elapsed();
    match goal.route.address.transport {
        Transport::Http | Transport::Https => http::call(means, attempt, &goal, way, trail).await,
        Transport::Tcp => tcp::call(attempt, way, trail).await,
        Transport::Udp => udp::call(attempt, way, trail).await,
    }
}
