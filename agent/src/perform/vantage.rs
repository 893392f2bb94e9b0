//! Places an order's calls: all of them at once but for their start times, under the vantage's limits, each sample handed
//! on as it ends. This file must not know whether the order should have been taken, or how samples travel back.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::address::{Address, Family, Host};
use ringfence_contract::call::{Call, Destination, Timeouts};
use ringfence_contract::download::Download;
use ringfence_contract::id::CallId;
use ringfence_contract::measure::Measure;
use ringfence_contract::order::{Place, Run};
use ringfence_contract::outcome::{NotSent, NotSentWhy, Outcome};
use ringfence_contract::reply::Listener;
use ringfence_contract::sample::{Phases, Sample};
use ringfence_contract::wall_clock::now_ms;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::claims::{Claim, Claims};
use super::limits::Limits;
use super::over_limit::{FINGERPRINTS_PER_ORDER, OverLimit};
use super::pace::Pace;
use crate::call::{Means, place};

/// A place calls are made from: what it calls with, and how much it calls at once.
pub struct Vantage {
    means: Means,
    listeners: Vec<Listener>,
    limits: Limits,
    at_once: Semaphore,
    pace: Pace,
    claims: Claims,
}

/// The calls of one order, and when they have to be done.
#[derive(Debug)]
pub struct Work {
    /// The run they belong to.
    pub run: Run,
    /// The calls, and how platforms say no.
    pub place: Place,
    /// When the order ends: calls that have not ended by then come back as not sent, out of time.
    pub ends: Instant,
    /// Ends all calls early: the agent shuts down.
    pub stop: CancellationToken,
}

impl Vantage {
    /// A vantage that calls with these means and, as its own listeners, knows these.
    #[must_use]
    pub fn new(means: Means, listeners: Vec<Listener>, limits: Limits) -> Self {
        let at_once = Semaphore::new(limits.calls_at_once.max(1) as usize);
        let pace = Pace::new(limits.calls_per_second);
        Self { means, listeners, limits, at_once, pace, claims: Claims::default() }
    }

    /// What it calls with.
    #[must_use]
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Whether the vantage takes these calls on.
    ///
    /// # Errors
    ///
    /// [`OverLimit`], naming the limit and what is above it.
    pub fn check(&self, place: &Place) -> Result<(), OverLimit> {
        let (asked, limit) = (place.calls.len(), self.limits.calls_per_order);
        if asked > limit as usize {
            return Err(OverLimit::Calls { asked, limit });
        }
        let asked = place.fingerprints.len();
        if asked > FINGERPRINTS_PER_ORDER {
            return Err(OverLimit::Fingerprints { asked });
        }
        place.calls.iter().try_for_each(check_phases)
    }

    /// Whether the vantage takes this measurement on.
    ///
    /// # Errors
    ///
    /// [`OverLimit`], naming the limit and what is above it.
    pub fn check_measure(&self, measure: &Measure) -> Result<(), OverLimit> {
        let asked = measure.calls();
        if measure.samples == 0 || asked > Measure::CALLS_MAX {
            return Err(OverLimit::MeasuredCalls { asked });
        }
        let least_us =
            Measure::INTERVAL_MIN_US.max(1_000_000_u32.div_ceil(self.limits.calls_per_second.max(1)));
        let asked_us = measure.interval_us;
        if asked_us < least_us {
            return Err(OverLimit::Interval { asked_us, least_us });
        }
        let asked = measure.fingerprints.len();
        if asked > FINGERPRINTS_PER_ORDER {
            return Err(OverLimit::Fingerprints { asked });
        }
        check_phases(&measure.call)?;
        let lasts_ms = measure.lasts_ms();
        if lasts_ms > Measure::LASTS_MAX_MS { Err(OverLimit::Lasts { lasts_ms }) } else { Ok(()) }
    }

    /// Whether the vantage takes this download on.
    ///
    /// # Errors
    ///
    /// [`OverLimit`], naming the limit and what is above it.
    pub fn check_download(&self, download: &Download) -> Result<(), OverLimit> {
        let Download { call, portion, fingerprints } = download;
        if !portion.is_within_bounds() {
            return Err(OverLimit::Portion { lasts_ms: portion.lasts_ms, bytes: portion.bytes });
        }
        if let Destination::Endpoint(route) = &call.to
            && !route.address.transport.is_http()
        {
            return Err(OverLimit::DownloadTransport(route.address.transport));
        }
        let asked = fingerprints.len();
        if asked > FINGERPRINTS_PER_ORDER {
            return Err(OverLimit::Fingerprints { asked });
        }
        check_phases(call)?;
        let takes_ms = download.takes_ms();
        if takes_ms > Download::TAKES_MAX_MS { Err(OverLimit::Takes { takes_ms }) } else { Ok(()) }
    }

    /// Claims the target of a measurement or a download, which nobody else measures from here then.
    ///
    /// # Errors
    ///
    /// [`OverLimit`], when it is claimed, when too many are, and when it is the agent's own listener.
    pub fn claim(&self, target: &Destination) -> Result<Claim, OverLimit> {
        match target {
            Destination::Endpoint(route) => self.claims.claim(&route.address),
            Destination::OwnListener(_) => Err(OverLimit::OwnListener),
        }
    }

    /// Leave to make one call, when it is its turn. The semaphore is never closed.
    pub(super) async fn leave(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.at_once.acquire().await.ok();
        wait_until(self.pace.turn(Instant::now())).await;
        permit
    }

    /// Places the calls and hands on one sample for each, in the order they end. Returns when all have ended, or
    /// nobody takes samples any more; the calls then under way are dropped.
    pub async fn perform(self: &Arc<Self>, work: Work, samples: mpsc::Sender<Sample>) {
        let Work { run, place, ends, stop } = work;
        let calls = place.calls;
        let shared = Arc::new(Shared { run, fingerprints: place.fingerprints, began: Instant::now() });
        let mut tasks = JoinSet::new();
        let mut ids: HashMap<Id, CallId> = HashMap::with_capacity(calls.len());
        for call in calls {
            let id = call.id;
            let task = tasks.spawn(one(Arc::clone(self), Arc::clone(&shared), call));
            ids.insert(task.id(), id);
        }
        let mut cut = pin!(cut(&stop, ends));
        let mut why_cut = "";
        loop {
            let ended = tokio::select! {
                biased;
                why = cut.as_mut(), if why_cut.is_empty() => {
                    why_cut = why;
                    tasks.abort_all();
                    continue;
                }
                ended = tasks.join_next_with_id() => ended,
            };
            let Some(ended) = ended else { return };
            let Ok(sample) = ended.map(|(_, sample)| sample).or_else(|error| lost(&ids, &error, why_cut))
            else {
                continue;
            };
            if samples.send(sample).await.is_err() {
                return;
            }
        }
    }

    /// The vantage's own listener behind an address: one of this family, if there is one.
    fn own(&self, behind: &Address, family: Family) -> Option<SocketAddr> {
        let on = |address: SocketAddr| match behind.host {
            Host::Ip(ip) => address.ip().is_unspecified() || address.ip() == ip,
            Host::Name(_) => true,
        };
        let fits = |listener: &&Listener| {
            let (transport, address) = (listener.transport, listener.address);
            transport == behind.transport && address.port() == behind.port && on(address)
        };
        let all = || self.listeners.iter().filter(fits);
        let fitting = all().find(|listener| Family::of(listener.address.ip()) == family);
        fitting.or_else(|| all().next()).map(|listener| listener.address)
    }
}

struct Shared {
    run: Run,
    fingerprints: Vec<ringfence_contract::fingerprint::Fingerprint>,
    began: Instant,
}

/// Waits until calls that have not ended have to, and says why.
async fn cut(stop: &CancellationToken, ends: Instant) -> &'static str {
    tokio::select! {
        biased;
        () = stop.cancelled() => "the agent is shutting down",
        () = sleep_until(ends) => "the order ended before the call did",
    }
}

/// One call, from waiting for its turn to its sample.
async fn one(vantage: Arc<Vantage>, shared: Arc<Shared>, call: Call) -> Sample {
    wait_until(shared.began + Duration::from_millis(u64::from(call.start_after_ms))).await;
    let _leave = vantage.leave().await;
    let own = match &call.to {
        Destination::OwnListener(address) => vantage.own(address, call.family),
        Destination::Endpoint(_) => None,
    };
    place(&vantage.means, &shared.run, &shared.fingerprints, &call, own).await
}

/// Waits until then; sets no timer if that has passed.
async fn wait_until(then: Instant) {
    if then > Instant::now() {
        sleep_until(then).await;
    }
}

fn check_phases(call: &Call) -> Result<(), OverLimit> {
    let t = call.timeouts;
    let phases = [t.resolve_ms, t.connect_ms, t.tls_ms, t.first_byte_ms, t.transfer_ms];
    let fault = phases.into_iter().find(|ms| !(1..=Timeouts::PHASE_MAX_MS).contains(ms));
    fault.map_or(Ok(()), |asked_ms| Err(OverLimit::Phase { call: call.id, asked_ms }))
}

/// What a call comes to whose task brought no sample: it was cut, or it panicked.
fn lost(ids: &HashMap<Id, CallId>, error: &JoinError, why_cut: &str) -> Result<Sample, ()> {
    let call = ids.get(&error.id()).copied().ok_or(())?;
    if error.is_cancelled() {
        return Ok(not_sent(call, NotSentWhy::OutOfTime, why_cut));
    }
    tracing::error!(%call, %error, "a call ended in a panic");
    Ok(not_sent(call, NotSentWhy::Broken, &format!("the call's task failed: {error}")))
}

pub(super) fn not_sent(call: CallId, why: NotSentWhy, detail: &str) -> Sample {
    Sample {
        call,
        started_ms: now_ms(),
        outcome: Outcome::NotSent(NotSent { why, detail: detail.to_owned() }),
        phases: Phases::default(),
        remote: None,
        local: None,
        resolution: None,
        tls: None,
        status: None,
        again: None,
        limit: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_whose_task_panics_comes_back_as_broken() {
        let (mut tasks, call) = (JoinSet::<Sample>::new(), CallId::random());
        let task = tasks.spawn(async { panic!("on purpose") });
        let ids = HashMap::from([(task.id(), call)]);
        let error = tasks.join_next_with_id().await.expect("a task").expect_err("a panic");
        let sample = lost(&ids, &error, "").expect("the task is known");
        assert_eq!(sample.call, call);
        assert!(matches!(sample.outcome, Outcome::NotSent(NotSent { why: NotSentWhy::Broken, .. })));
    }
}
