//! One small stage for the cases of `tests/cases`: agents, a front end, a beacon and a resolver on loopback addresses,
//! and the real programs run there. No privileges, and nothing is left behind.
//!
//! | who | where | what |
//! |---|---|---|
//! | `vm` | 127.10.0.1 | an agent that front ends admit |
//! | `app` | 127.10.1.1 | the target's agent, behind the front end |
//! | `internet` | 127.203.0.1 | the runner itself (`control: local`), a stranger |
//! | front end | 127.20.0.1 | what a case is about: a [`Door`] |
//! | beacon | 127.20.0.9 | answers everybody, on the front end's port |
//!
//! - [`door`]: a door as data: clauses of *when* and *then*;
//! - [`frames`]: HTTP/2 frames as data, for what no library would say;
//! - [`papers`]: the certificates that a door shows;
//! - [`names`]: a resolver that answers as it is told;
//! - [`play`]: what a case sets up, and the scenario's text;
//! - [`ended`]: what a run came to.

pub mod door;
pub mod ended;
pub mod frames;
pub mod names;
pub mod papers;
pub mod play;

mod forward;
mod head;
mod http1;
mod http2;
mod lines;
mod raise;
mod scene;
mod serve;
mod text;
mod wire;

pub use door::{Clause, Door, End, Passing, Reply, Then, When};
pub use ended::Ended;
pub use frames::Frame;
pub use names::{Edns, Names};
pub use papers::Paper;
pub use play::{Member, Play};

/// The agent that front ends admit.
pub const VM: &str = "127.10.0.1";
/// The network that front ends admit.
pub const ADMITTED: &str = "127.10.0.0/16";
/// The target's agent.
pub const APP: &str = "127.10.1.1";
/// The runner's own address.
pub const INTERNET: &str = "127.203.0.1";
/// The front end.
pub const FRONT: &str = "127.20.0.1";
/// What answers everybody.
pub const BEACON: &str = "127.20.0.9";
/// The resolver, where a case has one.
pub const RESOLVER: &str = "127.20.0.53";
