//! The run record: the one value every report is drawn from, and itself the JSON report.
//!
//! A run may have a million edges: what many of them have in common is held once, and what is large or rare is held apart.
//!
//! Absent is `null`, never 0. No secret is in it: no key, no seal, no header beyond those named as evidence.

use std::sync::Arc;

use ringfence_contract::address::Family;
use ringfence_contract::download::Downloaded;
use ringfence_contract::id::{CallId, RunId};
use ringfence_contract::name::AgentName;
use ringfence_contract::outcome::OutcomeKind;
use ringfence_contract::receipt::Receipt;
use ringfence_contract::sample::Sample;
use serde::{Deserialize, Serialize};

use super::compare::Comparison;
use crate::dispatch::{Measurement, Unasked};
use crate::explain::{JudgedClaim, JudgedEdge, ToldNotice};
use crate::judge::Verdict;
use crate::plan::Role;
use crate::scenario::Expect;

/// The version of this record's shape. A reader refuses one it does not know.
///
/// Version 2 has claims, measurements, downloads and what changed since a baseline. Version 3 says what each attempt was placed
/// for, in which life an agent answered, what a reader has to know beside the verdicts, and of measured calls block by block
/// how long they were on their way; an edge may have lost contact. A reader of an earlier version would miss what changes a
/// verdict: so it has to refuse it.
pub const SCHEMA_VERSION: u32 = 3;

/// One run, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The version of the program that made it.
    pub ringfence_version: String,
    /// The run.
    pub run: RunId,
    /// The scenario.
    pub scenario: ScenarioRecord,
    /// When the run began, by the runner's clock, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// How long it took until the last agent had answered, in milliseconds; report writing is not in it.
    pub took_ms: u64,
    /// Whether it was ended early by its user.
    pub interrupted: bool,
    /// The counts.
    pub summary: Summary,
    /// What a reader has to know though it changes no verdict: what was not tried, or rests on less.
    pub notices: Vec<ToldNotice>,
    /// What is known of each agent, in the order of the scenario.
    pub agents: Vec<AgentRecord>,
    /// The endpoints' names, in the order of the scenario.
    pub endpoints: Vec<Arc<str>>,
    /// Every planned edge, in plan order.
    pub edges: Vec<EdgeRecord>,
    /// The witness calls, in plan order.
    pub witnesses: Vec<WitnessRecord>,
    /// What changed since an older run, where one was given. A change for the worse fails the run.
    pub baseline: Option<Comparison>,
}

/// Which scenario was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioRecord {
    /// Its name.
    pub name: String,
    /// Where its text came from.
    pub path: String,
    /// The rules, in the order of the file.
    pub rules: Vec<RuleRecord>,
}

/// A rule, as reports point at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRecord {
    /// Its name.
    pub name: String,
    /// The line it is on, counted from 1; none for an `otherwise` that is not written.
    pub line: Option<usize>,
    /// That line's text.
    pub text: Option<String>,
}

/// The counts of a run. They add up: `edges` is the sum of the four verdicts. Claims are counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// All planned edges.
    pub edges: usize,
    /// How many edges the scenario could have.
    pub possible: usize,
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Skipped.
    pub skipped: usize,
    /// Passed, but only on a retry.
    pub flaky: usize,
    /// The claims, counted apart from the edges that bear them.
    pub claims: ClaimCounts,
}

/// The counts of a run's claims. They add up: `all` is the sum of the four verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimCounts {
    /// All claims of all planned edges.
    pub all: usize,
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Skipped.
    pub skipped: usize,
}

/// What is known of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// Its name.
    pub name: AgentName,
    /// The name of its zone.
    pub zone: Option<String>,
    /// How orders got to it.
    pub route: String,
    /// Whether the run key crossed a plain link on the way.
    pub plaintext: bool,
    /// The version of its program.
    pub version: Option<String>,
    /// Its clock less the runner's, in milliseconds.
    pub clock_ahead_ms: Option<i64>,
    /// How long its hello took, in microseconds.
    pub hello_us: Option<u64>,
    /// Why it could not be asked.
    pub trouble: Option<Unasked>,
}

/// One planned edge, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EdgeRecord {
    /// Who called.
    pub vantage: AgentName,
    /// What was called.
    pub endpoint: Arc<str>,
    /// Its address, as the scenario has it.
    pub address: Arc<str>,
    /// In which family.
    pub family: Family,
    /// What was expected.
    pub expect: Expect,
    /// The place of the rule in [`ScenarioRecord::rules`].
    pub rule: usize,
    /// What is concluded.
    pub verdict: Verdict,
    /// On what grounds.
    pub judged: JudgedEdge,
    /// The outcome of the attempt that decided, or of the last.
    pub outcome: Option<OutcomeKind>,
    /// Every attempt, in order.
    pub attempts: Vec<AttemptRecord>,
    /// For a deny edge that passed on n attempts with none getting through: the largest share of calls, 0 to 1, that
    /// could still get through, at 95 % confidence (exact binomial: 1 - 0.05^(1/n), rounded up to four decimals; the "rule of
    /// three" is its limit).
    pub leak_share_below: Option<f64>,
    /// How fast it is, where it was measured: its figures with their histograms whole, so that those of several runs add
    /// up. A histogram is a list of pairs: the lowest value of a bucket in nanoseconds, and how many it holds.
    pub measurement: Option<Box<Measurement>>,
    /// What the download over it came to, where its rule asks for one and its vantage told of it.
    pub download: Option<Box<Downloaded>>,
    /// What else is claimed of it, each judged apart from its reachability.
    pub claims: Vec<ClaimRecord>,
}

/// One claim of one edge, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// What is claimed: `resolves within 10.0.3.0/24`. An edge bears no two claims of the same words.
    pub claimed: String,
    /// The line of the scenario that says so, counted from 1.
    pub line: usize,
    /// That line's text.
    pub text: String,
    /// What is concluded.
    pub verdict: Verdict,
    /// On what grounds.
    pub judged: JudgedClaim,
}

/// One attempt at an edge. No larger than an [`Attempt`](crate::dispatch::Attempt), so that it takes that one's place in
/// memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The call.
    pub call: CallId,
    /// What it was placed for; none of those that the rule asks for.
    pub role: Option<Box<Role>>,
    /// What its vantage saw.
    pub sample: Option<Box<Sample>>,
    /// Why there is no sample.
    pub unasked: Option<Box<Unasked>>,
    /// What the target wrote down.
    pub receipt: Option<Box<Receipt>>,
}

/// One witness call, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessRecord {
    /// Who called.
    pub vantage: AgentName,
    /// What was called: an endpoint's name, `beacon` and its address, or `own listener of …`.
    pub to: String,
    /// In which family.
    pub family: Family,
    /// What it came to before the edges were tried.
    pub before: Option<OutcomeKind>,
    /// What it came to after.
    pub after: Option<OutcomeKind>,
}
