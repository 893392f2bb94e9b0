//! What a tool made of an entry: which edges it alarms on, held against those that must turn. It must not know the tool.

use ringfence::judge::{Reason, Verdict};
use ringfence::scenario::Expect;
use ringfence::tally::EdgeRecord;
use ringfence_lab::concerns;
use ringfence_tests::catalogue::Entry;

use super::cells::{Cell, Expected};

/// What a tool made of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Edges that must turn.
    pub(crate) due: usize,
    /// Those of them that it alarms on.
    pub(crate) found: usize,
    /// Those of them that it cannot ask.
    pub(crate) beyond: usize,
    /// Other edges that it alarms on.
    pub(crate) wrong: usize,
    /// Denied edges of which nothing is proved here, and that it can ask.
    pub(crate) unproved: usize,
    /// Those of them that it calls denied all the same.
    pub(crate) vouched: usize,
    /// Edges left out: they turn for Ringfence alone, since an agent of its cannot be asked.
    pub(crate) foreign: usize,
}

/// A standing, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Some edge that must turn did, and no other.
    Caught,
    /// Some edge turned, and one that must not, too.
    WrongEdges,
    /// No edge turned, though one must.
    Missed,
    /// No edge that it can ask must turn, though another must.
    Beyond,
    /// No edge turned, and none must.
    Quiet,
    /// No edge must turn, and some did.
    FalseAlarm,
    /// The entry has nothing to do with it.
    Foreign,
}

impl Word {
    /// All of them, as the totals list them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Caught,
        Self::WrongEdges,
        Self::Missed,
        Self::Beyond,
        Self::Quiet,
        Self::FalseAlarm,
        Self::Foreign,
    ];

    /// As it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::WrongEdges => "wrong edges",
            Self::Missed => "missed",
            Self::Beyond => "cannot ask",
            Self::Quiet => "quiet",
            Self::FalseAlarm => "false alarm",
            Self::Foreign => "-",
        }
    }
}

impl Standing {
    /// It in a word.
    pub(crate) fn word(&self) -> Word {
        match self {
            Self { due: 0, wrong: 0, foreign: 1.., .. } => Word::Foreign,
            Self { due: 0, wrong: 0, .. } => Word::Quiet,
            Self { due: 0, .. } => Word::FalseAlarm,
            Self { wrong: 1.., .. } => Word::WrongEdges,
            Self { found: 1.., .. } => Word::Caught,
            Self { due, beyond, .. } if due == beyond => Word::Beyond,
            _ => Word::Missed,
        }
    }

    /// It in a cell of the table: the word, the edges found of those due, and what was alarmed on beside.
    pub(crate) fn shown(&self) -> String {
        let word = self.word();
        let beside = if self.wrong == 0 { String::new() } else { format!(" +{}", self.wrong) };
        match word {
            Word::Quiet | Word::Foreign => word.as_str().to_owned(),
            _ => format!("{} {}/{}{beside}", word.as_str(), self.found, self.due),
        }
    }
}

/// Who looks at a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Ringfence, by its agents.
    Ringfence,
    /// A tool without agents: an agent that cannot be asked turns nothing for it, and it cannot ask every edge.
    Other,
}

/// Holds the edges that a tool alarms on against an entry. An edge is alarmed on if it or a claim about its name is.
pub(crate) fn stand(who: Who, entry: &Entry, cells: &[Cell], alarms: &[bool]) -> Standing {
    let mut standing = Standing::default();
    for (cell, alarm) in cells.iter().zip(alarms) {
        let by_chance = entry.chance.iter().any(|edges| concerns(edges, &cell.edge));
        match Turn::of(entry, &cell.edge) {
            _ if by_chance => {}
            Turn::Stays => standing.wrong += usize::from(*alarm),
            Turn::ForRingfence if who == Who::Other => standing.foreign += 1,
            turn => standing.note(turn, *alarm, who == Who::Ringfence || cell.expected != Expected::Nothing),
        }
    }
    standing
}

impl Standing {
    fn note(&mut self, turn: Turn, alarm: bool, can_ask: bool) {
        let is_unproved = can_ask && turn == Turn::Unproved;
        self.due += 1;
        self.found += usize::from(alarm);
        self.beyond += usize::from(!can_ask);
        self.unproved += usize::from(is_unproved);
        self.vouched += usize::from(is_unproved && !alarm);
    }
}

/// What becomes of an edge in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It is as it should be.
    Stays,
    /// It is not, or a claim about its name is not.
    Wrong,
    /// It is denied, and nothing can prove it.
    Unproved,
    /// Only an agent of Ringfence's cannot be asked, or has forgotten.
    ForRingfence,
}

impl Turn {
    fn of(entry: &Entry, edge: &EdgeRecord) -> Self {
        let turns = |(edges, _): &&(&str, Reason)| concerns(edges, edge);
        let reason = entry.turns.iter().find(turns).map(|turn| turn.1);
        let claim = entry.names.iter().find(|(edges, _)| concerns(edges, edge)).map(|turn| turn.1);
        let is_unproved = reason.is_some_and(|reason| reason.verdict() == Verdict::Inconclusive);
        // Where an agent cannot be asked, it is what is missing from the evidence of others, too.
        let is_mute = entry.turns.iter().any(|turn| turn.1 == Reason::VantageNotAsked);
        match (reason, claim) {
            (Some(Reason::TargetNotAsked | Reason::TargetRestarted), _) => Self::ForRingfence,
            _ if is_unproved && is_mute => Self::ForRingfence,
            _ if is_unproved && edge.expect == Expect::Deny => Self::Unproved,
            (Some(reason), _) if reason.verdict() != Verdict::Pass => Self::Wrong,
            (_, Some(claim)) if claim.verdict() != Verdict::Pass => Self::Wrong,
            _ => Self::Stays,
        }
    }
}
