//! The calls of an order in, one [`Sample`](ringfence_contract::sample::Sample) a call out, under the agent's own
//! policy and limits.
//!
//! This room must not know who ordered the calls or how the samples travel back.

mod entry;
mod guarded;
mod limits;
mod pace;
mod policy;
mod vantage;

pub use entry::{Entry, EntryError};
pub use guarded::{Guarded, guarded};
pub use limits::{Limits, OpenFilesError, raise_open_files};
pub use policy::Policy;
pub use vantage::{FINGERPRINTS_PER_ORDER, OverLimit, Vantage, Work};
