//! How fast edges are, in runs of the real programs: over every kind of control route, against targets that are fast, slow,
//! or stall.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ringfence_tests::programs::{AgentProcess, Bench, Finished};
use ringfence_tests::stalling::Stalling;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::PROGRAMS;

/// An agent that answers over HTTP.
fn agent(bench: &Bench, name: &str) -> AgentProcess {
    let trust = bench.public();
    let arguments = ["--name", name, "--trust", &trust, "--allow", "127.0.0.0/8", "--listen", "127.0.0.1:0"];
    AgentProcess::start(PROGRAMS, &arguments, 1)
}

fn record(bench: &Bench, name: &str) -> Value {
    serde_json::from_str(&bench.read(name)).expect("JSON")
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

/// The runner, an agent asked straight, one by way of it, and one over standard input: all measure the same target.
fn every_route(bench: &Bench, target: &AgentProcess, direct: &AgentProcess) -> String {
    let by_exec = format!(
        "[\"{}\", stdio, --name, by-exec, --trust, \"{}\", --allow, 127.0.0.0/8]",
        PROGRAMS.agent,
        bench.public()
    );
    format!(
        "name: routes\n\
         agents:\n\
         \x20 here: {{ control: local }}\n\
         \x20 direct: {{ control: \"http://{}\" }}\n\
         \x20 by-exec: {{ control: {{ exec: {by_exec} }} }}\n\
         \x20 target: {{ control: {{ relay: direct }}, endpoints: {{ site: \"http://{}\" }} }}\n\
         rules:\n\
         \x20 - name: all reach the target\n\
         \x20   from: [here, direct, by-exec, target]\n\
         \x20   to: target/site\n\
         \x20   expect: allow\n\
         \x20   self: true\n\
         \x20   latency: {{ samples: 100, rate: 200/s, cold: 2, p50: 60s, p99: 60s, loss: 0% }}\n",
        direct.address("http"),
        target.address("http")
    )
}

#[test]
fn edges_are_measured_over_every_control_route() {
    let bench = Bench::new(PROGRAMS);
    let (target, direct) = (agent(&bench, "target"), agent(&bench, "direct"));
    bench.write("s.yaml", &every_route(&bench, &target, &direct));
    let done = verify(&bench, &[]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("latency: 4\n"), "{}", done.stderr);
    assert!(done.stdout.contains("12 budgets: 12 kept; "), "{}", done.stdout);
    let record = record(&bench, "r.json");
    let edges = record["edges"].as_array().expect("edges");
    assert_eq!(edges.len(), 4);
    for edge in edges {
        let (vantage, measurement) = (&edge["vantage"], &edge["measurement"]);
        let warm = &measurement["warm"];
        assert_eq!((&warm["intended"], &warm["answered"]), (&100.into(), &100.into()), "{vantage}");
        assert_eq!(measurement["cold"]["answered"], 2, "{vantage}");
        assert_eq!(measurement["connections"], 102, "{vantage}");
        let pairs = warm["phases"]["total"]["ns"].as_array().expect("pairs");
        let counted: u64 = pairs.iter().map(|pair| pair[1].as_u64().expect("a count")).sum();
        assert_eq!(counted, 100, "{vantage}: the histogram is whole");
        assert!(measurement["stopped"].is_null(), "{vantage}: {}", measurement["stopped"]);
    }
    let text = bench.read("r.xml");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let named = |name: &str| {
        let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
        cases.filter(|case| case.attribute("name") == Some(name)).count()
    };
    assert_eq!(named("target/site ipv4: p99 <= 60 s"), 4);
    assert_eq!(named("target/site ipv4: loss <= 0 %"), 4);
}

/// A scenario in which the runner measures a platform's site under these budgets.
fn site(port: u16, latency: &str) -> String {
    format!(
        "name: site\n\
         agents: {{ here: {{ control: local }} }}\n\
         targets: {{ site: \"http://127.0.0.1:{port}\" }}\n\
         rules: [{{ name: fast, from: here, to: site, expect: allow, latency: {latency} }}]\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_target_exceeds_its_budget_and_is_reached_all_the_same() {
    let peer = Stalling { each: Duration::from_millis(80), ..Stalling::default() }.work().await;
    let bench = Bench::new(PROGRAMS);
    bench.write(
        "s.yaml",
        &site(peer.address.port(), "{ samples: 20, rate: 100/s, p50: 20ms, mean: 60s, loss: 0% }"),
    );
    let done = tokio::task::block_in_place(|| verify(&bench, &[]));
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    let record = record(&bench, "r.json");
    let (summary, edge) = (&record["summary"], &record["edges"][0]);
    assert_eq!((&summary["passed"], &summary["claims"]["failed"]), (&1.into(), &1.into()));
    let judged = &edge["claims"][0]["judged"];
    assert_eq!((&judged["kind"], &judged["reason"]), (&"budget".into(), &"over-budget".into()));
    assert!(judged["took_us"].as_u64().expect("a time") >= 80_000, "{judged}");
    assert!(done.stdout.contains("FAIL here -> site ipv4: expected p50 <= 20 ms, got "), "{}", done.stdout);
    assert!(done.stdout.contains("claim: s.yaml:4: "), "{}", done.stdout);
    assert!(
        done.stdout.contains("\nlatency in ms, from the intended start of a call to its end"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("3 budgets: 2 kept, 1 exceeded; "), "{}", done.stdout);
    assert!(
        bench
            .read("r.xml")
            .contains("<system-out>latency in ms, from the intended start of a call to its end")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_is_not_reached_is_not_measured() {
    let bench = Bench::new(PROGRAMS);
    let closed = ringfence_tests::closed::tcp().await;
    bench.write("s.yaml", &site(closed.port(), "{ p50: 20ms }"));
    let done = tokio::task::block_in_place(|| verify(&bench, &["--latency"]));
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    let edge = &record(&bench, "r.json")["edges"][0];
    assert!(edge["measurement"].is_null());
    assert_eq!(edge["claims"][0]["judged"]["reason"], "not-measured");
    assert!(!done.stdout.contains("latency in ms"), "{}", done.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_is_lost_while_it_is_measured_fails_whatever_its_budgets() {
    for latency in ["{ samples: 100, rate: 100/s }", "{ samples: 100, rate: 100/s, p50: 60s, loss: 100% }"] {
        let bench = Bench::new(PROGRAMS);
        let (front, mut target) = (agent(&bench, "front"), agent(&bench, "target"));
        let text = format!(
            "name: lost\n\
             agents:\n\
             \x20 front: {{ control: \"http://{}\" }}\n\
             \x20 target: {{ control: \"http://{at}\", endpoints: {{ site: \"http://{at}\" }} }}\n\
             rules:\n\
             \x20 - {{ name: reached, from: front, to: target/site, expect: allow, latency: {latency} }}\n",
            front.address("http"),
            at = target.address("http")
        );
        bench.write("s.yaml", &text);
        let arguments = ["verify", "s.yaml", "--json", "r.json", "--junit", "r.xml", "--progress", "plain"];
        let mut runner = bench.command(&arguments).stderr(Stdio::piped()).spawn().expect("the runner starts");
        // Once measuring has begun, everything else has been asked of the target.
        let said = BufReader::new(runner.stderr.take().expect("standard error is piped")).lines();
        let mut said = said.map_while(Result::ok);
        let begun = said.any(|line| line.contains("latency"));
        target.kill();
        said.for_each(drop);
        let code = runner.wait().expect("the runner ends").code();
        assert!(begun, "measuring has begun");
        let record = record(&bench, "r.json");
        let judged = &record["edges"][0]["judged"];
        assert_eq!((code, judged["reason"].as_str()), (Some(1), Some("lost-contact")), "{judged}");
        assert!(
            judged["sentence"].as_str().is_some_and(|said| said.contains("contact was lost")),
            "{judged}"
        );
        assert!(bench.read("r.xml").contains("contact was lost"));
    }
}

/// How many of a measurement's samples took this long or longer.
fn at_least(edge: &Value, ns: u64) -> u64 {
    let pairs = edge["measurement"]["warm"]["phases"]["total"]["ns"].as_array().expect("pairs");
    let pair = |place: usize, pair: &Value| pair[place].as_u64().expect("a number");
    pairs.iter().filter(|one| pair(0, one) >= ns).map(|one| pair(1, one)).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_stalled_once_shows_in_every_call_that_was_to_start_meanwhile() {
    // Some 50 of 1,000 calls are intended to start within a stall of 500 ms and wait 250 ms or more; whoever sends one call
    // after the other sees a single one.
    let peer = Stalling { at: 300, stall: Duration::from_millis(500), ..Stalling::default() }.work().await;
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", &site(peer.address.port(), "{ samples: 1000, rate: 200/s, p99.9: 200ms }"));
    let done = tokio::task::block_in_place(|| verify(&bench, &[]));
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    let record = record(&bench, "r.json");
    let edge = &record["edges"][0];
    assert!(at_least(edge, 250_000_000) >= 40, "{}", done.stdout);
    let judged = &edge["claims"][0]["judged"];
    assert_eq!(judged["reason"], "over-budget", "{judged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_slower_than_its_baseline_fails_though_every_edge_passed() {
    let (fast, slow) =
        (Stalling::default(), Stalling { each: Duration::from_millis(700), ..Stalling::default() });
    let (fast, slow) = (fast.work().await, slow.work().await);
    let bench = Bench::new(PROGRAMS);
    let latency = "{ samples: 100, rate: 100/s }";
    bench.write("s.yaml", &site(fast.address.port(), latency));
    let done = tokio::task::block_in_place(|| verify(&bench, &[]));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    std::fs::copy(bench.path("r.json"), bench.path("old.json")).expect("a copy");
    bench.write("s.yaml", &site(slow.address.port(), latency));
    let done = tokio::task::block_in_place(|| verify(&bench, &["--baseline", "old.json"]));
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("WORSE here -> site ipv4: latency: p50 was "), "{}", done.stdout);
    assert!(bench.read("r.xml").contains(" type=\"latency\""));
    let compare = |old, new| bench.run(&["compare", old, new]);
    let worse = compare("old.json", "r.json");
    assert_eq!(worse.code, 1, "{}", worse.stderr);
    assert!(worse.says("1 of them measured in both"), "{}", worse.stdout);
    let same = compare("old.json", "old.json");
    // On a busy machine it may say that it cannot compare.
    let nothing = "0 worse, 0 better, ";
    assert_eq!((same.code, same.stdout.contains(nothing)), (0, true), "{}", same.stdout);
    assert_eq!(compare("r.json", "old.json").code, 0, "better is not worse");
    assert_eq!(compare("s.yaml", "old.json").code, 2, "a file that is no run record");
    assert_eq!(compare("none.json", "old.json").code, 2, "no file at all");
}

/// A front end that answers its first call 200, and every later one with this status.
fn turning(status: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for (place, mut stream) in listener.incoming().flatten().enumerate() {
            let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
            // Whoever breaks off has seen enough.
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let status = if place == 0 { 200 } else { status };
            let head = format!("HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            drop(stream.write_all(head.as_bytes()));
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_that_turns_measured_calls_away_is_not_reached_by_them() {
    for (status, code, reason) in [
        (503, 1, "lost-contact"),
        (429, 1, "lost-contact"),
        (403, 1, "lost-contact"),
        (404, 1, "lost-contact"),
        (302, 0, "reached"),
        (401, 0, "reached"),
    ] {
        let bench = Bench::new(PROGRAMS);
        bench.write("s.yaml", &site(turning(status), "{ samples: 40, rate: 100/s }"));
        let done = tokio::task::block_in_place(|| verify(&bench, &[]));
        let record = record(&bench, "r.json");
        let judged = &record["edges"][0]["judged"];
        assert_eq!((done.code, judged["reason"].as_str()), (code, Some(reason)), "{status}: {judged}");
    }
}

/// A server that says what is asked of it is well, and tells of each connection.
fn well(listener: TcpListener) -> Receiver<()> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
            // Whoever breaks off has seen enough.
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"));
            // A test that has seen enough listens no more.
            let _listens = sender.send(()).is_ok();
        }
    });
    receiver
}

#[test]
fn a_run_that_is_ended_while_it_measures_keeps_the_edges_it_had_measured() {
    let bench = Bench::new(PROGRAMS);
    let listen = || TcpListener::bind("127.0.0.1:0").expect("a port");
    let (first, second) = (listen(), listen());
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    bench.write(
        "s.yaml",
        &format!(
            "name: ended\n\
             agents: {{ here: {{ control: local }} }}\n\
             targets: {{ first: \"http://127.0.0.1:{}\", second: \"http://127.0.0.1:{}\" }}\n\
             rules:\n\
             \x20 - {{ name: short, from: here, to: first, expect: allow, latency: {{ samples: 20, p50: 60s }} }}\n\
             \x20 - {{ name: long, from: here, to: second, expect: allow, latency: {{ samples: 3000, p50: 60s }} }}\n",
            port(&first),
            port(&second)
        ),
    );
    let (_first, second) = (well(first), well(second));
    let arguments =
        ["verify", "s.yaml", "--local-allow", "127.0.0.0/8", "--json", "r.json", "--progress", "none"];
    let mut runner = bench.command(&arguments).stdout(Stdio::piped()).spawn().expect("the runner starts");
    // One measurement a vantage at a time: once the second target hears measured calls, the first is done with. Its first
    // connection is the edge's own.
    for _ in 0..2 {
        second.recv_timeout(Duration::from_secs(60)).expect("a connection");
    }
    kill_process(Pid::from_child(&runner), Signal::INT).expect("the runner is told");
    let code = runner.wait().expect("the runner ends").code();
    assert_eq!(code, Some(130));
    let record = record(&bench, "r.json");
    let edge = |place: usize| &record["edges"][place];
    assert_eq!(edge(0)["measurement"]["warm"]["answered"], 20, "{}", edge(0));
    assert_eq!(edge(0)["claims"][0]["judged"]["reason"], "within-budget");
    assert_eq!(edge(1)["verdict"], "pass", "it was reached all the same");
    assert_eq!(edge(1)["measurement"]["stopped"]["why"], "interrupted");
    assert_eq!(edge(1)["claims"][0]["judged"]["reason"], "interrupted");
}
