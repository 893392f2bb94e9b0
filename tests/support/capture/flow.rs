//! How captured packets belong together: connections and their exchanges, requests and their replies. It must not know
//! how they were captured.

use std::collections::HashMap;
use std::time::Duration;

use super::pcap::{Captured, What};

/// One connection, or one socket's datagrams, from the caller's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The caller's port.
    pub port: u16,
    /// When its first packet was sent, since the Unix epoch.
    pub began: Duration,
    /// From the first SYN to the first SYN-ACK. None for datagrams, and where none came.
    pub connect: Option<Duration>,
    /// Of each exchange, from the first packet of the request to the first packet of its answer.
    pub exchanges: Vec<Duration>,
    asked: Option<Duration>,
    /// Up to where data was sent, and came: what is behind that was sent again, and is nothing new.
    reached: [Option<u32>; 2],
}

impl Flow {
    fn new(packet: &Captured) -> Self {
        let (port, began) = (packet.from.port(), packet.at);
        Self { port, began, connect: None, exchanges: Vec::new(), asked: None, reached: [None; 2] }
    }

    /// Whether a packet is of the next connection from the same port. A SYN that is sent again is not.
    fn ends_with(&self, what: What) -> bool {
        what == What::Syn && self.connect.is_some()
    }

    /// A packet of it.
    fn take(&mut self, packet: &Captured, is_sent: bool) {
        if packet.what == What::SynAck && !is_sent {
            self.connect = self.connect.or(packet.at.checked_sub(self.began));
        } else if self.is_new(packet.what, is_sent) {
            self.carry(is_sent, packet.at);
        }
    }

    /// New data went one way or the other.
    fn carry(&mut self, is_sent: bool, at: Duration) {
        if is_sent {
            self.asked = self.asked.or(Some(at));
        } else if let Some(asked) = self.asked.take() {
            self.exchanges.push(at.saturating_sub(asked));
        }
    }

    /// Whether a packet brings data that none before it brought.
    fn is_new(&mut self, what: What, is_sent: bool) -> bool {
        let What::Segment(end) = what else { return what == What::Datagram };
        let reached = &mut self.reached[usize::from(is_sent)];
        // Sequence numbers wrap (RFC 9293 section 3.4).
        let is_new = reached.is_none_or(|reached| end.wrapping_sub(reached).cast_signed() > 0);
        if is_new {
            *reached = Some(end);
        }
        is_new
    }
}

/// The flows to a port, in the order they began.
#[must_use]
pub fn flows(packets: &[Captured], port: u16) -> Vec<Flow> {
    let mut flows: Vec<Flow> = Vec::new();
    let mut latest: HashMap<u16, usize> = HashMap::new();
    for packet in packets {
        let is_sent = packet.to.port() == port;
        if !is_sent && packet.from.port() != port {
            continue;
        }
        let caller = if is_sent { packet.from.port() } else { packet.to.port() };
        let known = latest.get(&caller).copied().filter(|place| !flows[*place].ends_with(packet.what));
        let begins = is_sent && matches!(packet.what, What::Syn | What::Datagram);
        let Some(place) = known.or_else(|| begins.then_some(flows.len())) else { continue };
        if place == flows.len() {
            latest.insert(caller, place);
            flows.push(Flow::new(packet));
        }
        flows[place].take(packet, is_sent);
    }
    flows
}

/// Echo requests that were replied to: sequence number, and from the request to its reply.
#[must_use]
pub fn echoes(packets: &[Captured]) -> Vec<(u16, Duration)> {
    let mut sent = HashMap::new();
    let mut took = Vec::new();
    for packet in packets {
        match packet.what {
            What::Echo(id, number) => drop(sent.insert((id, number), packet.at)),
            What::EchoReply(id, number) => {
                let asked = sent.remove(&(id, number));
                took.extend(asked.map(|asked| (number, packet.at.saturating_sub(asked))));
            }
            _ => {}
        }
    }
    took
}
