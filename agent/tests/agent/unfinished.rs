//! Connections that bring no whole call: they leave no receipt, so the agent says where they came from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ringfence_contract::call::Certificates;
use ringfence_contract::id::{CallId, RunId};
use ringfence_contract::order::{Ask, Run};
use ringfence_contract::outcome::Outcome;
use ringfence_contract::receipt::{Left, ReceiptPage, Unfinished};
use ringfence_contract::reply::Line;
use ringfence_contract::seal::RunKey;
use ringfence_contract::transport::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Bench, call_to, tls};

/// The first bytes of a TLS record that carries a handshake message (RFC 8446 section 5.1).
const BEGUN: &[u8] = &[0x16, 3, 1];

/// Long enough for anything that does come.
const LONG: Duration = Duration::from_secs(20);

fn bench(head_within: Duration) -> Bench {
    Bench::with(|settings| {
        settings.agent.limits.head_within = head_within;
        settings.listen.https = Some(tls());
    })
}

/// Gives connections up soon.
fn hasty() -> Bench {
    bench(Duration::from_millis(300))
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn handshake(from: &str) -> Unfinished {
    Unfinished { from: ip(from), left: Left::Handshake }
}

fn request(from: &str) -> Unfinished {
    Unfinished { from: ip(from), left: Left::Request }
}

/// Connects from this address to this listener of the agent's, and says this.
async fn say_from(bench: &Bench, to: Transport, from: &str, said: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::new(ip(from), 0)).expect("a loopback address");
    let mut stream = socket.connect(bench.at(to)).await.expect("a connection");
    stream.write_all(said).await.expect("bytes sent");
    stream
}

/// Waits for the agent to close.
async fn closed(mut stream: TcpStream) {
    let mut got = Vec::new();
    let ended = tokio::time::timeout(LONG, stream.read_to_end(&mut got)).await.expect("closed in time");
    assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
}

async fn page(bench: &Bench) -> ReceiptPage {
    let mut lines = bench.say(&bench.order(Ask::Receipts(Vec::new()))).await.expect("a reply");
    match lines.pop() {
        Some(Line::Receipts(page)) => page,
        other => panic!("no receipts: {other:?}"),
    }
}

/// Asks until this is shown: the agent may come to a connection, or to its bytes, a moment after it was asked.
async fn shows(bench: &Bench, expected: &[Unfinished]) {
    let mut shown = Vec::new();
    let asking = async {
        while shown != expected {
            shown = page(bench).await.unfinished;
        }
    };
    let asked = tokio::time::timeout(LONG, asking).await;
    assert!(asked.is_ok(), "expected {expected:?}, got {shown:?}");
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
async fn who_began_a_handshake_and_did_not_finish_it_is_shown() {
    let bench = hasty();
    bench.hello().await;
    let to = Transport::Https;
    drop(say_from(&bench, to, "127.0.0.2", BEGUN).await);
    closed(say_from(&bench, to, "127.0.0.3", BEGUN).await).await;
    closed(say_from(&bench, to, "127.0.0.3", b"GET / HTTP/1.1\r\n\r\n").await).await;
    drop(say_from(&bench, to, "127.0.0.4", b"").await);
    closed(say_from(&bench, to, "127.0.0.5", b"").await).await;
    let good = called_from(&bench, "127.0.0.6", Certificates::Note).await;
    assert!(matches!(good, Outcome::Answered(_)), "{good:?}");
    let particular = called_from(&bench, "127.0.0.7", Certificates::Require).await;
    assert!(matches!(particular, Outcome::TlsFailed(_)), "{particular:?}");
    let (begun, silent) = (handshake, request);
    let expected = [
        begun("127.0.0.2"),
        begun("127.0.0.3"),
        silent("127.0.0.4"),
        silent("127.0.0.5"),
        begun("127.0.0.7"),
    ];
    shows(&bench, &expected).await;
    assert_eq!(page(&bench).await.dropped, 0);
}

#[tokio::test]
async fn who_connected_and_brought_no_whole_call_is_shown_and_nobody_else() {
    let bench = hasty();
    bench.hello().await;
    let token = bench.token(CallId::random());
    let part = token.get(..20).expect("a token is longer").to_owned();
    for (to, nothing, some, whole) in [
        (Transport::Tcp, "127.0.0.2", "127.0.0.3", "127.0.0.4"),
        (Transport::Http, "127.0.1.2", "127.0.1.3", "127.0.1.4"),
    ] {
        drop(say_from(&bench, to, nothing, b"").await);
        closed(say_from(&bench, to, some, part.as_bytes()).await).await;
        let caller = bench.beside("app-2", |settings| settings.agent.sources = vec![ip(whole)]);
        caller.hello().await;
        let sample = caller.place(vec![call_to(&bench.url(to), "app-1")]).await.pop().expect("a sample");
        assert!(matches!(sample.outcome, Outcome::Answered(_)), "{sample:?}");
    }
    // A line of a stranger's is no call; a request of anybody's is a request, and the agent answers it.
    closed(say_from(&bench, Transport::Tcp, "127.0.0.5", b"hello\n").await).await;
    let probe = b"GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    closed(say_from(&bench, Transport::Http, "127.0.1.5", probe).await).await;
    let expected = ["127.0.0.2", "127.0.0.3", "127.0.0.5", "127.0.1.2", "127.0.1.3"].map(request);
    shows(&bench, &expected).await;
    assert_eq!(page(&bench).await.dropped, 0);
}

#[tokio::test]
async fn a_connection_that_still_stands_is_shown_until_a_request_has_come_on_it() {
    let bench = bench(LONG);
    bench.hello().await;
    let mut kept = say_from(&bench, Transport::Http, "127.0.0.2", b"").await;
    let _silent = say_from(&bench, Transport::Tcp, "127.0.0.3", b"").await;
    let _begun = say_from(&bench, Transport::Https, "127.0.0.4", BEGUN).await;
    let rest = [request("127.0.0.3"), handshake("127.0.0.4")];
    shows(&bench, &[request("127.0.0.2"), rest[0], rest[1]]).await;
    kept.write_all(b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("bytes sent");
    let mut answer = [0; 12];
    kept.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert_eq!(page(&bench).await.unfinished, rest, "it is idle, and its request is over");
    drop(kept);
    shows(&bench, &rest).await;
}

#[tokio::test]
async fn a_run_is_shown_what_was_opened_since_it_was_announced() {
    let mut bench = hasty();
    bench.hello().await;
    let to = Transport::Https;
    let standing = say_from(&bench, Transport::Tcp, "127.0.0.1", b"").await;
    drop(say_from(&bench, to, "127.0.0.2", BEGUN).await);
    shows(&bench, &[request("127.0.0.1"), handshake("127.0.0.2")]).await;
    let first = bench.run.clone();
    bench.run = Run { id: RunId::random(), key: RunKey::random() };
    assert_eq!(page(&bench).await.unfinished, [], "all of it was opened before the run began");
    drop(say_from(&bench, to, "127.0.0.3", BEGUN).await);
    closed(standing).await;
    shows(&bench, &[handshake("127.0.0.3")]).await;
    bench.run = first;
    let all = [request("127.0.0.1"), handshake("127.0.0.2"), handshake("127.0.0.3")];
    assert_eq!(page(&bench).await.unfinished, all);
}

#[tokio::test]
async fn a_crowd_is_a_missed_receipt_of_the_runs_that_it_fell_into_and_of_no_later_one() {
    let mut bench = hasty();
    bench.hello().await;
    let answerer = bench.running.agent().answerer();
    let connect = |from: Ipv4Addr| drop(answerer.watch(SocketAddr::new(from.into(), 1)));
    let first = u32::from(Ipv4Addr::new(10, 0, 0, 1));
    (first..).take(ReceiptPage::UNFINISHED_MAX).map(Ipv4Addr::from).for_each(connect);
    assert_eq!(page(&bench).await.dropped, 0);
    connect(Ipv4Addr::new(10, 9, 9, 9));
    let crowded = page(&bench).await;
    assert_eq!((crowded.dropped, crowded.unfinished.len()), (1, ReceiptPage::UNFINISHED_MAX));
    bench.run = Run { id: RunId::random(), key: RunKey::random() };
    assert_eq!((bench.hello().await.dropped, page(&bench).await.dropped), (0, 0));
}
