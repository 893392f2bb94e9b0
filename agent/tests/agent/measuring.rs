//! Orders that have a call placed again and again, and what the figures say.

use std::time::Duration;

use ringfence_contract::address::Transport;
use ringfence_contract::call::{Call, Destination, Trust};
use ringfence_contract::id::CallId;
use ringfence_contract::measure::{Clock, Connection, Figures, Measure, Measured};
use ringfence_contract::order::{Ask, Order, RefusalWhy};
use ringfence_contract::outcome::{NotSentWhy, Outcome, OutcomeKind};
use ringfence_contract::reply::Line;

use crate::support::{Bench, call_to, now_ms, tls};

fn measure(call: Call, connection: Connection) -> Measure {
    Measure { call, connection, interval_us: 1_000, cold: 5, samples: 60, fingerprints: Vec::new() }
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

#[tokio::test]
async fn every_transport_is_measured_on_new_and_on_kept_connections() {
    let identity = tls();
    let certificate = identity.certificates.clone();
    let bench = Bench::with(|settings| settings.listen.https = Some(identity));
    bench.hello().await;
    for transport in [Transport::Tcp, Transport::Http, Transport::Https, Transport::Udp] {
        let ways: &[&str] = match transport {
            Transport::Https => &["connect", "tls"],
            Transport::Udp => &[],
            _ => &["connect"],
        };
        let talk: &[&str] = match transport {
            Transport::Udp => &["first-byte", "total"],
            _ => &["first-byte", "transfer", "total"],
        };
        for connection in [Connection::New, Connection::Reuse] {
            let call = trusting(call_to(&bench.url(transport), "app-1"), &certificate);
            let Measured { cold, warm, connections, first, failed, .. } =
                measured(&bench, measure(call.clone(), connection)).await;
            assert_eq!((failed.len(), cold.answered, warm.answered), (0, 5, 60), "{transport}: {failed:?}");
            let opened = |calls| if connection == Connection::New { calls } else { 1 };
            assert_eq!(connections, opened(65), "{transport} {connection}");
            let of = |opened: u64, calls| {
                let opened = ways.iter().map(move |way| (*way, opened)).filter(|(_, count)| *count > 0);
                opened.chain(talk.iter().map(move |phase| (*phase, calls))).collect::<Vec<_>>()
            };
            assert_eq!(counts(&cold), of(opened(5).into(), 5), "{transport} {connection}");
            let warm_opened = if connection == Connection::New { 60 } else { 0 };
            assert_eq!(counts(&warm), of(warm_opened, 60), "{transport} {connection}");
            assert_eq!((warm.lag.count(), warm.jitter.count()), (60, 59));
            assert!(warm.phases.total.ns.min() >= warm.phases.first_byte.ns.min());
            let first = first.expect("an answered call");
            assert!(matches!(first.outcome, Outcome::Answered(_)) && first.remote.is_some(), "{first:?}");
            assert_eq!(first.call, call.id.numbered(1));
        }
    }
}
