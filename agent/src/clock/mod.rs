//! Times told better than a program's own clock can: by the kernel, which was there when the packets went and came. And
//! a way to wait more finely than a millisecond.
//!
//! A program reads its clock when it is given a processor, which on a busy machine is milliseconds after the packet came.
//! The kernel keeps the time of a connection's handshake ([`Handshake`]) and, where it is asked to, stamps what
//! is sent and received ([`Stamped`], [`Datagrams`]). Where a system does neither, nothing is told and the program's clock has
//! to do. As it is known here when an answer began, it is also here that a connection ends accordingly.
//! This room must not know what is called or why.

mod alarm;
mod datagrams;
mod handshake;
#[cfg(target_os = "linux")]
mod order;
mod reader;
mod stamped;
mod stamps;

pub use alarm::Alarm;
pub use datagrams::Datagrams;
pub use handshake::Handshake;
pub use stamped::Stamped;
pub use stamps::{Stamping, Stamps};
