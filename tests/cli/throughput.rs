//! How fast bytes come over edges, in runs of the real programs: over every kind of control route, from targets that give
//! them, that are too old to, and that are not reached.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use ringfence_contract::{CALL_HEADER, STRANGER_PAGE};
use ringfence_tests::programs::{AgentProcess, Bench, Finished};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::PROGRAMS;

fn agent(bench: &Bench, name: &str) -> AgentProcess {
    let trust = bench.public();
    let arguments = ["--name", name, "--trust", &trust, "--allow", "127.0.0.0/8", "--listen", "127.0.0.1:0"];
    AgentProcess::start(PROGRAMS, &arguments, 1)
}

fn record(bench: &Bench) -> Value {
    serde_json::from_str(&bench.read("r.json")).expect("JSON")
}

fn verify(bench: &Bench, more: &[&str]) -> Finished {
    let arguments = [
        "verify",
        "s.yaml",
        "--local-allow",
        "127.0.0.0/8",
        "--json",
        "r.json",
        "--junit",
        "r.xml",
        "--progress",
        "plain",
    ];
    bench.run(&[&arguments[..], more].concat())
}

/// The runner and an agent behind a relay both ask the same target.
fn scenario(target: &AgentProcess, caller: &AgentProcess, throughput: &str) -> String {
    format!(
        "name: fast\n\
         agents:\n\
         \x20 here: {{ control: local }}\n\
         \x20 target: {{ control: \"http://{at}\", endpoints: {{ site: \"http://{at}/any\" }} }}\n\
         \x20 caller: {{ control: {{ relay: target, url: \"http://{}\" }} }}\n\
         rules:\n\
         \x20 - name: bytes come\n\
         \x20   from: [here, caller]\n\
         \x20   to: target/site\n\
         \x20   expect: allow\n\
         \x20   throughput: {throughput}\n",
        caller.address("http"),
        at = target.address("http"),
    )
}

#[test]
fn bytes_are_counted_one_edge_after_the_other_and_judged_apart() {
    let bench = Bench::new(PROGRAMS);
    let (target, caller) = (agent(&bench, "target"), agent(&bench, "caller"));
    bench.write("s.yaml", &scenario(&target, &caller, "{ at-least: 1kB/s, for: 1.5s }"));
    let planned = bench.run(&["plan", "s.yaml"]);
    assert!(planned.stdout.contains("throughput >= 1 kB/s for 1.5 s (s.yaml:11)"), "{}", planned.stdout);
    let done = verify(&bench, &[]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("throughput: 2\n"), "{}", done.stderr);
    assert!(done.stdout.contains("2 throughputs: 2 kept; "), "{}", done.stdout);
    assert!(done.stdout.contains("\nthroughput, from the target to the caller\n"), "{}", done.stdout);
    assert_eq!(
        bench.read("r.xml").matches("<system-out>throughput, from the target to the caller").count(),
        2
    );
    let record = record(&bench);
    let edges = record["edges"].as_array().expect("edges");
    for edge in edges {
        let download = &edge["download"];
        let seconds = download["payload"]["seconds"].as_array().expect("seconds");
        let sum: u64 = seconds.iter().map(|bytes| bytes.as_u64().expect("a number")).sum();
        assert_eq!((&download["payload"]["bytes"], seconds.len()), (&sum.into(), 2), "{download}");
        assert_eq!(download["payload"]["took_us"], 1_500_000, "{download}");
        assert_eq!(download["sample"]["outcome"]["facts"]["agent"], "target", "{download}");
        assert_eq!(edge["claims"][0]["judged"]["reason"], "fast-enough");
        assert_eq!(edge["claims"][0]["judged"]["kind"], "throughput");
    }
    let started = |edge: &Value| edge["download"]["sample"]["started_ms"].as_u64().expect("a time");
    assert!(started(&edges[0]).abs_diff(started(&edges[1])) >= 1_500, "never two at once");
    let text = bench.read("r.xml");
    assert_eq!(text.matches("target/site ipv4: throughput &gt;= 1 kB/s for 1.5 s").count(), 2, "{text}");
}

/// What a front end does with a call that asks for bytes; all others it passes on.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// Says what an agent says that does not know such calls.
    Disown,
    /// Passes on this many bytes of the answer, and then none.
    Stall(u64),
    /// Says nothing.
    Hold,
}

/// A front end of an agent, and where it tells of each call for bytes.
fn front(agent: SocketAddr, deed: Deed) -> (SocketAddr, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            // Whoever breaks off has seen enough.
            std::thread::spawn(move || drop(pass(stream, agent, deed, &sender)));
        }
    });
    (address, receiver)
}

fn pass(mut stream: TcpStream, agent: SocketAddr, deed: Deed, told: &Sender<()>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
    let asks_for_bytes = head.contains(&format!("{CALL_HEADER}: d"));
    let mut behind = TcpStream::connect(agent)?;
    behind.write_all(head.replace("accept:", "connection: close\r\naccept:").as_bytes())?;
    if !asks_for_bytes {
        return std::io::copy(&mut behind, &mut stream).map(drop);
    }
    // A test that has seen enough listens no more.
    let _listens = told.send(()).is_ok();
    match deed {
        Deed::Disown => {
            let length = STRANGER_PAGE.len();
            write!(stream, "HTTP/1.1 404 Not Found\r\ncontent-length: {length}\r\n\r\n{STRANGER_PAGE}")
        }
        Deed::Stall(bytes) => {
            std::io::copy(&mut behind.take(bytes), &mut stream)?;
            reader.read_line(&mut head).map(drop)
        }
        Deed::Hold => reader.read_line(&mut head).map(drop),
    }
}

/// The runner asks a target behind such a front end.
fn behind(bench: &Bench, deed: Deed, throughput: &str) -> (AgentProcess, Receiver<()>) {
    let target = agent(bench, "target");
    let (front, told) = front(target.address("http"), deed);
    bench.write(
        "s.yaml",
        &format!(
            "name: fast\n\
             agents:\n\
             \x20 here: {{ control: local }}\n\
             \x20 target: {{ control: \"http://{}\", endpoints: {{ site: \"http://{front}\" }} }}\n\
             rules: [{{ name: bytes come, from: here, to: target/site, expect: allow, throughput: {throughput} }}]\n",
            target.address("http"),
        ),
    );
    (target, told)
}

#[test]
fn a_rate_that_is_too_low_fails_its_claim_and_not_its_edge() {
    let bench = Bench::new(PROGRAMS);
    let _behind = behind(&bench, Deed::Stall(1_000_000), "{ at-least: 10MB/s, for: 2s }");
    let done = verify(&bench, &[]);
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    let record = record(&bench);
    let edge = &record["edges"][0];
    assert_eq!((&edge["verdict"], &record["summary"]["claims"]["failed"]), (&"pass".into(), &1.into()));
    assert_eq!(edge["claims"][0]["judged"]["reason"], "too-slow");
    let line = "FAIL here -> target/site ipv4: expected throughput >= 10 MB/s for 2 s, got 0.";
    assert!(done.stdout.contains(line), "{}", done.stdout);
    assert!(done.stdout.contains("claim: s.yaml:5: "), "{}", done.stdout);
    assert!(done.says(", slowest second 0.000 MB/s claim: "), "{}", done.stdout);
}

#[test]
fn a_target_that_knows_no_downloads_is_no_slow_one() {
    let bench = Bench::new(PROGRAMS);
    let _behind = behind(&bench, Deed::Disown, "{ at-least: 1kB/s }");
    let done = verify(&bench, &[]);
    assert_eq!(done.code, 3, "{}{}", done.stdout, done.stderr);
    assert_eq!(record(&bench)["edges"][0]["claims"][0]["judged"]["reason"], "not-measured");
    assert!(
        done.stdout.contains("hint: `target` answers this call as it answers strangers"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_run_that_is_ended_while_bytes_come_says_so_and_ends() {
    let bench = Bench::new(PROGRAMS);
    let (_target, told) = behind(&bench, Deed::Hold, "{ at-least: 1kB/s, for: 30s }");
    let arguments =
        ["verify", "s.yaml", "--local-allow", "127.0.0.0/8", "--json", "r.json", "--progress", "none"];
    let mut runner = bench.command(&arguments).stdout(Stdio::piped()).spawn().expect("the runner starts");
    told.recv_timeout(Duration::from_secs(60)).expect("a call for bytes");
    kill_process(Pid::from_child(&runner), Signal::INT).expect("the runner is told");
    assert_eq!(runner.wait().expect("the runner ends").code(), Some(130));
    let edge = &record(&bench)["edges"][0];
    assert_eq!(edge["verdict"], "pass", "it was reached all the same");
    assert_eq!(edge["claims"][0]["judged"]["reason"], "interrupted");
}

#[test]
fn timeouts_that_leave_a_download_no_room_are_refused() {
    let bench = Bench::new(PROGRAMS);
    let _behind = behind(&bench, Deed::Hold, "{ at-least: 1kB/s, for: 30s }");
    let done = verify(&bench, &["--timeout", "10s"]);
    assert_eq!(done.code, 2, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("no download of rule `bytes come` fits one order"), "{}", done.stderr);
}

#[test]
fn an_edge_that_is_not_reached_is_not_downloaded_over() {
    let bench = Bench::new(PROGRAMS);
    let (mut target, caller) = (agent(&bench, "target"), agent(&bench, "caller"));
    bench.write("s.yaml", &scenario(&target, &caller, "{ at-least: 1kB/s }"));
    target.kill();
    let done = verify(&bench, &["--only", "here>"]);
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    let edge = &record(&bench)["edges"][0];
    assert!(edge["download"].is_null());
    assert_eq!(edge["claims"][0]["judged"]["reason"], "not-measured");
    assert!(!done.stdout.contains("throughput, from"), "{}", done.stdout);
}
