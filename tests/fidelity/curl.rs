//! `curl -w`, one process a request.

use std::time::Duration;

use ringfence_tests::capture::flows;

use super::error::Row;
use super::ground::{Ground, HTTP, TARGET};

const REQUESTS: usize = 300;
const ASKED: &str =
    "%{local_port} %{time_namelookup} %{time_connect} %{time_pretransfer} %{time_starttransfer}";

pub(crate) fn measure(ground: &Ground) -> Vec<Row> {
    let url = format!("http://{TARGET}:{HTTP}/live");
    let arguments = ["--silent", "--noproxy", "*", "--output", "out", "--write-out", ASKED, &url];
    let request = |_| ground.said("curl", &arguments);
    let (said, packets) = ground.watch(|| (0..REQUESTS).map(request).collect::<Vec<_>>());
    let flows = flows(&packets, HTTP);
    let (mut connects, mut firsts) = (Vec::new(), Vec::new());
    for words in said.iter().map(|said| said.split(' ').collect::<Vec<_>>()) {
        let [port, looked_up, connected, ready, first] = words[..] else { continue };
        let Some(flow) = flows.iter().find(|flow| flow.port.to_string() == port) else { continue };
        let between = |from: &str, to: &str| Some(seconds(to)?.saturating_sub(seconds(from)?));
        connects.extend(between(looked_up, connected).zip(flow.connect));
        firsts.extend(between(ready, first).zip(flow.exchanges.first().copied()));
    }
    vec![Row::of_each("connect", &connects), Row::of_each("first byte", &firsts)]
}

/// A number of seconds.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}
