//! Serves the lab's names over DNS (RFC 1035). It can be told to fail: then it answers SERVFAIL (section 4.1.1).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Names are short-lived here: a break takes effect at once. In seconds.
const TTL_S: u32 = 1;

/// A running server. It ends when it is dropped.
pub(crate) struct Names {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Names {
    /// Serves these names; answers every question with SERVFAIL where `fails` says so.
    pub(crate) async fn serve(
        at: IpAddr,
        known: HashMap<String, IpAddr>,
        fails: bool,
    ) -> std::io::Result<Self> {
        let socket = UdpSocket::bind((at, 0)).await?;
        let address = socket.local_addr()?;
        let task = tokio::spawn(answer_all(socket, known, fails));
        Ok(Self { address, task })
    }
}

async fn answer_all(socket: UdpSocket, known: HashMap<String, IpAddr>, fails: bool) {
    let mut datagram = [0; 1_500];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut datagram).await else { continue };
        let asked = datagram.get(..length).and_then(|bytes| Message::from_vec(bytes).ok());
        let answer = asked.and_then(|asked| answer(&asked, &known, fails).to_vec().ok());
        // Whoever asked and went away is no concern of the server's.
        drop(socket.send_to(&answer.unwrap_or_default(), from).await);
    }
}

fn answer(asked: &Message, known: &HashMap<String, IpAddr>, fails: bool) -> Message {
    let mut answer = asked.clone().into_response();
    answer.additionals.clear();
    answer.metadata.recursion_available = true;
    let Some(query) = asked.queries.first() else {
        answer.metadata.response_code = ResponseCode::FormErr;
        return answer;
    };
    let name = query.name().to_ascii();
    let address = known.get(name.trim_end_matches('.').to_ascii_lowercase().as_str());
    match (fails, address, query.query_type()) {
        (true, _, _) => answer.metadata.response_code = ResponseCode::ServFail,
        (false, None, _) => answer.metadata.response_code = ResponseCode::NXDomain,
        (false, Some(IpAddr::V4(address)), RecordType::A) => {
            answer.add_answer(Record::from_rdata(query.name().clone(), TTL_S, RData::A((*address).into())));
        }
        // The name is there, in another family only (RFC 2308 section 2.2).
        (false, Some(_), _) => {}
    }
    answer
}

impl Drop for Names {
    fn drop(&mut self) {
        self.task.abort();
    }
}
