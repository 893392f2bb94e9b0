//! Orders that have calls placed and orders passed on, from one agent to another.

use std::time::Duration;

use ringfence_agent::control::{Agent, AgentSettings, Taken};
use ringfence_agent::perform::Policy;
use ringfence_contract::call::{Call, Destination, Timeouts, Trust};
use ringfence_contract::id::CallId;
use ringfence_contract::order::{self, Ask, ControlAddress, Order, Place, RefusalWhy, Relay};
use ringfence_contract::outcome::{NotSentWhy, Outcome, Phase};
use ringfence_contract::receipt::SeenBy;
use ringfence_contract::reply::{Line, read_reply};
use ringfence_contract::sample::Sample;
use ringfence_contract::transport::Transport;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::support::{Bench, call_to, now_ms, samples, tls};

const CALLED: [Transport; 3] = [Transport::Http, Transport::Tcp, Transport::Udp];

fn not_sent(sample: &Sample) -> (NotSentWhy, &str) {
    match &sample.outcome {
        Outcome::NotSent(not_sent) => (not_sent.why, not_sent.detail.as_str()),
        other => panic!("sent: {other:?}"),
    }
}

#[tokio::test]
async fn one_agent_calls_another_and_both_ends_tell_the_same() {
    let caller =
        Bench::with(|settings| settings.agent.sources = vec!["127.0.0.7".parse().expect("an address")]);
    let other = caller.beside("app-2", |_| {});
    other.hello().await;
    let calls: Vec<Call> = CALLED.iter().map(|transport| call_to(&other.url(*transport), "app-2")).collect();
    let ids: Vec<CallId> = calls.iter().map(|call| call.id).collect();
    for sample in caller.place(calls).await {
        let Outcome::Answered(answered) = &sample.outcome else { panic!("{sample:?}") };
        assert_eq!((answered.agent.as_str(), answered.seen.by), ("app-2", SeenBy::Peer));
        assert_eq!(answered.seen.address.to_string(), "127.0.0.7");
    }
    let lines = other.say(&other.order(Ask::Receipts(ids.clone()))).await.expect("a reply");
    let [Line::Receipts(page)] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(page.found.len(), 3);
    assert!(page.found.iter().all(|receipt| ids.contains(&receipt.call) && receipt.arrivals == 1));
}

#[tokio::test]
async fn an_agent_calls_its_own_listeners_whatever_its_policy() {
    let bench = Bench::with(|settings| settings.agent.policy = Policy::default());
    bench.hello().await;
    let own = |behind: String| {
        let to = Destination::OwnListener(behind.parse().expect("an address"));
        Call { to, ..call_to("http://own.test", "app-1") }
    };
    let port = |transport| bench.running.address(transport).expect("a listener").port();
    let behind = |transport| format!("{transport}://127.0.0.1:{}", port(transport));
    for sample in bench.place(CALLED.map(|transport| own(behind(transport))).to_vec()).await {
        assert!(matches!(&sample.outcome, Outcome::Answered(_)), "{sample:?}");
    }
    // Another transport, another port, another address: what listens there is not what was asked for.
    let port = port(Transport::Tcp);
    let others = [
        format!("https://127.0.0.1:{port}"),
        "tcp://127.0.0.1:1".to_owned(),
        format!("tcp://127.0.0.2:{port}"),
    ];
    for sample in bench.place(others.map(own).to_vec()).await {
        assert_eq!(not_sent(&sample).0, NotSentWhy::NoListener, "{sample:?}");
    }
}

#[tokio::test]
async fn what_the_policy_does_not_admit_is_not_sent() {
    let bench = Bench::with(|settings| settings.agent.policy = Policy::read(["any"]).expect("a policy"));
    let calls =
        ["http://127.0.0.1:9", "http://2130706433:9", "http://2852039166", "tcp://169.254.169.254:80"];
    for sample in bench.place(calls.map(|url| call_to(url, "app-2")).to_vec()).await {
        let (why, detail) = not_sent(&sample);
        assert_eq!(why, NotSentWhy::NotAllowed);
        assert!(detail.contains("--allow"), "{detail}");
    }
}

#[tokio::test]
async fn a_call_that_outlives_its_order_comes_back_as_out_of_time() {
    let bench = Bench::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("tcp://{}", silent.local_addr().expect("an address"));
    let late = Call { start_after_ms: 50_000, ..call_to(&url, "app-2") };
    let place = Place { calls: vec![call_to(&url, "app-2"), late], fingerprints: Vec::new() };
    let order = Order { expires_ms: now_ms() + 700, ..bench.order(Ask::Place(place)) };
    let samples = samples(bench.say(&order).await.expect("a whole reply"));
    assert_eq!(samples.len(), 2);
    for sample in &samples {
        assert_eq!(not_sent(sample).0, NotSentWhy::OutOfTime, "{sample:?}");
    }
}

#[tokio::test]
async fn many_calls_are_placed_at_once_under_the_limits() {
    let bench = Bench::with(|settings| settings.agent.limits.calls_at_once = 8);
    bench.hello().await;
    let url = bench.url(Transport::Http);
    let calls: Vec<Call> = (0..300).map(|_| call_to(&url, "app-1")).collect();
    let samples = bench.place(calls).await;
    assert!(samples.iter().all(|sample| matches!(sample.outcome, Outcome::Answered(_))));
}

#[tokio::test]
async fn an_embedded_agent_calls_without_listening() {
    let bench = Bench::new();
    bench.hello().await;
    let settings = AgentSettings {
        policy: Policy::open_except_guarded(&["127.0.0.0/8".parse().expect("a network")]),
        ..AgentSettings::new("local".parse().expect("a name"), vec![bench.key.public()])
    };
    let local = Agent::embedded(settings).expect("an agent");
    let place = Place { calls: vec![call_to(&bench.url(Transport::Tcp), "app-1")], fingerprints: Vec::new() };
    let order =
        Order { audience: local.name().clone(), boot: Some(local.boot()), ..bench.order(Ask::Place(place)) };
    let Taken::Lines(mut lines) = local.take(&order::sign(&bench.key, &order)) else { panic!("not taken") };
    let mut reply = String::new();
    while let Some(line) = lines.recv().await {
        reply.push_str(&line);
    }
    let samples = samples(read_reply(&bench.run.key, order.id, &reply).expect("a whole reply"));
    assert!(matches!(&samples[0].outcome, Outcome::Answered(_)), "{samples:?}");
}

#[tokio::test]
async fn an_order_whose_reply_nobody_takes_ends() {
    let bench = Bench::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("tcp://{}", silent.local_addr().expect("an address"));
    let calls = vec![call_to(&url, "app-2")];
    let order = bench.order(Ask::Place(Place { calls, fingerprints: Vec::new() }));
    let Taken::Lines(lines) = bench.running.agent().take(&order::sign(&bench.key, &order)) else {
        panic!("not taken")
    };
    let (mut call, _) = silent.accept().await.expect("the call comes");
    drop(lines);
    let mut sent = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut call, &mut sent);
    // Far less than the 3.5 s the call itself may take for its answer.
    tokio::time::timeout(Duration::from_secs(2), ended).await.expect("the call is dropped").expect("a close");
}

fn relayed(bench: &Bench, to: &str, order: String) -> Order {
    let address = to.parse().expect("an address");
    let to = ControlAddress { address, connect: None, trust: Trust::Platform };
    bench.order(Ask::Relay(Relay { to, order, timeout_ms: 10_000 }))
}

#[tokio::test]
async fn a_relay_passes_an_order_on_and_its_reply_back_as_they_are() {
    let relay = Bench::new();
    let addressee = relay.beside("app-2", |_| {});
    let inner = Order { boot: None, ..addressee.order(Ask::Hello) };
    let outer = relayed(&relay, &addressee.url(Transport::Http), order::sign(&relay.key, &inner));
    let lines = relay.say(&outer).await.expect("a reply");
    let [Line::Relayed(text)] = &lines[..] else { panic!("{lines:?}") };
    let inner = read_reply(&relay.run.key, inner.id, text).expect("the addressee's own reply");
    assert!(matches!(&inner[..], [Line::Hello(hello)] if hello.agent.as_str() == "app-2"), "{inner:?}");
}

#[tokio::test]
async fn a_relay_that_cannot_says_why() {
    let relay = Bench::new();
    let addressee = relay.beside("app-2", |_| {});
    let gone = addressee.url(Transport::Http);
    addressee.running.drain(Duration::ZERO).await;
    let refusal = relay.refused(&relayed(&relay, &gone, "an order".to_owned())).await;
    assert_eq!(refusal.why, RefusalWhy::RelayFailed, "{refusal}");
    let refusal = relay.refused(&relayed(&relay, "http://169.254.169.254", "an order".to_owned())).await;
    assert_eq!(refusal.why, RefusalWhy::NotAllowed, "{refusal}");
    assert!(refusal.detail.contains("--allow"), "{refusal}");
}

#[tokio::test]
async fn orders_and_calls_go_over_tls_to_a_certificate_that_is_trusted_by_name() {
    let identity = tls();
    let certificate = identity.certificates.clone();
    let relay = Bench::new();
    let other = relay.beside("app-2", |settings| settings.listen.https = Some(identity));
    let url = other.url(Transport::Https);

    let inner = Order { boot: None, ..other.order(Ask::Hello) };
    let order = order::sign(&relay.key, &inner);
    let untrusted = relay.refused(&relayed(&relay, &url, order.clone())).await;
    assert_eq!(untrusted.why, RefusalWhy::RelayFailed, "{untrusted}");
    let to = ControlAddress {
        address: url.parse().expect("an address"),
        connect: None,
        trust: Trust::Ca(certificate.clone()),
    };
    let outer = relay.order(Ask::Relay(Relay { to, order, timeout_ms: 10_000 }));
    let lines = relay.say(&outer).await.expect("a reply");
    let [Line::Relayed(text)] = &lines[..] else { panic!("{lines:?}") };
    assert!(read_reply(&relay.run.key, inner.id, text).is_ok());

    let mut call = call_to(&url, "app-2");
    let Destination::Endpoint(route) = &mut call.to else { panic!("an endpoint") };
    route.trust = Trust::Ca(certificate);
    let samples = relay.place(vec![call, call_to(&url, "app-2")]).await;
    assert!(matches!(&samples[0].outcome, Outcome::Answered(_)), "{samples:?}");
    assert!(matches!(&samples[1].outcome, Outcome::TlsFailed(_)), "{samples:?}");
    let alpn = samples[0].tls.as_ref().and_then(|tls| tls.alpn.clone());
    assert_eq!(alpn.as_deref(), Some("http/1.1"));
}

/// How many connections with this port hold on to it after their end (TIME-WAIT, 6 in `/proc/net/tcp`).
#[cfg(target_os = "linux")]
fn held_after_the_end(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("a table of connections");
    let port = format!(":{port:04X}");
    let is_held =
        |row: &Vec<&str>| row.get(3) == Some(&"06") && row[1..3].iter().any(|end| end.ends_with(&port));
    table.lines().map(|row| row.split_whitespace().collect()).filter(is_held).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn both_ends_have_their_ports_back_when_a_call_was_answered() {
    let caller = Bench::new();
    let other = caller.beside("app-2", |_| {});
    other.hello().await;
    let before = held_after_the_end(other.at(Transport::Http).port());
    for (transport, before) in [(Transport::Http, before), (Transport::Tcp, 0)] {
        let to = other.url(transport);
        let samples = caller.place((0..200).map(|_| call_to(&to, "app-2")).collect()).await;
        assert!(samples.iter().all(|sample| matches!(sample.outcome, Outcome::Answered(_))));
        assert_eq!(held_after_the_end(other.at(transport).port()), before, "{transport}");
    }
}

#[tokio::test]
async fn a_call_that_nobody_answered_in_time_can_still_be_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let to = format!("tcp://{}", listener.local_addr().expect("an address"));
    let timeouts = Timeouts { first_byte_ms: 100, ..Timeouts::default() };
    let samples = Bench::new().place(vec![Call { timeouts, ..call_to(&to, "app-2") }]).await;
    assert_eq!(samples[0].outcome, Outcome::TimedOut(Phase::FirstByte));
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.expect("no reset");
    assert!(heard.starts_with("1.") && heard.ends_with('\n'), "{heard}");
}
