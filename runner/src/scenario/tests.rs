//! What scenarios mean, read from their texts; what their mistakes look like, the folder of bad scenarios shows.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ringfence_contract::address::Family::{Ipv4, Ipv6};
use ringfence_contract::call::{Method, Timeouts, Trust};
use ringfence_contract::fingerprint;
use ringfence_contract::outcome::OutcomeKind;

use super::*;

fn try_read(text: &str) -> Result<Scenario, LoadError> {
    read(Source::new("test.yaml", text), Path::new(""), &Inputs::new())
}

fn scenario(text: &str) -> Scenario {
    try_read(text).unwrap_or_else(|error| panic!("{}", error.render(100)))
}

fn with_agents(agents: &str) -> Scenario {
    scenario(&format!("name: t\nagents:\n{agents}rules: []\n"))
}

#[test]
fn each_way_of_writing_a_control_route_is_understood() {
    let pin = "ab".repeat(32);
    let scenario = with_agents(&format!(
        r#"
  internet: {{ control: local }}
  vm: {{ control: "https://vm.test:8443" }}
  pinned: {{ control: {{ url: "https://vm.test", connect: 192.0.2.1, pin: "sha256:{pin}" }} }}
  loopback: {{ control: "http://127.0.0.1:8080" }}
  aloud: {{ control: {{ url: "http://vm.test", plaintext: true }} }}
  ssh: {{ control: {{ exec: [ssh, vm, "ringfence-agent", stdio] }} }}
  by-url: {{ control: {{ relay: vm, url: "https://10.0.0.9" }} }}
  by-endpoint:
    control: {{ relay: by-url }}
    endpoints:
      port: tcp://e.test:9
      scm: {{ url: "https://scm.test", answers: platform }}
      site: {{ url: "https://e.test/x", connect: 10.0.0.8 }}
  by-local: {{ control: {{ relay: internet, url: "https://l.test" }} }}
"#
    ));
    let control = |name: &str| {
        let found = scenario.agents.iter().find(|agent| agent.name.as_str() == name);
        &found.expect("the agent is in the scenario").control
    };
    let direct = |name: &str| match control(name) {
        Control::Direct(to) => to.clone(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(control("internet"), &Control::Local);
    assert_eq!(direct("vm").address.to_string(), "https://vm.test:8443");
    assert_eq!(direct("vm").trust, Trust::Platform);
    assert_eq!(direct("pinned").connect, Some("192.0.2.1".parse().unwrap()));
    assert!(matches!(direct("pinned").trust, Trust::Pin(_)));
    assert!(!control("loopback").is_plaintext());
    assert!(control("aloud").is_plaintext());
    assert_eq!(
        control("ssh"),
        &Control::Exec(["ssh", "vm", "ringfence-agent", "stdio"].map(str::to_owned).to_vec())
    );
    assert!(matches!(control("by-url"), Control::Relay { via: AgentIndex(1), .. }));
    let Control::Relay { via: AgentIndex(6), to } = control("by-endpoint") else {
        panic!("{:?}", control("by-endpoint"))
    };
    assert_eq!(
        (to.address.to_string(), to.connect),
        ("https://e.test/x".to_owned(), "10.0.0.8".parse().ok())
    );
    // The runner passing orders on to itself is no relay.
    assert_eq!(direct("by-local").address.to_string(), "https://l.test");
}

#[test]
fn an_endpoint_is_called_in_the_families_of_its_address_or_of_the_file() {
    let scenario = scenario(
        r#"
name: t
families: [ipv6, ipv4]
agents: { i: { control: local } }
targets:
  named: https://a.test
  four: http://192.0.2.1:8080
  six: "https://[2001:db8::1]"
  connected: { url: "https://a.test", connect: "2001:db8::2" }
  own: { url: "https://a.test", families: [ipv4, ipv4], method: POST, statuses: [200, 302] }
rules: []
"#,
    );
    let families: Vec<_> = scenario.endpoints.iter().map(|endpoint| endpoint.families.clone()).collect();
    assert_eq!(families, [vec![Ipv6, Ipv4], vec![Ipv4], vec![Ipv6], vec![Ipv6], vec![Ipv4]]);
    let own = &scenario.endpoints[4];
    assert_eq!((own.name.as_str(), own.owner, own.route.method), ("own", None, Method::Post));
    assert_eq!(own.answers, Answers::Platform { statuses: vec![200, 302] });
}

#[test]
fn a_rule_says_what_it_says_and_means_the_defaults_otherwise() {
    let scenario = scenario(
        r#"
name: t
agents:
  a: { control: "https://192.0.2.1", endpoints: { site: "https://a.test", port: "tcp://a.test:9" } }
  b: { control: "https://192.0.2.2" }
rules:
  - { name: open, from: b, to: a/site, expect: allow, retry: 2 }
  - { name: shut, from: "*", to: [a/p*, a/port], expect: deny, attempts: 10, window: 1.5s, by: [refused, timed-out] }
"#,
    );
    let [open, shut, otherwise] = scenario.rules.as_slice() else { panic!("{:?}", scenario.rules) };
    assert_eq!((open.attempts, open.window_ms, open.retries), (1, 100, 2));
    assert_eq!((shut.attempts, shut.window_ms, shut.retries), (10, 1_500, 0));
    assert_eq!(shut.by, [OutcomeKind::Refused, OutcomeKind::TimedOut]);
    assert_eq!(
        (shut.from.as_slice(), shut.to.as_slice()),
        (&[AgentIndex(0), AgentIndex(1)][..], &[EndpointIndex(1)][..])
    );
    let line = shut.span.as_ref().map(|span| scenario.source.line_of(span).0);
    assert_eq!(line, Some(8));
    assert_eq!((otherwise.name.as_str(), otherwise.attempts, &otherwise.span), ("otherwise", 3, &None));
}

#[test]
fn what_a_name_resolves_to_is_said_by_a_word_a_network_or_several() {
    let scenario = scenario(
        r#"
name: t
families: [ipv4, ipv6]
agents:
  a: { control: "https://192.0.2.1", endpoints: { site: { url: "https://a.test", resolves: private }, own: "tcp://10.0.0.4:9" } }
  i: { control: local }
targets:
  one: { url: "https://b.test", resolves: 10.0.3.4 }
  listed: { url: "https://b.test", resolves: [public] }
  silent: https://b.test
rules:
  - { name: by rule, from: i, to: [a/site, silent], expect: deny, resolves: [10.0.3.0/24, "fd00::/8"] }
  - { name: past its own, from: a, to: "*", families: [ipv6], expect: allow, resolves: public }
"#,
    );
    let network = |text: &str| text.parse().expect("a network");
    let said = |endpoint: &Endpoint| endpoint.resolves.as_ref().map(|claim| claim.resolves.clone());
    let said: Vec<_> = scenario.endpoints.iter().map(said).collect();
    let four = Resolves::Networks(vec![network("10.0.3.4/32")]);
    assert_eq!(said, [Some(Resolves::Private), None, Some(four), Some(Resolves::Public), None]);
    let by_rule = scenario.rules[0].resolves.as_ref().expect("the rule says so");
    assert_eq!(by_rule.resolves, Resolves::Networks(vec![network("10.0.3.0/24"), network("fd00::/8")]));
    assert_eq!(scenario.source.line_of(&by_rule.span).0, 12);
    assert!(scenario.rules[2].resolves.is_none(), "`otherwise` leaves it to the endpoints");
}

#[test]
fn zones_take_networks_addresses_and_the_service_endpoint() {
    let text = "name: t\nzones:\n  z: [10.0.1.0/24, 192.0.2.7, \"2001:db8::/64\", service-endpoint]\nagents:\n  a: { zone: z, control: local }\nrules: []\n";
    let scenario = scenario(text);
    let zone = scenario.agents[0].zone.clone().expect("the agent has a zone");
    for (address, inside) in [
        ("10.0.1.200", true),
        ("::ffff:10.0.1.200", true),
        ("10.0.2.1", false),
        ("192.0.2.7", true),
        ("192.0.2.8", false),
        ("2001:db8::9", true),
        ("fd00::1002:fc01:3000:2000:1000", true),
        ("fc00::1", false),
    ] {
        assert_eq!(zone.contains(address.parse().unwrap()), inside, "{address}");
    }
}

#[test]
fn timeouts_and_fingerprints_stand_before_those_known_by_heart() {
    let scenario = scenario(
        "name: t\nagents: { i: { control: local } }\nrules: []\ntimeouts: { connect: 500ms, first-byte: 10s }\n\
         fingerprints: [{ name: gate, status: 451, header: X-Gate }]\n",
    );
    let expected = Timeouts { connect_ms: 500, first_byte_ms: 10_000, ..Timeouts::default() };
    assert_eq!(scenario.timeouts, expected);
    assert_eq!(scenario.fingerprints[0].header.as_deref(), Some("x-gate"));
    assert_eq!(scenario.fingerprints[1..], fingerprint::known());
}

#[test]
fn a_ca_file_is_read_beside_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    fs::write(folder.path().join("ca.pem"), pem).unwrap();
    let path = folder.path().join("s.yaml");
    let text = "name: t\nagents:\n  a: { control: { url: \"https://a.test\", ca: ca.pem } }\nrules: []\n";
    fs::write(&path, format!("\u{feff}{text}")).unwrap();
    let scenario = load(&path, &Inputs::new()).unwrap();
    let Control::Direct(to) = &scenario.agents[0].control else { panic!("{:?}", scenario.agents) };
    assert_eq!(to.trust, Trust::Ca(pem.to_owned()));
    assert_eq!(scenario.source.path, path.display().to_string());
    assert_eq!(scenario.agents[0].span, 18..19);
}

#[test]
fn scalars_stay_as_they_are_written() {
    for (written, meant) in [
        ("017", "017"),
        ("1_000", "1_000"),
        ("1.10", "1.10"),
        ("no", "no"),
        ("\"a\\tb\"", "a\tb"),
        ("0x1F", "0x1F"),
    ] {
        let scenario =
            scenario(&format!("name: {written}\nagents: {{ i: {{ control: local }} }}\nrules: []\n"));
        assert_eq!(scenario.name, meant);
    }
}

#[test]
fn mistakes_are_drawn_in_colour_as_well() {
    let error =
        try_read("name: t\nagents: { i: { control: locl } }\nrules: []\notherwise: no\n").unwrap_err();
    let text = error.draw(100, true);
    assert!(text.contains("\u{1b}[") && text.contains("did you mean `local`?"), "{text}");
    let LoadError::Mistakes(mistakes) = error else { panic!("{error}") };
    assert_eq!(mistakes.count(), 2);
}

#[test]
fn several_mistakes_have_one_heading_and_each_is_drawn_as_if_it_were_alone() {
    let error =
        try_read("name: t\nagents: { i: { control: locl } }\nrules: []\notherwise: no\n").unwrap_err();
    let text = error.render(100);
    assert!(text.starts_with("2 mistakes in `test.yaml`\n\n  × "), "{text}");
    assert_eq!((text.matches("\n\n  × ").count(), text.matches("Error:").count()), (2, 0), "{text}");
}

#[test]
fn a_thousand_agents_with_an_endpoint_each_load_in_seconds() {
    use std::fmt::Write as _;

    let mut text = "name: large\nagents:\n  vm: { control: \"https://192.0.2.1\" }\n".to_owned();
    for agent in 0..1_000 {
        writeln!(
            text,
            "  a{agent}: {{ control: {{ relay: vm }}, endpoints: {{ e: \"https://a{agent}.test\" }} }}"
        )
        .unwrap();
    }
    text.push_str("rules:\n");
    for agent in 0..1_000 {
        writeln!(text, "  - {{ name: r{agent}, from: a{agent}, to: \"*\", expect: allow }}").unwrap();
    }
    let begun = Instant::now();
    let scenario = scenario(&text);
    assert_eq!((scenario.agents.len(), scenario.rules.len()), (1_001, 1_001));
    // Two seconds without optimisation; comparing all rules with all others cell by cell would take an hour.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

const WHOLE: &str = r#"
name: whole
inputs: { host: { default: a.test } }
zones: { z: [10.0.0.0/24, service-endpoint] }
agents:
  vm: { zone: z, control: "https://192.0.2.1:8443", beacon: "https://b.test" }
  a: { control: { relay: vm }, endpoints: { site: "https://${host}", scm: { url: "https://é.test", answers: platform } } }
  i: { control: local }
targets: { db: { url: "https://db.test", statuses: [200] } }
rules:
  - { name: "ünï", from: vm, to: a/*, expect: allow }
  - { name: two, from: a, to: a/site, expect: deny, self: only, witness: allowed }
otherwise: deny
timeouts: { connect: 3.5s }
"#;

proptest! {
    /// Nothing a file holds makes the reader panic, and whatever it finds wrong can be drawn.
    #[test]
    fn a_scenario_cut_and_pasted_anyhow_loads_or_says_why(
        cuts in proptest::collection::vec((0..1_000_usize, 0..12_usize, "[ \\n:{}\\[\\],*&$\"'a-z0-9é#|>!-]{0,6}"), 1..4)
    ) {
        let mut text: Vec<char> = WHOLE.chars().collect();
        for (at, length, pasted) in cuts {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, pasted.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(error) = try_read(&text) {
            let drawn = error.render(80);
            prop_assert!(drawn.contains(" × "), "{}", drawn);
            prop_assert!(drawn.contains("help: "), "{}", drawn);
        }
    }
}

#[test]
fn the_whole_scenario_that_is_cut_up_loads_as_it_is() {
    assert_eq!(scenario(WHOLE).endpoints.len(), 3);
}
