//! `ringfence verify`: what the samples of its attempts say, each by its port, and what its measurements say of all.

use std::time::Duration;

use ringfence::tally::{EdgeRecord, RunRecord, read};
use ringfence_contract::measure::{Figures, Times};
use ringfence_contract::sample::Clock;
use ringfence_contract::sample::Sample;
use ringfence_tests::capture::{Captured, Flow, flows};

use super::error::Row;
use super::ground::{Ground, HTTP, HTTPS, ORDERS, TARGET, TCP, UDP};

/// How many calls a row is about.
const CALLS: u32 = 500;
const COLD: u32 = 20;

/// The phases of ordinary calls, over every transport.
pub(crate) fn calls(ground: &Ground) -> Vec<Row> {
    let rule = format!("attempts: {CALLS}, window: 10s");
    let endpoints = [("http", HTTP), ("https", HTTPS), ("tcp", TCP), ("udp", UDP)];
    let (record, packets) = verify(ground, &endpoints, &rule);
    let rows = record.edges.iter().zip(endpoints).flat_map(|(edge, (transport, port))| {
        let rows = pairs(&samples(edge), &flows(&packets, port));
        rows.into_iter().map(move |row| row.noting(transport))
    });
    rows.collect()
}

/// The phases of measured calls, each on a connection of its own.
pub(crate) fn measured_new(ground: &Ground) -> Vec<Row> {
    on_new_connections(measured(ground, "new", 100, CALLS))
}

/// The same, so many at once that they are in each other's way.
pub(crate) fn measured_fast(ground: &Ground) -> Vec<Row> {
    on_new_connections(measured(ground, "new", 1_000, 10 * CALLS))
}

fn on_new_connections((figures, flows): (Figures, Vec<Flow>)) -> Vec<Row> {
    let warm = flows.iter().rev().take(figures.intended as usize);
    let (connects, firsts): (Vec<_>, Vec<_>) =
        warm.map(|flow| (flow.connect, flow.exchanges.first().copied())).unzip();
    vec![
        of_all("connect", &figures.phases.connect, connects.into_iter().flatten().collect()),
        of_all("first byte", &figures.phases.first_byte, firsts.into_iter().flatten().collect()),
    ]
}

/// The same on a connection that is kept.
pub(crate) fn measured_kept(ground: &Ground) -> Vec<Row> {
    let (figures, flows) = measured(ground, "reuse", 100, CALLS);
    let exchanges = flows.iter().flat_map(|flow| &flow.exchanges).copied().collect::<Vec<_>>();
    let warm = exchanges.iter().rev().take(CALLS as usize).copied();
    vec![of_all("first byte, kept", &figures.phases.first_byte, warm.collect())]
}

fn measured(ground: &Ground, connection: &str, rate: u32, samples: u32) -> (Figures, Vec<Flow>) {
    let rule =
        format!("latency: {{ samples: {samples}, cold: {COLD}, rate: {rate}/s, connection: {connection} }}");
    let (record, packets) = verify(ground, &[("http", HTTP)], &rule);
    let measurement = record.edges[0].measurement.as_ref().expect("a measurement");
    (measurement.warm.clone(), flows(&packets, HTTP))
}

fn verify(ground: &Ground, endpoints: &[(&str, u16)], rule: &str) -> (RunRecord, Vec<Captured>) {
    let endpoint = |(transport, port): &(&str, u16)| {
        let ca = if *transport == "https" { ", ca: ca.pem" } else { "" };
        format!("{transport}: {{ url: \"{transport}://{TARGET}:{port}\"{ca} }}")
    };
    let endpoints: Vec<String> = endpoints.iter().map(endpoint).collect();
    ground.bench.write(
        "s.yaml",
        &format!(
            "name: fidelity
agents:
  here: {{ control: local }}
  there:
    control: {{ url: \"http://{TARGET}:{ORDERS}\", plaintext: true }}
    endpoints: {{ {} }}
rules:
  - {{ name: all, from: here, to: there/*, expect: allow, {rule} }}
otherwise: untested
",
            endpoints.join(", ")
        ),
    );
    let arguments = ["verify", "s.yaml", "--progress", "none", "--json", "r.json"];
    let (run, packets) = ground.watch(|| ground.bench.run_in(&ground.caller, &arguments));
    assert!([0, 1].contains(&run.code), "{}{}", run.stdout, run.stderr);
    (read(&ground.bench.read("r.json")).expect("a run record"), packets)
}

fn samples(edge: &EdgeRecord) -> Vec<Sample> {
    edge.attempts.iter().filter_map(|attempt| attempt.sample.as_deref().cloned()).collect()
}

/// The phases of each sample beside those of the flow from the same port.
pub(crate) fn pairs(samples: &[Sample], flows: &[Flow]) -> Vec<Row> {
    let (mut connects, mut firsts) = (Pairs::default(), Pairs::default());
    for sample in samples {
        let port = sample.local.map(|local| local.port());
        let mut own = flows.iter().filter(|flow| Some(flow.port) == port);
        // A port that was used twice tells nothing.
        let (Some(flow), None) = (own.next(), own.next()) else { continue };
        let phases = &sample.phases;
        connects.add(phases.connect_us, phases.connect_clock, flow.connect);
        // Over TLS the answer's first byte is in one of several packets, and the capture cannot tell which.
        if let ([first], None) = (&flow.exchanges[..], &sample.tls) {
            firsts.add(phases.first_byte_us, phases.first_byte_clock, Some(*first));
        }
    }
    let rows = [("connect", connects), ("first byte", firsts)].into_iter();
    rows.filter(|(_, pairs)| !pairs.both.is_empty()).map(|(phase, pairs)| pairs.row(phase)).collect()
}

/// What was said of one phase beside what is true of it.
#[derive(Default)]
struct Pairs {
    both: Vec<(Duration, Duration)>,
    by_kernel: usize,
}

impl Pairs {
    fn add(&mut self, said_us: Option<u32>, clock: Option<Clock>, truth: Option<Duration>) {
        let both = said_us.map(|us| Duration::from_micros(us.into())).zip(truth);
        self.by_kernel += usize::from(both.is_some() && clock == Some(Clock::Kernel));
        self.both.extend(both);
    }

    fn row(&self, phase: &'static str) -> Row {
        Row::of_each(phase, &self.both).noting(&format!("{} by the kernel", self.by_kernel))
    }
}

/// A histogram beside the exact times.
fn of_all(phase: &'static str, times: &Times, truths: Vec<Duration>) -> Row {
    let said = [50_000, 99_000, 100_000].map(|part| times.ns.at(part).map(Duration::from_nanos));
    let by_kernel = format!("{} of {} by the kernel", times.by_kernel, times.ns.count());
    Row::of_all(phase, said, truths).noting(&by_kernel)
}
