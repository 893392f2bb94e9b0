//! Two runs of one scenario held against each other: which edges changed, and which changes are for the worse.
//!
//! It must not know how a run was made. Whether times have shifted, the judging room says.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use ringfence_contract::address::Family;
use ringfence_contract::id::RunId;
use ringfence_contract::name::AgentName;
use ringfence_contract::words;
use serde::{Deserialize, Serialize};

use super::record::{EdgeRecord, RunRecord};
use crate::dispatch::Measurement;
use crate::explain::figure;
use crate::judge::{Pace, Shift, Terms, Tolerance, Unlike, Verdict, is_in_doubt, pace};
use crate::plan::{Edge, Plan};
use crate::scenario::{Scenario, Statistic};

/// By how many percent of the higher one two rates differ before it is told. No more than told: one download says too little
/// of chance to fail anything, and what a rule claims is judged by itself.
const RATE_TOLD_PERCENT: u64 = 10;

words! {
    /// What changed.
    ChangeKind {
        /// The edge is new.
        Appeared = "appeared",
        /// The edge is tested no more.
        Gone = "gone",
        /// What is expected of it.
        Expectation = "expectation",
        /// What is concluded of it.
        Verdict = "verdict",
        /// What is concluded of one of its claims.
        Claim = "claim",
        /// What its telling call came to.
        Outcome = "outcome",
        /// An address was called that was not before.
        Address = "address",
        /// How long its measured calls take.
        Latency = "latency",
        /// How fast bytes come over it.
        Throughput = "throughput",
    }
}

words! {
    /// Which way.
    Direction {
        /// For the worse: less is proved, more fails, it is slower, or it is gone.
        Worse = "worse",
        /// For the better: it passes now, or it is faster.
        Better = "better",
        /// Neither by itself.
        Aside = "aside",
    }
}

/// One change of one edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Who calls.
    pub vantage: AgentName,
    /// What is called.
    pub endpoint: Arc<str>,
    /// In which family.
    pub family: Family,
    /// What changed.
    pub kind: ChangeKind,
    /// Which way.
    pub direction: Direction,
    /// The change in words: `was pass, is fail: expected allow, got …`.
    pub sentence: String,
}

/// What changed from one run to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The older run.
    pub old: RunId,
    /// When it began, in milliseconds since the Unix epoch.
    pub old_started_ms: u64,
    /// How many edges both have.
    pub common: usize,
    /// How many of those were measured in both.
    pub measured: usize,
    /// How much slower counts for nothing.
    pub tolerance: Tolerance,
    /// Every change: by edge, in the order of the new run, then those that are gone.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// How many changes there are of this direction.
    #[must_use]
    pub fn count(&self, direction: Direction) -> usize {
        self.changes.iter().filter(|change| change.direction == direction).count()
    }
}

/// How much of the scenario the new run was meant to cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: an edge that it lacks is gone.
    Whole,
    /// A part: an edge that it lacks was not asked for.
    Part,
}

type Key<'r> = (&'r str, &'r str, Family);

fn key(edge: &EdgeRecord) -> Key<'_> {
    (edge.vantage.as_str(), &*edge.endpoint, edge.family)
}

/// Holds a run against an older one.
#[must_use]
pub fn compare(old: &RunRecord, new: &RunRecord, extent: Extent, tolerance: Tolerance) -> Comparison {
    let before: HashMap<Key<'_>, &EdgeRecord> = old.edges.iter().map(|edge| (key(edge), edge)).collect();
    let now: BTreeSet<Key<'_>> = new.edges.iter().map(key).collect();
    let pairs = new.edges.iter().map(|edge| (before.get(&key(edge)).copied(), edge));
    let both = |(old, new): &(Option<&EdgeRecord>, &EdgeRecord)| {
        old.is_some_and(|old| old.measurement.is_some()) && new.measurement.is_some()
    };
    let measured = pairs.clone().filter(both).count();
    let terms = Terms { tolerance, edges: measured };
    let mut changes: Vec<Change> = pairs.flat_map(|(old, new)| changes_of(old, new, terms)).collect();
    let gone = old.edges.iter().filter(|edge| extent == Extent::Whole && !now.contains(&key(edge)));
    let was = |edge: &EdgeRecord| format!("it was {} and is not tested any more", edge.verdict);
    changes.extend(gone.map(|edge| change(edge, ChangeKind::Gone, Direction::Worse, was(edge))));
    let common = now.iter().filter(|key| before.contains_key(*key)).count();
    Comparison { old: old.run, old_started_ms: old.started_ms, common, measured, tolerance, changes }
}

/// The measurements of an older run, by the places of a plan's edges.
pub struct Baseline<'r> {
    measured: Vec<Option<&'r Measurement>>,
    terms: Terms,
}

impl<'r> Baseline<'r> {
    /// Looks up, for each edge of the plan, what the older run measured of it.
    #[must_use]
    pub fn of(old: &'r RunRecord, scenario: &Scenario, plan: &Plan, tolerance: Tolerance) -> Self {
        let before: HashMap<Key<'_>, &EdgeRecord> = old.edges.iter().map(|edge| (key(edge), edge)).collect();
        let find = |edge: &Edge| {
            let (vantage, endpoint) =
                (&scenario.agent(edge.vantage).name, &scenario.endpoint(edge.endpoint).name);
            let found = before.get(&(vantage.as_str(), endpoint.as_str(), edge.family));
            found.and_then(|found| found.measurement.as_deref())
        };
        let measured: Vec<Option<&Measurement>> = plan.edges.iter().map(find).collect();
        let edges = measured.iter().flatten().count();
        Self { measured, terms: Terms { tolerance, edges } }
    }

    /// Whether an edge, by its place in the plan, has to be measured again before it is clear whether it is slower.
    #[must_use]
    pub fn is_in_doubt(&self, edge: usize, now: &Measurement) -> bool {
        let before = self.measured.get(edge).copied().flatten();
        before.is_some_and(|before| is_in_doubt(before, now, self.terms))
    }
}

fn change(edge: &EdgeRecord, kind: ChangeKind, direction: Direction, sentence: String) -> Change {
    let (vantage, endpoint) = (edge.vantage.clone(), Arc::clone(&edge.endpoint));
    Change { vantage, endpoint, family: edge.family, kind, direction, sentence }
}

/// Every change of one edge, the gravest kind first.
fn changes_of(old: Option<&EdgeRecord>, new: &EdgeRecord, terms: Terms) -> Vec<Change> {
    let Some(old) = old else {
        let sentence = format!("it is {}, and was not tested before", new.verdict);
        return vec![change(new, ChangeKind::Appeared, Direction::Aside, sentence)];
    };
    let mut changes = Vec::new();
    let mut note = |kind, direction, sentence| changes.push(change(new, kind, direction, sentence));
    if old.expect != new.expect {
        let sentence = format!("was expected {}, is expected {}", old.expect, new.expect);
        note(ChangeKind::Expectation, Direction::Aside, sentence);
    }
    if old.verdict != new.verdict {
        let sentence = format!("was {}, is {}: {}", old.verdict, new.verdict, new.judged.sentence);
        note(ChangeKind::Verdict, turn(old.verdict, new.verdict), sentence);
    }
    for claim in &new.claims {
        let before = old.claims.iter().find(|before| before.claimed == claim.claimed);
        if let Some(before) = before.filter(|before| before.verdict != claim.verdict) {
            let (was, is) = (before.verdict, claim.verdict);
            let sentence = format!("`{}` was {was}, is {is}: {}", claim.claimed, claim.judged.sentence);
            note(ChangeKind::Claim, turn(was, is), sentence);
        }
    }
    if old.outcome != new.outcome {
        let word = |edge: &EdgeRecord| edge.outcome.map_or("none", |kind| kind.as_str());
        note(ChangeKind::Outcome, Direction::Aside, format!("was `{}`, is `{}`", word(old), word(new)));
    }
    let (was, is) = (called(old), called(new));
    if !was.is_empty() && !is.is_subset(&was) {
        let listed =
            |all: &BTreeSet<IpAddr>| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        note(ChangeKind::Address, Direction::Aside, format!("was {}, is {}", listed(&was), listed(&is)));
    }
    if let (Some(before), Some(now)) = (&old.measurement, &new.measurement) {
        for (direction, sentence) in paced(before, now, terms) {
            note(ChangeKind::Latency, direction, sentence);
        }
    }
    let rate = |edge: &EdgeRecord| {
        let download = edge.download.as_ref().filter(|download| download.cut_short.is_none());
        download.and_then(|download| download.payload.rate())
    };
    if let (Some(was), Some(is)) = (rate(old), rate(new))
        && was.abs_diff(is).saturating_mul(100) > was.max(is).saturating_mul(RATE_TOLD_PERCENT)
    {
        let sentence = format!("was {}, is {}", figure::rate(was), figure::rate(is));
        note(ChangeKind::Throughput, Direction::Aside, sentence);
    }
    changes
}

/// Which way a verdict turned: to pass is better; from pass, or to fail, is worse.
fn turn(old: Verdict, new: Verdict) -> Direction {
    match (old, new) {
        (_, Verdict::Pass) => Direction::Better,
        (Verdict::Pass, _) | (_, Verdict::Fail) => Direction::Worse,
        (_, Verdict::Inconclusive | Verdict::Skipped) => Direction::Aside,
    }
}

/// The addresses that were called.
fn called(edge: &EdgeRecord) -> BTreeSet<IpAddr> {
    let samples = edge.attempts.iter().filter_map(|attempt| attempt.sample.as_ref());
    samples.filter_map(|sample| Some(sample.remote?.ip())).collect()
}

/// What is told of the times of an edge that was measured in both runs.
fn paced(before: &Measurement, now: &Measurement, terms: Terms) -> Vec<(Direction, String)> {
    let aside = |sentence: String| vec![(Direction::Aside, sentence)];
    match pace(before, now, terms) {
        Pace::Same => Vec::new(),
        Pace::Shifted(found) => {
            let direction =
                |shift: &Shift| if shift.has_risen() { Direction::Worse } else { Direction::Better };
            found.iter().map(|shift| (direction(shift), moved(shift))).collect()
        }
        Pace::Unsure(found) => {
            let found: Vec<String> = found.iter().map(moved).collect();
            let found = found.join("; ");
            aside(format!(
                "not judged: slower once ({found}), and the caller's machine was too busy to tell again"
            ))
        }
        Pace::Unlike(Unlike::TooFew) if before.blocks.is_empty() => {
            aside("not compared: the older record says too little of it; make a new baseline".to_owned())
        }
        Pace::Unlike(Unlike::TooFew) => {
            aside("not compared: too few of its measured calls were answered".to_owned())
        }
        Pace::Unlike(Unlike::Busier) => aside(
            "not compared: the caller's machine, or what it calls, was too busy in the newer run".to_owned(),
        ),
        Pace::Unlike(Unlike::Calmer) => aside(
            "not compared: the caller's machine, or what it calls, was too busy in the older run".to_owned(),
        ),
    }
}

fn moved(shift: &Shift) -> String {
    let (old, new) = (figure::time(shift.old_ns), figure::time(shift.new_ns));
    let statistic = Statistic::Percentile(shift.percentile);
    if shift.has_risen() {
        format!("{statistic} was {old} at most, is {new} at least")
    } else {
        format!("{statistic} was {old} at least, is {new} at most")
    }
}
