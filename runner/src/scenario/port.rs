//! Ports as filters on the way tell them apart.

use std::fmt;

use ringfence_contract::address::Address;
use ringfence_contract::transport::Carrier;

/// A port of one transport. A network that lets one out need not let out another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// What is below the call.
    pub carrier: Carrier,
    /// The number.
    pub number: u16,
}

impl Port {
    /// The port that a call to this address goes to.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        Self { carrier: address.transport.carrier(), number: address.port }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port {}", self.carrier, self.number)
    }
}
