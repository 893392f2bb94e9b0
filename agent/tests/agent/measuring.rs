//! Orders that have a call placed again and again, and what the figures say.

use std::collections::BTreeMap;
use std::time::Duration;

use ringfence_agent::control::Taken;
use ringfence_agent::perform::Policy;
use ringfence_contract::call::{Call, Destination, Timeouts, Trust};
use ringfence_contract::histogram::Histogram;
use ringfence_contract::measure::{Connection, Figures, Measure, Measured, Statuses};
use ringfence_contract::order::{self, Ask, Order, RefusalWhy};
use ringfence_contract::outcome::{NotSentWhy, Outcome, OutcomeKind};
use ringfence_contract::reply::{Line, read_reply};
#[cfg(target_os = "linux")]
use ringfence_contract::sample::Clock;
use ringfence_contract::transport::Transport;
use tokio::net::TcpListener;

use crate::stubborn::{Deed, Stubborn};
use crate::support::{Bench, call_to, now_ms, tls};

const TRANSPORTS: [Transport; 4] = [Transport::Tcp, Transport::Http, Transport::Https, Transport::Udp];

fn measure(call: Call, connection: Connection) -> Measure {
    let (fingerprints, statuses) = (Vec::new(), Statuses::default());
    Measure { call, connection, interval_us: 1_000, cold: 5, samples: 60, fingerprints, statuses }
}

async fn measured(bench: &Bench, measure: Measure) -> Measured {
    let lines = bench.say(&bench.order(Ask::Measure(Box::new(measure)))).await.expect("a reply");
    match <[Line; 1]>::try_from(lines) {
        Ok([Line::Measured(measured)]) => *measured,
        other => panic!("no figures: {other:?}"),
    }
}

/// Every phase that took place, with how often.
fn counts(figures: &Figures) -> Vec<(&'static str, u64)> {
    let phases = figures.phases.each().into_iter();
    phases.map(|(name, times)| (name, times.ns.count())).filter(|(_, count)| *count > 0).collect()
}

fn trusting(mut call: Call, certificate: &str) -> Call {
    let Destination::Endpoint(route) = &mut call.to else { panic!("an endpoint") };
    route.trust = Trust::Ca(certificate.to_owned());
    call
}

/// How often each phase takes place in so many calls, on so many connections.
fn expected(transport: Transport, opened: u64, calls: u64) -> Vec<(&'static str, u64)> {
    let (way, talk): (&[_], &[_]) = match transport {
        Transport::Https => (&["connect", "tls"], &["first-byte", "transfer", "total"]),
        Transport::Udp => (&[], &["first-byte", "total"]),
        Transport::Http | Transport::Tcp => (&["connect"], &["first-byte", "transfer", "total"]),
    };
    let way = way.iter().map(|phase| (*phase, opened));
    let all = way.chain(talk.iter().map(|phase| (*phase, calls)));
    all.filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn every_transport_is_measured_on_new_and_on_kept_connections() {
    let identity = tls();
    let certificate = identity.certificates.clone();
    let bench = Bench::with(|settings| settings.listen.https = Some(identity));
    bench.hello().await;
    let rows = TRANSPORTS
        .map(|transport| [(transport, Connection::New, 5, 60, 65), (transport, Connection::Reuse, 1, 0, 1)]);
    for (transport, connection, cold_opened, warm_opened, all_opened) in rows.into_iter().flatten() {
        let call = trusting(call_to(&bench.url(transport), "app-1"), &certificate);
        let told = measured(&bench, measure(call.clone(), connection)).await;
        let Measured { cold, warm, connections, first, failed, .. } = told;
        assert_eq!((failed.len(), cold.answered, warm.answered), (0, 5, 60), "{transport}: {failed:?}");
        assert_eq!(connections, all_opened, "{transport} {connection}");
        assert_eq!(counts(&cold), expected(transport, cold_opened, 5), "{transport} {connection}");
        assert_eq!(counts(&warm), expected(transport, warm_opened, 60), "{transport} {connection}");
        assert_eq!((warm.lag.count(), warm.jitter.count()), (60, 59));
        assert!(warm.phases.total.ns.min() >= warm.phases.first_byte.ns.min());
        let first = first.expect("an answered call");
        assert!(matches!(first.outcome, Outcome::Answered(_)) && first.remote.is_some(), "{first:?}");
        assert_eq!(first.call, call.id.numbered(1));
    }
}

fn lost(figures: &Figures) -> Vec<(OutcomeKind, u32)> {
    figures.lost.iter().map(|(kind, count)| (*kind, *count)).collect()
}

fn why(measured: &Measured) -> NotSentWhy {
    match &measured.failed.first().expect("a failed call").outcome {
        Outcome::NotSent(not_sent) => not_sent.why,
        other => panic!("sent: {other:?}"),
    }
}

#[tokio::test]
async fn a_stalled_peer_shows_in_the_totals_of_all_who_had_to_wait() {
    let bench = Bench::new();
    for connection in [Connection::Reuse, Connection::New] {
        let peer = Stubborn::tcp(&bench.run, |_| Deed::AnswerUnlessStalled).await;
        let call = Call { timeouts: patient(), ..call_to(&peer.url, "app-2") };
        let measure =
            Measure { interval_us: 5_000, cold: 0, samples: 400, ..measure(call.clone(), connection) };
        let Measured { began_ms, warm, failed, .. } = measured(&bench, measure).await;
        assert_eq!((warm.answered, failed.len()), (400, 0), "{failed:?}");

        // When each call was answered, less when it should have begun: never more than what the caller has to say.
        let began = Duration::from_millis(began_ms);
        let answered: BTreeMap<_, _> = peer.seen().into_iter().collect();
        let total = |number: u32| {
            let at = answered[&call.id.numbered(number + 1)];
            at.saturating_sub(began + Duration::from_millis(5) * number)
        };
        let mut exact: Vec<Duration> = (0..400).map(total).collect();
        exact.sort_unstable();
        let slack = Duration::from_millis(1);
        for part in [50_000, 90_000, 95_000, 99_000, 99_900, 100_000] {
            let exact = exact[(400 * part as usize).div_ceil(100_000) - 1];
            let said = Duration::from_nanos(warm.phases.total.ns.at(part).expect("some"));
            assert!(said + slack >= exact, "{connection} {part}: {said:?} for {exact:?}");
        }
        let slow =
            |ns: &Histogram| ns.buckets().filter(|row| row.0 > 100_000_000).map(|row| row.2).sum::<u64>();
        assert!(warm.phases.total.ns.at(99_900) > Some(450_000_000), "{connection}");
        assert!(slow(&warm.phases.total.ns) >= 100, "{connection}");
        if connection == Connection::Reuse {
            // Whoever only looks at the calls themselves sees the one that was under way, once a stall.
            assert!(slow(&warm.phases.first_byte.ns) < 50, "{connection}");
            assert!(slow(&warm.lag) >= 50, "those behind it waited for their turn");
        }
    }
}

fn patient() -> Timeouts {
    Timeouts {
        resolve_ms: 1_000,
        connect_ms: 10_000,
        tls_ms: 1_000,
        first_byte_ms: 10_000,
        transfer_ms: 10_000,
    }
}

#[tokio::test]
async fn what_is_lost_is_counted_by_what_became_of_it_and_shown() {
    let bench = Bench::new();
    let peer = Stubborn::tcp(&bench.run, |call| if call % 3 == 2 { Deed::Drop } else { Deed::Answer }).await;
    let call = call_to(&peer.url, "app-2");
    let told = measured(&bench, measure(call.clone(), Connection::New)).await;
    assert_eq!((told.cold.intended, told.warm.intended), (5, 60));
    assert_eq!((told.cold.placed, told.warm.placed), (5, 60));
    assert_eq!(told.cold.answered + told.warm.answered, 44);
    assert_eq!(lost(&told.cold).into_iter().chain(lost(&told.warm)).map(|(_, count)| count).sum::<u32>(), 21);
    assert!(told.warm.lost.keys().all(|kind| *kind == OutcomeKind::Reset), "{:?}", told.warm.lost);
    assert_eq!(told.failed.len(), Measured::FAILED_MAX);
    assert!(told.failed.iter().all(|sample| matches!(sample.outcome, Outcome::Reset(_))), "{told:?}");

    // A datagram that is lost stays lost.
    let peer = Stubborn::udp(&bench.run, |call| if call % 4 == 3 { Deed::Drop } else { Deed::Answer }).await;
    let mut call = call_to(&peer.url, "app-2");
    call.timeouts.first_byte_ms = 2_000;
    let told = measured(&bench, Measure { cold: 0, samples: 40, ..measure(call, Connection::New) }).await;
    assert_eq!((told.warm.answered, lost(&told.warm)), (30, vec![(OutcomeKind::TimedOut, 10)]));
    assert_eq!(peer.seen().len(), 40);
}

#[tokio::test]
async fn a_kept_connection_that_ends_is_opened_again_and_that_is_told() {
    let bench = Bench::new();
    let peer =
        Stubborn::tcp(&bench.run, |call| if call % 10 == 9 { Deed::Close } else { Deed::Answer }).await;
    let call = call_to(&peer.url, "app-2");
    let measure = Measure { interval_us: 20_000, cold: 1, samples: 30, ..measure(call, Connection::Reuse) };
    let told = measured(&bench, measure).await;
    assert!(told.connections >= 3, "{}", told.connections);
    assert_eq!(told.cold.answered + told.warm.answered + told.warm.lost.values().sum::<u32>(), 31);
    let opened = told.cold.phases.connect.ns.count() + told.warm.phases.connect.ns.count();
    assert!(opened >= 3, "{opened}");
}

#[tokio::test]
async fn whose_answer_counts_is_as_ordered() {
    let bench = Bench::new();
    bench.hello().await;
    let stranger = bench.beside("app-2", |_| {});
    for (target, expects, answered, kind) in [
        (&bench, Some("app-1"), 60, None),
        (&bench, Some("app-9"), 0, Some(OutcomeKind::Misanswered)),
        (&bench, None, 60, None),
        // This one was never told of the run, and answers 404.
        (&stranger, Some("app-2"), 0, Some(OutcomeKind::Unsealed)),
        (&stranger, None, 60, None),
    ] {
        let expects = expects.map(|name| name.parse().expect("a name"));
        let call = Call { expects: expects.clone(), ..call_to(&target.url(Transport::Http), "app-1") };
        let told = measured(&bench, measure(call, Connection::Reuse)).await;
        assert_eq!(told.warm.answered, answered, "{expects:?}");
        let kinds = kind.map(|kind| (kind, 60));
        assert_eq!(lost(&told.warm), kinds.into_iter().collect::<Vec<_>>(), "{expects:?}");
        assert_eq!(told.first.is_some(), answered > 0);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_figures_say_which_clock_they_came_from() {
    let identity = tls();
    let certificate = identity.certificates.clone();
    let bench = Bench::with(|settings| settings.listen.https = Some(identity));
    bench.hello().await;
    let mut by_kernel = 0;
    for transport in TRANSPORTS {
        let call = trusting(call_to(&bench.url(transport), "app-1"), &certificate);
        let Measured { warm, .. } = measured(&bench, measure(call, Connection::New)).await;
        let connect = (transport != Transport::Udp).then_some(Clock::Kernel);
        assert_eq!(warm.phases.connect.clock(), connect, "{transport}");
        assert_eq!(warm.phases.total.clock(), Some(Clock::Program), "{transport}");
        by_kernel += warm.phases.first_byte.by_kernel;
    }
    // The kernel begins to stamp some time after it is asked: not all of them, but some.
    assert!(by_kernel > 0);
}

#[tokio::test]
async fn measured_calls_leave_no_receipts_so_that_others_keep_theirs() {
    let bench = Bench::with(|settings| settings.agent.receipts_held = 4);
    bench.hello().await;
    let placed = call_to(&bench.url(Transport::Http), "app-1");
    bench.place(vec![placed.clone()]).await;
    for transport in [Transport::Http, Transport::Tcp, Transport::Udp] {
        let call = call_to(&bench.url(transport), "app-1");
        let told = measured(&bench, measure(call.clone(), Connection::Reuse)).await;
        assert_eq!(told.warm.answered, 60);
        let ids = (1..=65).map(|number| call.id.numbered(number)).chain([placed.id]).collect();
        let lines = bench.say(&bench.order(Ask::Receipts(ids))).await.expect("a reply");
        let [Line::Receipts(page)] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(page.dropped, 0);
        assert_eq!(page.found.iter().map(|receipt| receipt.call).collect::<Vec<_>>(), [placed.id]);
    }
}

#[tokio::test]
async fn a_measurement_goes_nowhere_a_call_may_not() {
    let bench = Bench::with(|settings| settings.agent.policy = Policy::read(["any"]).expect("a policy"));
    for url in ["http://127.0.0.1:9", "http://2130706433:9", "tcp://169.254.169.254:80", "udp://127.0.0.1:9"]
    {
        for connection in [Connection::New, Connection::Reuse] {
            let told = measured(&bench, measure(call_to(url, "app-2"), connection)).await;
            assert_eq!(lost(&told.warm), [(OutcomeKind::NotSent, 60)], "{url}");
            assert_eq!(why(&told), NotSentWhy::NotAllowed, "{url}");
        }
    }
}

#[tokio::test]
async fn a_measurement_above_a_limit_is_refused_with_the_limit() {
    let bench = Bench::with(|settings| settings.agent.limits.calls_per_second = 2_000);
    let good = || measure(call_to("http://127.0.0.1:9", "app-1"), Connection::New);
    let mut timeless = good();
    timeless.call.timeouts.tls_ms = 0;
    let mut own = good();
    own.call.to = Destination::OwnListener("http://own.test:9".parse().expect("an address"));
    for (measure, part) in [
        (Measure { interval_us: 499, ..good() }, "every 500 us"),
        (Measure { interval_us: 0, ..good() }, "every 500 us"),
        (Measure { samples: 0, ..good() }, "5 calls"),
        (Measure { samples: 100_000, ..good() }, "100005 calls"),
        (Measure { cold: u32::MAX, ..good() }, "4294967295 calls"),
        (Measure { interval_us: 1_000_000, ..good() }, "may last 82000 ms"),
        (timeless, "0 ms"),
        (own, "own listener"),
    ] {
        let refusal = bench.refused(&bench.order(Ask::Measure(Box::new(measure)))).await;
        assert_eq!(refusal.why, RefusalWhy::OverLimit, "{refusal}");
        assert!(refusal.detail.contains(part), "{refusal}");
    }
    let fit = Measure::calls_that_fit(1_000, &Timeouts::default());
    let fitting = Measure { cold: 0, samples: fit, interval_us: 1_000, ..good() };
    assert_eq!((fit, fitting.lasts_ms()), (33_000, Measure::LASTS_MAX_MS));
}

#[tokio::test]
async fn one_target_is_measured_by_one_measurement_at_a_time() {
    let bench = Bench::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("tcp://{}", silent.local_addr().expect("an address"));
    let order = || bench.order(Ask::Measure(Box::new(measure(call_to(&url, "app-1"), Connection::Reuse))));
    let first = order();
    let taken = bench.running.agent().take(&order::sign(&bench.key, &first));
    let Taken::Lines(lines) = taken else { panic!("not taken: {taken:?}") };
    let held = silent.accept().await.expect("the first call comes");
    let refusal = bench.refused(&order()).await;
    assert_eq!(refusal.why, RefusalWhy::OverLimit);
    assert!(refusal.detail.contains("one measurement at a time"), "{refusal}");
    assert_eq!(bench.refused(&first).await.why, RefusalWhy::Replayed);
    // Nobody takes the figures any more: the measurement ends, and the target is free.
    drop(lines);
    let (mut held, _) = held;
    tokio::io::AsyncReadExt::read_to_end(&mut held, &mut Vec::new()).await.expect("the call is dropped");
    let taken = bench.running.agent().take(&order::sign(&bench.key, &order()));
    assert!(matches!(taken, Taken::Lines(_)), "{taken:?}");
    silent.accept().await.expect("the target is measured again");
}

#[tokio::test]
async fn a_measurement_that_outlives_its_order_says_what_it_saw_by_then() {
    let bench = Bench::new();
    bench.hello().await;
    for connection in [Connection::New, Connection::Reuse] {
        let call = call_to(&bench.url(Transport::Http), "app-1");
        let measure = Measure { interval_us: 10_000, samples: 1_000, ..measure(call, connection) };
        let order = Order { expires_ms: now_ms() + 1_500, ..bench.order(Ask::Measure(Box::new(measure))) };
        let lines = bench.say(&order).await.expect("a whole reply");
        let [Line::Measured(told)] = &lines[..] else { panic!("{lines:?}") };
        let Figures { intended, placed, answered, .. } = told.warm;
        assert!(intended == 1_000 && placed < 1_000 && answered > 0, "{placed} placed, {answered} answered");
        assert_eq!(lost(&told.warm), [(OutcomeKind::NotSent, 1_000 - answered)], "{connection}");
    }
}

#[tokio::test]
async fn a_measurement_under_way_is_handed_over_when_the_agent_ends() {
    let bench = Bench::new();
    let peer = Stubborn::tcp(&bench.run, |_| Deed::Answer).await;
    let call = call_to(&peer.url, "app-2");
    let measure = Measure { interval_us: 20_000, cold: 0, samples: 1_000, ..measure(call, Connection::New) };
    let order = bench.order(Ask::Measure(Box::new(measure)));
    let taken = bench.running.agent().take(&order::sign(&bench.key, &order));
    let Taken::Lines(mut lines) = taken else { panic!("not taken: {taken:?}") };
    let reading = async {
        let mut reply = String::new();
        while let Some(line) = lines.recv().await {
            reply.push_str(&line);
        }
        reply
    };
    let ((), reply) = tokio::join!(bench.running.drain(Duration::from_millis(300)), reading);
    let lines = read_reply(&bench.run.key, order.id, &reply).expect("a whole reply");
    let [Line::Measured(told)] = &lines[..] else { panic!("{lines:?}") };
    assert!(told.warm.placed < 1_000);
    assert_eq!(told.warm.answered + told.warm.lost[&OutcomeKind::NotSent], 1_000);
}
