//! A signed order's text in, the lines of its reply out.
//!
//! The [`Agent`] decides whether an order is taken: signed by a trusted key, for this agent in this life of it, in its
//! time, never before, within the limits. This room must not know how an order's text came or where its lines go.

mod agent;
mod carry;
mod families;
mod replays;
mod settings;

pub use agent::{Agent, Taken};
pub use families::families;
pub use replays::{REPLAYS_HELD, ReplayError, Replays};
pub use settings::AgentSettings;
