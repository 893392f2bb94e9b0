//! The signs that an edge and its claims are shown with. This file must not know where they are drawn.

use super::page::Tone;
use crate::judge::{Reason, Verdict};
use crate::scenario::Expect;
use crate::tally::{ClaimRecord, EdgeRecord};

/// What a cell says of one edge, in letters and symbols that need no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mark {
    Leak,
    Fail,
    Unknown,
    Reached,
    ReachedOnRetry,
    Denied,
    Skipped,
}

impl Mark {
    /// Every one of them, in the order of the legend.
    pub(super) const ALL: [Self; 7] = [
        Self::Reached,
        Self::ReachedOnRetry,
        Self::Denied,
        Self::Leak,
        Self::Fail,
        Self::Unknown,
        Self::Skipped,
    ];

    pub(super) fn of(edge: &EdgeRecord) -> Self {
        match (edge.verdict, edge.expect) {
            (Verdict::Pass, Expect::Allow) if edge.judged.flaky => Self::ReachedOnRetry,
            (Verdict::Pass, Expect::Allow) => Self::Reached,
            (Verdict::Pass, Expect::Deny) => Self::Denied,
            (Verdict::Fail, Expect::Deny) if edge.judged.reason != Reason::WrongMeans => Self::Leak,
            (Verdict::Fail, _) => Self::Fail,
            (Verdict::Inconclusive, _) => Self::Unknown,
            (Verdict::Skipped, _) => Self::Skipped,
        }
    }

    /// The sign a claim is told with.
    pub(super) fn of_claim(claim: &ClaimRecord) -> Self {
        match claim.verdict {
            Verdict::Pass => Self::Reached,
            Verdict::Fail => Self::Fail,
            Verdict::Inconclusive => Self::Unknown,
            Verdict::Skipped => Self::Skipped,
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Reached => "→",
            Self::ReachedOnRetry => "→~",
            Self::Denied => "×",
            Self::Leak => "LEAK",
            Self::Fail => "FAIL",
            Self::Unknown => "?",
            Self::Skipped => "-",
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Reached => "reached as expected",
            Self::ReachedOnRetry => "reached on a retry",
            Self::Denied => "denied as expected",
            Self::Leak => "open, expected closed",
            Self::Fail => "not as expected",
            Self::Unknown => "inconclusive",
            Self::Skipped => "skipped",
        }
    }

    pub(super) fn tone(self) -> Tone {
        match self {
            Self::Reached | Self::Denied => Tone::Good,
            Self::Leak | Self::Fail => Tone::Bad,
            Self::Unknown | Self::ReachedOnRetry => Tone::Doubt,
            Self::Skipped => Tone::Faint,
        }
    }
}

/// How the claims of one edge came out, the worst of them: shown behind the edge's own sign, which stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum ClaimMark {
    /// None failed, if there is any.
    Unharmed,
    Unknown,
    Fail,
}

impl ClaimMark {
    /// Those that say something, in the order of the legend.
    pub(super) const HARMED: [Self; 2] = [Self::Fail, Self::Unknown];

    pub(super) fn of(edge: &EdgeRecord) -> Self {
        let mark = |claim: &ClaimRecord| match claim.verdict {
            Verdict::Pass | Verdict::Skipped => Self::Unharmed,
            Verdict::Inconclusive => Self::Unknown,
            Verdict::Fail => Self::Fail,
        };
        edge.claims.iter().map(mark).max().unwrap_or(Self::Unharmed)
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Unharmed => "",
            Self::Unknown => "*",
            Self::Fail => "!",
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Unharmed => "",
            Self::Unknown => "a claim of the edge is inconclusive",
            Self::Fail => "a claim of the edge failed",
        }
    }

    pub(super) fn tone(self) -> Tone {
        match self {
            Self::Unharmed => Tone::Plain,
            Self::Unknown => Tone::Doubt,
            Self::Fail => Tone::Bad,
        }
    }
}
