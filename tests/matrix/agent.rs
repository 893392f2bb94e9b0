//! What an agent takes of the machine it stands on: the size of its program, how soon it answers, its memory idle and with
//! 1,000 calls under way. Beside `nginx` and `blackbox_exporter`, where they are installed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ringfence_contract::call::{Call, Timeouts};
use ringfence_contract::id::CallId;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_tests::calls::{call_to, route};
use ringfence_tests::programs::AgentProcess;

use super::orders::Orders;
use super::usage::{is_installed, mib_of};
use super::{PROGRAMS, median, say};

const CALLS: u32 = 1_000;
/// As many addresses as share the calls: at most 256 of them are under way towards one.
const ADDRESSES: u32 = 8;
const STARTS: usize = 11;
/// How long a program may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn measure() {
    say("\nan agent beside other programs");
    let size = std::fs::metadata(PROGRAMS.agent).expect("the agent's program").len();
    say(&format!("  program: {:.2} MB, goal 6", f64::from(u32::try_from(size).expect("a small file")) / 1e6));
    memory();
    let orders = Orders::new();
    let trust = orders.bench.public();
    ready("ringfence-agent, goal 20 ms", PROGRAMS.agent, |at| {
        let own = ["serve", "--name", "a", "--trust", &trust, "--allow", "10.0.0.0/8", "--listen", at];
        own.map(str::to_owned).to_vec()
    });
    let conf = orders.bench.path("nginx.conf").display().to_string();
    ready("nginx", "nginx", |at| {
        let pid = orders.bench.path("nginx.pid").display().to_string();
        orders.bench.write(
            "nginx.conf",
            &format!("daemon off; master_process off; pid {pid}; error_log /dev/null; events {{}} http {{ access_log off; server {{ listen {at}; }} }}"),
        );
        vec!["-c".to_owned(), conf.clone()]
    });
    ready("blackbox_exporter", "prometheus-blackbox-exporter", |at| {
        orders.bench.write("bb.yml", "modules: { http: { prober: http } }");
        let config = format!("--config.file={}", orders.bench.path("bb.yml").display());
        vec![config, format!("--web.listen-address={at}")]
    });
}

fn memory() {
    let orders = Orders::new();
    let (trust, any) = (orders.bench.public(), "127.0.0.1:0");
    let arguments = ["--name", "caller", "--trust", &trust, "--allow", "127.0.0.0/8", "--listen", any];
    let agent = AgentProcess::start(PROGRAMS, &arguments, 1);
    let boot = orders.hello(&agent, "caller");
    say(&format!("  memory, idle: {:.1} MiB, goal 10", mib_of(agent.id(), "VmRSS")));

    let silent = TcpListener::bind("0.0.0.0:0").expect("a port to listen on");
    let port = silent.local_addr().expect("an address").port();
    // Connections that nobody answers are held until all have come.
    let held = std::thread::spawn(move || {
        silent.incoming().take(CALLS as usize).filter_map(Result::ok).collect::<Vec<_>>()
    });
    let call = |number: u32| {
        let like = call_to(route(&format!("http://127.0.0.{}:{port}", 1 + number % ADDRESSES)));
        let timeouts = Timeouts { first_byte_ms: 4_000, ..like.timeouts };
        Call { id: CallId::random(), timeouts, ..like }
    };
    let (samples, _) = orders.place(&agent, "caller", boot, (0..CALLS).map(call).collect());
    let is_silent = |outcome: &Outcome| *outcome == Outcome::TimedOut(Phase::FirstByte);
    assert!(samples.iter().all(|sample| is_silent(&sample.outcome)), "{:?}", samples.first());
    let held = held.join().expect("all connections came").len();
    say(&format!(
        "  memory, at most, with {held} calls under way: {:.1} MiB, goal 32",
        mib_of(agent.id(), "VmHWM")
    ));
}

/// From the start of a program until it has answered an HTTP request, whatever it answers.
fn ready(what: &str, program: &str, arguments: impl Fn(&str) -> Vec<String>) {
    if !program.contains('/') && !is_installed(program) {
        say(&format!("  ready, {what}: not installed"));
        return;
    }
    let starts = (0..STARTS).map(|_| {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let mut command = Command::new(program);
        command.args(arguments(&free.to_string())).stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        let _started = Started(command.spawn().unwrap_or_else(|error| panic!("{program}: {error}")));
        while !answers(free) {
            assert!(began.elapsed() < PATIENCE, "{program} does not answer");
            std::thread::yield_now();
        }
        began.elapsed().as_secs_f64() * 1e3
    });
    say(&format!("  ready, {what}: {:.1} ms (median of {STARTS})", median(starts.collect())));
}

fn answers(at: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(at) else { return false };
    let asked = stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut first = [0; 5];
    asked.and_then(|()| stream.read_exact(&mut first)).is_ok() && first == *b"HTTP/"
}

/// A program that was started here. It is ended when this is dropped.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
