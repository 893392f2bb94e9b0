//! What an entry is: a stage, and how a run on it must end.

use ringfence_tests::stage::{Ended, Play};

/// A network with something in it, and how a run on it must end.
pub(crate) struct Entry {
    /// What is so, as a sentence.
    pub(crate) name: &'static str,
    /// Sets it up.
    pub(crate) play: fn() -> Play,
    /// How the run must end.
    pub(crate) want: Want,
}

/// How a run must end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want {
    /// The exit codes that are right.
    codes: &'static [i32],
    /// What must be concluded of edges: from a vantage, to an endpoint (`app/site`, `app/site ipv6`).
    edges: &'static [(&'static str, &'static str, Verdict)],
    /// What the report must say, whatever the case of letters; `a|b` takes either.
    says: &'static [&'static str],
    /// What the report must not say.
    never: &'static [&'static str],
    /// Whether each hint may be told only once.
    hints_once: bool,
}

/// What must be concluded of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It passes.
    Pass,
    /// It passes for this reason.
    PassBy(&'static str),
    /// It fails.
    Fail,
    /// It is inconclusive.
    Open,
    /// It is inconclusive for this reason.
    OpenBy(&'static str),
    /// It fails or is inconclusive.
    NoPass,
    /// It passes or is inconclusive.
    NoFail,
}

/// A run that ends with one of these codes, and these edges.
pub(crate) const fn want(
    codes: &'static [i32],
    edges: &'static [(&'static str, &'static str, Verdict)],
) -> Want {
    Want { codes, edges, says: &[], never: &[], hints_once: false }
}

impl Want {
    /// The same, and the report says all of these.
    pub(crate) const fn says(self, says: &'static [&'static str]) -> Self {
        Self { says, ..self }
    }

    /// The same, and the report says none of these.
    pub(crate) const fn never(self, never: &'static [&'static str]) -> Self {
        Self { never, ..self }
    }

    /// The same, and no hint is told twice.
    pub(crate) const fn hints_once(self) -> Self {
        Self { hints_once: true, ..self }
    }

    /// Everything that is not as it must be.
    pub(crate) fn complaints(&self, ended: &Ended) -> Vec<String> {
        let mut complaints = Vec::new();
        if !self.codes.contains(&ended.code) {
            complaints.push(format!("expected exit {:?}, got {}", self.codes, ended.code));
        }
        complaints.extend(self.edges.iter().flat_map(|edge| wrong_edge(*edge, ended)));
        let text = ended.text.to_lowercase();
        let said = |words: &str| words.split('|').any(|word| text.contains(&word.to_lowercase()));
        let missing = self.says.iter().filter(|words| !said(words));
        complaints.extend(missing.map(|words| format!("does not say `{words}`")));
        let untrue = self.never.iter().filter(|words| said(words));
        complaints.extend(untrue.map(|words| format!("says `{words}`, which is not so")));
        if self.hints_once {
            complaints.extend(told_twice(&ended.text).map(|hint| format!("told more than once: {hint}")));
        }
        complaints
    }
}

fn wrong_edge((vantage, endpoint, verdict): (&str, &str, Verdict), ended: &Ended) -> Vec<String> {
    let judged = ended.judged(vantage, endpoint);
    if judged.is_empty() {
        return vec![format!("no edge {vantage} -> {endpoint} was judged")];
    }
    let wrong = judged.into_iter().filter(|(got, reason)| !verdict.takes(got, reason));
    wrong
        .map(|(got, reason)| format!("{vantage} -> {endpoint}: expected {verdict:?}, got {got} ({reason})"))
        .collect()
}

/// The hints that stand in a report more than once.
fn told_twice(text: &str) -> impl Iterator<Item = &str> {
    let hints: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with("hint:")).collect();
    let mut twice: Vec<&str> = hints
        .iter()
        .enumerate()
        .filter(|(place, hint)| hints[..*place].contains(hint))
        .map(|(_, hint)| *hint)
        .collect();
    twice.dedup();
    twice.into_iter()
}

impl Verdict {
    fn takes(self, verdict: &str, reason: &str) -> bool {
        match self {
            Self::Pass => verdict == "pass",
            Self::PassBy(wanted) => verdict == "pass" && reason == wanted,
            Self::Fail => verdict == "fail",
            Self::Open => verdict == "inconclusive",
            Self::OpenBy(wanted) => verdict == "inconclusive" && reason == wanted,
            Self::NoPass => matches!(verdict, "fail" | "inconclusive"),
            Self::NoFail => matches!(verdict, "pass" | "inconclusive"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_must_be_is_taken() {
        let all = ["pass", "fail", "inconclusive"];
        let taken = |verdict: Verdict| all.map(|got| verdict.takes(got, "leak"));
        assert_eq!(taken(Verdict::Pass), [true, false, false]);
        assert_eq!(taken(Verdict::Fail), [false, true, false]);
        assert_eq!(taken(Verdict::NoPass), [false, true, true]);
        assert_eq!(taken(Verdict::NoFail), [true, false, true]);
        assert_eq!(taken(Verdict::PassBy("leak")), [true, false, false]);
        assert_eq!(taken(Verdict::OpenBy("other")), [false, false, false]);
        assert!(!Verdict::NoPass.takes("skipped", "") && !Verdict::NoFail.takes("none", ""));
    }

    #[test]
    fn an_edge_that_nobody_judged_is_complained_of() {
        let ended =
            Ended { code: 2, text: "hint: x\n  hint: x\n".to_owned(), record: serde_json::Value::Null };
        let all =
            want(&[2], &[("vm", "app/site", Verdict::NoPass)]).says(&["a|b"]).never(&["hint"]).hints_once();
        assert_eq!(all.complaints(&ended).len(), 4);
    }
}
