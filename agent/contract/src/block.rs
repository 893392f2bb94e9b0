//! Measured calls block by block, as far apart as what happens to them.

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;

/// What the calls of a short while saw, and how busy the caller's own machine was meanwhile.
///
/// Calls close to one another share what happens to them, and calls far from one another do not: a comparison counts blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// How long the answered calls were on their way, in nanoseconds: all phases of a call without what it waited for its
    /// caller, and with what it waited for the call before it on its connection. To some three digits.
    pub way: Histogram,
    /// By how much the caller's clock woke it too late for these calls, on the mean, in nanoseconds.
    pub late_ns: u64,
    /// How many other threads of the caller's machine wanted a processor, on the mean, in thousandths of one
    /// for each processor; none where the system does not tell.
    pub crowd: Option<u32>,
}
