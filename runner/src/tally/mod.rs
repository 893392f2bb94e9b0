//! Judged edges in, [`RunRecord`] out: names, counts and lines put where every report finds them.
//!
//! This room must not judge, and must not know what any report looks like.

mod compare;
mod edges;
mod gather;
mod outcome;
mod read;
mod record;

#[cfg(test)]
mod compare_tests;
#[cfg(test)]
pub(crate) mod ledger;
#[cfg(test)]
mod tests;

pub use compare::{Baseline, Change, ChangeKind, Comparison, Direction, Extent, compare};
pub use outcome::{Flaky, RunOutcome, exit};
pub use read::{ReadError, read};
pub use record::{
    AgentRecord, AttemptRecord, ClaimCounts, ClaimRecord, EdgeRecord, RuleRecord, RunRecord, SCHEMA_VERSION,
    ScenarioRecord, Summary, WitnessRecord,
};

use ringfence_contract::id::RunId;

use crate::dispatch::Observations;
use crate::explain::{Judgement, ToldNotice};
use crate::plan::Plan;
use crate::scenario::Scenario;

/// What is known of a run besides what it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// The run.
    pub run: RunId,
    /// When it began, by the runner's clock, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// How long it took until the last agent had answered, in milliseconds.
    pub took_ms: u64,
    /// The version of the program.
    pub version: String,
}

/// Puts a judged run into one record. `judged` and `notices` are what [`judge`](crate::judge::judge) and
/// [`notices`](crate::judge::notices) found on the same three values, in the words of [`explain`](crate::explain). What was
/// seen goes into the record; nothing is held twice.
#[must_use]
pub fn tally(
    scenario: &Scenario,
    plan: &Plan,
    observations: Observations,
    (judged, notices): (Vec<Judgement>, Vec<ToldNotice>),
    facts: RunFacts,
) -> RunRecord {
    let agents = gather::agents(scenario, &observations);
    let witnesses = gather::witnesses(scenario, plan, &observations);
    let interrupted = observations.interrupted;
    let endpoints = edges::endpoints(scenario);
    let edges = edges::edges(scenario, plan, &endpoints, (observations, judged));
    RunRecord {
        schema_version: SCHEMA_VERSION,
        ringfence_version: facts.version,
        run: facts.run,
        scenario: gather::scenario(scenario),
        started_ms: facts.started_ms,
        took_ms: facts.took_ms,
        interrupted,
        summary: gather::summary(plan.possible, &edges),
        notices,
        agents,
        endpoints: endpoints.into_iter().map(|endpoint| endpoint.name).collect(),
        edges,
        witnesses,
        baseline: None,
    }
}
