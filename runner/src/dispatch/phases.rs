//! The phases of a run, one after the other.

use std::collections::HashMap;
use std::sync::Arc;

use ringfence_contract::call::Call;
use ringfence_contract::id::CallId;
use ringfence_contract::order::{PrivateKey, Run};
use ringfence_contract::outcome::Outcome;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::correspond::{Correspondent, Signet};
use super::observe::{AgentObservation, Attempt, Observations, ReceiptBook, Unasked, UnaskedWhy};
use super::place::{Errand, interrupted, place_all};
use super::progress::{Progress, Stage};
use super::route::{self, LocalVantage};
use crate::plan::{Plan, Witness, call_for_edge, call_for_witness};
use crate::scenario::{AgentIndex, Answers, Control, Scenario};

/// The most receipts asked for in one order.
const RECEIPTS_PER_ORDER: usize = 4_096;

/// What a run is made with.
pub struct Settings {
    /// Signs every order.
    pub key: PrivateKey,
    /// The run: its name is in every call, its key seals them.
    pub run: Run,
    /// How the runner's own calls are made.
    pub local: LocalVantage,
    /// Ends the run early when it is cancelled; what was seen by then is kept.
    pub cancel: CancellationToken,
}

/// Runs a plan, and says what was seen. It always ends, and always speaks of every agent, edge and witness.
pub async fn observe(
    scenario: &Scenario,
    plan: &Plan,
    settings: Settings,
    progress: &(dyn Fn(Progress) + Sync),
) -> Observations {
    let Settings { key, run, local, cancel } = settings;
    let signet = Arc::new(Signet { key, run, fingerprints: scenario.fingerprints.clone() });
    let agents = open_all(scenario, &signet, &local);
    let run = Phases { scenario, plan, agents, cancel, progress };

    run.hello().await;
    let before = run.witnesses(Stage::WitnessesBefore).await;
    let reach = run.reach().await;
    let after = run.witnesses(Stage::WitnessesAfter).await;
    let books = run.receipts(&reach).await;
    Observations {
        agents: run.agents(books).await,
        reach,
        before,
        after,
        interrupted: run.cancel.is_cancelled(),
    }
}

/// Asks every agent of a scenario who it is, and nothing else.
pub async fn greet(scenario: &Scenario, settings: Settings) -> Vec<AgentObservation> {
    let plan = Plan { edges: Vec::new(), witnesses: Vec::new(), possible: 0 };
    observe(scenario, &plan, settings, &|_| ()).await.agents
}

fn open_all(scenario: &Scenario, signet: &Arc<Signet>, local: &LocalVantage) -> Vec<Arc<Correspondent>> {
    let mut opened: Vec<Option<Arc<Correspondent>>> = vec![None; scenario.agents.len()];
    for index in 0..scenario.agents.len() {
        open(scenario, AgentIndex(index), signet, local, &mut opened);
    }
    opened.into_iter().map(|agent| agent.expect("every agent was opened")).collect()
}

/// Opens an agent, the one that relays to it first. A scenario holds no circle of relays.
fn open(
    scenario: &Scenario,
    index: AgentIndex,
    signet: &Arc<Signet>,
    local: &LocalVantage,
    opened: &mut Vec<Option<Arc<Correspondent>>>,
) -> Arc<Correspondent> {
    if let Some(agent) = &opened[index.0] {
        return Arc::clone(agent);
    }
    let agent = scenario.agent(index);
    let via = match agent.control {
        Control::Relay { via, .. } => Some(open(scenario, via, signet, local, opened)),
        _ => None,
    };
    let route = route::open(agent, local, signet.key.public(), via);
    let correspondent = Arc::new(Correspondent::new(agent.name.clone(), Arc::clone(signet), route));
    opened[index.0] = Some(Arc::clone(&correspondent));
    correspondent
}

struct Phases<'a> {
    scenario: &'a Scenario,
    plan: &'a Plan,
    agents: Vec<Arc<Correspondent>>,
    cancel: CancellationToken,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl Phases<'_> {
    fn begin(&self, stage: Stage, steps: usize) {
        (self.progress)(Progress::Begins(stage, steps));
    }

    fn done(&self, stage: Stage, steps: usize) {
        (self.progress)(Progress::Done(stage, steps));
    }

    fn errand(&self, vantage: AgentIndex, call: Call) -> Errand {
        (Arc::clone(&self.agents[vantage.0]), call)
    }

    async fn place(&self, stage: Stage, errands: Vec<Errand>) -> Vec<Attempt> {
        place_all(errands, &self.cancel, |steps| self.done(stage, steps)).await
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

    async fn witnesses(&self, stage: Stage) -> Vec<Attempt> {
        let witnesses = &self.plan.witnesses;
        self.begin(stage, witnesses.len());
        let errand =
            |witness: &Witness| self.errand(witness.vantage, call_for_witness(self.scenario, witness));
        self.place(stage, witnesses.iter().map(errand).collect()).await
    }

    async fn reach(&self) -> Vec<Vec<Attempt>> {
        let attempts = |edge: &crate::plan::Edge| self.scenario.rule(edge.rule).attempts;
        let steps = self.plan.edges.iter().map(|edge| attempts(edge) as usize).sum();
        self.begin(Stage::Reach, steps);
        let mut errands = Vec::with_capacity(steps);
        for edge in &self.plan.edges {
            let call = |attempt| self.errand(edge.vantage, call_for_edge(self.scenario, edge, attempt));
            errands.extend((0..attempts(edge)).map(call));
        }
        let mut seen = self.place(Stage::Reach, errands).await.into_iter();
        let take = |edge| seen.by_ref().take(attempts(edge) as usize).collect();
        let mut reach: Vec<Vec<Attempt>> = self.plan.edges.iter().map(take).collect();
        self.try_again(&mut reach).await;
        reach
    }

    /// Edges whose rule grants retries and whose last attempt brought no answer are tried again, all of them at once.
    async fn try_again(&self, reach: &mut [Vec<Attempt>]) {
        let most =
            self.plan.edges.iter().map(|edge| self.scenario.rule(edge.rule).retries).max().unwrap_or(0);
        for retry in 0..most {
            let again: Vec<usize> =
                (0..reach.len()).filter(|&edge| self.wants_retry(edge, &reach[edge], retry)).collect();
            let errand = |&edge: &usize| {
                let attempt = u32::try_from(reach[edge].len()).unwrap_or(u32::MAX);
                let edge = &self.plan.edges[edge];
                let call = call_for_edge(self.scenario, edge, attempt);
                self.errand(edge.vantage, Call { start_after_ms: 0, ..call })
            };
            let errands = again.iter().map(errand).collect();
            let seen = self.place(Stage::Reach, errands).await;
            for (edge, attempt) in again.into_iter().zip(seen) {
                reach[edge].push(attempt);
            }
        }
    }

    fn wants_retry(&self, edge: usize, attempts: &[Attempt], retry: u32) -> bool {
        let edge = &self.plan.edges[edge];
        let platform = matches!(self.scenario.endpoint(edge.endpoint).answers, Answers::Platform { .. });
        let answered = |attempt: &Attempt| match &attempt.sample {
            Ok(sample) => match sample.outcome {
                Outcome::Answered(_) => true,
                Outcome::Unsealed(_) => platform,
                _ => false,
            },
            Err(unasked) => unasked.why == UnaskedWhy::Interrupted,
        };
        retry < self.scenario.rule(edge.rule).retries && !attempts.iter().rev().take(1).all(answered)
    }

    /// Asks every agent that owns an endpoint what reached it.
    async fn receipts(&self, reach: &[Vec<Attempt>]) -> Vec<Result<ReceiptBook, Unasked>> {
        let mut calls: Vec<Option<Vec<CallId>>> = vec![None; self.agents.len()];
        for (edge, attempts) in self.plan.edges.iter().zip(reach) {
            if let Some(owner) = self.scenario.endpoint(edge.endpoint).owner {
                let calls = calls[owner.0].get_or_insert_default();
                calls.extend(attempts.iter().map(|attempt| attempt.call));
            }
        }
        self.begin(Stage::Receipts, calls.iter().flatten().count());
        let broken = || Unasked::new(UnaskedWhy::Broken, "the task that asked for these receipts panicked");
        // Whoever owns no endpoint has nothing to show.
        let empty = |calls: &Option<Vec<CallId>>| match calls {
            Some(_) => Err(broken()),
            None => Ok(ReceiptBook::default()),
        };
        let mut books: Vec<Result<ReceiptBook, Unasked>> = calls.iter().map(empty).collect();
        let mut asked = JoinSet::new();
        for (index, calls) in calls.into_iter().enumerate() {
            let Some(calls) = calls else { continue };
            let (agent, cancel) = (Arc::clone(&self.agents[index]), self.cancel.clone());
            asked.spawn(async move {
                let book = tokio::select! {
                    book = book(&agent, &calls) => book,
                    () = cancel.cancelled() => Err(interrupted()),
                };
                (index, book)
            });
        }
        while let Some(ended) = asked.join_next().await {
            self.done(Stage::Receipts, 1);
            if let Ok((index, book)) = ended {
                books[index] = book;
            }
        }
        books
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

/// The whole of an agent's receipts for these calls.
async fn book(agent: &Correspondent, calls: &[CallId]) -> Result<ReceiptBook, Unasked> {
    let dropped_at_hello = agent.greeting().await?.hello.dropped;
    let mut book = ReceiptBook { found: HashMap::new(), restarted: false, wrapped: false };
    for calls in calls.chunks(RECEIPTS_PER_ORDER) {
        match agent.receipts(calls.to_vec()).await {
            Ok(page) => {
                book.wrapped |= page.dropped > dropped_at_hello;
                book.found.extend(page.found.into_iter().map(|receipt| (receipt.call, receipt)));
            }
            Err(unasked) if unasked.why == UnaskedWhy::Restarted => {
                return Ok(ReceiptBook { restarted: true, ..book });
            }
            Err(unasked) => return Err(unasked),
        }
    }
    Ok(book)
}
