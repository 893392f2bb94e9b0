//! What nobody's runner ordered gets what any server gives, and leaves nothing behind.

use ringfence_contract::CALL_HEADER;
use ringfence_contract::download::Portion;
use ringfence_contract::id::{CallId, RunId};
use ringfence_contract::order::{self, Ask, PrivateKey};
use ringfence_contract::seal::{Purpose, RunKey, call_token, open_answer, token};
use ringfence_contract::transport::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::support::{Bench, Reply, http};

/// A request: how it starts, its headers, its body.
type Row<'r> = (&'r str, &'r [(&'r str, &'r str)], &'r str);

/// A response without its date, which is the one thing that may differ between two strangers.
fn timeless(reply: &Reply) -> (String, String) {
    let lines = reply.head.lines().filter(|line| !line.starts_with("date:"));
    (lines.collect::<Vec<_>>().join("\n"), reply.body.clone())
}

#[tokio::test]
async fn whatever_a_stranger_asks_over_http_the_answer_is_the_same_plain_404() {
    let bench = Bench::new();
    bench.hello().await;
    let to = bench.at(Transport::Http);
    let plain = http(to, "GET / HTTP/1.1", &[], "").await;
    assert_eq!(plain.status, 404);
    let whole = format!("{}{}", plain.head, plain.body).to_ascii_lowercase();
    assert!(!whole.contains("ringfence"), "{plain:?}");

    let unsigned = order::sign(&PrivateKey::random(), &bench.order(Ask::Hello));
    let unknown_run = call_token(&RunKey::random(), RunId::random(), CallId::random());
    let false_seal = call_token(&RunKey::random(), bench.run.id, CallId::random());
    let portion = Purpose::Download(Portion { lasts_ms: 5_000, bytes: 1_000_000 });
    let download = |key: &RunKey, run, to: &str| {
        token(key, (run, CallId::random()), portion, Some(&to.parse().expect("a name")))
    };
    let (other_run, other_seal) = (
        download(&RunKey::random(), RunId::random(), "app-1"),
        download(&RunKey::random(), bench.run.id, "app-1"),
    );
    // Sealed for a download of one byte less.
    let other_portion = download(&bench.run.key, bench.run.id, "app-1").replacen("0f4240", "0f4241", 1);
    let other_agent = download(&bench.run.key, bench.run.id, "app-2");
    let order_path = "POST /.ringfence/order HTTP/1.1";
    let rows: [Row<'_>; 13] = [
        ("POST /anything HTTP/1.1", &[], "body"),
        (order_path, &[], ""),
        (order_path, &[], "hello"),
        (order_path, &[], "ringfence/1 00 {}"),
        (order_path, &[], &unsigned),
        ("GET /.ringfence/order HTTP/1.1", &[], ""),
        ("GET / HTTP/1.1", &[(CALL_HEADER, &unknown_run)], ""),
        ("GET / HTTP/1.1", &[(CALL_HEADER, &false_seal)], ""),
        ("GET / HTTP/1.1", &[(CALL_HEADER, "1.2.3.4")], ""),
        ("GET / HTTP/1.1", &[(CALL_HEADER, &other_run)], ""),
        ("GET / HTTP/1.1", &[(CALL_HEADER, &other_seal)], ""),
        ("GET / HTTP/1.1", &[(CALL_HEADER, &other_portion)], ""),
        ("GET / HTTP/1.1", &[(CALL_HEADER, &other_agent)], ""),
    ];
    for (start, headers, body) in rows {
        let reply = http(to, start, headers, body).await;
        assert_eq!(timeless(&reply), timeless(&plain), "{start} {headers:?}");
    }
    let answerer = bench.running.agent().answerer();
    assert_eq!(answerer.dropped(bench.run.id), 0);
    let call = CallId::random();
    let reply = bench.call(call, &[]).await;
    let answer = open_answer(&bench.run.key, call, reply.body.as_bytes()).expect("a sealed answer");
    assert_eq!(answer.receipt, 1, "strangers leave no receipts");
}

/// A good call for a download, which is given over HTTP only.
fn download(bench: &Bench) -> String {
    let portion = Portion { lasts_ms: 5_000, bytes: 1_000_000 };
    let call = (bench.run.id, CallId::random());
    token(&bench.run.key, call, Purpose::Download(portion), Some(bench.running.agent().name()))
}

#[tokio::test]
async fn a_stranger_s_line_is_closed_without_a_byte() {
    let bench = Bench::new();
    bench.hello().await;
    let false_seal = call_token(&RunKey::random(), bench.run.id, CallId::random());
    let (long, download) = ("x".repeat(5_000), download(&bench));
    for line in ["GET / HTTP/1.1\r\n\r\n", "\n", &format!("{false_seal}\n"), &long, &format!("{download}\n")]
    {
        let mut stream = TcpStream::connect(bench.at(Transport::Tcp)).await.expect("a connection");
        stream.write_all(line.as_bytes()).await.expect("a line sent");
        let mut got = Vec::new();
        // Unread bytes make the close a reset; either way nothing came.
        let ended = stream.read_to_end(&mut got).await;
        assert!(
            ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
        );
        assert_eq!(got, b"", "{line:?}");
    }
}

#[tokio::test]
async fn a_stranger_s_datagram_meets_silence() {
    let bench = Bench::new();
    bench.hello().await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    socket.connect(bench.at(Transport::Udp)).await.expect("a peer");
    let false_seal = call_token(&RunKey::random(), bench.run.id, CallId::random());
    let call = CallId::random();
    let good = bench.token(call);
    for datagram in
        ["", "hello", &false_seal, &format!("{good} "), &"x".repeat(2_000), &download(&bench), &good]
    {
        socket.send(datagram.as_bytes()).await.expect("a datagram sent");
    }
    let mut buffer = [0; 2_048];
    let length = socket.recv(&mut buffer).await.expect("an answer");
    let answer =
        open_answer(&bench.run.key, call, &buffer[..length]).expect("the good call's answer comes first");
    assert_eq!(answer.receipt, 1);
}

#[tokio::test]
async fn platforms_get_their_checks_answered() {
    let bench = Bench::new();
    for path in ["/live", "/ready", "/robots933456.txt"] {
        let reply = http(bench.at(Transport::Http), &format!("GET {path} HTTP/1.1"), &[], "").await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(!reply.head.to_ascii_lowercase().contains("chunked"), "{reply:?}");
    }
}
