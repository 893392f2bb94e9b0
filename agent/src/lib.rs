//! Ringfence's probe agent: it answers sealed calls and, when a signed order says so, places them.
//!
//! The rooms, upstream first; a room imports only rooms upstream of it:
//!
//! - [`clock`]: times as the kernel tells them, and waits finer than a millisecond;
//! - [`call`]: places one call and says what it saw; also posts an order to another agent;
//! - [`perform`]: the agent's own policy and limits, and the placing of a whole order's calls under them;
//! - [`answer`]: answers sealed calls, and writes receipts;
//! - [`control`]: takes a signed order, looks whether it is good, and has it carried out;
//! - [`serve`]: listeners, TLS, drain;
//! - [`cli`]: the command line and the environment.

pub mod answer;
pub mod call;
pub mod cli;
pub mod clock;
pub mod control;
pub mod perform;
pub mod serve;
