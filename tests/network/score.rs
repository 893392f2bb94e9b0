//! A run held against what is true of the network it ran over, and the table of all of them. It must not know how
//! anything was broken.

use std::fmt::Write;

use ringfence::judge::Verdict;
use ringfence::tally::{EdgeRecord, RunRecord};
use ringfence_tests::catalogue::{Entry, concerns};

/// How a run over a changed network came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Score {
    /// How many edges came out as they should, of those that had to turn.
    pub(crate) right: usize,
    /// The edges that turned, for another reason.
    pub(crate) wrong_reason: Vec<String>,
    /// The edges that should have turned and passed.
    pub(crate) missed: Vec<String>,
    /// The edges that should have passed and did not.
    pub(crate) false_alarms: Vec<String>,
}

impl Score {
    /// Whether everything came out as it should.
    pub(crate) fn holds(&self) -> bool {
        self.wrong_reason.is_empty() && self.missed.is_empty() && self.false_alarms.is_empty()
    }

    /// The worst of it, in a word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self { missed, .. } if !missed.is_empty() => "missed",
            Self { wrong_reason, .. } if !wrong_reason.is_empty() => "wrong reason",
            Self { false_alarms, .. } if !false_alarms.is_empty() => "false alarm",
            Self { right: 0, .. } => "quiet",
            _ => "caught",
        }
    }

    /// What went wrong, a line an edge.
    pub(crate) fn complaints(&self) -> String {
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

/// Holds a run against the edges and the claims that must turn; every other one must pass.
pub(crate) fn score(record: &RunRecord, entry: &Entry) -> Score {
    let mut score = Score::default();
    let by_chance = |edge: &&EdgeRecord| entry.chance.iter().any(|edges| concerns(edges, edge));
    for edge in record.edges.iter().filter(|edge| !by_chance(edge)) {
        let (name, judged) = (format!("{} -> {} {}", edge.vantage, edge.endpoint, edge.family), &edge.judged);
        let turn = entry.turns.iter().find(|(edges, _)| concerns(edges, edge)).map(|(_, reason)| *reason);
        let turn = turn.map(|reason| (reason.as_str(), reason.verdict()));
        score.note(&name, turn, (judged.reason.as_str(), judged.reason.verdict()), &judged.sentence);
        let turn = entry.names.iter().find(|(edges, _)| concerns(edges, edge)).map(|(_, reason)| *reason);
        let turn = turn.map(|reason| (reason.as_str(), reason.verdict()));
        for claim in &edge.claims {
            let (name, judged) = (format!("{name} {}", claim.claimed), &claim.judged);
            score.note(&name, turn, (judged.reason.as_str(), judged.reason.verdict()), &judged.sentence);
        }
    }
    let all = entry.turns.iter().map(|turn| turn.0).chain(entry.names.iter().map(|turn| turn.0));
    let lost = all.filter(|edges| !record.edges.iter().any(|edge| concerns(edges, edge)));
    score.missed.extend(lost.map(|edges| format!("no edge is `{edges}`")));
    score
}

/// A reason, and the verdict it is a reason for.
type Reasoned = (&'static str, Verdict);

impl Score {
    fn note(&mut self, name: &str, turn: Option<Reasoned>, got: Reasoned, sentence: &str) {
        let shown = format!("{name}: {} ({sentence})", got.0);
        let passed = got.1 == Verdict::Pass;
        match turn {
            None if passed => {}
            None => self.false_alarms.push(shown),
            Some(turn) if turn == got => self.right += 1,
            Some(turn) if passed => self.missed.push(format!("{shown}, not {}", turn.0)),
            Some(turn) => self.wrong_reason.push(format!("{shown}, not {}", turn.0)),
        }
    }
}

/// The table of all scores, and the counts.
pub(crate) fn table(scores: &[(&Entry, Score)]) -> String {
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
