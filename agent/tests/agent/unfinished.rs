//! TLS handshakes that are begun and not finished: they leave no receipt, so the agent says where they came from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ringfence_contract::address::Transport;
use ringfence_contract::call::Certificates;
use ringfence_contract::id::RunId;
use ringfence_contract::order::{Ask, Run};
use ringfence_contract::outcome::Outcome;
use ringfence_contract::receipt::ReceiptPage;
use ringfence_contract::reply::Line;
use ringfence_contract::seal::RunKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Bench, call_to, tls};

/// The first bytes of a TLS record that carries a handshake message (RFC 8446 section 5.1).
const BEGUN: &[u8] = &[0x16, 3, 1];

/// Long enough for anything that does come.
const LONG: Duration = Duration::from_secs(20);

fn tls_bench() -> Bench {
    Bench::with(|settings| {
        settings.agent.limits.head_within = Duration::from_millis(300);
        settings.listen.https = Some(tls());
    })
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Connects from this address to the agent's TLS listener, and says this.
async fn say_from(bench: &Bench, from: &str, said: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::new(ip(from), 0)).expect("a loopback address");
    let mut stream = socket.connect(bench.at(Transport::Https)).await.expect("a connection");
    stream.write_all(said).await.expect("bytes sent");
    stream
}

/// Waits for the agent to close.
async fn closed(mut stream: TcpStream) {
    let mut got = Vec::new();
    let ended = tokio::time::timeout(LONG, stream.read_to_end(&mut got)).await.expect("closed in time");
    assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
}

async fn unfinished(bench: &Bench) -> Vec<IpAddr> {
    let mut lines = bench.say(&bench.order(Ask::Receipts(Vec::new()))).await.expect("a reply");
    match lines.pop() {
        Some(Line::Receipts(page)) => page.unfinished,
        other => panic!("no receipts: {other:?}"),
    }
}

/// Asks until so many addresses are shown: a connection is closed a moment before its end is noted.
async fn unfinished_of(bench: &Bench, count: usize) -> Vec<IpAddr> {
    let asking = async {
        loop {
            let shown = unfinished(bench).await;
            if shown.len() >= count {
                return shown;
            }
        }
    };
    tokio::time::timeout(LONG, asking).await.expect("as many addresses as handshakes were begun")
}

/// One call over TLS from an agent at this address.
async fn called_from(bench: &Bench, from: &str, certificates: Certificates) -> Outcome {
    let caller = bench.beside("app-2", |settings| settings.agent.sources = vec![ip(from)]);
    caller.hello().await;
    let mut call = call_to(&bench.url(Transport::Https), "app-1");
    call.certificates = certificates;
    caller.place(vec![call]).await.pop().expect("a sample").outcome
}

#[tokio::test]
async fn who_began_a_handshake_and_did_not_finish_it_is_shown_and_nobody_else() {
    let bench = tls_bench();
    bench.hello().await;
    drop(say_from(&bench, "127.0.0.2", BEGUN).await);
    closed(say_from(&bench, "127.0.0.3", BEGUN).await).await;
    closed(say_from(&bench, "127.0.0.3", b"GET / HTTP/1.1\r\n\r\n").await).await;
    drop(say_from(&bench, "127.0.0.4", b"").await);
    closed(say_from(&bench, "127.0.0.5", b"").await).await;
    let good = called_from(&bench, "127.0.0.6", Certificates::Note).await;
    assert!(matches!(good, Outcome::Answered(_)), "{good:?}");
    let particular = called_from(&bench, "127.0.0.7", Certificates::Require).await;
    assert!(matches!(particular, Outcome::TlsFailed(_)), "{particular:?}");
    let shown = unfinished_of(&bench, 3).await;
    assert_eq!(shown, [ip("127.0.0.2"), ip("127.0.0.3"), ip("127.0.0.7")]);
    assert_eq!(bench.running.agent().answerer().dropped(), 0);
}

#[tokio::test]
async fn a_run_is_shown_what_came_since_it_was_announced() {
    let mut bench = tls_bench();
    bench.hello().await;
    drop(say_from(&bench, "127.0.0.2", BEGUN).await);
    assert_eq!(unfinished_of(&bench, 1).await, [ip("127.0.0.2")]);
    let first = bench.run.clone();
    bench.run = Run { id: RunId::random(), key: RunKey::random() };
    assert_eq!(unfinished(&bench).await, Vec::<IpAddr>::new(), "it was over when the run began");
    drop(say_from(&bench, "127.0.0.3", BEGUN).await);
    assert_eq!(unfinished_of(&bench, 1).await, [ip("127.0.0.3")]);
    bench.run = first;
    assert_eq!(unfinished(&bench).await, [ip("127.0.0.2"), ip("127.0.0.3")]);
}

#[tokio::test]
async fn an_address_too_many_is_a_missed_receipt() {
    let bench = tls_bench();
    bench.hello().await;
    let answerer = bench.running.agent().answerer();
    let first = u32::from(Ipv4Addr::new(10, 0, 0, 1));
    for address in (first..).take(ReceiptPage::UNFINISHED_MAX) {
        answerer.note_unfinished(Ipv4Addr::from(address).into());
    }
    assert_eq!(answerer.dropped(), 0);
    answerer.note_unfinished(ip("10.9.9.9"));
    assert_eq!(answerer.dropped(), 1);
    assert_eq!(unfinished(&bench).await.len(), ReceiptPage::UNFINISHED_MAX);
}
