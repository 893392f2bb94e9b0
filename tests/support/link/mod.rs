//! A link between two network namespaces that delays, loses and swallows packets as it is told: what the kernel's `netem`
//! does, for machines whose kernel has none. Two tun devices and a thread that moves packets from one to the other.
//! In: namespaces, addresses, conditions. It does not know what the packets are for. Needs root and `/dev/net/tun`.

mod between;
mod conditions;
mod lane;
mod packet;

pub use between::{Counts, End, Link};
pub use conditions::{Conditions, Row, Transport, Ways, Which};
