//! 1,000 allowed edges over https, each on a connection of its own, the answer verified and its receipt collected; and as many
//! calls again on kept connections. Beside curl and `blackbox_exporter`, which ask the same listener the same 1,000 times.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ringfence_tests::certificates::{Authority, Validity};
use ringfence_tests::programs::{AgentProcess, Bench};

use super::usage::{self, Took, is_installed};
use super::{PROGRAMS, median, say};

const EDGES: usize = 1_000;
const RUNS: usize = 5;
/// How many of the others' requests are under way at once.
const AT_ONCE: &str = "50";
const EXPORTER: &str = "127.0.0.1:19115";

struct Target {
    bench: Bench,
    agent: AgentProcess,
    url: String,
}

pub(crate) fn measure() {
    let target = Target::start();
    say(&format!(
        "\n{EDGES} https calls, each answer verified: wall time, and processor time a call (median of {RUNS}, in turns)"
    ));
    let exporter = Exporter::start(&target);
    let mut rows: [(&str, Vec<Took>); 5] = [
        ("ringfence, an edge and a connection each, receipts, both reports", Vec::new()),
        ("curl --parallel, a connection each, statuses only", Vec::new()),
        ("blackbox_exporter, a connection each, statuses only", Vec::new()),
        ("ringfence, measured on kept connections", Vec::new()),
        ("curl --parallel, connections kept", Vec::new()),
    ];
    for _ in 0..RUNS {
        rows[0].1.push(target.verify("new.yaml", "1000 passed"));
        rows[1].1.push(target.curl(&["--header", "connection: close"]));
        rows[2].1.extend(exporter.as_ref().map(|exporter| exporter.probe(&target)));
        rows[3].1.push(target.verify("kept.yaml", "1 passed"));
        rows[4].1.push(target.curl(&[]));
    }
    for (what, took) in rows {
        if took.is_empty() {
            say(&format!("  {what}: not installed"));
            continue;
        }
        let wall = median(took.iter().map(|took| took.wall.as_secs_f64()).collect());
        let each = median(took.iter().map(|took| took.cpu.as_secs_f64()).collect()) * 1e6 / count(EDGES);
        say(&format!("  {wall:6.3} s  {each:7.0} us  {what}"));
    }
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).expect("a small number"))
}

impl Target {
    fn start() -> Self {
        let bench = Bench::new(PROGRAMS);
        let authority = Authority::new();
        let (certificate, key) = authority.issue(&["127.0.0.1"], Validity::Now);
        for (file, text) in [("ca.pem", authority.pem()), ("crt.pem", certificate), ("key.pem", key)] {
            bench.write(file, &text);
        }
        let (trust, path) = (bench.public(), |file| bench.path(file).display().to_string());
        let (certificate, key, any) = (path("crt.pem"), path("key.pem"), "127.0.0.1:0");
        let tls = ["--tls-listen", any, "--cert", &certificate, "--key", &key];
        let who = ["--name", "target", "--trust", &trust, "--allow", "10.0.0.0/8", "--listen", any];
        let agent = AgentProcess::start(PROGRAMS, &[&who[..], &tls].concat(), 2);
        let url = format!("https://{}", agent.address("https"));
        let target = Self { bench, agent, url };
        let each = |number| format!("site-{number}: \"{}/{number}\"", target.url);
        target.write("new.yaml", &(0..EDGES).map(each).collect::<Vec<_>>().join(", "), "");
        let measured = ", latency: { samples: 1000, rate: 2000/s, cold: 0, connection: reuse }";
        target.write("kept.yaml", &format!("site: \"{}\"", target.url), measured);
        let urls = |number| format!("url = {}/{number}\noutput = /dev/null\n", target.url);
        target.bench.write("curl.txt", &(0..EDGES).map(urls).collect::<String>());
        target
    }

    fn write(&self, file: &str, endpoints: &str, more: &str) {
        let control = self.agent.address("http");
        self.bench.write(
            file,
            &format!(
                "name: https
agents:
  target: {{ zone: here, control: {{ url: \"http://{control}\", plaintext: true }}, endpoints: {{ {endpoints} }} }}
  runner: {{ zone: here, control: local }}
zones: {{ here: [127.0.0.0/8] }}
rules: [{{ name: all, from: runner, to: 'target/*', expect: allow{more} }}]
otherwise: untested
"
            ),
        );
    }

    fn verify(&self, file: &str, says: &str) -> Took {
        let local = ["--local-allow", "127.0.0.0/8", "--local-ca", "ca.pem", "--progress", "none"];
        let reports = ["--json", "r.json", "--junit", "r.xml"];
        let (output, took) =
            usage::run(&mut self.bench.command(&[&["verify", file][..], &local, &reports].concat()));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(says), "{said}{}", String::from_utf8_lossy(&output.stderr));
        took
    }

    fn curl(&self, more: &[&str]) -> Took {
        let mut command = Command::new("curl");
        command.args(["--silent", "--parallel", "--parallel-immediate", "--parallel-max", AT_ONCE]);
        command.arg("--cacert").arg(self.bench.path("ca.pem"));
        command.arg("--config").arg(self.bench.path("curl.txt")).args(more);
        let (output, took) = usage::run(&mut command);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        took
    }
}

/// A `blackbox_exporter` at work. It is ended when this is dropped.
struct Exporter(Child);

impl Exporter {
    fn start(target: &Target) -> Option<Self> {
        let program = "prometheus-blackbox-exporter";
        if !is_installed(program) {
            return None;
        }
        let ca = target.bench.path("ca.pem").display().to_string();
        let http = format!("{{ valid_status_codes: [404], tls_config: {{ ca_file: {ca} }} }}");
        target.bench.write("bb.yml", &format!("modules: {{ https: {{ prober: http, http: {http} }} }}"));
        let config = format!("--config.file={}", target.bench.path("bb.yml").display());
        let mut command = Command::new(program);
        command.args([&config, &format!("--web.listen-address={EXPORTER}")]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the exporter starts");
        let exporter = Self(child);
        let probes = |number| {
            format!(
                "url = \"http://{EXPORTER}/probe?module=https&target={}/{number}\"\noutput = /dev/null\n",
                target.url
            )
        };
        target.bench.write("probes.txt", &(0..EDGES).map(probes).collect::<String>());
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(EXPORTER).is_err() {
            assert!(Instant::now() < deadline, "the exporter does not listen");
            std::thread::yield_now();
        }
        Some(exporter)
    }

    /// Its own processor time, and the time of whoever asks it.
    fn probe(&self, target: &Target) -> Took {
        let before = usage::cpu_of(self.0.id());
        let mut command = Command::new("curl");
        command.args([
            "--silent",
            "--parallel",
            "--parallel-immediate",
            "--parallel-max",
            AT_ONCE,
            "--config",
        ]);
        let (output, took) = usage::run(command.arg(target.bench.path("probes.txt")));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Took { cpu: usage::cpu_of(self.0.id()).saturating_sub(before), ..took }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
