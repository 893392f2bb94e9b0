//! A name with several addresses: every one of them is called, and every one must be witnessed.

use ringfence_tests::ground::{Ground, HTTP, Run};

use crate::PROGRAMS;

/// Three addresses of the target beside its own.
const OF_TARGET: [&str; 3] = ["10.98.0.1", "10.98.0.2", "10.98.0.3"];

fn ground(addresses: &[&str]) -> Ground {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    for address in OF_TARGET {
        ground.at("target").ip(&format!("address add {address}/32 dev lo"));
        ground.hub.ip(&format!("route add {address}/32 via 10.99.2.2"));
    }
    ground.resolve(addresses);
    ground.start(&[]);
    ground
}

/// At the target, drops what the caller sends to these.
fn drop_to(ground: &Ground, addresses: &[&str]) {
    let addresses = addresses.join(", ");
    ground.drop_at("target", &format!("ip saddr 10.99.0.2 ip daddr {{ {addresses} }} tcp dport {HTTP}"));
}

fn verify(ground: &Ground, expect: &str) -> Run {
    let endpoints = [
        ("target", format!("site: \"http://site.test:{HTTP}\"")),
        ("friend", format!("site: \"http://10.99.1.2:{HTTP}\"")),
    ];
    let rules = format!(
        "rules:
  - {{ name: the caller, from: caller, to: target/site, expect: {expect}, attempts: 3 }}
  - {{ name: the friend, from: friend, to: target/site, expect: allow, attempts: 3 }}
  - {{ name: the caller can call, from: caller, to: friend/site, expect: allow }}
otherwise: untested
timeouts: {{ connect: 1s }}
"
    );
    ground.verify(&endpoints, &rules)
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn each_address_of_a_name_is_called_and_witnessed() {
    let ground = ground(&OF_TARGET);
    let run = verify(&ground, "allow");
    run.expect(&[("caller", "target/site", "ipv4", "reached"), ("friend", "target/site", "ipv4", "reached")]);
    let edge = run.edge("caller", "target/site", "ipv4");
    let mut called: Vec<&str> = edge["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .filter_map(|attempt| attempt["sample"]["remote"].as_str())
        .collect();
    called.sort_unstable();
    assert_eq!(called, OF_TARGET.map(|address| format!("{address}:{HTTP}")), "{edge}");

    drop_to(&ground, &OF_TARGET);
    let run = verify(&ground, "deny");
    run.expect(&[("caller", "target/site", "ipv4", "denied-witnessed")]);
    assert_eq!(run.code, 0, "{}", run.text);
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn one_address_left_open_is_a_leak_and_one_left_closed_is_a_block() {
    let ground = ground(&OF_TARGET);
    drop_to(&ground, &OF_TARGET[..2]);
    verify(&ground, "deny").expect(&[("caller", "target/site", "ipv4", "leak")]);
    verify(&ground, "allow").expect(&[
        ("caller", "target/site", "ipv4", "blocked"),
        ("friend", "target/site", "ipv4", "reached"),
    ]);
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_dead_address_proves_nothing() {
    // Nobody has the second address: whoever calls it hears from the hub, or nothing.
    let ground = ground(&[OF_TARGET[0], "10.99.2.77", OF_TARGET[1]]);
    drop_to(&ground, &OF_TARGET);
    let run = verify(&ground, "deny");
    run.expect(&[
        ("caller", "target/site", "ipv4", "other-address"),
        ("friend", "target/site", "ipv4", "blocked"),
    ]);
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn an_address_of_another_agent_is_told_apart() {
    let ground = ground(&[OF_TARGET[0], "10.99.1.2", OF_TARGET[1]]);
    verify(&ground, "allow").expect(&[("caller", "target/site", "ipv4", "wrong-agent")]);
    drop_to(&ground, &OF_TARGET);
    // The door that the name leads to as well is open, whoever is behind it.
    verify(&ground, "deny").expect(&[("caller", "target/site", "ipv4", "wrong-agent")]);
}
