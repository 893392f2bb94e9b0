//! What a run says of itself while it goes on, for whoever watches: a person, or the lab.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::scenario::AgentIndex;

/// A part of a run. Whoever watches is told of one after the other, in this order; witnesses and edges overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Asking every agent who it is.
    Hello,
    /// Calls that show that targets and vantages live, before the edges are tried.
    WitnessesBefore,
    /// Every attempt at every edge.
    Reach,
    /// The witness calls again.
    WitnessesAfter,
    /// Asking every target what reached it.
    Receipts,
    /// Measuring the edges that were reached.
    Latency,
    /// Counting the bytes that come over edges that were reached.
    Throughput,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Hello => "hello",
            Self::WitnessesBefore => "witnesses before",
            Self::Reach => "reach",
            Self::WitnessesAfter => "witnesses after",
            Self::Receipts => "receipts",
            Self::Latency => "latency",
            Self::Throughput => "throughput",
        })
    }
}

/// Tells whoever watches one stage after the other: what is done of a stage before it begins is told when it does.
pub(super) struct Teller<'a> {
    hear: &'a (dyn Fn(Progress) + Sync),
    /// What was done of stages that have not begun.
    ahead: Mutex<(Option<Stage>, BTreeMap<Stage, usize>)>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(hear: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { hear, ahead: Mutex::default() }
    }

    pub(super) fn begin(&self, stage: Stage, steps: usize) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.0 = Some(stage);
        (self.hear)(Progress::Begins(stage, steps));
        if let Some(steps) = ahead.1.remove(&stage) {
            (self.hear)(Progress::Done(stage, steps));
        }
    }

    /// An edge has no call under way any more. Edges are told of as they end, whatever stage has begun.
    pub(super) fn edge(&self, vantage: AgentIndex, sight: FirstSight) {
        (self.hear)(Progress::Edge(vantage, sight));
    }

    pub(super) fn done(&self, stage: Stage, steps: usize) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if Some(stage) > ahead.0 {
            *ahead.1.entry(stage).or_default() += steps;
        } else {
            (self.hear)(Progress::Done(stage, steps));
        }
    }
}

/// Something that has just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A stage begins. It has this many steps.
    Begins(Stage, usize),
    /// This many more steps of the stage are done.
    Done(Stage, usize),
    /// All calls over one more edge of this vantage are over.
    Edge(AgentIndex, FirstSight),
}

/// How an edge looks before it is judged: whether anything got in, beside what is expected. It is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstSight {
    /// As it should.
    AsExpected,
    /// Not as it should.
    Otherwise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_before_its_stage_begins_is_told_when_it_does() {
        let heard = Mutex::new(Vec::new());
        let hear = |progress| heard.lock().expect("no panic").push(progress);
        let teller = Teller::new(&hear);
        teller.begin(Stage::WitnessesBefore, 3);
        teller.done(Stage::WitnessesBefore, 1);
        teller.done(Stage::Reach, 4);
        teller.done(Stage::Reach, 1);
        teller.done(Stage::WitnessesBefore, 2);
        teller.begin(Stage::Reach, 9);
        teller.done(Stage::Reach, 4);
        let expected = [
            Progress::Begins(Stage::WitnessesBefore, 3),
            Progress::Done(Stage::WitnessesBefore, 1),
            Progress::Done(Stage::WitnessesBefore, 2),
            Progress::Begins(Stage::Reach, 9),
            Progress::Done(Stage::Reach, 5),
            Progress::Done(Stage::Reach, 4),
        ];
        assert_eq!(*heard.lock().expect("no panic"), expected);
    }
}
