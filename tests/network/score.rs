//! A run held against what is true of the network it ran over, and the table of all of them. It must not know how
//! anything was broken.

use std::fmt::Write;

use ringfence::judge::Verdict;
use ringfence::scenario::Expect;
use ringfence::tally::{EdgeRecord, RunRecord};

use super::catalogue::{Entry, Turn};

/// How a run over a changed network came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    /// How many edges came out as they should, of those that had to turn.
    pub right: usize,
    /// The edges that turned, for another reason.
    pub wrong_reason: Vec<String>,
    /// The edges that should have turned and passed.
    pub missed: Vec<String>,
    /// The edges that should have passed and did not.
    pub false_alarms: Vec<String>,
}

impl Score {
    /// Whether everything came out as it should.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong_reason.is_empty() && self.missed.is_empty() && self.false_alarms.is_empty()
    }

    /// The worst of it, in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self { missed, .. } if !missed.is_empty() => "missed",
            Self { wrong_reason, .. } if !wrong_reason.is_empty() => "wrong reason",
            Self { false_alarms, .. } if !false_alarms.is_empty() => "false alarm",
            Self { right: 0, .. } => "quiet",
            _ => "caught",
        }
    }

    /// What went wrong, a line an edge.
    #[must_use]
    pub fn complaints(&self) -> String {
        let kinds = [
            ("missed", &self.missed),
            ("wrong reason", &self.wrong_reason),
            ("false alarm", &self.false_alarms),
        ];
        let lines = kinds
            .iter()
            .flat_map(|(kind, edges)| edges.iter().map(move |edge| format!("    {kind}: {edge}\n")));
        lines.collect()
    }
}

/// Holds a run against the edges that must turn; every other edge must pass.
#[must_use]
pub fn score(record: &RunRecord, entry: &Entry) -> Score {
    let turns: &[Turn] = entry.turns;
    let mut score = Score::default();
    let by_chance = |edge: &&EdgeRecord| entry.chance.iter().any(|edges| is_among(edge, edges));
    for edge in record.edges.iter().filter(|edge| !by_chance(edge)) {
        let got = edge.judged.reason;
        let shown = format!("{} -> {} {}: {got}", edge.vantage, edge.endpoint, edge.family);
        let turn = turns.iter().find(|(edges, _)| is_among(edge, edges));
        let passed = got.verdict() == Verdict::Pass;
        match turn {
            None if passed => {}
            None => score.false_alarms.push(format!("{shown} ({})", edge.judged.sentence)),
            Some((_, reason)) if *reason == got => score.right += 1,
            Some((_, reason)) if passed && reason.verdict() != Verdict::Pass => {
                score.missed.push(format!("{shown}, not {reason}"));
            }
            Some((_, reason)) => {
                score.wrong_reason.push(format!("{shown}, not {reason} ({})", edge.judged.sentence));
            }
        }
    }
    let found = |turn: &&Turn| record.edges.iter().any(|edge| is_among(edge, turn.0));
    score
        .missed
        .extend(turns.iter().filter(|turn| !found(turn)).map(|(edges, _)| format!("no edge is `{edges}`")));
    score
}

/// Whether an edge is among those that a turn names: `VANTAGES > ENDPOINTS [FAMILY]`. `*` is every one; `denied` and
/// `allowed` are the vantages that the matrix denies and allows that endpoint.
fn is_among(edge: &EdgeRecord, edges: &str) -> bool {
    let (vantages, rest) = edges.split_once(" > ").unwrap_or_else(|| panic!("`{edges}` has no ` > `"));
    let mut words: Vec<&str> = rest.split(' ').collect();
    let family = words.pop_if(|word| ["ipv4", "ipv6"].contains(word));
    let vantage = vantages.split(' ').any(|word| match word {
        "*" => true,
        "denied" => edge.expect == Expect::Deny,
        "allowed" => edge.expect == Expect::Allow,
        name => edge.vantage.as_str() == name,
    });
    let endpoint = words.iter().any(|word| *word == "*" || edge.endpoint == *word);
    vantage && endpoint && family.is_none_or(|family| edge.family.to_string() == family)
}

/// The table of all scores, and the counts.
#[must_use]
pub fn table(scores: &[(&Entry, Score)]) -> String {
    let mut text = String::new();
    let mut counts = [("caught", 0), ("quiet", 0), ("wrong reason", 0), ("missed", 0), ("false alarm", 0)];
    for (entry, score) in scores {
        let (word, right) = (score.word(), score.right);
        writeln!(text, "  {word:12} {:>3}  {:32} {}", right, entry.name, entry.what).expect("text grows");
        text.push_str(&score.complaints());
        for (known, count) in &mut counts {
            *count += usize::from(*known == word);
        }
    }
    let edges: usize = scores.iter().map(|(_, score)| score.right).sum();
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    writeln!(text, "\n{} entries: {}; {edges} edges turned as they had to", scores.len(), counts.join(", "))
        .expect("text grows");
    text
}
