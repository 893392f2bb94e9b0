//! [`Observations`](crate::dispatch::Observations) in, one [`JudgedEdge`] an edge out: a pure function.
//!
//! This room must not know how anything was asked or how anything is drawn.

mod verdict;

pub use verdict::{JudgedEdge, Reason, Verdict};
