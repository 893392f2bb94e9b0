//! What the head of an IP packet says (RFC 791, RFC 8200, RFC 9293). IPv6 extension headers are not looked behind: such
//! a packet has no ports. It knows nothing of links.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::conditions::{Transport, Which};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Byte 13 of a TCP header, and its bits.
const FLAGS: usize = 13;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// The two ends of a flow, sender first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Flow {
    protocol: u8,
    from: (IpAddr, Option<u16>),
    to: (IpAddr, Option<u16>),
}

/// The head of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) flow: Flow,
    opening: bool,
}

impl Packet {
    /// Reads one; `None` if it is no IP packet, or too short for one.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (protocol, from, to, rest): (u8, IpAddr, IpAddr, &[u8]) = match bytes.first()? >> 4 {
            4 => {
                let words = usize::from(bytes.first()? & 0x0f);
                let fragment = u16::from_be_bytes(bytes.get(6..8)?.try_into().ok()?) & 0x1fff;
                let rest = if fragment == 0 { bytes.get(words * 4..)? } else { &[] };
                (*bytes.get(9)?, v4(bytes.get(12..16)?)?, v4(bytes.get(16..20)?)?, rest)
            }
            6 => (*bytes.get(6)?, v6(bytes.get(8..24)?)?, v6(bytes.get(24..40)?)?, bytes.get(40..)?),
            _ => return None,
        };
        let port = |at: usize| {
            let bytes = rest.get(at..at + 2).filter(|_| matches!(protocol, TCP | UDP))?;
            Some(u16::from_be_bytes(bytes.try_into().ok()?))
        };
        let flags = rest.get(FLAGS).copied().unwrap_or(0);
        Some(Self {
            flow: Flow { protocol, from: (from, port(0)), to: (to, port(2)) },
            opening: protocol == TCP && flags & (SYN | ACK) == SYN,
        })
    }

    /// Whether it goes to many.
    pub(crate) fn is_multicast(&self) -> bool {
        self.flow.to.0.is_multicast()
    }

    /// Whether it is meant.
    pub(crate) fn is(&self, which: &Which) -> bool {
        let Flow { from, to, .. } = self.flow;
        which.from.is_none_or(|network| network.contains(&from.0))
            && which.to.is_none_or(|network| network.contains(&to.0))
            && which.transport.is_none_or(|transport| self.travels_by(transport))
            && which.port.is_none_or(|port| [from.1, to.1].contains(&Some(port)))
    }

    fn travels_by(&self, transport: Transport) -> bool {
        match transport {
            Transport::Tcp => self.flow.protocol == TCP,
            Transport::TcpOpening => self.opening,
            Transport::Udp => self.flow.protocol == UDP,
            Transport::Icmp => matches!(self.flow.protocol, ICMP | ICMPV6),
        }
    }
}

fn v4(bytes: &[u8]) -> Option<IpAddr> {
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into())
}

fn v6(bytes: &[u8]) -> Option<IpAddr> {
    Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into())
}
