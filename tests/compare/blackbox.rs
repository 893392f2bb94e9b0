//! `blackbox_exporter`, a process at every vantage with a module for every edge, and what its probes say.

use std::fmt::Write;

use ringfence_contract::address::Family;
use ringfence_tests::topology::{Place, Process, Topology};

use super::cells::{Cell, Expected, PHASE};
use super::pool::each;
use super::vantage::at_vantage;

/// How many probes run at once. Most of them wait for a silent door.
const AT_ONCE: usize = 32;

/// Where it listens, at each vantage.
const DOOR: &str = "127.0.0.1:9115";

/// The exporters of a network. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Exporters(#[expect(dead_code, reason = "kept for the end of them")] Vec<Process>);

impl Exporters {
    /// Starts one at every vantage.
    pub(crate) fn start(topology: &Topology, cells: &[Cell]) -> Self {
        topology.bench().write("blackbox.yml", &settings(cells));
        let vantages = Place::HOSTS.into_iter().filter(|place| *place != Place::Front);
        let start = |place| {
            let mut command = at_vantage(topology, place, "prometheus-blackbox-exporter");
            command.args(["--config.file", "blackbox.yml", "--web.listen-address", DOOR]);
            Process::start(command, "Listening on", 1)
        };
        Self(vantages.map(start).collect())
    }
}

/// Probes every edge as often as it has attempts, and gives for each whether its probes came to what they should.
pub(crate) fn look(topology: &Topology, cells: &[Cell]) -> Vec<Vec<bool>> {
    let asked = |cell: &Cell| if cell.expected == Expected::Nothing { 0 } else { cell.attempts() };
    let numbered = cells.iter().enumerate();
    let jobs: Vec<(usize, &Cell)> = numbered.flat_map(|job| std::iter::repeat_n(job, asked(job.1))).collect();
    let mut seen = each(&jobs, AT_ONCE, |(number, cell)| is_as_expected(topology, *number, cell)).into_iter();
    cells.iter().map(|cell| seen.by_ref().take(asked(cell)).collect()).collect()
}

fn is_as_expected(topology: &Topology, number: usize, cell: &Cell) -> bool {
    let is_bare = matches!(cell.expected, Expected::Open | Expected::Closed);
    let target = if is_bare { cell.door() } else { cell.url.clone() };
    let succeeds = probe(topology, cell.place, &format!("edge-{number}"), &target);
    let server = topology.resolver(cell.place);
    let resolves = cell.leads_to.is_none() || probe(topology, cell.place, &format!("name-{number}"), server);
    // It has no way to expect a closed door: whoever reads it alarms on a success instead.
    resolves && succeeds != (cell.expected == Expected::Closed)
}

fn probe(topology: &Topology, place: Place, module: &str, target: &str) -> bool {
    let mut command = at_vantage(topology, place, "curl");
    command.args(["--silent", "--show-error", "--get", "--data-urlencode", &format!("module={module}")]);
    command.args(["--data-urlencode", &format!("target={target}"), &format!("http://{DOOR}/probe")]);
    let output = command.output().expect("`sh` can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    let success = said.lines().find_map(|line| line.strip_prefix("probe_success "));
    success.unwrap_or_else(|| panic!("{module}: {said}{}", String::from_utf8_lossy(&output.stderr))) == "1"
}

fn settings(cells: &[Cell]) -> String {
    let mut text = "modules:\n".to_owned();
    for (number, cell) in cells.iter().enumerate() {
        let (connecting, all) = cell.seconds();
        let family = if cell.edge.family == Family::Ipv4 { "ip4" } else { "ip6" };
        let common = format!("preferred_ip_protocol: {family}, ip_protocol_fallback: false");
        let http = format!("{common}, method: {}, follow_redirects: false", cell.method());
        let says = cell
            .body()
            .map_or_else(String::new, |body| format!(", fail_if_body_not_matches_regexp: ['^{body}\\s*$']"));
        let trusting = "tls_config: { insecure_skip_verify: true }";
        let body = match cell.expected {
            Expected::Nothing => continue,
            Expected::Status(status) => format!(
                "prober: http, timeout: {all}s, http: {{ {http}, valid_status_codes: [{status}], \
                 tls_config: {{ ca_file: ca.pem }}{says} }}"
            ),
            Expected::Forbidden => format!(
                "prober: http, timeout: {all}s, http: {{ {http}, valid_status_codes: [403], {trusting}, \
                 fail_if_header_not_matches: [{{ header: x-ms-forbidden-ip, regexp: . }}] }}"
            ),
            Expected::Open | Expected::Closed => format!(
                "prober: tcp, timeout: {connecting}s, tcp: {{ {common}, tls: {}, {trusting} }}",
                cell.url.starts_with("https")
            ),
        };
        writeln!(text, "  edge-{number}: {{ {body} }}").expect("text grows");
        let Some(address) = cell.leads_to else { continue };
        writeln!(text, "  name-{number}: {{ {} }}", name(&cell.door(), address)).expect("text grows");
    }
    text
}

/// Whether a name leads to this address.
fn name(door: &str, address: &str) -> String {
    let host = door.split(':').next().unwrap_or_default();
    let address = address.replace('.', "[.]");
    format!(
        "prober: dns, timeout: {PHASE}s, dns: {{ query_name: {host}, query_type: A, preferred_ip_protocol: ip4, \
         validate_answer_rrs: {{ fail_if_none_matches_regexp: ['\\sA\\s+{address}$'] }} }}"
    )
}
