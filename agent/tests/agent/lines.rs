//! Orders as lines on a stream.

use ringfence_agent::serve::serve_lines;
use ringfence_contract::call::Call;
use ringfence_contract::order::{self, Ask, Order, Place, RefusalWhy};
use ringfence_contract::outcome::Outcome;
use ringfence_contract::reply::{Line, ReplyError, line_order, read_reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, duplex, split};
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, call_to, samples};

/// Everything that is replied to this input.
async fn replies(bench: &Bench, input: &str) -> String {
    let (here, there) = duplex(1_000);
    let (orders, replies) = split(there);
    let stop = CancellationToken::new();
    let serving = async {
        let served = serve_lines(bench.running.agent(), BufReader::new(orders), replies, &stop).await;
        served.expect("streams that work");
    };
    let (mut read, mut write) = split(here);
    let writing = async move {
        write.write_all(input.as_bytes()).await.expect("orders written");
        write.shutdown().await.expect("an end");
    };
    let mut said = String::new();
    let ((), (), read) = tokio::join!(serving, writing, read.read_to_string(&mut said));
    read.expect("replies");
    said
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_and_the_next_one_taken() {
    let bench = Bench::with(|settings| settings.agent.limits.order_bytes = 2_000);
    let good = Order { boot: None, ..bench.order(Ask::Hello) };
    let input = format!("{}\n{}\n", "x".repeat(9_000), order::sign(&bench.key, &good));
    let said = replies(&bench, &input).await;
    let (refusal, reply) = said.split_once('\n').expect("two replies");
    match read_reply(&bench.run.key, good.id, refusal) {
        Err(ReplyError::Refused(refusal)) => {
            assert_eq!(refusal.why, RefusalWhy::OverLimit);
            assert!(refusal.detail.contains("2000 bytes"), "{refusal}");
        }
        other => panic!("not refused: {other:?}"),
    }
    assert!(read_reply(&bench.run.key, good.id, reply).is_ok());
}

#[tokio::test]
async fn replies_of_orders_under_way_are_interleaved_and_whole_at_the_end_of_input() {
    let bench = Bench::new();
    bench.hello().await;
    let url = bench.url(ringfence_contract::transport::Transport::Tcp);
    let late = Call { start_after_ms: 200, ..call_to(&url, "app-1") };
    let slow = bench
        .order(Ask::Place(Place { calls: vec![call_to(&url, "app-1"), late], fingerprints: Vec::new() }));
    let quick = bench.order(Ask::Receipts(Vec::new()));
    let input = [&slow, &quick].map(|order| order::sign(&bench.key, order)).join("\n");
    let said = replies(&bench, &input).await;
    let of = |order: &Order| {
        let own = said.split_inclusive('\n').filter(|line| line_order(line) == Some(order.id));
        read_reply(&bench.run.key, order.id, &own.collect::<String>()).expect("a whole reply")
    };
    assert!(matches!(&of(&quick)[..], [Line::Receipts(_)]));
    let samples = samples(of(&slow));
    assert_eq!(samples.len(), 2);
    assert!(samples.iter().all(|sample| matches!(sample.outcome, Outcome::Answered(_))), "{samples:?}");
    let last = said.lines().last().and_then(line_order);
    assert_eq!(last, Some(slow.id), "the quick reply does not wait for the slow one");
}
