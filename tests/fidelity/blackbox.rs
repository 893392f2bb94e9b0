//! `blackbox_exporter`: the phases of its HTTP probes, one probe at a time.

use ringfence_tests::capture::flows;
use ringfence_tests::topology::Process;

use super::curl::seconds;
use super::error::Row;
use super::ground::{Ground, HTTP, TARGET};

const PROBES: usize = 300;
const DOOR: &str = "127.0.0.1:9115";
const SETTINGS: &str =
    "modules: { site: { prober: http, timeout: 5s, http: { preferred_ip_protocol: ip4 } } }\n";

pub(crate) fn measure(ground: &Ground) -> Vec<Row> {
    ground.bench.write("blackbox.yml", SETTINGS);
    let mut command = ground.command("prometheus-blackbox-exporter");
    command.args(["--config.file", "blackbox.yml", "--web.listen-address", DOOR]);
    let _exporter = Process::start(command, "Listening on", 1);
    let url = format!("http://{DOOR}/probe?module=site&target=http://{TARGET}:{HTTP}/live");
    let probe = |_| ground.said("curl", &["--silent", "--noproxy", "*", &url]);
    let (said, packets) = ground.watch(|| (0..PROBES).map(probe).collect::<Vec<_>>());
    // It does not tell its port: the probes are in the order of their connections.
    let flows = flows(&packets, HTTP);
    let phase = |said: &str, phase: &str| {
        let name = format!("probe_http_duration_seconds{{phase=\"{phase}\"}} ");
        said.lines().find_map(|line| seconds(line.strip_prefix(&name)?))
    };
    let beside = flows.iter().zip(&said);
    let connects = beside.clone().filter_map(|(flow, said)| phase(said, "connect").zip(flow.connect));
    let firsts =
        beside.filter_map(|(flow, said)| phase(said, "processing").zip(flow.exchanges.first().copied()));
    let rows = [
        Row::of_each("connect", &connects.collect::<Vec<_>>()),
        Row::of_each("first byte", &firsts.collect::<Vec<_>>()),
    ];
    if flows.len() == PROBES {
        rows.to_vec()
    } else {
        rows.map(|row| row.noting("probes and flows do not match")).to_vec()
    }
}
