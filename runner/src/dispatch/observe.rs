//! What a run saw, from both ends, before anybody has judged it.
//!
//! A call that met an obstacle is a sample. A call that nobody could be asked to place is [`Unasked`]: ignorance, which
//! no room downstream may take for a denial.

use std::collections::HashMap;
use std::time::Duration;

use ringfence_contract::download::Downloaded;
use ringfence_contract::id::CallId;
use ringfence_contract::receipt::{Receipt, Unfinished};
use ringfence_contract::reply::Hello;
use ringfence_contract::sample::Sample;
use serde::{Deserialize, Serialize};

use super::measurement::Measurement;
use crate::plan::{Role, Witness};

/// What a run saw.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    /// What is known of each agent, in the order of the scenario's agents.
    pub agents: Vec<AgentObservation>,
    /// The attempts at each edge, in the order of the plan's edges, then of their placing.
    pub reach: Vec<Vec<Attempt>>,
    /// The witness calls before, in the order of the plan's witnesses.
    pub before: Vec<Attempt>,
    /// The witness calls after, in the same order.
    pub after: Vec<Attempt>,
    /// Witnesses that the plan could not know of: at addresses of a name beyond the first few.
    pub further_witnesses: Vec<FurtherWitness>,
    /// How fast the edges are, in the order of the plan's edges; none of those that were not measured. Empty where none
    /// was.
    pub latency: Vec<Option<Box<Measurement>>>,
    /// What the downloads came to, in the order of the plan's edges; none of those over which there was none. Empty where
    /// there was none at all.
    pub throughput: Vec<Option<Box<Result<Downloaded, Unasked>>>>,
    /// Whether the run was ended early by its user.
    pub interrupted: bool,
}

/// A witness at an address that only the resolver could tell of.
#[derive(Debug, Clone)]
pub struct FurtherWitness {
    /// The witness.
    pub witness: Witness,
    /// Its call before.
    pub before: Attempt,
    /// Its call after.
    pub after: Attempt,
}

/// One call that was planned, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The call.
    pub call: CallId,
    /// What it was placed for; none of those that the edge's rule asks for, and of witnesses.
    pub role: Option<Box<Role>>,
    /// What its vantage saw, or why it was not asked or did not say.
    pub sample: Result<Box<Sample>, Unasked>,
}

/// Why nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unasked {
    /// Why.
    pub why: UnaskedWhy,
    /// What exactly, for the reader.
    pub detail: Box<str>,
}

impl Unasked {
    pub(super) fn new(why: UnaskedWhy, detail: impl Into<Box<str>>) -> Self {
        Self { why, detail: detail.into() }
    }
}

/// The run was ended by its user before this was known.
pub(super) fn interrupted() -> Unasked {
    Unasked::new(UnaskedWhy::Interrupted, "nothing was known of it when the run was ended")
}

/// Why an agent could not be asked, or did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnaskedWhy {
    /// The control route does not lead to the agent.
    NoRoute,
    /// What answers at the control address shows no certificate that is trusted.
    NotCertified,
    /// The agent refused the order.
    Refused,
    /// What answered is not the agent, or what it said is not well sealed.
    NotTrusted,
    /// The reply ended early.
    CutOff,
    /// The agent is another life of itself than the one that said hello.
    Restarted,
    /// The run was ended before its turn.
    Interrupted,
    /// What was seen before made it pointless.
    Pointless,
    /// Something in the runner broke.
    Broken,
}

/// What is known of one agent.
#[derive(Debug, Clone)]
pub struct AgentObservation {
    /// What it said of itself.
    pub hello: Result<Greeting, Unasked>,
    /// What its ring of receipts said at the end of the run.
    pub receipts: Result<ReceiptBook, Unasked>,
    /// How orders got to it, for the reader: `direct https://…`, `relay by test-vm`, `exec ssh`, `local`.
    pub route: String,
    /// Whether the run key crossed a plain link on the way, as the scenario allowed aloud.
    pub plaintext: bool,
}

/// A hello, and what was measured around it.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// What the agent said.
    pub hello: Hello,
    /// The agent's clock less the runner's, in milliseconds, from the middle of the exchange.
    pub clock_ahead_ms: i64,
    /// How long the exchange took.
    pub round_trip: Duration,
}

/// What a target's ring of receipts said.
#[derive(Debug, Clone, Default)]
pub struct ReceiptBook {
    /// The receipts found for calls of this run that could have reached this agent.
    pub found: HashMap<CallId, Box<Receipt>>,
    /// The connections of this run's time on which the agent saw no whole call come.
    pub unfinished: Vec<Unfinished>,
    /// Whether the agent has restarted since its hello: the receipts before that are gone.
    pub restarted: bool,
    /// Whether the ring dropped receipts since the hello: absence proves nothing.
    pub wrapped: bool,
}
