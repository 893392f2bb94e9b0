//! What is told of an edge and of its claims: the finding, and its words.

use serde::{Deserialize, Serialize};

use crate::judge::{ClaimKind, ClaimReason, Reason, Weakness};

/// What is told of one edge, and of each of its claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The edge itself.
    pub edge: JudgedEdge,
    /// The claims it bears, in the order of [`claims`](crate::plan::claims).
    pub claims: Vec<JudgedClaim>,
}

/// What is concluded of one edge, and on what grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedEdge {
    /// Why; the verdict is [`Reason::verdict`].
    pub reason: Reason,
    /// What was seen, in one sentence without a full stop: `expected deny, got answered from 203.0.113.9 in 12.3 ms`.
    pub sentence: String,
    /// What to look at next; every non-pass has one.
    pub hint: Option<String>,
    /// The evidence the verdict rests on, one fact a line, most telling first.
    pub evidence: Vec<String>,
    /// The attempt (from 0) that decided, where one did.
    pub decided_by: Option<usize>,
    /// Whether an allowed edge passed only on a retry.
    pub flaky: bool,
    /// Whether the target's own call to itself stands in for an outside witness.
    pub self_witnessed: bool,
    /// What else makes the evidence the weaker one.
    pub weaknesses: Vec<Weakness>,
}

/// What is concluded of one claim of one edge, and on what grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedClaim {
    /// What kind of claim it is.
    pub kind: ClaimKind,
    /// Why; the verdict is [`ClaimReason::verdict`].
    pub reason: ClaimReason,
    /// What was seen, in one sentence without a full stop: `expected to resolve within 10.0.3.0/24, got 203.0.113.7 by
    /// 10.0.0.53:53 in 3 ms`.
    pub sentence: String,
    /// What to look at next; every non-pass has one.
    pub hint: Option<String>,
    /// The evidence the verdict rests on, one fact a line, most telling first.
    pub evidence: Vec<String>,
    /// The attempt (from 0) that decided, where one did.
    pub decided_by: Option<usize>,
    /// How long what decided took, in microseconds: for a name, until the resolver had answered, or was given up; for a
    /// budget, what was measured and is held against it; for a throughput, how long bytes were counted.
    pub took_us: Option<u64>,
}
