//! How fast the edges that were reached are: the calls of each placed again and again, one edge after the other wherever
//! two would be in each other's way.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::measure::Measure;
use ringfence_contract::outcome::Outcome;
use tokio::task::{Id, JoinError, JoinSet};

use super::correspond::Correspondent;
use super::measurement::Measurement;
use super::observe::{Attempt, Unasked, UnaskedWhy, interrupted};
use super::phases::Phases;
use super::progress::Stage;
use super::reach::is_answered;
use crate::plan::{Edge, latency, orders_to_measure};
use crate::scenario::{AgentIndex, EndpointIndex, Sampling};

/// How long it takes until an edge is measured again. Work that comes and goes on a machine does so within seconds.
const REST: Duration = Duration::from_secs(1);

/// One end of a measurement that no other may use meanwhile.
///
/// A vantage places one measurement at a time, and a target answers one: two would share a processor, a socket table, a
/// link, and each would measure the other. A vantage may well be the target of another's meanwhile: measured calls
/// are few for a program that answers thousands a second, and its clock runs on a thread of its own.
/// So with n vantages and m targets no more than the smaller of the two numbers are under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    /// The agent that calls.
    Vantage(AgentIndex),
    /// The agent that answers, by whichever of its endpoints.
    Owner(AgentIndex),
    /// An endpoint that no agent owns.
    Target(EndpointIndex),
}

/// One edge to be measured.
struct Job {
    edge: usize,
    vantage: Arc<Correspondent>,
    sampling: Sampling,
    orders: Vec<Measure>,
    ends: [End; 2],
}

impl Phases<'_> {
    /// Measures every edge that was reached and whose rule says so; in the order of the plan's edges. Then those again of
    /// which it is asked for.
    pub(super) async fn latency(&self, reach: &[Vec<Attempt>]) -> Vec<Option<Box<Measurement>>> {
        let edges = || self.plan.edges.iter().zip(reach).enumerate();
        let jobs: VecDeque<Job> =
            edges().filter_map(|(place, (edge, attempts))| self.job(place, edge, attempts)).collect();
        if jobs.is_empty() {
            return Vec::new();
        }
        let mut measurements = self.measure_all(jobs).await;
        loop {
            let is_asked_for = |place: usize| {
                let measured = measurements.get(place).and_then(Option::as_deref);
                measured.is_some_and(|measured| measured.stopped.is_none() && (self.again)(place, measured))
            };
            let wanted = edges().filter(|(place, _)| is_asked_for(*place));
            let jobs: VecDeque<Job> =
                wanted.filter_map(|(place, (edge, attempts))| self.job(place, edge, attempts)).collect();
            if jobs.is_empty() || !self.has_rested().await {
                return measurements;
            }
            let again = self.measure_all(jobs).await.into_iter();
            let both = measurements
                .iter_mut()
                .zip(again)
                .filter_map(|(first, again)| Some((first.as_mut()?, again?)));
            both.for_each(|(first, again)| first.add_again(*again));
        }
    }

    /// Waits a while, for what made a measurement slow to pass. Whether the run goes on.
    async fn has_rested(&self) -> bool {
        tokio::select! {
            () = tokio::time::sleep(REST) => true,
            () = self.cancel.cancelled() => false,
        }
    }

    /// Measures, one edge after the other wherever two would be in each other's way; in the order of the plan's edges.
    async fn measure_all(&self, mut waiting: VecDeque<Job>) -> Vec<Option<Box<Measurement>>> {
        self.begin(Stage::Latency, waiting.len());
        let mut measurements = vec![None; self.plan.edges.len()];
        let (mut taken, mut under_way) = (HashSet::new(), JoinSet::new());
        let mut held: Vec<(Id, usize, Sampling, [End; 2])> = Vec::new();
        loop {
            while let Some(job) = next_free(&mut waiting, &taken) {
                taken.extend(job.ends);
                let (edge, sampling, ends) = (job.edge, job.sampling, job.ends);
                let task = under_way.spawn(measure(job, self.cancel.clone()));
                held.push((task.id(), edge, sampling, ends));
            }
            let Some(ended) = under_way.join_next_with_id().await else { break };
            let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            let Some(place) = held.iter().position(|(held, ..)| *held == id) else { continue };
            let (_, edge, sampling, ends) = held.swap_remove(place);
            taken.retain(|end| !ends.contains(end));
            measurements[edge] =
                Some(Box::new(ended.map_or_else(|_| broken(&sampling), |(_, measurement)| measurement)));
            self.done(Stage::Latency, 1);
        }
        measurements
    }

    fn job(&self, place: usize, edge: &Edge, attempts: &[Attempt]) -> Option<Job> {
        let sampling = latency(self.scenario, edge)?.sampling;
        let endpoint = self.scenario.endpoint(edge.endpoint);
        let reached = attempts.iter().any(|attempt| is_answered(endpoint, attempt));
        let target = endpoint.owner.map_or(End::Target(edge.endpoint), End::Owner);
        if !reached {
            return None;
        }
        let seen = attempts.iter().filter_map(|attempt| match &attempt.sample.as_ref().ok()?.outcome {
            Outcome::Unsealed(unsealed) => unsealed.status,
            _ => None,
        });
        let orders = orders_to_measure(self.scenario, edge, (&sampling, seen.collect()));
        Some(Job {
            edge: place,
            vantage: Arc::clone(&self.agents[edge.vantage.0]),
            sampling,
            orders,
            ends: [End::Vantage(edge.vantage), target],
        })
    }
}

/// The first job whose ends are free.
fn next_free(waiting: &mut VecDeque<Job>, taken: &HashSet<End>) -> Option<Job> {
    let free = |job: &Job| job.ends.iter().all(|end| !taken.contains(end));
    let place = waiting.iter().position(free)?;
    waiting.remove(place)
}

/// One measurement, order by order. It ends with the first order that is not heard of, and keeps what was before.
async fn measure(job: Job, cancel: tokio_util::sync::CancellationToken) -> Measurement {
    let mut measurement = Measurement::begin(&job.sampling);
    for order in job.orders {
        if cancel.is_cancelled() {
            measurement.stopped = Some(interrupted());
            break;
        }
        match job.vantage.measure(order, &cancel).await {
            Ok(measured) => measurement.add(measured),
            Err(unasked) => {
                measurement.stopped = Some(unasked);
                break;
            }
        }
    }
    measurement
}

fn broken(sampling: &Sampling) -> Measurement {
    let why = Unasked::new(UnaskedWhy::Broken, "the task that held this measurement panicked");
    Measurement { stopped: Some(why), ..Measurement::begin(sampling) }
}
