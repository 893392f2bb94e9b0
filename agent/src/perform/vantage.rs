//! Places an order's calls: all of them at once but for their start times, under the vantage's limits, each sample handed
//! on as it ends. This file must not know whether the order should have been taken, or how samples travel back.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_contract::address::{Address, Family, Host};
use ringfence_contract::call::{Call, Destination, Timeouts};
use ringfence_contract::id::CallId;
use ringfence_contract::order::{Place, Run};
use ringfence_contract::outcome::{NotSent, NotSentWhy, Outcome};
use ringfence_contract::reply::Listener;
use ringfence_contract::sample::{Phases, Sample};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::pace::Pace;
use crate::call::{Means, place};

/// The most fingerprints in one order: ten times the platforms known by heart, many times over.
pub const FINGERPRINTS_PER_ORDER: usize = 256;

/// A place calls are made from: what it calls with, and how much it calls at once.
pub struct Vantage {
    means: Means,
    listeners: Vec<Listener>,
    limits: Limits,
    at_once: Semaphore,
    pace: Pace,
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

/// More is asked for than a limit allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// Too many calls.
    #[error("the order holds {asked} calls, at most {limit} are taken in one: split it")]
    Calls {
        /// How many there are.
        asked: usize,
        /// How many there may be.
        limit: u32,
    },
    /// Too many fingerprints.
    #[error("the order holds {asked} fingerprints, at most {FINGERPRINTS_PER_ORDER} are taken in one")]
    Fingerprints {
        /// How many there are.
        asked: usize,
    },
    /// A phase without time, or with too much of it.
    #[error("call `{call}` gives a phase {asked_ms} ms, 1 to {} are allowed", Timeouts::PHASE_MAX_MS)]
    Phase {
        /// The call.
        call: CallId,
        /// How much time its phase has.
        asked_ms: u32,
    },
}

impl Vantage {
    /// A vantage that calls with these means and, as its own listeners, knows these.
    #[must_use]
    pub fn new(means: Means, listeners: Vec<Listener>, limits: Limits) -> Self {
        let at_once = Semaphore::new(limits.calls_at_once.max(1) as usize);
        let pace = Pace::new(limits.calls_per_second);
        Self { means, listeners, limits, at_once, pace }
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
        let out_of_range = |ms: &u32| !(1..=Timeouts::PHASE_MAX_MS).contains(ms);
        let fault = place.calls.iter().find_map(|call| {
            let t = call.timeouts;
            let phases = [t.resolve_ms, t.connect_ms, t.tls_ms, t.first_byte_ms, t.transfer_ms];
            phases.into_iter().find(out_of_range).map(|asked_ms| (call.id, asked_ms))
        });
        fault.map_or(Ok(()), |(call, asked_ms)| Err(OverLimit::Phase { call, asked_ms }))
    }

    /// Places the calls and hands on one sample for each, in the order they end. Returns when all have ended, or
    /// nobody takes samples any more; the calls then under way are dropped.
    pub async fn perform(self: &Arc<Self>, work: Work, samples: mpsc::Sender<Sample>) {
        let Work { run, place, ends, stop } = work;
        let calls = place.calls;
        let shared =
            Arc::new(Shared { run, fingerprints: place.fingerprints, began: Instant::now(), ends, stop });
        let mut tasks = JoinSet::new();
        let mut ids: HashMap<Id, CallId> = HashMap::with_capacity(calls.len());
        for call in calls {
            let id = call.id;
            let task = tasks.spawn(one(Arc::clone(self), Arc::clone(&shared), call));
            ids.insert(task.id(), id);
        }
        while let Some(ended) = tasks.join_next_with_id().await {
            let sample = ended.map(|(_, sample)| sample).or_else(|error| broken(&ids, &error));
            let Ok(sample) = sample else { continue };
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
    ends: Instant,
    stop: CancellationToken,
}

/// One call, from waiting for its turn to its sample. The semaphore is never closed.
async fn one(vantage: Arc<Vantage>, shared: Arc<Shared>, call: Call) -> Sample {
    let placed = async {
        let start = shared.began + Duration::from_millis(u64::from(call.start_after_ms));
        tokio::time::sleep_until(start).await;
        let _permit = vantage.at_once.acquire().await;
        tokio::time::sleep_until(vantage.pace.turn(Instant::now())).await;
        let own = match &call.to {
            Destination::OwnListener(address) => vantage.own(address, call.family),
            Destination::Endpoint(_) => None,
        };
        place(&vantage.means, &shared.run, &shared.fingerprints, &call, own).await
    };
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => not_sent(call.id, NotSentWhy::OutOfTime, "the agent is shutting down"),
        sample = placed => sample,
        () = tokio::time::sleep_until(shared.ends) => {
            not_sent(call.id, NotSentWhy::OutOfTime, "the order ended before the call did")
        }
    }
}

fn broken(ids: &HashMap<Id, CallId>, error: &JoinError) -> Result<Sample, ()> {
    let call = ids.get(&error.id()).copied().ok_or(())?;
    tracing::error!(%call, %error, "a call ended in a panic");
    Ok(not_sent(call, NotSentWhy::Broken, &format!("the call's task failed: {error}")))
}

fn not_sent(call: CallId, why: NotSentWhy, detail: &str) -> Sample {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Sample {
        call,
        started_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
        outcome: Outcome::NotSent(NotSent { why, detail: detail.to_owned() }),
        phases: Phases::default(),
        remote: None,
        local: None,
        resolution: None,
        tls: None,
        status: None,
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
        let sample = broken(&ids, &error).expect("the task is known");
        assert_eq!(sample.call, call);
        assert!(matches!(sample.outcome, Outcome::NotSent(NotSent { why: NotSentWhy::Broken, .. })));
    }
}
