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
}

impl Flow {
    fn new(packet: &Captured) -> Self {
        let (port, began) = (packet.from.port(), packet.at);
        Self { port, began, connect: None, exchanges: Vec::new(), asked: None }
    }

    /// The caller sent data.
    fn ask(&mut self, at: Duration) {
        self.asked = self.asked.or(Some(at));
    }

    /// Data came for the caller.
    fn answer(&mut self, at: Duration) {
        if let Some(asked) = self.asked.take() {
            self.exchanges.push(at.saturating_sub(asked));
        }
    }
}

/// The flows to a port, in the order they began.
#[must_use]
pub fn flows(packets: &[Captured], port: u16) -> Vec<Flow> {
    let mut flows: Vec<Flow> = Vec::new();
    let mut latest: HashMap<u16, usize> = HashMap::new();
    for packet in packets {
        let (is_sent, caller) =
            (packet.to.port() == port, if packet.to.port() == port { packet.from } else { packet.to });
        if !is_sent && packet.from.port() != port {
            continue;
        }
        let known = latest.get(&caller.port()).map(|place| &mut flows[*place]);
        match (packet.what, is_sent, known) {
            // A SYN that is sent again belongs to the same attempt.
            (What::Syn, true, Some(flow)) if flow.connect.is_none() => {}
            (What::Syn, true, _) | (What::Datagram, true, None) => {
                latest.insert(caller.port(), flows.len());
                let mut flow = Flow::new(packet);
                if packet.what == What::Datagram {
                    flow.ask(packet.at);
                }
                flows.push(flow);
            }
            (What::SynAck, false, Some(flow)) => {
                flow.connect = flow.connect.or(packet.at.checked_sub(flow.began));
            }
            (What::Segment | What::Datagram, true, Some(flow)) => flow.ask(packet.at),
            (What::Segment | What::Datagram, false, Some(flow)) => flow.answer(packet.at),
            _ => {}
        }
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
