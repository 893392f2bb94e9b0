//! What went over an interface, and when: a capture by `tcpdump`, and the exchanges in it. It is the truth that times are
//! held against, and must not know whose times those are.

mod flow;
mod pcap;
mod watch;

pub use flow::{Flow, echoes, flows};
pub use pcap::{Captured, What};
pub use watch::Capture;
