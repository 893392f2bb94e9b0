//! `ringfence-agent call`, one process a call: what its sample says.

use ringfence_contract::sample::Sample;
use ringfence_tests::capture::flows;

use super::PROGRAMS;
use super::error::Row;
use super::ground::{Ground, HTTP, TARGET};
use super::runner::pairs;

const CALLS: usize = 300;

pub(crate) fn measure(ground: &Ground) -> Vec<Row> {
    let url = format!("http://{TARGET}:{HTTP}/");
    let call = |_| {
        let said = ground.said(PROGRAMS.agent, &["call", &url, "--json"]);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    };
    let (samples, packets) = ground.watch(|| (0..CALLS).map(call).collect::<Vec<Sample>>());
    let flows = flows(&packets, HTTP);
    pairs(&samples, &flows)
}
