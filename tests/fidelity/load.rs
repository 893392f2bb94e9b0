//! `wrk` and `oha`, one request at a time: the percentiles that they print.

use std::time::Duration;

use ringfence_tests::capture::flows;

use super::curl::seconds;
use super::error::Row;
use super::ground::{Ground, HTTP, TARGET};

/// `wrk` on one kept connection: from each request to the end of its answer, here one packet.
pub(crate) fn wrk(ground: &Ground) -> Vec<Row> {
    let url = format!("http://{TARGET}:{HTTP}/live");
    let arguments = ["--threads", "1", "--connections", "1", "--duration", "5s", "--latency", &url];
    let (said, packets) = ground.watch(|| ground.said("wrk", &arguments));
    let said_at = |part: &str| {
        let mut lines = said.lines().map(str::trim).filter_map(|line| line.strip_prefix(part));
        lines.next().and_then(|time| with_unit(time.trim()))
    };
    let exchanges = flows(&packets, HTTP).into_iter().flat_map(|flow| flow.exchanges);
    vec![Row::of_all("first byte, kept", [said_at("50%"), said_at("99%"), None], exchanges.collect())]
}

/// `oha` with a connection for each request.
pub(crate) fn oha(ground: &Ground) -> Vec<Row> {
    let url = format!("http://{TARGET}:{HTTP}/live");
    let arguments =
        ["-n", "500", "-c", "1", "--disable-keepalive", "--no-tui", "--output-format", "csv", &url];
    let (said, packets) = ground.watch(|| ground.said("oha", &arguments));
    // It does not tell its ports: one request at a time, they are in the order of their connections.
    let rows = said.lines().skip(1).map(|line| line.split(',').map(seconds).collect::<Vec<_>>());
    let (mut connects, mut firsts) = (Vec::new(), Vec::new());
    for (row, flow) in rows.zip(&flows(&packets, HTTP)) {
        // request-start, DNS, DNS+dialup, Response-delay, …
        let [_, Some(resolved), Some(connected), Some(answered), ..] = row[..] else { continue };
        connects.extend(Some(connected.saturating_sub(resolved)).zip(flow.connect));
        let since_connected = answered.saturating_sub(connected);
        firsts.extend(Some(since_connected).zip(flow.exchanges.first().copied()));
    }
    vec![Row::of_each("connect", &connects), Row::of_each("first byte", &firsts)]
}

/// A time as `wrk` writes it: `812.00us`, `20.31ms`, `1.02s`.
fn with_unit(text: &str) -> Option<Duration> {
    [("us", 1_000_000), ("ms", 1_000), ("s", 1)]
        .into_iter()
        .find_map(|(unit, of_a_second)| Some(seconds(text.strip_suffix(unit)?)? / of_a_second))
}
