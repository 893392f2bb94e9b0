//! Ten thousand edges between three hosts: nobody runs out of ports, descriptors or time.

use std::time::Instant;

use super::ground::{Ground, HTTP};

const ENDPOINTS: usize = 5_000;

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn ten_thousand_edges_do_not_run_out_of_ports() {
    let mut ground = Ground::new(&["caller", "friend", "target"]);
    ground.start(&[("friend", &["--source", "10.99.1.2"])]);
    ground.drop_at("target", &format!("ip saddr 10.99.0.2 tcp dport {HTTP}"));
    let sites: Vec<String> =
        (0..ENDPOINTS).map(|number| format!("site-{number}: \"http://10.99.2.2:{HTTP}/{number}\"")).collect();
    let endpoints = [("target", sites.join(", ")), ("friend", format!("door: \"http://10.99.1.2:{HTTP}\""))];
    let rules = "rules:
  - { name: the caller may not, from: caller, to: 'target/*', expect: deny, attempts: 1 }
  - { name: the friend may, from: friend, to: 'target/*', expect: allow }
  - { name: the caller can call, from: caller, to: friend/door, expect: allow }
otherwise: untested
";
    // Two of the target's own calls to orders need the way in as well: orders come from the hub.
    let start = Instant::now();
    let run = ground.verify(&endpoints, rules);
    eprintln!("TOOK {:?} {}", start.elapsed(), run.record["took_ms"]);
    for name in ["caller", "friend", "target"] {
        let stat = ground
            .at(name)
            .inside(|| std::fs::read_to_string("/proc/thread-self/net/sockstat"))
            .expect("sockets");
        eprintln!("{name} {stat}");
    }
    eprintln!("{}", run.record["summary"]);
    let mut reasons: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for edge in run.record["edges"].as_array().expect("edges") {
        *reasons.entry(edge["judged"]["reason"].to_string() + &edge["outcome"].to_string()).or_default() += 1;
    }
    eprintln!("{reasons:?}");
    assert_eq!(run.code, 0);
}
