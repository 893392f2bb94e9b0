//! A path that lets only so much through: how much that is, is counted, and a rule's to judge.

use ringfence_tests::ground::{Ground, HTTP};
use ringfence_tests::link::{Conditions, End, Link, Ways, Which};

use crate::PROGRAMS;

/// What the link lets through from the target to the caller, in bits a second of whole packets.
const NARROW: u64 = 20_000_000;

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn twenty_megabits_on_one_path_are_counted_as_such_and_break_a_higher_claim() {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    ground.start(&[]);
    let narrow = Conditions { bits_per_second: Some(NARROW), ..Conditions::default() };
    let _link = Link::between(
        End { namespace: ground.at("caller"), addresses: &["10.80.0.1/30"] },
        End { namespace: ground.at("target"), addresses: &["10.80.0.2/30"] },
        &Ways::back(Which::default(), narrow),
    );
    ground.hub.ip("route add 10.80.0.2/32 via 10.99.2.2");
    let endpoints = [("target", format!("site: \"http://10.80.0.2:{HTTP}\""))];
    let rules = |at_least: &str| {
        format!(
            "rules:
  - name: bytes come to both
    from: [caller, friend]
    to: target/site
    expect: allow
    throughput: {{ at-least: {at_least}, for: 4s }}
otherwise: untested
"
        )
    };
    let low = ground.verify(&endpoints, &rules("10Mbit/s"));
    assert_eq!(low.code, 0, "{}", low.text);
    let high = ground.verify(&endpoints, &rules("25Mbit/s"));
    assert_eq!(high.code, 1, "{}", high.text);
    for run in [&low, &high] {
        let payload = &run.edge("caller", "target/site", "ipv4")["download"]["payload"];
        let number = |key: &str| payload[key].as_u64().expect("a number");
        let bits_per_second = number("bytes") * 8 * 1_000_000 / number("took_us");
        let share = bits_per_second * 100 / NARROW;
        println!("counted {share} % of what the link lets through: {payload}");
        assert!((60..=105).contains(&share), "{share} %: {payload}");
    }
    let judged =
        |vantage: &str| high.edge(vantage, "target/site", "ipv4")["claims"][0]["judged"]["reason"].clone();
    assert_eq!(["caller", "friend"].map(judged), ["too-slow", "fast-enough"], "{}", high.text);
    high.expect(&[
        ("caller", "target/site", "ipv4", "reached"),
        ("friend", "target/site", "ipv4", "reached"),
    ]);
}
