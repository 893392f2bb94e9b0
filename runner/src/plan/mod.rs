//! [`Scenario`] in, [`Plan`] out: the third stage, the matrix.
//!
//! [`expand`] makes the whole plan, [`select`] a part of it, [`call_for_edge`] and [`call_for_witness`] the calls that
//! carry it out, [`orders_to_measure`] those that are placed again and again, [`download`] the one that is answered with bytes
//! to count, and [`claims`] says what else is claimed of an edge. This room must not know how a call travels; it only says
//! which calls there are.

mod calls;
mod claims;
mod edges;
mod measures;
mod model;
mod select;
mod vantages;
mod witnesses;

pub use calls::{
    behind_denied_ms, call_for_edge, call_for_witness, calls_on, further_call, outside, witness_name,
};
pub use claims::{Claim, claims, latency, throughput};
pub use measures::{download, orders_to_measure};
pub use model::{Edge, Plan, Role, Spoofs, Witness, WitnessTarget};
pub use select::{SelectError, select};
pub use witnesses::ADDRESSES_EACH;

use crate::scenario::Scenario;

/// Makes the plan of a scenario: every edge that some rule names, in report order, and the calls that witness them.
#[must_use]
pub fn expand(scenario: &Scenario) -> Plan {
    let (edges, possible) = edges::edges(scenario);
    let witnesses = witnesses::witnesses(scenario, &edges, &edges);
    Plan { edges, witnesses, possible }
}

#[cfg(test)]
mod brute_force;
#[cfg(test)]
mod tests;
