//! Measurements as they travel, and figures that are added up.

use ringfence_contract::address::{Address, Family};
use ringfence_contract::call::{Call, Destination, Timeouts};
use ringfence_contract::histogram::Histogram;
use ringfence_contract::id::{BootId, CallId, OrderId, RunId};
use ringfence_contract::measure::{Block, Connection, Figures, Measure, Measured, Silence, Statuses, Times};
use ringfence_contract::order::{self, Ask, Order, PrivateKey, Run};
use ringfence_contract::outcome::OutcomeKind;
use ringfence_contract::reply::{Line, ReplyWriter, read_reply};
use ringfence_contract::sample::Clock;
use ringfence_contract::seal::RunKey;

const NOW_MS: u64 = 1_790_000_000_000;

fn measure() -> Measure {
    let address: Address = "https://app.test/health".parse().expect("an address");
    let to = Destination::Endpoint(address.into());
    let call = Call { expects: "app-1".parse().ok(), ..Call::new(to, Family::Ipv4) };
    Measure {
        call,
        connection: Connection::Reuse,
        interval_us: 2_500,
        cold: 5,
        samples: 1_000,
        fingerprints: Vec::new(),
        statuses: Statuses::Only(vec![200, 302]),
    }
}

/// Figures of calls whose totals were these, one more of which was lost.
fn figures(totals: &[u64]) -> Figures {
    let count = u32::try_from(totals.len()).expect("a few");
    let mut figures =
        Figures { intended: count + 1, placed: count + 1, answered: count, ..Figures::default() };
    figures.lost.insert(OutcomeKind::TimedOut, 1);
    for ns in totals {
        figures.phases.total.record(*ns, Clock::Program);
        figures.phases.connect.record(ns / 2, Clock::Kernel);
        figures.lag.record(ns / 100);
        figures.jitter.record(ns / 10);
    }
    figures
}

#[test]
fn an_order_to_measure_is_read_as_it_was_signed() {
    let key = PrivateKey::random();
    let order = Order {
        audience: "app-2".parse().expect("a name"),
        id: OrderId::random(),
        issued_ms: NOW_MS,
        expires_ms: NOW_MS + 60_000,
        boot: Some(BootId::random()),
        run: Run { id: RunId::random(), key: RunKey::random() },
        ask: Ask::Measure(Box::new(measure())),
    };
    let text = order::sign(&key, &order);
    let opened = order::open(&text, &[key.public()], &order.audience, NOW_MS);
    assert_eq!(opened.as_ref(), Ok(&order));
    // One interval more or less is another order.
    let bent = text.replace("2500", "2501");
    assert!(bent != text && order::open(&bent, &[key.public()], &order.audience, NOW_MS).is_err());
}

#[test]
fn figures_are_read_as_they_were_sealed() {
    let (key, order) = (RunKey::random(), OrderId::random());
    let measured = Measured {
        call: CallId::random(),
        began_ms: NOW_MS,
        cold: Figures::default(),
        warm: figures(&[1_000, 20_500, 20_501, 3_000_000_000]),
        connections: 1,
        first: None,
        failed: Vec::new(),
        silence: Some(Silence { from_ms: NOW_MS + 90, calls: 1 }),
        blocks: vec![Block { late_ns: 40_000, crowd: Some(70), ..Block::default() }],
    };
    let mut writer = ReplyWriter::new(key.clone(), order);
    let line = writer.line(&Line::Measured(Box::new(measured.clone())));
    let reply = format!("{line}{}", writer.end());
    assert_eq!(read_reply(&key, order, &reply), Ok(vec![Line::Measured(Box::new(measured))]));
    // Better figures than were seen bear no seal.
    let bent = reply.replace("timed-out", "timed_out");
    assert!(bent != reply && read_reply(&key, order, &bent).is_err());
}

#[test]
fn the_figures_of_two_orders_are_those_of_one() {
    let (one, other): (Vec<u64>, Vec<u64>) = ((1..500).map(|n| n * 7_919).collect(), vec![5, 60_000_000, 5]);
    let mut added = figures(&one);
    added.add(&figures(&other));
    let mut whole = figures(&[one, other].concat());
    whole.intended += 1;
    whole.placed += 1;
    whole.lost.insert(OutcomeKind::TimedOut, 2);
    assert_eq!(added, whole);
    assert_eq!(added.phases.connect.clock(), Some(Clock::Kernel));
}

#[test]
fn times_of_two_clocks_are_of_neither() {
    let mut times = Times::default();
    assert_eq!(times.clock(), None);
    times.record(1, Clock::Program);
    assert_eq!(times.clock(), Some(Clock::Program));
    times.record(1, Clock::Kernel);
    assert_eq!((times.clock(), times.by_kernel), (None, 1));
}

#[test]
fn ten_thousand_latencies_are_a_short_line() {
    let mut histogram = Histogram::default();
    // Spread over two orders of magnitude, as no network is.
    for n in 0..10_000 {
        histogram.record(100_000 + n * 1_000);
    }
    let text = serde_json::to_string(&histogram).expect("JSON");
    // Each its own bucket at worst, and a dozen bytes.
    assert!(text.len() < 130_000, "{} bytes", text.len());
}

#[test]
fn what_fits_one_order_is_told_beforehand() {
    let measure = measure();
    assert_eq!(measure.lasts_ms(), 1_005 * 2_500 / 1_000 + 1 + 17_000);
    for interval_us in [Measure::INTERVAL_MIN_US, 1_000, 50_000, 1_000_000] {
        let samples = Measure::calls_that_fit(interval_us, &measure.call.timeouts);
        let fitting = Measure { interval_us, cold: 0, samples, ..measure.clone() };
        assert!(samples > 0 && fitting.lasts_ms() <= Measure::LASTS_MAX_MS, "{interval_us}: {samples}");
        let full = samples == Measure::CALLS_MAX;
        let more = Measure { samples: samples + 1, ..fitting };
        assert!(full || more.lasts_ms() > Measure::LASTS_MAX_MS, "{interval_us}: {samples}");
    }
    assert_eq!(Measure::calls_that_fit(1, &Timeouts { resolve_ms: 60_000, ..Timeouts::default() }), 0);
}
