//! The words Ringfence's runner and agents share.
//!
//! What comes in: values either side wants to say. What goes out: bytes that the other side can verify.
//! This crate must not know how anything travels: it opens no socket, reads no clock and spawns nothing, so both
//! sides, and anybody else's tool, can depend on it.
//!
//! The rooms, upstream first:
//!
//! - [`name`], [`id`], [`address`]: what things are called and where they are;
//! - [`fingerprint`]: how a platform says "I refused this", and how other answers are known for what they are;
//! - [`spoof`], [`call`], [`outcome`], [`sample`], [`receipt`]: one attempt on the wire, and what each end saw of it;
//! - [`histogram`], [`measure`]: one attempt made again and again, and how long its phases took;
//! - [`download`]: one attempt that is answered with as many bytes as come in a while;
//! - [`seal`]: the run key, and the codes it makes over calls, answers and result lines;
//! - [`order`], [`reply`]: what a runner asks of an agent (signed), and what comes back (sealed, numbered).

pub mod address;
mod block;
pub mod call;
mod callers_side;
pub mod download;
pub mod fingerprint;
pub mod histogram;
pub mod id;
mod json;
pub mod kept;
mod key;
pub mod measure;
pub mod name;
mod not_denial;
pub mod order;
pub mod outcome;
pub mod quantity;
pub mod receipt;
pub mod reply;
pub mod sample;
pub mod seal;
pub mod spoof;
mod told;
pub mod transport;
pub mod wall_clock;
mod word;

/// The version of this contract. Both sides of a conversation must speak the same one.
pub const CONTRACT_VERSION: u32 = 1;

/// The path an agent takes orders at, on any of its HTTP listeners.
pub const ORDER_PATH: &str = "/.ringfence/order";

/// The request header that carries a sealed call (`seal::call_token`).
pub const CALL_HEADER: &str = "ringfence-call";

/// The body of an agent's answer (404) to a stranger, and to a call of a run that it knows nothing of.
pub const STRANGER_PAGE: &str = "not found\n";
