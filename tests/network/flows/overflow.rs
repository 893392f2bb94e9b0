//! A listener's queue that is full drops what comes, as a filter does. Where that happened at the target, silence is no proof.

use std::net::Ipv4Addr;

use ringfence_tests::closed;
use ringfence_tests::ground::{Ground, HTTP};

use crate::PROGRAMS;

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn where_the_targets_own_queue_dropped_calls_no_silence_is_a_denial() {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    ground.start(&[]);
    ground.drop_at("target", &format!("ip saddr 10.99.0.2 tcp dport {HTTP}"));
    let full = ground.at("target").run(async || closed::full_at(Ipv4Addr::new(10, 99, 2, 2)).await);
    let site = format!("site: \"http://10.99.2.2:{HTTP}\", full: \"http://{}\"", full.address);
    let endpoints = [("target", site), ("friend", format!("door: \"http://10.99.1.2:{HTTP}\""))];
    for (to, reason) in [("target/site", "denied-witnessed"), ("'target/*'", "receipts-wrapped")] {
        let rules = format!(
            "rules:
  - {{ name: the caller may not, from: caller, to: target/site, expect: deny }}
  - {{ name: the friend may, from: friend, to: {to}, expect: allow }}
  - {{ name: the caller can call, from: caller, to: friend/door, expect: allow }}
otherwise: untested
"
        );
        let run = ground.verify(&endpoints, &rules);
        run.expect(&[
            ("friend", "target/site", "ipv4", "reached"),
            ("caller", "friend/door", "ipv4", "reached"),
            ("caller", "target/site", "ipv4", reason),
        ]);
        assert_eq!(
            run.text.contains("turned connections away"),
            reason == "receipts-wrapped",
            "{}",
            run.text
        );
    }
}
