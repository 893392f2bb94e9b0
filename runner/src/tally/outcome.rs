//! What a run comes to as a whole, and the exit code that says so.
//!
//! The exit code is derived from the record's counts alone, so that no report and no program can disagree with it.

use super::compare::Direction;
use super::record::RunRecord;

/// The exit codes of `ringfence`, each with its meaning.
pub mod exit {
    /// Every edge that could be tried passed, and every claim that could be judged.
    pub const PASSED: u8 = 0;
    /// At least one edge or claim failed, or changed for the worse since the baseline.
    pub const FAILED: u8 = 1;
    /// The command line or the scenario is not valid.
    pub const USAGE: u8 = 2;
    /// Nothing failed, but something is inconclusive.
    pub const INCONCLUSIVE: u8 = 3;
    /// No edge was selected: nothing was proved.
    pub const NOTHING_SELECTED: u8 = 4;
    /// A report could not be written.
    pub const REPORT_NOT_WRITTEN: u8 = 5;
    /// The run was ended by its user: 128 and SIGINT's number 2, as shells report it.
    pub const INTERRUPTED: u8 = 130;
}

/// What a pass that took a retry counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Flaky {
    /// A pass, marked as flaky.
    #[default]
    Passes,
    /// A failure of the run; the edge's own verdict stays.
    Fails,
}

/// What a run comes to as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// Every edge that could be tried passed, and every claim that could be judged.
    Passed,
    /// At least one edge or claim failed, or changed for the worse since the baseline.
    Failed,
    /// Nothing failed, but something is inconclusive, or every edge was skipped.
    Inconclusive,
    /// No edge was planned.
    NothingSelected,
    /// The run was ended by its user.
    Interrupted,
}

impl RunOutcome {
    /// What a record comes to.
    #[must_use]
    pub fn of(record: &RunRecord, flaky: Flaky) -> Self {
        let summary = &record.summary;
        let flaky_fails = flaky == Flaky::Fails && summary.flaky > 0;
        let is_worse = record.baseline.as_ref().is_some_and(|baseline| baseline.count(Direction::Worse) > 0);
        match summary {
            _ if record.interrupted => Self::Interrupted,
            summary if summary.edges == 0 => Self::NothingSelected,
            summary if summary.failed + summary.claims.failed > 0 || flaky_fails || is_worse => Self::Failed,
            // Where every edge was skipped, nothing was tried and nothing was proved.
            summary if summary.inconclusive + summary.claims.inconclusive > 0 || summary.passed == 0 => {
                Self::Inconclusive
            }
            _ => Self::Passed,
        }
    }

    /// The exit code that says so.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Passed => exit::PASSED,
            Self::Failed => exit::FAILED,
            Self::Inconclusive => exit::INCONCLUSIVE,
            Self::NothingSelected => exit::NOTHING_SELECTED,
            Self::Interrupted => exit::INTERRUPTED,
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
            Self::NothingSelected => "nothing selected",
            Self::Interrupted => "interrupted",
        }
    }
}
