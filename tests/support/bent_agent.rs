//! Agents that take orders and answer them badly: a wrong clock, a cut reply, silence about some calls, a false seal.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

use ringfence_contract::address::Family;
use ringfence_contract::id::BootId;
use ringfence_contract::name::AgentName;
use ringfence_contract::order::{self, Ask, Order, OrderError, PublicKey};
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::receipt::ReceiptPage;
use ringfence_contract::reply::{Hello, Line, ReplyWriter, write_refusal};
use ringfence_contract::sample::{Phases, Sample};
use ringfence_contract::seal::RunKey;

/// The most calls it takes in one order, and it says so.
pub const CALLS_PER_ORDER: u32 = 10;

/// How it answers badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bent {
    /// Its clock is ahead by this many milliseconds.
    Clock(u64),
    /// Its replies to orders with calls end in the middle.
    CutOff,
    /// It says nothing of the calls, and ends its replies well.
    SaysNothing,
    /// It seals with another key.
    FalseSeal,
    /// It has restarted since its hello: a new life for every order.
    Restarts,
    /// Its version would wipe a terminal, and go on as somebody else's words.
    MovesTheCursor,
}

/// A bent agent that is set to work on a thread of its own, which ends with the test's process.
#[derive(Debug, Clone)]
pub struct BentAgent {
    bent: Bent,
    name: AgentName,
    trust: PublicKey,
    boot: BootId,
}

impl BentAgent {
    /// Starts one, and returns where it takes orders.
    ///
    /// # Panics
    ///
    /// When it cannot listen.
    #[must_use]
    pub fn start(bent: Bent, name: &str, trust: PublicKey) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let agent = Self { bent, name: name.parse().expect("a name"), trust, boot: BootId::random() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A runner that went away is what some tests are about.
                drop(agent.converse(stream));
            }
        });
        address
    }

    fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        let mut chunk = [0; 4096];
        let body = loop {
            let read = stream.read(&mut chunk)?;
            request.extend_from_slice(&chunk[..read]);
            match body(&request) {
                Some(body) => break body,
                None if read == 0 => return Ok(()),
                None => {}
            }
        };
        let (status, reply) = self.reply(&body);
        write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{reply}",
            reply.len()
        )
    }

    fn clock_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        let now_ms = u64::try_from(since.as_millis()).expect("this century");
        match self.bent {
            Bent::Clock(ahead_ms) => now_ms + ahead_ms,
            _ => now_ms,
        }
    }

    fn reply(&self, text: &str) -> (u16, String) {
        match order::open(text, &[self.trust], &self.name, self.clock_ms()) {
            Ok(order) => (200, self.carry_out(order)),
            Err(OrderError::Refused(refusal)) => (400, write_refusal(None, &refusal)),
            Err(OrderError::NotOrder | OrderError::Untrusted) => (404, String::new()),
        }
    }

    fn carry_out(&self, order: Order) -> String {
        let key = if self.bent == Bent::FalseSeal { RunKey::random() } else { order.run.key.clone() };
        if let (Bent::Restarts, Some(_)) = (self.bent, order.boot) {
            let why = order::RefusalWhy::Restarted;
            let refusal =
                order::Refusal { why, detail: "another life".to_owned(), clock_ms: self.clock_ms() };
            return write_refusal(Some(order.id), &refusal);
        }
        if let Ask::Place(place) = &order.ask
            && place.calls.len() > CALLS_PER_ORDER as usize
        {
            let why = order::RefusalWhy::OverLimit;
            let refusal =
                order::Refusal { why, detail: "too many calls".to_owned(), clock_ms: self.clock_ms() };
            return write_refusal(Some(order.id), &refusal);
        }
        let mut writer = ReplyWriter::new(key, order.id);
        let mut reply = String::new();
        match order.ask {
            Ask::Hello => reply.push_str(&writer.line(&Line::Hello(Box::new(self.hello())))),
            Ask::Place(place) => {
                for call in place.calls.iter().filter(|_| self.bent != Bent::SaysNothing) {
                    reply
                        .push_str(&writer.line(&Line::Sample(Box::new(timed_out(call.id, self.clock_ms())))));
                }
                if self.bent == Bent::CutOff {
                    return reply;
                }
            }
            Ask::Receipts(_) => {
                let page =
                    ReceiptPage { boot: self.boot, dropped: 0, found: Vec::new(), unfinished: Vec::new() };
                reply.push_str(&writer.line(&Line::Receipts(page)));
            }
            Ask::Measure(_) | Ask::Download(_) | Ask::Relay(_) => {}
        }
        reply + &writer.end()
    }

    fn hello(&self) -> Hello {
        Hello {
            agent: self.name.clone(),
            version: match self.bent {
                Bent::MovesTheCursor => "0.0.0\u{1b}[2J\u{1b}[1;1H\r\nall passed\u{202e}".to_owned(),
                _ => "0.0.0".to_owned(),
            },
            boot: self.boot,
            clock_ms: self.clock_ms(),
            dropped: 0,
            families: vec![Family::Ipv4],
            listeners: Vec::new(),
            allow: Vec::new(),
            calls_per_order: CALLS_PER_ORDER,
            calls_at_once: CALLS_PER_ORDER,
        }
    }
}

/// The body of a request, once it is whole.
fn body(request: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(request);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    (body.len() >= length.unwrap_or(0)).then(|| body.to_owned())
}

fn timed_out(call: ringfence_contract::id::CallId, started_ms: u64) -> Sample {
    Sample {
        call,
        started_ms,
        outcome: Outcome::TimedOut(Phase::Connect),
        phases: Phases::default(),
        remote: None,
        local: None,
        resolution: None,
        tls: None,
        status: None,
        again: None,
        limit: None,
    }
}
