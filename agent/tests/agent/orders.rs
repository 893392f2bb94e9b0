//! Which orders are taken, and the reason for each that is not.

use ringfence_contract::address::Family;
use ringfence_contract::call::Timeouts;
use ringfence_contract::id::{BootId, CallId, RunId};
use ringfence_contract::order::{self, Ask, Order, Place, RefusalWhy, Run};
use ringfence_contract::reply::Line;
use ringfence_contract::seal::RunKey;
use ringfence_contract::transport::Transport;

use crate::support::{Bench, call_to, http, now_ms};

#[tokio::test]
async fn a_hello_says_who_the_agent_is_and_what_it_can_do() {
    let bench = Bench::new();
    let hello = bench.hello().await;
    assert_eq!(hello.agent.as_str(), "app-1");
    assert_eq!(hello.boot, bench.running.agent().boot());
    assert_eq!(hello.allow, ["127.0.0.0/8"]);
    assert_eq!(hello.listeners, bench.running.listeners());
    assert!(hello.families.contains(&Family::Ipv4), "it listens on an IPv4 address");
    assert_eq!((hello.dropped, hello.calls_per_order, hello.calls_at_once), (0, 2_048, 8_192));
    assert!(now_ms().abs_diff(hello.clock_ms) < 60_000);
}

#[tokio::test]
async fn each_fault_of_an_order_is_refused_with_its_own_reason() {
    let bench = Bench::new();
    let good = || bench.order(Ask::Receipts(Vec::new()));
    let now_ms = now_ms();
    let rows = [
        (
            Order { audience: "app-2".parse().expect("a name"), ..good() },
            RefusalWhy::WrongAudience,
            "`app-2`",
        ),
        (
            Order { issued_ms: now_ms - 9_000, expires_ms: now_ms - 1_000, ..good() },
            RefusalWhy::Expired,
            "ago",
        ),
        (
            Order { issued_ms: now_ms + 60_000, expires_ms: now_ms + 90_000, ..good() },
            RefusalWhy::NotYetValid,
            "from now",
        ),
        (Order { expires_ms: now_ms + 900_000, ..good() }, RefusalWhy::TooLongLived, "120000 ms"),
        (Order { boot: Some(BootId::random()), ..good() }, RefusalWhy::Restarted, "has restarted"),
        (Order { boot: None, ..good() }, RefusalWhy::Restarted, "say hello"),
        (
            Order { boot: Some(BootId::random()), ..bench.order(Ask::Hello) },
            RefusalWhy::Restarted,
            "has restarted",
        ),
    ];
    for (order, why, part) in rows {
        let refusal = bench.refused(&order).await;
        assert_eq!(refusal.why, why, "{refusal}");
        assert!(refusal.detail.contains(part), "{refusal}");
        assert!(refusal.clock_ms.abs_diff(now_ms) < 60_000, "the agent's clock comes with every refusal");
    }
}

#[tokio::test]
async fn an_order_is_taken_once() {
    let bench = Bench::new();
    let order = bench.order(Ask::Receipts(Vec::new()));
    assert!(matches!(bench.say(&order).await.as_deref(), Ok([Line::Receipts(_)])));
    assert_eq!(bench.refused(&order).await.why, RefusalWhy::Replayed);
}

#[tokio::test]
async fn a_run_keeps_its_first_key() {
    let bench = Bench::new();
    bench.hello().await;
    let other = Run { id: bench.run.id, key: RunKey::random() };
    let refusal = bench.refused(&Order { run: other, ..bench.order(Ask::Receipts(Vec::new())) }).await;
    assert_eq!(refusal.why, RefusalWhy::UnknownWords);
    assert!(refusal.detail.contains("another key"), "{refusal}");
    let fresh = Run { id: RunId::random(), key: bench.run.key.clone() };
    assert!(bench.say(&Order { run: fresh, ..bench.order(Ask::Receipts(Vec::new())) }).await.is_ok());
}

#[tokio::test]
async fn what_is_above_a_limit_is_refused_with_the_limit() {
    let bench = Bench::with(|settings| {
        settings.agent.limits.calls_per_order = 2;
        settings.agent.limits.receipts_per_order = 3;
    });
    let place = |calls| Ask::Place(Place { calls, fingerprints: Vec::new() });
    let call = || call_to("http://127.0.0.1:9", "app-1");
    let mut slow = call();
    slow.timeouts = Timeouts { connect_ms: Timeouts::PHASE_MAX_MS + 1, ..Timeouts::default() };
    let mut timeless = call();
    timeless.timeouts.tls_ms = 0;
    for (ask, part) in [
        (place(vec![call(), call(), call()]), "3 calls, at most 2"),
        (place(vec![slow]), "10001 ms"),
        (place(vec![timeless]), "0 ms"),
        (Ask::Receipts((0..4).map(|_| CallId::random()).collect()), "4 calls, at most 3"),
    ] {
        let refusal = bench.refused(&bench.order(ask)).await;
        assert_eq!(refusal.why, RefusalWhy::OverLimit, "{refusal}");
        assert!(refusal.detail.contains(part), "{refusal}");
    }
}

#[tokio::test]
async fn an_order_that_is_too_long_is_not_read() {
    let bench = Bench::with(|settings| settings.agent.limits.order_bytes = 2_000);
    let long = "x".repeat(2_001);
    let start = "POST /.ringfence/order HTTP/1.1";
    let reply = http(bench.at(Transport::Http), start, &[], &long).await;
    assert_eq!(reply.status, 413, "{reply:?}");
    assert!(bench.hello().await.version.starts_with(|c: char| c.is_ascii_digit()));
}

#[tokio::test]
async fn no_more_orders_than_the_limit_are_carried_out_at_once() {
    let bench = Bench::with(|settings| settings.agent.limits.orders_at_once = 1);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("tcp://{}", silent.local_addr().expect("an address"));
    let order =
        bench.order(Ask::Place(Place { calls: vec![call_to(&url, "app-1")], fingerprints: Vec::new() }));
    let taken = bench.running.agent().take(&order::sign(&bench.key, &order));
    let ringfence_agent::control::Taken::Lines(lines) = taken else { panic!("not taken: {taken:?}") };
    let held = silent.accept().await.expect("the call comes");
    let refusal = bench.refused(&bench.order(Ask::Hello)).await;
    assert_eq!(refusal.why, RefusalWhy::OverLimit);
    assert!(refusal.detail.contains("1 orders"), "{refusal}");
    drop((lines, held));
}
