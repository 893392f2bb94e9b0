//! The seed topologies on this machine's loopback addresses: real agents, a front end and a resolver, no privileges.
//!
//! It is a stand-in, and says so: subnets are ranges of 127.0.0.0/8, an agent's subnet is the source address it calls
//! from, and the front end decides by that address as App Service's does by its access restrictions. What it shows is that
//! Ringfence tells right from wrong; only a run against the real thing shows that the real thing is right.
//!
//! This room raises and breaks; it must not know how a run is made or drawn.

mod breaks;
mod certificates;
mod front_end;
mod layout;
mod names;
mod proof;
mod raise;
mod topology;

pub use breaks::{BREAKS, Break, Turn};
pub use proof::{Proof, prove};
pub use raise::{Lab, LabError};
pub use topology::{SEEDS, Seed};
