//! What a link does to packets, as data. It knows nothing of devices or time.

use std::time::Duration;

use ipnet::IpNet;

/// What happens to packets. The default leaves them alone.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Conditions {
    /// How long each is under way.
    pub delay: Duration,
    /// Up to how much longer: a value between 0 and this, all equally likely, for each. A packet held up holds up those
    /// behind it, as in a queue: jitter never changes the order of packets of one row.
    pub jitter: Duration,
    /// The share that is lost at random, 0 to 1.
    pub loss: f64,
    /// How many packets at the start of each flow are lost. A flow is what two addresses and ports have in common.
    pub lost_first: u32,
    /// How much passes, in bits a second of whole IP packets; what comes faster waits. A link
    /// holds up to 20,000 packets; what comes then is lost.
    pub bits_per_second: Option<u64>,
    /// Larger IP packets vanish, in bytes, and nobody is told: a path-MTU black hole (RFC 2923, section 2.1).
    pub largest: Option<usize>,
}

/// What a packet travels by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Any TCP segment.
    Tcp,
    /// A TCP segment that asks for a connection: SYN without ACK.
    TcpOpening,
    /// UDP.
    Udp,
    /// ICMP or `ICMPv6`.
    Icmp,
}

/// Which packets are meant: those for which everything holds that is given. The default means all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Which {
    /// Sent from an address in this network.
    pub from: Option<IpNet>,
    /// Sent to an address in this network.
    pub to: Option<IpNet>,
    /// By this transport.
    pub transport: Option<Transport>,
    /// With this port at either end, so that one row can say both ways of a flow.
    pub port: Option<u16>,
}

/// What happens to which packets.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Row {
    /// Which packets.
    pub which: Which,
    /// What happens to them.
    pub conditions: Conditions,
}

/// What happens both ways. The first row that means a packet decides; a packet that none means passes at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ways {
    /// From the left end to the right.
    pub there: Vec<Row>,
    /// From the right end to the left.
    pub back: Vec<Row>,
    /// Where chance starts: the same seed loses the same packets of the same sequence.
    pub seed: u64,
}

impl Ways {
    /// The same conditions for all packets both ways.
    #[must_use]
    pub fn both(conditions: Conditions) -> Self {
        let rows = vec![Row { which: Which::default(), conditions }];
        Self { there: rows.clone(), back: rows, seed: 1 }
    }

    /// These conditions for these packets from left to right, and nothing else.
    #[must_use]
    pub fn there(which: Which, conditions: Conditions) -> Self {
        Self { there: vec![Row { which, conditions }], back: Vec::new(), seed: 1 }
    }

    /// These conditions for these packets from right to left, and nothing else.
    #[must_use]
    pub fn back(which: Which, conditions: Conditions) -> Self {
        Self { there: Vec::new(), back: vec![Row { which, conditions }], seed: 1 }
    }
}
