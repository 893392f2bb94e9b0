//! Clients that misbehave: too many, too slow, or saying nothing at all.

use std::time::Duration;

use ringfence_agent::serve::{StartError, TlsListen, start};
use ringfence_contract::order::PrivateKey;
use ringfence_contract::transport::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Bench, http, settings, tls};

/// Everything that comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    match stream.read_to_end(&mut got).await {
        Ok(_) => got,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => got,
        Err(error) => panic!("not closed: {error}"),
    }
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_counted() {
    let bench = Bench::with(|settings| settings.agent.limits.connections_at_once = 2);
    let to = bench.at(Transport::Http);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        stream.write_all(b"GET /live HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("a request sent");
        let mut byte = [0];
        stream.read_exact(&mut byte).await.expect("the connection is served");
        held.push(stream);
    }
    let mut third = TcpStream::connect(to).await.expect("a connection");
    assert_eq!(rest(&mut third).await, b"");
    let dropped = bench.running.agent().answerer().dropped(bench.run.id);
    assert_eq!(dropped, 1, "what was turned away may have been a call");

    let mut freed = held.pop().expect("two are held");
    freed
        .write_all(b"GET /live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .expect("a request sent");
    assert!(!rest(&mut freed).await.is_empty());
    let reply = http(to, "GET /live HTTP/1.1", &[], "").await;
    assert_eq!(reply.status, 200, "the freed place is given again");
}

#[tokio::test]
async fn silent_and_half_heard_clients_are_closed() {
    let bench = Bench::with(|settings| {
        settings.agent.limits.head_within = Duration::from_millis(200);
        settings.listen.https = Some(tls());
    });
    let long = Duration::from_secs(10);
    for (transport, said) in [
        (Transport::Http, ""),
        (Transport::Http, "P"),
        (Transport::Http, "POST /.ringfence/order HTTP/1.1\r\nhost: a\r\n"),
        (Transport::Https, ""),
        (Transport::Https, "\u{16}\u{3}\u{1}"),
        (Transport::Tcp, ""),
        (Transport::Tcp, "1.00"),
    ] {
        let mut stream = TcpStream::connect(bench.at(transport)).await.expect("a connection");
        stream.write_all(said.as_bytes()).await.expect("bytes sent");
        let got = tokio::time::timeout(long, rest(&mut stream)).await;
        let got = got.unwrap_or_else(|_| panic!("{transport} {said:?} is still open"));
        assert!(
            !String::from_utf8_lossy(&got).to_ascii_lowercase().contains("ringfence"),
            "{transport} {said:?}"
        );
    }
}

#[tokio::test]
async fn a_plain_request_at_the_tls_door_does_no_harm() {
    let bench = Bench::with(|settings| settings.listen.https = Some(tls()));
    let mut stream = TcpStream::connect(bench.at(Transport::Https)).await.expect("a connection");
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("bytes sent");
    rest(&mut stream).await;
    let reply = http(bench.at(Transport::Http), "GET /live HTTP/1.1", &[], "").await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn what_cannot_be_listened_on_is_named_and_nothing_runs() {
    let taken = Bench::new();
    let address = taken.at(Transport::Http);
    let mut second = settings("app-2", &PrivateKey::random());
    second.listen.http = vec![address];
    let error = start(second).err().expect("the address is taken");
    assert!(matches!(error, StartError::Listen { transport: Transport::Http, .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("`{address}`")), "{error}");

    let mut third = settings("app-3", &PrivateKey::random());
    third.listen.https = Some(TlsListen { certificates: "nothing".to_owned(), ..tls() });
    assert!(matches!(start(third), Err(StartError::Certificates(_))));
    let mut fourth = settings("app-4", &PrivateKey::random());
    fourth.listen.https = Some(TlsListen { key: tls().certificates, ..tls() });
    assert!(matches!(start(fourth), Err(StartError::Key(_))));
    let mut fifth = settings("app-5", &PrivateKey::random());
    fifth.listen.https = Some(TlsListen { key: tls().key, ..tls() });
    assert!(matches!(start(fifth), Err(StartError::Identity(_))));
}

#[tokio::test]
async fn strangers_half_orders_keep_no_order_waiting_and_are_closed() {
    let bench = Bench::new();
    let half = b"POST /.ringfence/order HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nringfence/1";
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(bench.at(Transport::Http)).await.expect("a connection");
        stream.write_all(half).await.expect("half an order sent");
        held.push(stream);
    }
    let long = Duration::from_secs(10);
    tokio::time::timeout(long, bench.hello()).await.expect("a whole order is taken all the same");
    for mut stream in held {
        let got =
            tokio::time::timeout(long, rest(&mut stream)).await.expect("a half order is not waited for");
        assert!(got.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&got));
    }
}
