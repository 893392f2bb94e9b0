//! A path that is slow and nothing else: what takes it is reached all the same, and how slow is a budget's to judge.

use std::time::Duration;

use ringfence_tests::ground::{Ground, HTTP};
use ringfence_tests::link::{Conditions, End, Link, Ways, Which};

use crate::PROGRAMS;

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn two_hundred_milliseconds_on_one_path_break_its_budget_and_nothing_else() {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    ground.start(&[]);
    let slow = Conditions { delay: Duration::from_millis(200), ..Conditions::default() };
    let _link = Link::between(
        End { namespace: ground.at("caller"), addresses: &["10.80.0.1/30"] },
        End { namespace: ground.at("target"), addresses: &["10.80.0.2/30"] },
        &Ways::back(Which::default(), slow),
    );
    ground.hub.ip("route add 10.80.0.2/32 via 10.99.2.2");
    let endpoints = [("target", format!("site: \"http://10.80.0.2:{HTTP}\""))];
    // A call waits for two answers of the other end, its SYN's and its request's: 400 ms by the link.
    let rules = "rules:
  - name: both are fast
    from: [caller, friend]
    to: target/site
    expect: allow
    latency: { samples: 20, rate: 20/s, p90: 350ms }
otherwise: untested
";
    let run = ground.verify(&endpoints, rules);
    run.expect(&[("caller", "target/site", "ipv4", "reached"), ("friend", "target/site", "ipv4", "reached")]);
    let budget = |vantage| run.edge(vantage, "target/site", "ipv4")["claims"][0]["judged"]["reason"].clone();
    assert_eq!(["caller", "friend"].map(budget), ["over-budget", "within-budget"], "{}", run.text);
    assert_eq!(run.code, 1);
}
