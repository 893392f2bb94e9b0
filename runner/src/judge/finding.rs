//! What is concluded, before it is put into words.

use super::claim::{ClaimKind, ClaimReason};
use super::verdict::{Reason, Weakness};

/// What is concluded of one edge, and of each of its claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The edge itself.
    pub edge: Finding,
    /// The claims it bears, in the order of [`claims`](crate::plan::claims).
    pub claims: Vec<ClaimFinding>,
}

/// What is concluded of one edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Why; the verdict is [`Reason::verdict`].
    pub reason: Reason,
    /// The attempt (from 0) that decided, where one did.
    pub decided_by: Option<usize>,
    /// Whether an allowed edge passed only on a retry.
    pub flaky: bool,
    /// Whether the target's own call to itself stands in for an outside witness.
    pub self_witnessed: bool,
    /// What else makes the evidence the weaker one.
    pub weaknesses: Vec<Weakness>,
    /// Everything that is missing, the reason first; empty unless a witness or receipt is what is missing.
    pub missing: Vec<Reason>,
}

impl Finding {
    pub(super) fn new(reason: Reason, decided_by: Option<usize>) -> Self {
        Self {
            reason,
            decided_by,
            flaky: false,
            self_witnessed: false,
            weaknesses: Vec::new(),
            missing: Vec::new(),
        }
    }
}

/// What is concluded of one claim of one edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimFinding {
    /// What kind of claim it is.
    pub kind: ClaimKind,
    /// Why; the verdict is [`ClaimReason::verdict`].
    pub reason: ClaimReason,
    /// The attempt (from 0) that decided, where one did.
    pub decided_by: Option<usize>,
    /// How long what decided took, in microseconds: for a name, until the resolver had answered, or was given up; for a
    /// budget, what was measured and is held against it; for a throughput, how long bytes were counted.
    pub took_us: Option<u64>,
}
