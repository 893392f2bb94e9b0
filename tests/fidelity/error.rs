//! How far what a tool said is from the truth, and the table of it. It must not know any tool.

use std::time::Duration;

/// What a tool said of one phase, held against the truth.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    phase: &'static str,
    /// How many requests it is about.
    n: usize,
    /// The median of the truth.
    truth: Option<Duration>,
    /// Errors: at p50, at p99, and the largest.
    errors: Option<[Option<Duration>; 3]>,
    note: String,
}

impl Row {
    /// A tool that is not there.
    pub(crate) fn absent() -> Self {
        Self { phase: "-", note: "NOT INSTALLED".to_owned(), ..Self::default() }
    }

    /// What was said of each request, beside what was true of it: the percentiles of the errors.
    pub(crate) fn of_each(phase: &'static str, pairs: &[(Duration, Duration)]) -> Self {
        let mut errors: Vec<Duration> = pairs.iter().map(|(said, truth)| said.abs_diff(*truth)).collect();
        errors.sort_unstable();
        let mut truths: Vec<Duration> = pairs.iter().map(|(_, truth)| *truth).collect();
        truths.sort_unstable();
        let row = Self { phase, n: pairs.len(), truth: at(&truths, 50_000), ..Self::default() };
        Self { errors: Some([50_000, 99_000, 100_000].map(|part| at(&errors, part))), ..row }
    }

    /// The p50, p99 and maximum that a tool said of all requests, beside the exact ones: the errors of the percentiles.
    pub(crate) fn of_all(
        phase: &'static str,
        said: [Option<Duration>; 3],
        mut truths: Vec<Duration>,
    ) -> Self {
        truths.sort_unstable();
        let parts = [50_000, 99_000, 100_000];
        let error = |(said, part): (Option<Duration>, usize)| Some(said?.abs_diff(at(&truths, part)?));
        let [p50, p99, max] = said;
        let errors = [(p50, parts[0]), (p99, parts[1]), (max, parts[2])].map(error);
        Self {
            phase,
            n: truths.len(),
            truth: at(&truths, 50_000),
            errors: Some(errors),
            note: "percentiles compared".to_owned(),
        }
    }

    /// More about it.
    pub(crate) fn noting(mut self, note: &str) -> Self {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(note);
        self
    }

    /// It as a line of the table.
    pub(crate) fn line(&self, tool: &str) -> String {
        let [p50, p99, max] = self.errors.unwrap_or_default().map(us);
        let (phase, n, truth) = (self.phase, self.n, us(self.truth));
        format!("{tool:29}{phase:18}{n:>6}{truth:>10}{p50:>9}{p99:>9}{max:>9}  {}", self.note)
            .trim_end()
            .to_owned()
    }
}

/// The table's head.
pub(crate) fn head() -> String {
    format!(
        "times in us\n{:29}{:18}{:>6}{:>10}{:>9}{:>9}{:>9}",
        "tool", "phase", "n", "true p50", "err p50", "err p99", "err max"
    )
}

/// What the errors are to be.
pub(crate) fn goals() -> String {
    "\ngoals for Ringfence: idle, err p50 <= 15 and err p99 <= 30; busy, err p99 below that of every other tool".to_owned()
}

/// The value that this part of all does not exceed, in thousandths of a percent.
fn at(sorted: &[Duration], part: usize) -> Option<Duration> {
    let rank = (sorted.len() * part).div_ceil(100_000).max(1);
    sorted.get(rank - 1).copied()
}

fn us(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e6))
}
