//! Ports as filters on the way tell them apart.

use std::fmt;

use ringfence_contract::address::{Address, Transport};

/// A port of one transport. A network that lets one out need not let out another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// What is below the call.
    pub carrier: Carrier,
    /// The number.
    pub number: u16,
}

/// What is below a call: what filters on the way see of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// TCP, with HTTP or TLS above it or not.
    Tcp,
    /// UDP.
    Udp,
}

impl Port {
    /// The port that a call to this address goes to.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        let carrier = match address.transport {
            Transport::Http | Transport::Https | Transport::Tcp => Carrier::Tcp,
            Transport::Udp => Carrier::Udp,
        };
        Self { carrier, number: address.port }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let carrier = match self.carrier {
            Carrier::Tcp => "tcp",
            Carrier::Udp => "udp",
        };
        write!(f, "{carrier} port {}", self.number)
    }
}
