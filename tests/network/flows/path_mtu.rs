//! A path that swallows large packets: connections stand, handshakes do not end. Allowed is blocked, and what is denied is no
//! proof of a denial: the call got in.

use ringfence_tests::certificates::Authority;
use ringfence_tests::ground::Ground;
use ringfence_tests::link::{Conditions, End, Link, Ways, Which};

use crate::PROGRAMS;

#[test]
#[ignore = "needs network namespaces and /dev/net/tun: run as root with `-- --include-ignored`"]
fn a_handshake_that_a_path_swallows_is_a_block_and_no_denial() {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    let authority = Authority::new();
    let (certificate, key) = authority.issue_pem("target.test");
    for (name, text) in [("ca.pem", authority.pem()), ("cert.pem", certificate), ("key.pem", key)] {
        ground.bench.write(name, &text);
    }
    let files = ["cert.pem", "key.pem"].map(|name| ground.bench.path(name).display().to_string());
    ground.start(&[("target", &["--tls-listen", "0.0.0.0:8443", "--cert", &files[0], "--key", &files[1]])]);
    // Below any server's first flight with a certificate in it; above what a client says first.
    let largest = Conditions { largest: Some(576), ..Conditions::default() };
    let link = Link::between(
        End { namespace: ground.at("caller"), addresses: &["10.80.0.1/30"] },
        End { namespace: ground.at("target"), addresses: &["10.80.0.2/30"] },
        &Ways::back(Which::default(), largest),
    );
    ground.hub.ip("route add 10.80.0.2/32 via 10.99.2.2");
    let site = "site: { url: \"https://target.test:8443\", connect: 10.80.0.2, ca: ca.pem }";
    let endpoints = [
        ("target", format!("{site}, plain: \"http://10.80.0.2:8080\"")),
        ("friend", "plain: \"http://10.99.1.2:8080\"".to_owned()),
    ];
    for (expect, reason, hint) in [
        ("allow", "blocked", "whether large packets pass (path MTU)"),
        ("deny", "leak-one-way", "tells path MTU from a one-way filter"),
    ] {
        let rules = format!(
            "rules:
  - {{ name: the caller, from: caller, to: target/site, expect: {expect} }}
  - {{ name: the friend reaches all, from: friend, to: '*', expect: allow }}
  - {{ name: small answers pass, from: caller, to: '*/plain', expect: allow }}
otherwise: untested
timeouts: {{ tls: 2s }}
"
        );
        let run = ground.verify(&endpoints, &rules);
        run.expect(&[
            ("caller", "target/site", "ipv4", reason),
            ("friend", "target/site", "ipv4", "reached"),
            ("caller", "target/plain", "ipv4", "reached"),
            ("caller", "friend/plain", "ipv4", "reached"),
        ]);
        assert!(run.text.contains(hint), "{}", run.text);
        let seen = "evidence: `target` saw a connection from 10.80.0.1 that brought no request";
        assert!(run.text.contains(seen), "{}", run.text);
        let outcome = &run.edge("caller", "target/site", "ipv4")["attempts"][0]["sample"]["outcome"];
        assert_eq!(*outcome, serde_json::json!({ "kind": "timed-out", "facts": "tls" }), "{}", run.text);
    }
    assert!(link.back().lost > 0);
}
