//! The phases of a run, one after the other.

use std::sync::Arc;

use ringfence_contract::call::Call;
use ringfence_contract::order::{PrivateKey, Run};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::correspond::Correspondent;
use super::measurement::Measurement;
use super::observe::{AgentObservation, Attempt, Observations, ReceiptBook, Unasked, interrupted};
use super::opening::open_all;
use super::pending::Tie;
use super::place::{Errand, Turn, place_all};
use super::progress::{Progress, Stage, Teller};
use super::route::LocalVantage;
use super::signet::Signet;
use super::witnesses::Tried;
use crate::plan::Plan;
use crate::scenario::{AgentIndex, Scenario};

/// What a run is made with.
pub struct Settings<'a> {
    /// Signs every order.
    pub key: PrivateKey,
    /// The run: its name is in every call, its key seals them.
    pub run: Run,
    /// How the runner's own calls are made.
    pub local: LocalVantage,
    /// Ends the run early when it is cancelled; what was seen by then is kept.
    pub cancel: CancellationToken,
    /// Whether an edge, by its place in the plan, has to be measured again, from what was measured of it so far.
    pub again: &'a (dyn Fn(usize, &Measurement) -> bool + Sync),
}

/// Runs a plan, and says what was seen. It always ends, and always speaks of every agent, edge and witness.
pub async fn observe(
    scenario: &Scenario,
    plan: &Plan,
    settings: Settings<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Observations {
    let Settings { key, run, local, cancel, again } = settings;
    let signet = Arc::new(Signet { key, run, fingerprints: scenario.fingerprints.clone() });
    let agents = open_all(scenario, &signet, &local);
    let run = Phases { scenario, plan, agents, cancel, again, progress: Teller::new(progress) };

    run.hello().await;
    let Tried { before, reach, after, further_witnesses } = run.witness_and_reach().await;
    let books = run.receipts(&reach, (&[&before, &after], &further_witnesses)).await;
    let latency = run.latency(&reach).await;
    let throughput = run.throughput(&reach).await;
    Observations {
        agents: run.agents(books).await,
        reach,
        before,
        after,
        further_witnesses,
        latency,
        throughput,
        interrupted: run.cancel.is_cancelled(),
    }
}

/// Asks every agent of a scenario who it is, and nothing else.
pub async fn greet(scenario: &Scenario, settings: Settings<'_>) -> Vec<AgentObservation> {
    let plan = Plan { edges: Vec::new(), witnesses: Vec::new(), possible: 0 };
    observe(scenario, &plan, settings, &|_| ()).await.agents
}

pub(super) struct Phases<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) plan: &'a Plan,
    pub(super) agents: Vec<Arc<Correspondent>>,
    pub(super) cancel: CancellationToken,
    pub(super) again: &'a (dyn Fn(usize, &Measurement) -> bool + Sync),
    pub(super) progress: Teller<'a>,
}

impl Phases<'_> {
    pub(super) fn begin(&self, stage: Stage, steps: usize) {
        if !self.cancel.is_cancelled() {
            self.progress.begin(stage, steps);
        }
    }

    pub(super) fn done(&self, stage: Stage, steps: usize) {
        self.progress.done(stage, steps);
    }

    pub(super) fn errand(&self, vantage: AgentIndex, tie: Tie, call: Call) -> Errand {
        Errand { vantage: Arc::clone(&self.agents[vantage.0]), tie, role: None, call }
    }

    pub(super) async fn place(&self, stage: Stage, errands: Vec<Errand>, turn: Turn) -> Vec<Attempt> {
        let done = |attempts: &[Attempt]| {
            self.done(stage, attempts.len());
            Vec::new()
        };
        place_all(errands, turn, &self.cancel, done).await
    }

    async fn hello(&self) {
        self.begin(Stage::Hello, self.agents.len());
        let mut asked = JoinSet::new();
        for agent in &self.agents {
            let (agent, cancel) = (Arc::clone(agent), self.cancel.clone());
            asked.spawn(async move {
                tokio::select! {
                    _ = agent.greeting() => (),
                    () = cancel.cancelled() => (),
                }
            });
        }
        while asked.join_next().await.is_some() {
            self.done(Stage::Hello, 1);
        }
    }

    async fn agents(&self, books: Vec<Result<ReceiptBook, Unasked>>) -> Vec<AgentObservation> {
        let mut agents = Vec::with_capacity(self.agents.len());
        for ((correspondent, agent), receipts) in self.agents.iter().zip(&self.scenario.agents).zip(books) {
            // Once the run is ended nothing is sent any more: what is not known by then stays unknown.
            let hello = if self.cancel.is_cancelled() {
                correspondent.known_greeting().cloned().unwrap_or_else(|| Err(interrupted()))
            } else {
                correspondent.greeting().await.cloned()
            };
            let (route, plaintext) = (correspondent.describe(), agent.control.is_plaintext());
            agents.push(AgentObservation { hello, receipts, route, plaintext });
        }
        agents
    }
}
