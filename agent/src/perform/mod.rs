//! The calls of an order in, one [`Sample`](ringfence_contract::sample::Sample) a call out, or the
//! [`Measured`](ringfence_contract::measure::Measured) of all of them, or what a download came to; under the agent's own
//! policy and limits.
//!
//! This room must not know who ordered the calls or how the samples travel back.

mod claims;
mod entry;
mod fetch;
mod guarded;
mod ledger;
mod limits;
mod machine;
mod measure;
mod over_limit;
mod pace;
mod policy;
mod vantage;

pub use claims::{Claim, MEASUREMENTS_AT_ONCE};
pub use entry::{Entry, EntryError};
pub use fetch::Fetch;
pub use guarded::{Guarded, guarded};
pub use limits::{Limits, OpenFilesError, raise_open_files};
pub use measure::{CALLS_OVERLAPPING, Course};
pub use over_limit::{FINGERPRINTS_PER_ORDER, OverLimit};
pub use policy::Policy;
pub use vantage::{Vantage, Work};
