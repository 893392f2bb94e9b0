//! How many calls a second one agent places on one processor, a new connection each, the answer verified; beside `oha` on the
//! same processor, in turns, against the same agent on the other processor, to which `oha` is a stranger with a 404.

use std::process::Command;
use std::time::Duration;

use ringfence_contract::call::Call;
use ringfence_contract::id::{BootId, CallId};
use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::Sample;
use ringfence_contract::transport::Transport;
use ringfence_tests::calls::{call_to, route};
use ringfence_tests::programs::AgentProcess;

use super::orders::Orders;
use super::usage::{cpu_of, is_installed};
use super::{PROGRAMS, median, say};

/// As many calls as an order may hold.
const CALLS: u32 = 2_048;
const RUNS: usize = 5;

pub(crate) fn measure() {
    say(&format!(
        "\ncalls a second of one agent on one processor, a new connection each (median of {RUNS} orders of {CALLS}, in turns)"
    ));
    let pair = Pair::start();
    for (transport, goal) in [(Transport::Tcp, 10_000), (Transport::Http, 5_000)] {
        // The first order is not counted: memory is not touched yet, nothing is in a cache.
        pair.place(transport);
        let (mut ours, mut cpu, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let (rate, spent) = pair.place(transport);
            ours.push(rate);
            cpu.push(spent.as_secs_f64() * 1e6 / f64::from(CALLS));
            theirs.extend(pair.oha(transport));
        }
        let (ours, cpu) = (median(ours), median(cpu));
        let beside = match theirs.as_slice() {
            [] if transport == Transport::Http => "oha is not installed".to_owned(),
            [] => "oha does not speak it".to_owned(),
            _ => {
                let theirs = median(theirs);
                format!("oha {theirs:.0}/s: ratio {:.2}, goal 0.8", ours / theirs)
            }
        };
        say(&format!(
            "  {transport}: {ours:.0}/s ({cpu:.0} us of processor time a call), goal {goal}; {beside}"
        ));
    }
}

/// An agent that calls, on processor 0, and one that answers, on processor 1.
struct Pair {
    orders: Orders,
    caller: AgentProcess,
    target: AgentProcess,
    boot: BootId,
}

impl Pair {
    fn start() -> Self {
        let orders = Orders::new();
        let (trust, any) = (orders.bench.public(), "127.0.0.1:0");
        let agent = |processor, name| {
            let who = ["--name", name, "--trust", &trust, "--allow", "127.0.0.0/8"];
            let doors = ["--listen", any, "--tcp-listen", any];
            AgentProcess::start_on(processor, PROGRAMS, &[&who[..], &doors].concat(), 2)
        };
        let (caller, target) = (agent(0, "caller"), agent(1, "app-1"));
        orders.hello(&target, "app-1");
        let boot = orders.hello(&caller, "caller");
        Self { orders, caller, target, boot }
    }

    /// Has an order of calls placed: how many a second that was, and the caller's processor time.
    fn place(&self, transport: Transport) -> (f64, Duration) {
        let url = format!("{transport}://{}", self.target.address(transport.as_str()));
        let like = call_to(route(&url));
        let call = |_| Call { id: CallId::random(), ..like.clone() };
        let calls = (0..CALLS).map(call).collect();
        let before = cpu_of(self.caller.id());
        let (samples, wall) = self.orders.place(&self.caller, "caller", self.boot, calls);
        let cpu = cpu_of(self.caller.id()).saturating_sub(before);
        let is_answered = |sample: &&Sample| matches!(sample.outcome, Outcome::Answered(_));
        let answered = samples.iter().filter(is_answered).count();
        assert_eq!(answered, CALLS as usize, "{:?}", samples.first());
        (f64::from(CALLS) / wall.as_secs_f64(), cpu)
    }

    fn oha(&self, transport: Transport) -> Option<f64> {
        if transport != Transport::Http || !is_installed("oha") {
            return None;
        }
        let mut command = Command::new("taskset");
        command.args([
            "--cpu-list",
            "0",
            "oha",
            "--disable-keepalive",
            "--no-tui",
            "--output-format",
            "json",
        ]);
        command.args(["-n", &(4 * CALLS).to_string(), "-c", "64"]);
        command.arg(format!("http://{}/", self.target.address("http")));
        let output = command.output().expect("oha starts");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON from oha");
        report["summary"]["requestsPerSec"].as_f64()
    }
}
