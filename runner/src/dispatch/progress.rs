//! What a run says of itself while it goes on, for whoever watches: a person, or the lab.

use std::fmt;

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

/// Something that has just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A stage begins. It has this many steps.
    Begins(Stage, usize),
    /// This many more steps of the stage are done.
    Done(Stage, usize),
}
