//! The lab raises the two seed topologies on loopback addresses, with real agents, and needs no privileges.
//!
//! It is a stand-in. A subnet is a range of 127.0.0.0/8, and an agent calls from an address in its subnet. The front end
//! looks at that address, as App Service's front end does. A passing lab shows that Ringfence tells right from wrong. Only
//! a run against the real network shows that the real network is right.
//!
//! [`score`] holds a run against the edges that had to turn. The tests on real networks use it too.

mod breaks;
mod certificates;
pub mod cli;
mod edges;
mod front_end;
mod layout;
mod names;
mod raise;
mod score;
mod topology;

pub use breaks::{BREAKS, Break};
pub use edges::concerns;
pub use raise::{Lab, LabError};
pub use score::{Expected, NameTurn, Score, Turn, score};
pub use topology::{SEEDS, Seed};
