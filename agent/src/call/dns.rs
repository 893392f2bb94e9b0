//! Asks DNS servers one question: over UDP, and over TCP where the answer does not fit a datagram (RFC 7766 section 5).
//!
//! The servers are asked one after the other, in their order, as resolv.conf(5) has it: the next one only when one is silent or
//! fails, each for its share of the time. A question that is not answered is sent again, as datagrams get lost.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hickory_proto::rr::Name;
use ringfence_contract::address::Family;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout_at;

use super::dns_message::{Asked, Says, Told};
use super::resolv_conf::Settings;
use super::socket_error::is_own_shortage;

/// How long a server has to answer before it is asked again, the first time; the next time twice that, and so on.
const AGAIN: Duration = Duration::from_millis(300);

/// What a datagram holds at most.
const DATAGRAM_BYTES: usize = 65_535;

/// What came of asking, and whom it is from: the server that answered or failed, or all that were silent.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) resolver: String,
    pub(super) answer: Result<Told, Unheard>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unheard {
    /// Something came, and no answer could be made of it.
    Garbled,
    /// Nothing came.
    Silent,
    /// The server is not there: a reset, or the network says so.
    NotThere,
    /// This machine ran out of something.
    Shortage(String),
}

impl Heard {
    /// Whether a server said that it does not know.
    fn is_failure(&self) -> bool {
        match &self.answer {
            Ok(told) => matches!(told.says, Says::Failed | Says::Truncated),
            Err(unheard) => *unheard == Unheard::Garbled,
        }
    }
}

/// Asks one server after the other until one knows. What a failing server said is worth more than another's silence.
pub(super) async fn ask_each(settings: &Settings, name: &Name, family: Family, deadline: Instant) -> Heard {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let mut servers = settings.servers.clone();
    if settings.rotate {
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let count = servers.len();
        servers.rotate_left(turn % count);
    }
    let mut heard = Heard { resolver: written(&servers), answer: Err(Unheard::Silent) };
    loop {
        let mut is_one_there = false;
        for (at, server) in servers.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(servers.len() - at).unwrap_or(u32::MAX);
            let turn = Turn {
                server: *server,
                until: Instant::now() + share.min(settings.timeout),
                use_vc: settings.use_vc,
            };
            let answer = turn.ask(name, family).await;
            is_one_there |= answer != Err(Unheard::NotThere);
            if matches!(answer, Err(Unheard::Silent | Unheard::NotThere)) {
                continue;
            }
            let said = Heard { resolver: server.to_string(), answer };
            if !said.is_failure() {
                return said;
            }
            if !heard.is_failure() {
                heard = said;
            }
        }
        if !is_one_there {
            heard.answer = Err(Unheard::NotThere);
        }
        // Who failed, or is not there, would do so again.
        if heard.is_failure() || !is_one_there || Instant::now() >= deadline {
            return heard;
        }
    }
}

fn written(servers: &[SocketAddr]) -> String {
    servers.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}

/// One server's turn to answer.
#[derive(Debug, Clone, Copy)]
struct Turn {
    server: SocketAddr,
    until: Instant,
    use_vc: bool,
}

impl Turn {
    async fn ask(self, name: &Name, family: Family) -> Result<Told, Unheard> {
        // Guessing it is one of the two things that an answer forged from elsewhere has to do; the port is the other.
        let id = getrandom::u32().map_err(|error| Unheard::Shortage(error.to_string()))?;
        let [high, low, ..] = id.to_be_bytes();
        let asked = Asked { id: u16::from_be_bytes([high, low]), name: name.clone(), family };
        if self.use_vc {
            return self.over_tcp(&asked).await;
        }
        let told = self.over_udp(&asked, false).await?;
        if told.says != Says::Truncated {
            return Ok(told);
        }
        // Where TCP does not pass, a larger datagram may.
        let half = Instant::now() + self.until.saturating_duration_since(Instant::now()) / 2;
        let whole = match (Turn { until: half, ..self }).over_tcp(&asked).await {
            Err(Unheard::Shortage(detail)) => return Err(Unheard::Shortage(detail)),
            Err(_) => self.over_udp(&asked, true).await,
            whole => return whole,
        };
        match whole {
            // With an OPT record a failure may be about that record.
            Ok(whole) if matches!(whole.says, Says::Addresses(_)) => Ok(whole),
            _ => Ok(told),
        }
    }

    /// Asks over UDP, from a port of its own. The socket is connected, so nobody else's datagram gets in.
    async fn over_udp(self, asked: &Asked, edns: bool) -> Result<Told, Unheard> {
        let question = asked.to_bytes(edns).ok_or(Unheard::Garbled)?;
        let any: SocketAddr = match self.server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).await.map_err(|error| trouble(&error))?;
        socket.connect(self.server).await.map_err(|error| trouble(&error))?;
        let mut answer = vec![0; DATAGRAM_BYTES];
        let mut wait = AGAIN;
        while Instant::now() < self.until {
            socket.send(&question).await.map_err(|error| trouble(&error))?;
            let again = (Instant::now() + wait).min(self.until);
            wait *= 2;
            match timeout_at(again.into(), next(&socket, asked, &mut answer)).await {
                Ok(Ok(told)) => return Ok(told),
                Ok(Err(error)) => return Err(trouble(&error)),
                Err(_) => {}
            }
        }
        Err(Unheard::Silent)
    }

    /// Asks over TCP: each message after its length in two bytes (RFC 1035 section 4.2.2).
    async fn over_tcp(self, asked: &Asked) -> Result<Told, Unheard> {
        let question = asked.to_bytes(false).ok_or(Unheard::Garbled)?;
        let exchange = async {
            let mut stream = TcpStream::connect(self.server).await?;
            let length = u16::try_from(question.len()).map_err(io::Error::other)?;
            stream.write_all(&[&length.to_be_bytes(), question.as_slice()].concat()).await?;
            let mut answer = vec![0; stream.read_u16().await?.into()];
            stream.read_exact(&mut answer).await?;
            Ok(answer)
        };
        match timeout_at(self.until.into(), exchange).await {
            Ok(Ok(answer)) => {
                asked.read(&answer).filter(|told| told.says != Says::Truncated).ok_or(Unheard::Garbled)
            }
            Ok(Err(error)) => Err(trouble(&error)),
            Err(_) => Err(Unheard::Silent),
        }
    }
}

/// The next answer to this question. What answers another is passed over.
async fn next(socket: &UdpSocket, asked: &Asked, buffer: &mut [u8]) -> io::Result<Told> {
    loop {
        let count = socket.recv(buffer).await?;
        if let Some(told) = buffer.get(..count).and_then(|bytes| asked.read(bytes)) {
            return Ok(told);
        }
    }
}

fn trouble(error: &io::Error) -> Unheard {
    if is_own_shortage(error) { Unheard::Shortage(error.to_string()) } else { Unheard::NotThere }
}

#[cfg(test)]
#[path = "dns_tests.rs"]
mod tests;
