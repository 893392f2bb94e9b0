//! How runs end: early by their user, with nothing selected, with a report that cannot be written, into a closed pipe.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;

use ringfence_tests::programs::Bench;
use rustix::process::{Pid, Signal, kill_process};

use crate::PROGRAMS;

/// A scenario whose one endpoint accepts connections and says nothing, for longer than any test waits.
fn silent(listener: &TcpListener) -> String {
    let address = listener.local_addr().expect("an address");
    format!(
        "name: silent\n\
         timeouts: {{ first-byte: 10s }}\n\
         agents: {{ here: {{ control: local }} }}\n\
         targets: {{ silence: \"http://{address}\" }}\n\
         rules: [{{ name: reaches, from: here, to: silence, expect: allow }}]\n"
    )
}

#[test]
fn an_interrupted_run_still_reports_every_planned_edge() {
    let bench = Bench::new(PROGRAMS);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    bench.write("s.yaml", &silent(&listener));
    let arguments = [
        "verify",
        "s.yaml",
        "--local-allow",
        "127.0.0.0/8",
        "--progress",
        "plain",
        "--junit",
        "r.xml",
        "--json",
        "r.json",
    ];
    let mut runner = bench
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    let mut stderr = BufReader::new(runner.stderr.take().expect("piped")).lines();
    let reached = stderr.by_ref().any(|line| line.is_ok_and(|line| line.starts_with("reach")));
    assert!(reached, "the run came to its edges");
    // The call is on the wire once it is accepted.
    let accepted = listener.accept().expect("a call");
    kill_process(Pid::from_child(&runner), Signal::INT).expect("the runner is told");
    let code = runner.wait().expect("the runner ends").code();
    drop(accepted);
    let mut stdout = String::new();
    runner.stdout.take().expect("piped").read_to_string(&mut stdout).expect("text");
    assert_eq!(code, Some(130), "{stdout}");
    assert!(stdout.contains("interrupted"), "{stdout}");
    let record: serde_json::Value = serde_json::from_str(&bench.read("r.json")).expect("JSON");
    assert_eq!(record["interrupted"], true);
    assert_eq!(record["edges"][0]["judged"]["reason"], "interrupted");
    let junit = bench.read("r.xml");
    let junit = roxmltree::Document::parse(&junit).expect("XML");
    let named = |node: &roxmltree::Node<'_, '_>| {
        node.attribute("name").is_some_and(|name| name.starts_with("silence"))
    };
    assert_eq!(junit.descendants().filter(named).count(), 1);
}

#[test]
fn a_selection_of_nothing_has_its_own_exit_code() {
    let bench = Bench::new(PROGRAMS);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    bench.write("s.yaml", &silent(&listener));
    let run = bench.run(&["verify", "s.yaml", "--only", "nobody>nothing", "--progress", "none"]);
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_the_others_are_written() {
    let bench = Bench::new(PROGRAMS);
    let arguments = [
        "lab",
        "web-app-to-function",
        "--progress",
        "none",
        "--junit",
        "no/such/folder/r.xml",
        "--json",
        "r.json",
    ];
    let run = bench.run(&arguments);
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("cannot write the junit report: `no/such/folder/r.xml`"), "{}", run.stderr);
    assert!(bench.read("r.json").contains("\"schema_version\""));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let bench = Bench::new(PROGRAMS);
    let mut runner = bench
        .command(&["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    drop(runner.stdout.take());
    let output = runner.wait_with_output().expect("the runner ends");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}
