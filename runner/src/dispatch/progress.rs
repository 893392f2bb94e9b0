//! What a run says of itself while it goes on, for whoever watches: a person, or the lab.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A part of a run. They follow one another in this order.
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
}
