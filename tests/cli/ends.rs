//! How runs end: early by their user, with nothing selected, with a report that cannot be written, into a closed pipe.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;

use ringfence_tests::programs::Bench;
use rustix::process::{Pid, Signal, kill_process};

use crate::{LAB, PROGRAMS};

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
fn an_interrupted_run_reports_every_planned_edge_and_what_was_seen_by_then() {
    let bench = Bench::new(PROGRAMS);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let open = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = open.local_addr().expect("an address");
    let scenario =
        silent(&listener).replacen("targets: {", &format!("targets: {{ open: \"http://{address}\","), 1);
    let port = listener.local_addr().expect("an address").port();
    let named = format!("silence: {{ url: \"http://localhost:{port}\", resolves: 127.0.0.1 }}");
    let scenario = scenario.replace(&format!("silence: \"http://127.0.0.1:{port}\""), &named);
    bench.write(
        "s.yaml",
        &scenario.replace("to: silence", "to: '*'").replace("expect: allow", "expect: deny"),
    );
    std::thread::spawn(move || {
        for mut stream in open.incoming().flatten() {
            // Whoever breaks off has seen enough.
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        }
    });
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
    // All attempts at the silent one are on the wire once they are accepted: a witness call and three of the edge. The last of
    // them is placed after the open one's first has long been answered.
    let accepted: Vec<_> = listener.incoming().take(4).collect();
    kill_process(Pid::from_child(&runner), Signal::INT).expect("the runner is told");
    let code = runner.wait().expect("the runner ends").code();
    drop(accepted);
    let mut stdout = String::new();
    runner.stdout.take().expect("piped").read_to_string(&mut stdout).expect("text");
    assert_eq!(code, Some(130), "{stdout}");
    assert!(stdout.contains("\nINTERRUPTED in "), "{stdout}");
    assert!(stdout.matches("nothing was known of it").count() <= 1, "{stdout}");
    let record: serde_json::Value = serde_json::from_str(&bench.read("r.json")).expect("JSON");
    assert_eq!(record["interrupted"], true);
    let reason = |edge: usize| record["edges"][edge]["judged"]["reason"].as_str().unwrap_or_default();
    assert_eq!((reason(0), reason(1)), ("path-open", "interrupted"), "{stdout}");
    assert_eq!(record["edges"][1]["claims"][0]["judged"]["reason"], "interrupted", "{stdout}");
    let junit = bench.read("r.xml");
    let junit = roxmltree::Document::parse(&junit).expect("XML");
    let named = |node: &roxmltree::Node<'_, '_>| {
        node.attribute("name").is_some_and(|name| name.starts_with("silence") || name.starts_with("open"))
    };
    assert_eq!(junit.descendants().filter(named).count(), 3, "two edges, and the claim of one");
}

#[test]
fn one_interrupt_ends_a_lab_of_two_topologies() {
    let bench = Bench::new(LAB);
    let mut runner = bench
        .command(&["--progress", "plain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    let mut stderr = BufReader::new(runner.stderr.take().expect("piped")).lines();
    assert!(
        stderr.by_ref().any(|line| line.is_ok_and(|line| line.starts_with("hello"))),
        "the first is raised"
    );
    kill_process(Pid::from_child(&runner), Signal::INT).expect("the runner is told");
    let rest: Vec<String> = stderr.map_while(Result::ok).collect();
    assert_eq!(runner.wait().expect("the runner ends").code(), Some(130), "{rest:?}");
    assert!(!rest.iter().any(|line| line.starts_with("lab:")), "the second is not raised: {rest:?}");
}

#[test]
fn a_failed_edge_outranks_an_output_that_cannot_be_written() {
    let bench = Bench::new(LAB);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let arguments = ["app-service-to-app-service", "--break", "scm-open", "--progress", "none"];
    let code = bench.command(&arguments).stdout(full).status().expect("it runs").code();
    assert_eq!(code, Some(1));
    let one_file = bench.run(&["web-app-to-function", "--junit", "same", "--json", "./same"]);
    assert_eq!(one_file.code, 2, "{}", one_file.stderr);
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
fn a_report_that_cannot_be_written_is_told_before_anything_is_run() {
    let bench = Bench::new(LAB);
    let arguments =
        ["web-app-to-function", "--progress", "none", "--junit", "no/such/folder/r.xml", "--json", "r.json"];
    let run = bench.run(&arguments);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("cannot write the junit report: `no/such/folder/r.xml`"), "{}", run.stderr);
    assert_eq!((run.stdout.as_str(), bench.path("r.json").exists()), ("", false), "nothing was run");
}

#[test]
fn a_report_that_cannot_be_written_after_all_is_told_and_the_others_are_written() {
    let bench = Bench::new(LAB);
    let arguments = ["web-app-to-function", "--junit", "/dev/full", "--json", "r.json"];
    let run = bench.run(&arguments);
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("cannot write the junit report: `/dev/full`"), "{}", run.stderr);
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
