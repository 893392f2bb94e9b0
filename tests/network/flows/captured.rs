//! The times of calls, held against a capture of their packets: those of single calls, each by its port, and the
//! percentiles of measured ones against the exact ones. Bounds are wide: it is `fidelity` that measures how true they are.

use std::time::Duration;

use ringfence::tally::{EdgeRecord, RunRecord};
use ringfence_contract::measure::Times;
use ringfence_contract::sample::Clock;
use ringfence_tests::capture::{Capture, Captured, flows};
use ringfence_tests::ground::{Ground, HTTP, TCP, UDP};
use ringfence_tests::link::{Conditions, End, Link, Ways};
use ringfence_tests::script::Script;

use crate::PROGRAMS;

/// Of a clock that looks when a program has a processor, some time or other is off by more on any busy machine.
const CLOSE: Duration = Duration::from_millis(5);

/// Runs a rule over a path of 10 ms and up to 8 ms more, on which one packet in a hundred is lost, and captures it.
fn run(endpoints: &str, rule: &str) -> (RunRecord, Vec<Captured>) {
    let mut ground = Ground::new(PROGRAMS, &["caller", "target"]);
    ground.start(&[]);
    let conditions = Conditions {
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(4),
        loss: 0.01,
        ..Conditions::default()
    };
    let link = Link::between(
        End { namespace: ground.at("caller"), addresses: &["10.80.0.1/30"] },
        End { namespace: ground.at("target"), addresses: &["10.80.0.2/30"] },
        &Ways::both(conditions),
    );
    let capture = Capture::begin(ground.at("caller"), link.device());
    let rules = format!(
        "rules:\n  - {{ name: all, from: caller, to: target/*, expect: allow, {rule} }}\notherwise: untested\n"
    );
    let run = ground.verify(&[("target", endpoints.to_owned())], &rules);
    let packets = capture.end("10.80.0.2");
    (serde_json::from_value(run.record).expect("a run record"), packets)
}

#[test]
#[ignore = "needs network namespaces, /dev/net/tun and tcpdump: run as root with `-- --include-ignored`"]
fn the_kernel_tells_of_each_call_what_the_capture_shows() {
    let ports = [("http", HTTP), ("tcp", TCP), ("udp", UDP)];
    let endpoints = ports.map(|(transport, port)| format!("{transport}: \"{transport}://10.80.0.2:{port}\""));
    let (record, packets) = run(&endpoints.join(", "), "attempts: 100, window: 2s");
    for (edge, (transport, port)) in record.edges.iter().zip(ports) {
        let held = held(edge, &packets, port);
        assert!(held.iter().all(|held| held.off < CLOSE), "{transport}: {held:?}");
        // All but those whose handshake was disturbed, and the few whose datagrams were lost each time.
        assert!(held.len() >= if transport == "udp" { 80 } else { 160 }, "{transport}: {held:?}");
    }
}

/// How far off a phase is that the kernel told.
#[derive(Debug)]
struct Held {
    #[expect(dead_code, reason = "shown where it is far off")]
    phase: &'static str,
    off: Duration,
}

/// An answer that is lost, and the end of its connection is not, is there when it has been sent again, and not when the end
/// came.
#[test]
#[ignore = "needs network namespaces, /dev/net/tun and tcpdump: run as root with `-- --include-ignored`"]
fn an_answer_that_its_connection_s_end_overtook_came_when_it_was_sent_again() {
    let mut ground = Ground::new(PROGRAMS, &["caller", "target"]);
    ground.start(&[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let peer = ground.at("target").inside(|| runtime.block_on(Script::line("hello\n").play_on("0.0.0.0")));
    let port = peer.address.port();
    let link = Link::between(
        End { namespace: ground.at("caller"), addresses: &["10.80.0.1/30"] },
        End { namespace: &ground.hub, addresses: &["10.80.0.2/30"] },
        &Ways::both(Conditions { delay: Duration::from_millis(10), ..Conditions::default() }),
    );
    ground.at("caller").ip("route add 10.99.1.2/32 via 10.80.0.2");
    // The first packet with data that the target sends on each connection.
    ground.hub.nft(&format!(
        "add table ip loss
        add set ip loss seen {{ type inet_service; flags dynamic, timeout; timeout 60s; }}
        add chain ip loss on {{ type filter hook forward priority 0; }}
        add rule ip loss on tcp sport {port} tcp flags & psh == psh tcp dport != @seen add @seen {{ tcp dport }} drop"
    ));
    let capture = Capture::begin(ground.at("caller"), link.device());
    let rules = "rules:\n  - { name: all, from: caller, to: target/*, expect: allow, attempts: 20, window: 2s }\notherwise: untested\n";
    let run = ground.verify(&[("target", format!("tcp: \"tcp://10.99.1.2:{port}\""))], rules);
    let flows = flows(&capture.end("10.99.1.2"), port);
    let record: RunRecord = serde_json::from_value(run.record).expect("a run record");
    let samples: Vec<_> =
        record.edges[0].attempts.iter().filter_map(|attempt| attempt.sample.as_ref()).collect();
    assert_eq!(samples.len(), 20);
    let mut off = Vec::new();
    for sample in samples {
        let port = sample.local.expect("a connection stood").port();
        let flow = flows.iter().find(|flow| flow.port == port).expect("it was captured");
        let told = Duration::from_micros(sample.phases.first_byte_us.expect("an answer").into());
        let (truth, late) = (flow.exchanges[0], Duration::from_millis(10));
        assert!(truth > flow.connect.expect("a handshake") + late, "it was lost: {truth:?}");
        assert!(told + CLOSE > truth, "{told:?} instead of {truth:?}: {sample:?}");
        off.push(told.abs_diff(truth));
    }
    // The program looks late when it has no processor, but not always.
    off.sort_unstable();
    assert!(off[off.len() / 4] < CLOSE, "{off:?}");
}

/// Every phase of an edge's attempts that the kernel told and the capture shows. No first byte may be the program's.
fn held(edge: &EdgeRecord, packets: &[Captured], port: u16) -> Vec<Held> {
    let (flows, mut all) = (flows(packets, port), Vec::new());
    for sample in edge.attempts.iter().filter_map(|attempt| attempt.sample.as_ref()) {
        let own = |local: std::net::SocketAddr| flows.iter().filter(move |flow| flow.port == local.port());
        let mut own = sample.local.into_iter().flat_map(own);
        // A port that was used twice tells nothing.
        let (Some(flow), None) = (own.next(), own.next()) else { continue };
        let phases = &sample.phases;
        assert_ne!(phases.first_byte_clock, Some(Clock::Program), "{sample:?}");
        let rows = [
            ("connect", phases.connect_us, phases.connect_clock, flow.connect),
            ("first byte", phases.first_byte_us, phases.first_byte_clock, flow.exchanges.first().copied()),
        ];
        let by_kernel = rows.into_iter().filter(|(_, _, clock, _)| *clock == Some(Clock::Kernel));
        all.extend(by_kernel.filter_map(|(phase, us, _, truth)| {
            Some(Held { phase, off: Duration::from_micros(us?.into()).abs_diff(truth?) })
        }));
    }
    all
}

#[test]
#[ignore = "needs network namespaces, /dev/net/tun and tcpdump: run as root with `-- --include-ignored`"]
fn the_percentiles_of_measured_calls_are_those_of_the_capture() {
    let (cold, samples) = (20, 400);
    for connection in ["new", "reuse"] {
        let rule =
            format!("latency: {{ samples: {samples}, cold: {cold}, rate: 100/s, connection: {connection} }}");
        let (record, packets) = run(&format!("tcp: \"tcp://10.80.0.2:{TCP}\""), &rule);
        let measurement = record.edges[0].measurement.as_ref().expect("a measurement");
        let figures = &measurement.warm;
        // What a busy machine made the runner measure again comes behind them, and counts for later comparisons only.
        let later = measurement.again.len() * (cold + samples) as usize;
        assert_eq!(figures.answered, samples, "{figures:?}");
        let flows = flows(&packets, TCP);
        let exchanges = flows.iter().flat_map(|flow| &flow.exchanges).copied().collect::<Vec<_>>();
        hold(
            &figures.phases.first_byte,
            exchanges.into_iter().rev().skip(later).take(samples as usize).collect(),
        );
        if connection == "new" {
            let connects =
                flows.iter().rev().skip(later).take(samples as usize).filter_map(|flow| flow.connect);
            hold(&figures.phases.connect, connects.collect());
        }
    }
}

fn hold(times: &Times, mut exact: Vec<Duration>) {
    exact.sort_unstable();
    assert_eq!(times.ns.count(), exact.len() as u64);
    for part in [10_000, 50_000, 90_000, 95_000, 100_000] {
        let exact = exact[(exact.len() * part as usize).div_ceil(100_000) - 1];
        let said = Duration::from_nanos(times.ns.at(part).expect("some"));
        assert!(said.abs_diff(exact) < CLOSE, "{part}: {said:?} for {exact:?}");
    }
}
