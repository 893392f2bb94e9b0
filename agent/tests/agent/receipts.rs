//! What the target writes down: once a call, from where, and how much had to go.

use ipnet::IpNet;
use ringfence_agent::answer::Proxies;
use ringfence_contract::id::{CallId, RunId};
use ringfence_contract::order::{Ask, Run};
use ringfence_contract::receipt::{ReceiptPage, SeenBy, SeenSource};
use ringfence_contract::reply::Line;
use ringfence_contract::seal::{RunKey, open_answer};
use ringfence_contract::transport::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::support::Bench;

async fn pages(bench: &Bench, calls: Vec<CallId>) -> Vec<ReceiptPage> {
    let lines = bench.say(&bench.order(Ask::Receipts(calls))).await.expect("a reply");
    let page = |line| match line {
        Line::Receipts(page) => page,
        other => panic!("no receipts: {other:?}"),
    };
    lines.into_iter().map(page).collect()
}

async fn by_line(bench: &Bench, call: CallId, end: &str) -> String {
    let mut stream = TcpStream::connect(bench.at(Transport::Tcp)).await.expect("a connection");
    stream.write_all(format!("{}{end}", bench.token(call)).as_bytes()).await.expect("a line sent");
    stream.shutdown().await.expect("a half-closed connection");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    text
}

async fn by_datagram(bench: &Bench, call: CallId) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    socket.connect(bench.at(Transport::Udp)).await.expect("a peer");
    socket.send(format!("{}\n", bench.token(call)).as_bytes()).await.expect("a datagram sent");
    let mut buffer = [0; 2_048];
    let length = socket.recv(&mut buffer).await.expect("an answer");
    String::from_utf8(buffer[..length].to_vec()).expect("text")
}

#[tokio::test]
async fn a_call_is_answered_on_every_transport_with_a_receipt_each() {
    let bench = Bench::new();
    bench.hello().await;
    let calls: Vec<CallId> = (0..5).map(|_| CallId::random()).collect();
    let http = bench.call(calls[0], &[]).await;
    assert_eq!(http.status, 200);
    assert!(http.head.to_ascii_lowercase().contains("cache-control: no-store"), "{http:?}");
    let answers = [
        http.body,
        by_line(&bench, calls[1], "\n").await,
        by_line(&bench, calls[2], "\r\n").await,
        by_line(&bench, calls[3], "").await,
        by_datagram(&bench, calls[4]).await,
    ];
    for ((call, text), number) in calls.iter().zip(&answers).zip(1..) {
        let answer = open_answer(&bench.run.key, *call, text.as_bytes()).expect("a sealed answer");
        assert_eq!((answer.agent.as_str(), answer.receipt), ("app-1", number));
        assert_eq!(answer.seen.address.to_string(), "127.0.0.1");
        assert_eq!(answer.seen.by, SeenBy::Peer);
    }
    let [page] = &pages(&bench, calls.clone()).await[..] else { panic!("one page") };
    let came: Vec<Transport> = page.found.iter().map(|receipt| receipt.transport).collect();
    assert_eq!(came, [Transport::Http, Transport::Tcp, Transport::Tcp, Transport::Tcp, Transport::Udp]);
}

#[tokio::test]
async fn a_call_that_is_replayed_counts_arrivals_and_keeps_its_first_source() {
    let bench = Bench::new();
    bench.hello().await;
    let call = CallId::random();
    by_datagram(&bench, call).await;
    bench.call(call, &[]).await;
    bench.call(call, &[]).await;
    let [page] = &pages(&bench, vec![call]).await[..] else { panic!("one page") };
    let [receipt] = &page.found[..] else { panic!("one receipt: {page:?}") };
    assert_eq!((receipt.number, receipt.arrivals, receipt.transport), (1, 3, Transport::Udp));
}

#[tokio::test]
async fn a_ring_that_wraps_says_so_in_hello_and_in_every_page() {
    let bench = Bench::with(|settings| settings.agent.receipts_held = 4);
    assert_eq!(bench.hello().await.dropped, 0);
    let calls: Vec<CallId> = (0..6).map(|_| CallId::random()).collect();
    for call in &calls {
        bench.call(*call, &[]).await;
    }
    assert_eq!(bench.hello().await.dropped, 2);
    let [page] = &pages(&bench, calls.clone()).await[..] else { panic!("one page") };
    assert_eq!(page.dropped, 2);
    assert_eq!(page.found.iter().map(|receipt| receipt.number).collect::<Vec<_>>(), [3, 4, 5, 6]);
    assert_eq!(page.boot, bench.running.agent().boot());
}

#[tokio::test]
async fn what_a_full_ring_drops_of_the_runs_before_is_no_loss_of_this_one() {
    let mut bench = Bench::with(|settings| settings.agent.receipts_held = 4);
    bench.hello().await;
    for _ in 0..6 {
        bench.call(CallId::random(), &[]).await;
    }
    bench.run = Run { id: RunId::random(), key: RunKey::random() };
    let mut calls = Vec::new();
    for (more, dropped) in [(0, 0), (4, 0), (2, 2)] {
        for _ in 0..more {
            calls.push(CallId::random());
            bench.call(calls[calls.len() - 1], &[]).await;
        }
        assert_eq!(bench.hello().await.dropped, dropped, "after {} calls", calls.len());
        let [page] = &pages(&bench, calls.clone()).await[..] else { panic!("one page") };
        assert_eq!((page.dropped, page.found.len()), (dropped, calls.len().min(4)));
    }
}

#[tokio::test]
async fn a_run_that_did_not_begin_with_this_agent_counts_all_that_is_gone() {
    let mut bench = Bench::with(|settings| settings.agent.receipts_held = 4);
    bench.hello().await;
    for _ in 0..6 {
        bench.call(CallId::random(), &[]).await;
    }
    // As a run that was forgotten meanwhile: it may have begun before the first of these calls.
    bench.run = Run { id: RunId::random(), key: RunKey::random() };
    let [page] = &pages(&bench, vec![CallId::random()]).await[..] else { panic!("one page") };
    assert_eq!(page.dropped, 2);
}

#[tokio::test]
async fn many_receipts_come_in_several_pages_and_none_in_one() {
    let bench = Bench::new();
    bench.hello().await;
    let peer = "127.0.0.1:40000".parse().expect("an address");
    let seen = SeenSource {
        address: "127.0.0.1".parse().expect("an address"),
        by: SeenBy::Peer,
        peer,
        conflict: None,
    };
    let calls: Vec<CallId> = (0..1_201).map(|_| CallId::random()).collect();
    for call in &calls {
        let answerer = bench.running.agent().answerer();
        assert!(answerer.answer(&bench.token(*call), seen, Transport::Tcp).is_some());
    }
    let sizes: Vec<usize> = pages(&bench, calls).await.iter().map(|page| page.found.len()).collect();
    assert_eq!(sizes, [500, 500, 201]);
    let none = pages(&bench, vec![CallId::random()]).await;
    assert_eq!(none.iter().map(|page| page.found.len()).collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn a_proxy_s_word_counts_only_from_a_trusted_proxy() {
    let headers = [("client-ip", "203.0.113.9:4711"), ("x-forwarded-for", "198.51.100.7, 203.0.113.8")];
    let networks: [&[&str]; 2] = [&["127.0.0.0/8"], &["10.0.0.0/8"]];
    for (trusted, address, by) in
        [(networks[0], "203.0.113.9", SeenBy::ClientIp), (networks[1], "127.0.0.1", SeenBy::Peer)]
    {
        let networks: Vec<IpNet> = trusted.iter().map(|text| text.parse().expect("a network")).collect();
        let bench = Bench::with(|settings| settings.agent.proxies = Proxies::new(networks));
        bench.hello().await;
        let call = CallId::random();
        let reply = bench.call(call, &headers).await;
        let answer = open_answer(&bench.run.key, call, reply.body.as_bytes()).expect("a sealed answer");
        assert_eq!((answer.seen.address.to_string().as_str(), answer.seen.by), (address, by), "{trusted:?}");
        assert_eq!(answer.seen.peer.ip().to_string(), "127.0.0.1");
    }
}
