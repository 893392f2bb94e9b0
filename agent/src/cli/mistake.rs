//! What is wrong with a setting: which one, what, and the next step. All mistakes are said at once.
//!
//! This file must not know any setting, and never repeats a value by itself: it may be a secret.

use std::fmt;

/// What is wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    flag: &'static str,
    variable: &'static str,
    problem: String,
    next: Option<&'static str>,
}

impl Mistake {
    /// A mistake in the setting of this flag and environment variable (empty where it has none).
    pub(super) fn new(flag: &'static str, variable: &'static str, problem: impl fmt::Display) -> Self {
        Self { flag, variable, problem: problem.to_string(), next: None }
    }

    /// What to do about it.
    pub(super) fn next(self, next: &'static str) -> Self {
        Self { next: Some(next), ..self }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.flag)?;
        if !self.variable.is_empty() {
            write!(f, " ({})", self.variable)?;
        }
        write!(f, ": {}", self.problem)?;
        self.next.map_or(Ok(()), |next| write!(f, "\n  next: {next}"))
    }
}
