//! A resolver of the stage's own, as data: which addresses a name has, and what becomes of questions with EDNS.

use std::net::{IpAddr, UdpSocket as StdSocket};

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio_util::task::AbortOnDropHandle;

/// What a resolver says.
#[derive(Debug, Clone)]
pub struct Names {
    rows: Vec<(&'static str, Answer)>,
    edns: Edns,
}

#[derive(Debug, Clone)]
enum Answer {
    Addresses(Vec<IpAddr>),
    Alias(&'static str),
    Code(ResponseCode),
}

/// What becomes of a question with EDNS (RFC 6891 section 7: a server that does not know it may do any of these).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edns {
    /// It is answered like any other.
    Taken,
    /// It is answered with this code.
    Code(ResponseCode),
    /// It is not answered.
    Dropped,
}

impl Names {
    /// One that knows no name.
    #[must_use]
    pub fn new() -> Self {
        Self { rows: Vec::new(), edns: Edns::Taken }
    }

    /// The same with a name that ends so, and its addresses in both families. The first row that fits counts.
    ///
    /// # Panics
    ///
    /// When one of them is no address.
    #[must_use]
    pub fn with(mut self, name: &'static str, addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|address| address.parse().expect("an address")).collect();
        self.rows.push((name, Answer::Addresses(addresses)));
        self
    }

    /// The same with an alias.
    #[must_use]
    pub fn alias(mut self, name: &'static str, target: &'static str) -> Self {
        self.rows.push((name, Answer::Alias(target)));
        self
    }

    /// The same with a name for which there is only a code.
    #[must_use]
    pub fn failing(mut self, name: &'static str, code: ResponseCode) -> Self {
        self.rows.push((name, Answer::Code(code)));
        self
    }

    /// The same, treating EDNS so.
    #[must_use]
    pub fn edns(self, edns: Edns) -> Self {
        Self { edns, ..self }
    }

    /// Answers on a socket, inside a Tokio runtime, until this is dropped.
    pub(super) fn serve(self, socket: StdSocket) -> AbortOnDropHandle<()> {
        socket.set_nonblocking(true).expect("a socket that does not wait");
        let socket = UdpSocket::from_std(socket).expect("a socket of this runtime");
        AbortOnDropHandle::new(tokio::spawn(async move { self.converse(&socket).await }))
    }

    async fn converse(&self, socket: &UdpSocket) {
        let mut buffer = [0; 4096];
        while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
            let question = Message::from_vec(buffer.get(..count).unwrap_or_default()).ok();
            let Some(answer) = question.and_then(|question| self.answer(&question)) else { continue };
            // Whoever asked may have gone.
            drop(socket.send_to(&answer.to_vec().expect("a message to write"), from).await);
        }
    }

    fn answer(&self, question: &Message) -> Option<Message> {
        let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        answer.metadata.recursion_desired = true;
        answer.metadata.recursion_available = true;
        answer.add_queries(question.queries.clone());
        match (question.edns.is_some(), self.edns) {
            (true, Edns::Dropped) => return None,
            (true, Edns::Code(code)) => answer.metadata.response_code = code,
            _ => self.fill(&mut answer, question.queries.first()?),
        }
        Some(answer)
    }

    fn fill(&self, answer: &mut Message, query: &Query) {
        match self.row(&query.name) {
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(Answer::Code(code)) => answer.metadata.response_code = *code,
            Some(Answer::Addresses(addresses)) => {
                answer.add_answers(records(&query.name, query.query_type, addresses));
            }
            Some(Answer::Alias(target)) => {
                let target = Name::from_ascii(target).expect("a name");
                let alias = RData::CNAME(CNAME(target.clone()));
                answer.add_answer(Record::from_rdata(query.name.clone(), 60, alias));
                if let Some(Answer::Addresses(addresses)) = self.row(&target) {
                    answer.add_answers(records(&target, query.query_type, addresses));
                }
            }
        }
    }

    fn row(&self, name: &Name) -> Option<&Answer> {
        let name = name.to_ascii();
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.rows.iter().find(|(end, _)| name.ends_with(end)).map(|(_, answer)| answer)
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::new()
    }
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
