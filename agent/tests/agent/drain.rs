//! How an agent ends: orders under way first, then its doors.

use std::time::Duration;

use ringfence_agent::control::Taken;
use ringfence_contract::id::CallId;
use ringfence_contract::order::{self, Ask, Place, RefusalWhy};
use ringfence_contract::outcome::{NotSentWhy, Outcome};
use ringfence_contract::reply::read_reply;
use ringfence_contract::transport::Transport;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Bench, call_to, http, samples};

#[tokio::test]
async fn a_draining_agent_is_not_ready_and_takes_no_orders_but_still_answers_calls() {
    let bench = Bench::new();
    bench.hello().await;
    bench.running.agent().begin_drain();
    let ready = http(bench.at(Transport::Http), "GET /ready HTTP/1.1", &[], "").await;
    assert_eq!(ready.status, 503);
    let live = http(bench.at(Transport::Http), "GET /live HTTP/1.1", &[], "").await;
    assert_eq!(live.status, 200);
    assert_eq!(bench.refused(&bench.order(Ask::Hello)).await.why, RefusalWhy::Draining);
    assert_eq!(bench.call(CallId::random(), &[]).await.status, 200);
}

#[tokio::test]
async fn an_order_under_way_is_handed_over_when_the_grace_is_over_and_then_nothing_listens() {
    let bench = Bench::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("tcp://{}", silent.local_addr().expect("an address"));
    let to = bench.at(Transport::Http);
    let calls = vec![call_to(&url, "app-2")];
    let order = bench.order(Ask::Place(Place { calls, fingerprints: Vec::new() }));
    let text = order::sign(&bench.key, &order);
    let posted = tokio::spawn(async move { http(to, "POST /.ringfence/order HTTP/1.1", &[], &text).await });
    let held = silent.accept().await.expect("the call comes");

    bench.running.drain(Duration::from_millis(100)).await;
    let reply = posted.await.expect("a posted order");
    let samples = samples(read_reply(&bench.run.key, order.id, &reply.body).expect("a whole reply"));
    let Outcome::NotSent(not_sent) = &samples[0].outcome else { panic!("{samples:?}") };
    assert_eq!(not_sent.why, NotSentWhy::OutOfTime);
    assert!(not_sent.detail.contains("shutting down"), "{not_sent:?}");
    let refused = TcpStream::connect(to).await.expect_err("nothing listens");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    drop(held);
}

#[tokio::test]
async fn an_order_that_ends_within_the_grace_is_not_cut() {
    let bench = Bench::new();
    bench.hello().await;
    let call = ringfence_contract::call::Call {
        start_after_ms: 300,
        ..call_to(&bench.url(Transport::Tcp), "app-1")
    };
    let order = bench.order(Ask::Place(Place { calls: vec![call], fingerprints: Vec::new() }));
    let taken = bench.running.agent().take(&order::sign(&bench.key, &order));
    let Taken::Lines(mut lines) = taken else { panic!("not taken") };
    let reading = async {
        let mut reply = String::new();
        while let Some(line) = lines.recv().await {
            reply.push_str(&line);
        }
        reply
    };
    let (reply, ()) = tokio::join!(reading, bench.running.drain(Duration::from_secs(20)));
    let samples = samples(read_reply(&bench.run.key, order.id, &reply).expect("a whole reply"));
    assert!(matches!(&samples[0].outcome, Outcome::Answered(_)), "{samples:?}");
}
