//! Hosts with two addresses: which one a call leaves by is seen and judged, and an answer comes from the one called.

use ringfence_tests::ground::{Ground, HTTP, UDP};

use crate::PROGRAMS;

/// The caller's other address, and the target's.
const CALLERS: &str = "10.97.0.2";
const TARGETS: (&str, &str) = ("10.98.0.1", "fd98::1");

fn ground() -> Ground {
    let ground = Ground::new(PROGRAMS, &["caller", "target"]);
    ground.at("caller").ip(&format!("address add {CALLERS}/32 dev lo"));
    ground.at("target").ip(&format!(
        "address add {}/32 dev lo
        address add {}/128 dev lo nodad",
        TARGETS.0, TARGETS.1
    ));
    ground.hub.ip(&format!(
        "route add {CALLERS}/32 via 10.99.0.2
        route add {}/32 via 10.99.1.2
        route add {}/128 via fd99:1::2",
        TARGETS.0, TARGETS.1
    ));
    ground
}

const RULES: &str = "rules:\n  - { name: the caller reaches all, from: caller, to: '*', expect: allow }\notherwise: untested\n";

fn sites() -> [(&'static str, String); 1] {
    [("target", format!("site: \"http://10.99.1.2:{HTTP}\", other: \"http://{}:{HTTP}\"", TARGETS.0))]
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_call_that_leaves_by_the_other_address_fails_its_zone() {
    let mut ground = ground();
    ground.start(&[]);
    let right = [("caller", "target/site", "ipv4", "reached"), ("caller", "target/other", "ipv4", "reached")];
    let run = ground.verify(&sites(), RULES);
    run.expect(&right);

    // By routing: one of the two destinations is called from the other address.
    ground.at("caller").ip(&format!("route add {}/32 via 10.99.0.1 src {CALLERS}", TARGETS.0));
    let run = ground.verify(&sites(), RULES);
    run.expect(&[right[0], ("caller", "target/other", "ipv4", "wrong-source")]);
    assert!(run.text.contains(&format!("from {CALLERS}")), "{}", run.text);

    // By the agent's own setting, which outranks the routes.
    ground.start(&[("caller", &["--source", "10.99.0.2"])]);
    ground.verify(&sites(), RULES).expect(&right);
    ground.start(&[("caller", &["--source", CALLERS])]);
    let wrong = right.map(|(vantage, endpoint, family, _)| (vantage, endpoint, family, "wrong-source"));
    ground.verify(&sites(), RULES).expect(&wrong);
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_datagram_is_answered_from_the_address_that_was_called() {
    const ONLY_IPV4: u16 = 7101;
    let mut ground = ground();
    ground.start(&[("target", &["--udp-listen", &format!("0.0.0.0:{ONLY_IPV4}")])]);
    let (other, other_6) = TARGETS;
    let endpoints = [(
        "target",
        format!(
            "own: \"udp://10.99.1.2:{UDP}\", other: \"udp://{other}:{UDP}\", \
             own-4: \"udp://10.99.1.2:{ONLY_IPV4}\", other-4: \"udp://{other}:{ONLY_IPV4}\", \
             own-6: \"udp://[fd99:1::2]:{UDP}\", other-6: \"udp://[{other_6}]:{UDP}\""
        ),
    )];
    ground.verify(&endpoints, RULES).expect(&[
        ("caller", "target/own", "ipv4", "reached"),
        ("caller", "target/other", "ipv4", "reached"),
        ("caller", "target/own-4", "ipv4", "reached"),
        ("caller", "target/other-4", "ipv4", "reached"),
        ("caller", "target/own-6", "ipv6", "reached"),
        ("caller", "target/other-6", "ipv6", "reached"),
    ]);
}
