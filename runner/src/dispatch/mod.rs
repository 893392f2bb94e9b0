//! [`Plan`](crate::plan::Plan) in, [`Observations`] out: the one room that touches the network.
//!
//! It must not know what a scenario expects: it asks, collects, and says what it could not learn.

mod observe;

pub use observe::{AgentObservation, Attempt, Greeting, Observations, ReceiptBook, Unasked, UnaskedWhy};
