//! A run of the lab held against what it should have come to. This file must not know how anything is broken.

use super::breaks::{Break, Turn};
use crate::judge::Verdict;
use crate::tally::RunRecord;

/// How a run of a lab came out, held against what it should have come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// The edges that turned as they should, and for the right reason.
    pub right: Vec<String>,
    /// The edges that turned, for another reason.
    pub wrong_reason: Vec<String>,
    /// The edges that should have turned and passed.
    pub missed: Vec<String>,
    /// The edges that should have passed and did not.
    pub false_alarms: Vec<String>,
}

impl Proof {
    /// Whether everything came out as it should.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong_reason.is_empty() && self.missed.is_empty() && self.false_alarms.is_empty()
    }
}

/// Holds a run against the edges that its break should have turned: none where the lab was sound.
#[must_use]
pub fn prove(record: &RunRecord, broken: Option<&Break>) -> Proof {
    let turns: Vec<Turn> = broken.map_or(&[][..], |broken| broken.turns).concat();
    let mut proof = Proof::default();
    for edge in &record.edges {
        let turn = turns
            .iter()
            .find(|turn| turn.vantage == edge.vantage.as_str() && turn.endpoint == &*edge.endpoint);
        let passed = edge.judged.reason.verdict() == Verdict::Pass;
        let shown = format!("{} -> {}: {}", edge.vantage, edge.endpoint, edge.judged.reason);
        match (turn, passed) {
            (None, true) => {}
            (None, false) => proof.false_alarms.push(shown),
            (Some(turn), true) => proof.missed.push(format!("{shown}, not {}", turn.reason)),
            (Some(turn), false) if turn.reason == edge.judged.reason => proof.right.push(shown),
            (Some(turn), false) => proof.wrong_reason.push(format!("{shown}, not {}", turn.reason)),
        }
    }
    let planned = |turn: &&Turn| {
        record
            .edges
            .iter()
            .any(|edge| turn.vantage == edge.vantage.as_str() && turn.endpoint == &*edge.endpoint)
    };
    let unplanned = turns.iter().filter(|turn| !planned(turn));
    proof.missed.extend(unplanned.map(|turn| format!("{} -> {}: no such edge", turn.vantage, turn.endpoint)));
    proof
}
