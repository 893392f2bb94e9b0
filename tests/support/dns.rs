//! DNS servers that answer as they are told.

use std::net::IpAddr;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

use crate::{Heard, Peer};

/// How a DNS server answers every question.
#[derive(Debug, Clone)]
pub enum Zone {
    /// With those of these addresses that are of the kind asked for.
    Addresses(Vec<IpAddr>),
    /// With an alias, and these addresses of the alias.
    Alias(Name, Vec<IpAddr>),
    /// With a response code and nothing else.
    Code(ResponseCode),
    /// With this code, or not at all, where the question has an OPT record (RFC 6891), else with these addresses.
    FailingOnEdns(Option<ResponseCode>, Vec<IpAddr>),
    /// As another zone, bent.
    Bent(Box<Zone>, fn(&mut Message)),
    /// With these bytes, whatever they are.
    Bytes(Vec<u8>),
    /// Not at all.
    Silent,
}

impl Zone {
    /// Serves the zone over UDP, on loopback. It hears the name and kind of each question.
    ///
    /// # Panics
    ///
    /// When there is no port to listen on.
    pub async fn serve(self) -> Peer {
        self.answer_on(UdpSocket::bind("127.0.0.1:0").await.expect("a port to listen on"))
    }

    /// The same on a socket that was bound elsewhere, in a network namespace for one. Call it inside a Tokio runtime.
    ///
    /// # Panics
    ///
    /// When the socket is no good.
    #[must_use]
    pub fn serve_on(self, socket: std::net::UdpSocket) -> Peer {
        socket.set_nonblocking(true).expect("a socket that does not wait");
        self.answer_on(UdpSocket::from_std(socket).expect("a socket of this runtime"))
    }

    fn answer_on(self, socket: UdpSocket) -> Peer {
        let address = socket.local_addr().expect("an address");
        let heard = Heard::default();
        let notes = heard.clone();
        Peer::start(address, heard, async move { self.run(&socket, &notes).await })
    }

    async fn run(&self, socket: &UdpSocket, heard: &Heard) {
        let mut buffer = [0; 2048];
        while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
            let question = buffer.get(..count).unwrap_or_default();
            let question = Message::from_vec(question).expect("a DNS question");
            heard.push(asked(&question).into_bytes());
            let Some(answer) = self.answer(&question) else { continue };
            socket.send_to(&answer, from).await.expect("loopback takes a datagram");
        }
    }

    fn answer(&self, question: &Message) -> Option<Vec<u8>> {
        match self {
            Self::FailingOnEdns(code, _) if question.edns.is_some() => Self::Code((*code)?).answer(question),
            Self::FailingOnEdns(_, addresses) => Self::Addresses(addresses.clone()).answer(question),
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Silent => None,
            whole => Some(whole.message(question).to_vec().expect("a message that can be written")),
        }
    }

    /// The answer of a zone that has one.
    fn message(&self, question: &Message) -> Message {
        let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        answer.metadata.recursion_desired = true;
        answer.metadata.recursion_available = true;
        answer.add_queries(question.queries.clone());
        let query = question.queries.first().expect("a question");
        match self {
            Self::Addresses(addresses) => {
                answer.add_answers(records(&query.name, query.query_type, addresses));
            }
            Self::Alias(target, addresses) => {
                let alias = RData::CNAME(CNAME(target.clone()));
                answer.add_answer(Record::from_rdata(query.name.clone(), 60, alias));
                answer.add_answers(records(target, query.query_type, addresses));
            }
            Self::Code(code) => answer.metadata.response_code = *code,
            Self::Bent(zone, bend) => {
                answer = zone.message(question);
                bend(&mut answer);
            }
            Self::FailingOnEdns(..) | Self::Bytes(_) | Self::Silent => {}
        }
        answer
    }
}

fn asked(question: &Message) -> String {
    let written = |query: &hickory_proto::op::Query| format!("{} {}\n", query.name, query.query_type);
    question.queries.iter().map(written).collect()
}

fn records(name: &Name, kind: RecordType, addresses: &[IpAddr]) -> Vec<Record> {
    let of_kind = |address: &&IpAddr| match kind {
        RecordType::A => address.is_ipv4(),
        RecordType::AAAA => address.is_ipv6(),
        _ => false,
    };
    let record = |address: &IpAddr| Record::from_rdata(name.clone(), 60, RData::from(*address));
    addresses.iter().filter(of_kind).map(record).collect()
}
