//! Orders to agents, without a runner between: what is measured is the agent's own work.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ringfence_contract::ORDER_PATH;
use ringfence_contract::call::Call;
use ringfence_contract::id::{BootId, OrderId};
use ringfence_contract::order::{Ask, Order, Place, Run, sign};
use ringfence_contract::reply::{Line, read_reply};
use ringfence_contract::sample::Sample;
use ringfence_tests::calls::run;
use ringfence_tests::programs::{AgentProcess, Bench};

use super::PROGRAMS;

/// The key that orders are signed with, and the run that all of them belong to.
pub(crate) struct Orders {
    pub(crate) bench: Bench,
    run: Run,
}

impl Orders {
    pub(crate) fn new() -> Self {
        Self { bench: Bench::new(PROGRAMS), run: run() }
    }

    /// Says hello, which makes the run known: the life of the agent that answers.
    pub(crate) fn hello(&self, agent: &AgentProcess, name: &str) -> BootId {
        let (id, text) = self.write(name, None, Ask::Hello);
        let lines = self.read(id, &post(agent.address("http"), &text));
        let boot = lines.into_iter().find_map(|line| match line {
            Line::Hello(hello) => Some(hello.boot),
            _ => None,
        });
        boot.expect("a hello")
    }

    /// Has calls placed: what they saw, and how long the agent took over them, from the order sent to the reply come.
    pub(crate) fn place(
        &self,
        agent: &AgentProcess,
        name: &str,
        boot: BootId,
        calls: Vec<Call>,
    ) -> (Vec<Sample>, Duration) {
        let (id, text) = self.write(name, Some(boot), Ask::Place(Place { calls, fingerprints: Vec::new() }));
        let began = Instant::now();
        let reply = post(agent.address("http"), &text);
        let took = began.elapsed();
        let lines = self.read(id, &reply).into_iter();
        let samples = lines.filter_map(|line| match line {
            Line::Sample(sample) => Some(*sample),
            _ => None,
        });
        (samples.collect(), took)
    }

    /// Writes and signs an order.
    fn write(&self, name: &str, boot: Option<BootId>, ask: Ask) -> (OrderId, String) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let now_ms = u64::try_from(now.as_millis()).expect("a clock before the year 584 million");
        let order = Order {
            audience: name.parse().expect("a name"),
            id: OrderId::random(),
            issued_ms: now_ms,
            expires_ms: now_ms + 60_000,
            boot,
            run: self.run.clone(),
            ask,
        };
        (order.id, sign(self.bench.key(), &order))
    }

    /// The lines of a reply, verified.
    fn read(&self, order: OrderId, reply: &str) -> Vec<Line> {
        read_reply(&self.run.key, order, reply).expect("a good reply")
    }
}

/// Posts an order's text, and returns the body of what comes back.
fn post(to: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(to).expect("an agent that listens");
    let length = text.len();
    let head = format!(
        "POST {ORDER_PATH} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(text.as_bytes()))
        .expect("an order sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    let (_, body) = reply.split_once("\r\n\r\n").expect("a head");
    body.to_owned()
}
