//! Two places and the path between them: who calls is on one side, an agent answers on the other. It must not know who
//! measures.

use std::process::Command;
use std::time::Duration;

use ringfence_tests::capture::{Capture, Captured};
use ringfence_tests::certificates::Authority;
use ringfence_tests::link::{Conditions, End, Link, Ways};
use ringfence_tests::namespace::{Namespace, ip};
use ringfence_tests::programs::{AgentProcess, Bench};

use super::PROGRAMS;

/// The address of the target, and its ports: one that is measured for each way of calling, and one for orders.
pub(crate) const TARGET: &str = "10.81.0.2";
pub(crate) const ORDERS: u16 = 8080;
pub(crate) const HTTP: u16 = 8081;
pub(crate) const HTTPS: u16 = 8443;
pub(crate) const TCP: u16 = 7000;
pub(crate) const UDP: u16 = 7001;

/// A path between the two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// What a link does each way; without it the path is a veth pair.
    link: Option<Conditions>,
    /// It is measured only where it is asked for.
    pub(crate) is_rough: bool,
}

const NOTHING: Conditions = Conditions {
    delay: Duration::ZERO,
    jitter: Duration::ZERO,
    loss: 0.0,
    lost_first: 0,
    bits_per_second: None,
    largest: None,
};
const SLOW: Conditions = Conditions { delay: Duration::from_millis(10), ..NOTHING };

const fn rough(name: &'static str, link: Conditions) -> Path {
    Path { name, link: Some(link), is_rough: true }
}

pub(crate) const PATHS: [Path; 6] = [
    Path { name: "veth", link: None, is_rough: false },
    Path { name: "10 ms", link: Some(SLOW), is_rough: false },
    rough("jitter", Conditions { jitter: Duration::from_millis(8), ..SLOW }),
    rough("loss", Conditions { loss: 0.02, ..SLOW }),
    rough("loss of 5 %", Conditions { loss: 0.05, ..SLOW }),
    rough("rate", Conditions { bits_per_second: Some(1_000_000), ..SLOW }),
];

/// The two places, and what runs there.
#[derive(Debug)]
pub(crate) struct Ground {
    device: String,
    // Before the namespaces: it ends first.
    _agent: AgentProcess,
    _link: Option<Link>,
    pub(crate) bench: Bench,
    pub(crate) caller: Namespace,
    _target: Namespace,
}

impl Ground {
    pub(crate) fn new(path: &Path) -> Self {
        let (caller, target) = (Namespace::new("caller"), Namespace::new("target"));
        for namespace in [&caller, &target] {
            namespace.ip("link set lo up");
        }
        let ends = [(&caller, "10.81.0.1/30"), (&target, "10.81.0.2/30")];
        let link = path.link.map(|conditions| {
            let [left, right] = ends
                .each_ref()
                .map(|(namespace, address)| End { namespace, addresses: std::slice::from_ref(address) });
            Link::between(left, right, &Ways::both(conditions))
        });
        if link.is_none() {
            ip(&format!(
                "link add eth0 netns {} type veth peer name eth0 netns {}",
                caller.name(),
                target.name()
            ));
            for (namespace, address) in ends {
                namespace.ip(&format!("address add {address} dev eth0\nlink set eth0 up"));
            }
        }
        let device = link.as_ref().map_or("eth0", Link::device).to_owned();
        let bench = Bench::new(PROGRAMS);
        let agent = answering(&target, &bench);
        Self { device, _agent: agent, _link: link, bench, caller, _target: target }
    }

    /// A program at the caller's place, about to be started.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = self.caller.command(program);
        command.current_dir(self.bench.path(""));
        command
    }

    /// What is said on standard output by a program that is run to its end.
    pub(crate) fn said(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().expect("`ip` can be started");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Does something, and gives the packets that went over the caller's end of the path meanwhile.
    pub(crate) fn watch<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<Captured>) {
        let capture = Capture::begin(&self.caller, &self.device);
        let came = work();
        (came, capture.end(TARGET))
    }
}

/// Whether there is such a program.
pub(crate) fn has(program: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", "command -v \"$0\"", program]).stdout(std::process::Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The agent that answers.
fn answering(target: &Namespace, bench: &Bench) -> AgentProcess {
    let authority = Authority::new();
    let (certificate, key) = authority.issue_pem(TARGET);
    for (name, text) in [("ca.pem", &authority.pem()), ("cert.pem", &certificate), ("key.pem", &key)] {
        bench.write(name, text);
    }
    let file = |name| bench.path(name).display().to_string();
    let at = |port: u16| format!("0.0.0.0:{port}");
    let arguments = [
        ("--name", "there".to_owned()),
        ("--trust", bench.public()),
        ("--listen", at(ORDERS)),
        ("--listen", at(HTTP)),
        ("--tcp-listen", at(TCP)),
        ("--udp-listen", at(UDP)),
        ("--tls-listen", at(HTTPS)),
        ("--cert", file("cert.pem")),
        ("--key", file("key.pem")),
    ];
    let arguments: Vec<&str> = arguments.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
    AgentProcess::start_in(target, PROGRAMS, &arguments, 5)
}
