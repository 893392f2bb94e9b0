//! One endpoint over two families is two edges, and each is judged by itself.

use ringfence_tests::ground::{Ground, HTTP};

use crate::PROGRAMS;

/// The caller may not; its witness may.
const RULES: &str = "rules:
  - { name: the caller may not, from: caller, to: target/site, expect: deny }
  - { name: the others may, from: [friend, target], to: '*', expect: allow }
  - { name: the caller may call the friend, from: caller, to: 'friend/*', expect: allow }
families: [ipv4, ipv6]
timeouts: { connect: 1s }
";

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_family_that_was_forgotten_is_a_leak_in_that_family_only() {
    let mut ground = Ground::new(PROGRAMS, &["caller", "friend", "target"]);
    ground.resolve(&["10.99.2.2", "fd99:2::2"]);
    ground.start(&[]);
    let endpoints = [
        ("target", format!("site: \"http://site.test:{HTTP}\"")),
        ("friend", format!("site: \"http://10.99.1.2:{HTTP}\", site-6: \"http://[fd99:1::2]:{HTTP}\"")),
    ];
    for (forgotten, guarded, saddr) in
        [("ipv6", "ipv4", "ip saddr 10.99.0.2"), ("ipv4", "ipv6", "ip6 saddr fd99::2")]
    {
        ground.drop_at("target", &format!("{saddr} tcp dport {HTTP}"));
        let run = ground.verify(&endpoints, RULES);
        run.expect(&[
            ("caller", "target/site", guarded, "denied-witnessed"),
            ("caller", "target/site", forgotten, "leak"),
            ("friend", "target/site", "ipv4", "reached"),
            ("friend", "target/site", "ipv6", "reached"),
        ]);
        assert_eq!(run.record["summary"]["failed"], 1, "{}", run.text);
        assert_eq!(run.code, 1);
    }
}
