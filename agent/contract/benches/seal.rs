//! What every call, answer and order is sealed or signed with, and what measured times are kept in:
//! `cargo bench -p ringfence-contract --bench seal`.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringfence_contract::histogram::Histogram;
use ringfence_contract::id::{BootId, CallId, OrderId, RunId};
use ringfence_contract::name::AgentName;
use ringfence_contract::order::{Ask, Order, PrivateKey, Run, open, sign};
use ringfence_contract::receipt::{SeenBy, SeenSource};
use ringfence_contract::reply::{Line, ReplyWriter, read_reply};
use ringfence_contract::seal::{Answer, RunKey, UnverifiedCall, call_token, open_answer, seal_answer};

const NOW_MS: u64 = 1_790_000_000_000;

/// How many calls an order asks for receipts of, how many lines a reply has, and how many times a histogram holds.
const SIZES: [usize; 3] = [14, 1_000, 10_000];

fn name() -> AgentName {
    "app-service-1".parse().expect("a name")
}

fn calls(criterion: &mut Criterion) {
    let (key, run, call) = (RunKey::random(), RunId::random(), CallId::random());
    let mut group = criterion.benchmark_group("call");
    group.throughput(Throughput::Elements(1));
    group.bench_function("seal", |bench| bench.iter(|| call_token(&key, run, black_box(call))));
    let token = call_token(&key, run, call);
    let me = name();
    let verify = |token: &str| UnverifiedCall::read(token).and_then(|read| read.verify(&key, &me));
    assert_eq!(verify(&token), Some(call));
    group.bench_function("verify", |bench| bench.iter(|| verify(black_box(&token))));

    let peer = "10.0.1.4:40000".parse().expect("an address");
    let seen = SeenSource {
        address: "10.0.1.4".parse().expect("an address"),
        by: SeenBy::Peer,
        peer,
        conflict: None,
    };
    let answer = Answer {
        call,
        agent: name(),
        boot: BootId::random(),
        receipt: 1,
        seen,
        at_ms: NOW_MS,
        refused: None,
    };
    group.bench_function("seal an answer", |bench| bench.iter(|| seal_answer(&key, black_box(&answer))));
    let sealed = seal_answer(&key, &answer);
    assert_eq!(open_answer(&key, call, sealed.as_bytes()), Ok(answer));
    group.bench_function("verify an answer", |bench| {
        bench.iter(|| open_answer(&key, call, black_box(sealed.as_bytes())));
    });
    group.finish();
}

fn orders(criterion: &mut Criterion) {
    let key = PrivateKey::random();
    let trusted = [key.public()];
    let mut group = criterion.benchmark_group("order");
    for size in SIZES {
        group.throughput(Throughput::Elements(size as u64));
        let order = Order {
            audience: name(),
            id: OrderId::random(),
            issued_ms: NOW_MS,
            expires_ms: NOW_MS + 60_000,
            boot: Some(BootId::random()),
            run: Run { id: RunId::random(), key: RunKey::random() },
            ask: Ask::Receipts((0..size).map(|_| CallId::random()).collect()),
        };
        group.bench_function(BenchmarkId::new("sign", size), |bench| {
            bench.iter(|| sign(&key, black_box(&order)));
        });
        let text = sign(&key, &order);
        assert_eq!(open(&text, &trusted, &name(), NOW_MS).as_ref(), Ok(&order));
        group.bench_function(BenchmarkId::new("verify", size), |bench| {
            bench.iter(|| open(black_box(&text), &trusted, &order.audience, NOW_MS));
        });
    }
    group.finish();
}

fn replies(criterion: &mut Criterion) {
    let (key, order) = (RunKey::random(), OrderId::random());
    let write = |lines: usize| {
        let mut writer = ReplyWriter::new(key.clone(), order);
        let line = Line::Relayed("a line of a reply".to_owned());
        let mut text: String = (0..lines).map(|_| writer.line(&line)).collect();
        text.push_str(&writer.end());
        text
    };
    let mut group = criterion.benchmark_group("reply");
    for size in SIZES {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::new("seal", size), |bench| bench.iter(|| write(black_box(size))));
        let text = write(size);
        assert_eq!(read_reply(&key, order, &text).map(|lines| lines.len()), Ok(size));
        group.bench_function(BenchmarkId::new("verify", size), |bench| {
            bench.iter(|| read_reply(&key, order, black_box(&text)));
        });
    }
    group.finish();
}

fn histograms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("histogram");
    for size in SIZES {
        group.throughput(Throughput::Elements(size as u64));
        // From 1 ms to some 100 ms, in no order.
        let times: Vec<u64> =
            (0..size as u64).map(|place| 1_000_000 + place * 7_919 % 99_991 * 1_000).collect();
        let record = || {
            let mut histogram = Histogram::default();
            for ns in &times {
                histogram.record(*ns);
            }
            histogram
        };
        group.bench_function(BenchmarkId::new("record", size), |bench| bench.iter(record));
        let other = record();
        group.bench_function(BenchmarkId::new("merge", size), |bench| {
            bench.iter_batched_ref(
                record,
                |histogram| histogram.add(black_box(&other)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, calls, orders, replies, histograms);
criterion_main!(benches);
