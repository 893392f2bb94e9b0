//! Holds a run against the edges that had to turn, each for its reason.

use ringfence::judge::{ClaimReason, Reason, Verdict};
use ringfence::tally::{EdgeRecord, RunRecord};

use crate::edges::{concerns, lost};

/// Edges, in the words that [`concerns`] reads, and the reason that their verdict must have.
pub type Turn = (&'static str, Reason);

/// Edges, in the words that [`concerns`] reads, and the reason that the verdict on their name must have.
pub type NameTurn = (&'static str, ClaimReason);

/// What a run has to come to. Whatever no turn names must pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'e> {
    /// The edges that must turn. The first turn that names an edge counts.
    pub turns: &'e [Turn],
    /// The edges whose claims about names must turn.
    pub names: &'e [NameTurn],
    /// The edges that chance decides. They may come to anything.
    pub chance: &'e [&'static str],
}

/// How a run came out, held against what it had to come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    /// The edges that turned as they had to, for the right reason.
    pub right: Vec<String>,
    /// The edges that turned, for another reason.
    pub wrong_reason: Vec<String>,
    /// The edges that had to turn and passed.
    pub missed: Vec<String>,
    /// The edges that had to pass and did not.
    pub false_alarms: Vec<String>,
}

/// A reason as a report writes it, and the verdict it is a reason for.
type Reasoned = (&'static str, Verdict);

/// Holds a run against the edges and the claims that must turn.
#[must_use]
pub fn score(record: &RunRecord, expected: Expected<'_>) -> Score {
    let mut score = Score::default();
    let by_chance = |edge: &&EdgeRecord| expected.chance.iter().any(|edges| concerns(edges, edge));
    for edge in record.edges.iter().filter(|edge| !by_chance(edge)) {
        let (name, judged) = (format!("{} -> {} {}", edge.vantage, edge.endpoint, edge.family), &edge.judged);
        let turn = expected.turns.iter().find(|(edges, _)| concerns(edges, edge));
        let turn = turn.map(|(_, reason)| (reason.as_str(), reason.verdict()));
        score.note(&name, turn, (judged.reason.as_str(), judged.reason.verdict()), &judged.sentence);
        let turn = expected.names.iter().find(|(edges, _)| concerns(edges, edge));
        let turn = turn.map(|(_, reason)| (reason.as_str(), reason.verdict()));
        for claim in &edge.claims {
            let (name, judged) = (format!("{name} {}", claim.claimed), &claim.judged);
            score.note(&name, turn, (judged.reason.as_str(), judged.reason.verdict()), &judged.sentence);
        }
    }
    let turns = expected.turns.iter().map(|turn| turn.0).chain(expected.names.iter().map(|turn| turn.0));
    for edges in turns {
        let words = lost(edges, &record.edges).into_iter();
        score.missed.extend(words.map(|word| format!("`{word}` names no edge in `{edges}`")));
    }
    score
}

impl Score {
    /// Whether everything came out as it had to.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong_reason.is_empty() && self.missed.is_empty() && self.false_alarms.is_empty()
    }

    /// The worst of it, in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let worst = self.wrong().into_iter().find(|(_, edges)| !edges.is_empty());
        worst.map_or(if self.right.is_empty() { "quiet" } else { "caught" }, |(word, _)| word)
    }

    /// What came out wrong, the worst first: each word of the score, and the edges it holds for.
    #[must_use]
    pub fn wrong(&self) -> [(&'static str, &[String]); 3] {
        [("missed", &self.missed), ("wrong reason", &self.wrong_reason), ("false alarm", &self.false_alarms)]
    }

    fn note(&mut self, name: &str, turn: Option<Reasoned>, got: Reasoned, sentence: &str) {
        let shown = format!("{name}: {}", got.0);
        let passed = got.1 == Verdict::Pass;
        match turn {
            None if passed => {}
            None => self.false_alarms.push(format!("{shown} ({sentence})")),
            Some(turn) if turn == got => self.right.push(shown),
            Some(turn) if passed => self.missed.push(format!("{shown} ({sentence}), not {}", turn.0)),
            Some(turn) => self.wrong_reason.push(format!("{shown} ({sentence}), not {}", turn.0)),
        }
    }
}
