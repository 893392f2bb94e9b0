//! A link that loses: the first SYNs of a connection, or packets at random. What is allowed gets through, and what is
//! denied is never taken for open, nor what is open for denied.

use ringfence_tests::ground::{Ground, HTTP, Run, TCP, UDP};
use ringfence_tests::link::{Conditions, End, Link, Row, Transport, Ways, Which};

use crate::{PROGRAMS, alone};

/// The target's address behind the link, for all: the caller takes the link, the friend the hub.
const BEHIND: &str = "10.80.0.2";

/// Ports of listeners for one purpose each.
const PORTS: [u16; 3] = [7101, 7102, 7103];

fn link(ground: &Ground, ways: &Ways) -> Link {
    let link = Link::between(
        End { namespace: ground.at("caller"), addresses: &["10.80.0.1/30"] },
        End { namespace: ground.at("target"), addresses: &["10.80.0.2/30"] },
        ways,
    );
    ground.hub.ip(&format!("route add {BEHIND}/32 via 10.99.2.2"));
    link
}

fn ground() -> Ground {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    let listen = PORTS.map(|port| format!("0.0.0.0:{port}"));
    let more: Vec<&str> = listen.iter().flat_map(|address| ["--tcp-listen", address]).collect();
    ground.start(&[("target", &more)]);
    ground
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn the_connect_timeout_outlasts_two_lost_syns() {
    let ground = ground();
    let row = |port, conditions| Row {
        which: Which { transport: Some(Transport::TcpOpening), port: Some(port), ..Which::default() },
        conditions,
    };
    let lost = |lost_first| Conditions { lost_first, ..Conditions::default() };
    let all = Conditions { loss: 1.0, ..Conditions::default() };
    let there = vec![row(PORTS[0], lost(1)), row(PORTS[1], lost(2)), row(PORTS[2], all)];
    let link = link(&ground, &Ways { there, ..Ways::default() });
    let [one, two, all] = PORTS.map(|port| format!("\"tcp://{BEHIND}:{port}\""));
    let endpoints = [("target", format!("one: {one}, two: {two}, all: {all}"))];
    let rules = "rules:\n  - { name: all reach all, from: [caller, friend], to: '*', expect: allow }\notherwise: untested\n";
    let run = ground.verify(&endpoints, rules);
    run.expect(&[
        ("caller", "target/one", "ipv4", "reached"),
        ("caller", "target/two", "ipv4", "reached"),
        ("caller", "target/all", "ipv4", "blocked"),
        ("friend", "target/all", "ipv4", "reached"),
    ]);
    let connect_us = |endpoint| {
        let edge = run.edge("caller", endpoint, "ipv4");
        edge["attempts"][0]["sample"]["phases"]["connect_us"].as_u64().expect("connected")
    };
    // The first SYN is sent again after 1 s (RFC 6298), the second after 1 s more (Linux from 6.5 on) or 2 s.
    assert!(connect_us("target/one") >= 1_000_000, "{}", run.text);
    assert!(connect_us("target/two") >= 2_000_000, "{}", run.text);
    // What the kernel took for the last of several SYNs is not what the call took.
    let clock = |vantage| {
        let edge = run.edge(vantage, "target/one", "ipv4");
        edge["attempts"][0]["sample"]["phases"]["connect_clock"].clone()
    };
    assert_eq!(["caller", "friend"].map(clock), ["program", "kernel"], "{}", run.text);
    let outcome = &run.edge("caller", "target/all", "ipv4")["attempts"][0]["sample"]["outcome"];
    assert_eq!(*outcome, serde_json::json!({ "kind": "timed-out", "facts": "connect" }), "{}", run.text);
    assert!(link.there().lost >= 1 + 2 + 3, "{:?}", link.there());
}

/// Edges of every kind over the link, at a loss each way: three that are allowed, one that is denied and closed, and one that
/// is denied and open.
fn lossy(loss: f64, seed: u64) -> (Run, u64) {
    let ground = ground();
    let closed = PORTS[0];
    ground.drop_at("target", &format!("iifname \"link*\" tcp dport {closed}"));
    let conditions = Conditions { loss, ..Conditions::default() };
    let link = link(&ground, &Ways { seed, ..Ways::both(conditions) });
    let endpoints = [(
        "target",
        format!(
            "http: \"http://{BEHIND}:{HTTP}\", tcp: \"tcp://{BEHIND}:{TCP}\", udp: \"udp://{BEHIND}:{UDP}\", \
             closed: \"tcp://{BEHIND}:{closed}\", leak: \"tcp://{BEHIND}:{}\"",
            PORTS[1]
        ),
    )];
    let rules = "rules:
  - { name: allowed, from: caller, to: [target/http, target/tcp, target/udp], expect: allow, retry: 2 }
  - { name: denied, from: caller, to: [target/closed, target/leak], expect: deny }
  - { name: the friend reaches all, from: friend, to: '*', expect: allow }
otherwise: untested
";
    let run = ground.verify(&endpoints, rules);
    (run, link.there().lost + link.back().lost)
}

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn under_random_loss_no_edge_is_judged_wrongly() {
    let _alone = alone();
    for (loss, seed) in [(0.05, 1), (0.05, 2), (0.2, 3), (0.2, 4)] {
        let (run, lost) = lossy(loss, seed);
        assert!(lost > 0, "nothing was lost at {loss} with seed {seed}");
        run.expect(&[
            ("caller", "target/http", "ipv4", "reached"),
            ("caller", "target/tcp", "ipv4", "reached"),
            ("caller", "target/udp", "ipv4", "reached"),
        ]);
        // Open, whether or not its answers came back.
        let leak = run.reason("caller", "target/leak", "ipv4");
        assert!(["leak", "leak-one-way"].contains(&leak), "{leak} at {loss} with seed {seed}: {}", run.text);
        // Closed; or not known to be, if none of the caller's own witnesses came through.
        let expected = if caller_was_witnessed(&run) { "denied-witnessed" } else { "no-vantage-witness" };
        run.expect(&[("caller", "target/closed", "ipv4", expected)]);
    }
}

/// Whether one of the caller's witness calls over edges that are allowed was answered on each side of the run.
fn caller_was_witnessed(run: &Run) -> bool {
    let witnesses = run.record["witnesses"].as_array().expect("witnesses");
    let own = |witness: &&serde_json::Value| {
        witness["vantage"] == "caller"
            && !["target/closed", "target/leak"].map(Into::into).contains(&witness["to"])
    };
    let answered = |side| witnesses.iter().filter(own).any(|witness| witness[side] == "answered");
    answered("before") && answered("after")
}
