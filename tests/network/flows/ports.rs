//! Ten thousand edges between three hosts: nobody runs out of ports, descriptors or time. And when ports do run out, nothing
//! is concluded from that.

use std::collections::BTreeMap;

use ringfence_tests::ground::{Ground, HTTP, Run};

use crate::{PROGRAMS, alone};

const ENDPOINTS: usize = 5_000;

/// The edges by what they came to: the reason, and the outcome of the deciding call.
fn tally(run: &Run) -> BTreeMap<(String, String), usize> {
    let mut tally = BTreeMap::new();
    for edge in run.record["edges"].as_array().expect("edges") {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        *tally.entry((text(&edge["judged"]["reason"]), text(&edge["outcome"]))).or_default() += 1;
    }
    tally
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn ten_thousand_edges_do_not_run_out_of_ports() {
    let _alone = alone();
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    ground.start(&[("friend", &["--source", "10.99.1.2"])]);
    ground.drop_at("target", &format!("ip saddr 10.99.0.2 tcp dport {HTTP}"));
    let site = |number| format!("site-{number}: \"http://10.99.2.2:{HTTP}/{number}\"");
    let sites: Vec<String> = (0..ENDPOINTS).map(site).collect();
    let endpoints = [("target", sites.join(", ")), ("friend", format!("door: \"http://10.99.1.2:{HTTP}\""))];
    let rules = "rules:
  - { name: the caller may not, from: caller, to: 'target/*', expect: deny, attempts: 1, spoof: false }
  - { name: the friend may, from: friend, to: 'target/*', expect: allow }
  - { name: the caller can call, from: caller, to: friend/door, expect: allow }
otherwise: untested
";
    let run = ground.verify(&endpoints, rules);
    let row = |reason: &str, outcome: &str, edges| ((reason.to_owned(), outcome.to_owned()), edges);
    let expected = [
        row("denied-witnessed", "timed-out", ENDPOINTS),
        // The friend's, and the one that shows that the caller can call.
        row("reached", "answered", ENDPOINTS + 1),
    ];
    assert_eq!(tally(&run), BTreeMap::from(expected), "{}", run.record["summary"]);
    assert_eq!(run.code, 0);
}

/// What became of calls of an agent that has 200 ports to doors of the target that drop them, so that each call holds its port
/// as long as the others do: as many calls to each door. Everything is witnessed that a denial needs.
fn with_few_ports(own: &[&str], doors: &[u16], calls: u32) -> (Run, BTreeMap<String, usize>) {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    ground.at("caller").sysctl("ipv4/ip_local_port_range", "40000 40199");
    let listen: Vec<String> = doors.iter().map(|door| format!("0.0.0.0:{door}")).collect();
    let more: Vec<&str> = listen.iter().flat_map(|address| ["--tcp-listen", address]).collect();
    ground.start(&[("caller", own), ("target", &more)]);
    ground.drop_at("target", "ip saddr 10.99.0.2 tcp dport 9001-9003");
    let door = |door| format!("door-{door}: \"tcp://10.99.2.2:{door}\"");
    let doors: Vec<String> = doors.iter().map(door).collect();
    let endpoints = [("target", doors.join(", ")), ("friend", format!("door: \"http://10.99.1.2:{HTTP}\""))];
    let rules = format!(
        "rules:
  - {{ name: none, from: caller, to: 'target/*', expect: deny, attempts: {calls}, witness-port: any }}
  - {{ name: the friend may, from: friend, to: 'target/*', expect: allow }}
  - {{ name: the caller can call, from: caller, to: friend/door, expect: allow }}
otherwise: untested
"
    );
    let run = ground.verify(&endpoints, &rules);
    let mut outcomes = BTreeMap::new();
    let edges = run.record["edges"].as_array().expect("edges").iter();
    for edge in edges.filter(|edge| edge["expect"] == "deny") {
        for attempt in edge["attempts"].as_array().expect("attempts") {
            let kind = attempt["sample"]["outcome"]["kind"].as_str().expect("an outcome").to_owned();
            *outcomes.entry(kind).or_default() += 1;
        }
    }
    (run, outcomes)
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_set_source_has_every_port_for_every_destination() {
    let (run, outcomes) = with_few_ports(&["--source", "10.99.0.2"], &[9001, 9002, 9003], 150);
    assert_eq!(outcomes, BTreeMap::from([("timed-out".to_owned(), 450)]), "{}", run.text);
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_vantage_that_ran_out_of_ports_concludes_nothing() {
    for own in [&[][..], &["--source", "10.99.0.2"]] {
        let (run, outcomes) = with_few_ports(own, &[9001], 300);
        assert_eq!(outcomes.get("not-sent"), Some(&100), "{outcomes:?}");
        run.expect(&[("caller", "target/door-9001", "ipv4", "not-sent")]);
        assert!(run.text.contains("no-resources"), "{}", run.text);
        assert_eq!(run.code, 3);
    }
}
