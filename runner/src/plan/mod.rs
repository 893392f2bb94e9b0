//! [`Scenario`](crate::scenario::Scenario) in, [`Plan`] out: the third stage, the matrix.
//!
//! This room must not know how a call travels; it only says which calls there are.

mod model;

pub use model::{Edge, Plan, Witness, WitnessTarget};
