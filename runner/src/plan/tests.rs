//! Plans of small scenarios, written out; how large ones compare is for the model beside this to say.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use ringfence_contract::call::{Certificates, Destination};
use ringfence_contract::spoof::Spoof;

use super::*;
use crate::scenario::{self, Expect, Inputs, LoadError, Scenario, Source};

pub(super) fn read(text: &str) -> Result<Scenario, LoadError> {
    scenario::read(Source::new("test.yaml", text), Path::new(""), &Inputs::new())
}

fn scenario(text: &str) -> Scenario {
    read(text).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

const PAIR: &str = r#"
name: pair
agents:
  vm: { control: "https://192.0.2.1:8443", beacon: "https://beacon.test" }
  a:
    control: { relay: vm }
    endpoints: { site: "https://a.test", scm: { url: "https://a.scm.test", answers: platform } }
  b: { control: { relay: vm }, endpoints: { site: "https://b.test" } }
  internet: { control: local }
rules:
  - { name: a calls b, from: a, to: b/site, expect: allow, attempts: 4, window: 1s }
  - { name: the vm calls both, from: vm, to: "*/site", expect: allow }
  - { name: not itself, from: a, to: a/site, expect: deny, self: only }
"#;

fn grid(scenario: &Scenario, plan: &Plan) -> Vec<String> {
    let line = |edge: &Edge| {
        let (from, to) = (&scenario.agent(edge.vantage).name, &scenario.endpoint(edge.endpoint).name);
        format!("{from} > {to} {} {} ({})", edge.family, edge.expect, scenario.rule(edge.rule).name)
    };
    plan.edges.iter().map(line).collect()
}

fn witnesses(scenario: &Scenario, plan: &Plan) -> Vec<String> {
    let line = |witness: &Witness| {
        let to = match witness.to {
            WitnessTarget::Endpoint(endpoint) => scenario.endpoint(endpoint).name.clone(),
            WitnessTarget::Beacon(_) => "beacon".to_owned(),
            WitnessTarget::OwnListener(endpoint) => format!("own {}", scenario.endpoint(endpoint).name),
        };
        let nth = if witness.nth > 0 { format!(" address {}", witness.nth + 1) } else { String::new() };
        format!("{} > {to}{nth}", scenario.agent(witness.vantage).name)
    };
    plan.witnesses.iter().map(line).collect()
}

#[test]
fn a_plan_lists_its_edges_by_vantage_then_endpoint() {
    let scenario = scenario(PAIR);
    let plan = expand(&scenario);
    assert_eq!(
        grid(&scenario, &plan),
        [
            "vm > a/site ipv4 allow (the vm calls both)",
            "vm > a/scm ipv4 deny (otherwise)",
            "vm > b/site ipv4 allow (the vm calls both)",
            "a > a/site ipv4 deny (not itself)",
            "a > b/site ipv4 allow (a calls b)",
            "b > a/site ipv4 deny (otherwise)",
            "b > a/scm ipv4 deny (otherwise)",
            "internet > a/site ipv4 deny (otherwise)",
            "internet > a/scm ipv4 deny (otherwise)",
            "internet > b/site ipv4 deny (otherwise)",
        ]
    );
    assert_eq!(plan.possible, plan.edges.len());
}

#[test]
fn every_deny_edge_has_its_endpoint_and_its_vantage_witnessed() {
    let scenario = scenario(PAIR);
    assert_eq!(
        witnesses(&scenario, &expand(&scenario)),
        [
            // The endpoints that must stay silent for somebody, at each address that their names may have; nobody may
            // reach a/scm.
            "vm > a/site",
            "vm > a/site address 2",
            "vm > a/site address 3",
            "vm > b/site",
            "a > b/site address 2",
            "vm > b/site address 3",
            // The vantages that must not reach something: the vm by its beacon and both sites, a by b/site; b and the
            // internet may reach nothing, so a refusal in a platform's words has to do.
            "vm > beacon",
            "b > a/site",
            "b > a/scm",
            "internet > a/site",
            "internet > a/scm",
        ]
    );
}

/// Denied edges at four ports, and what the vantage may reach at some of them.
const PORTS: &str = r#"
name: ports
agents:
  vm:
    control: "https://192.0.2.1:8443"
    beacons: ["https://one.test", "https://two.test", "tcp://six.test:6000", friend/echo, friend/other]
  app:
    control: "https://192.0.2.2"
    endpoints:
      web: "https://app.test"
      db: "tcp://app.test:5432"
      log: "udp://192.0.2.2:514"
      old: "http://app.test:8080"
  friend:
    control: "https://192.0.2.3"
    endpoints:
      web: "https://friend.test"
      db: "tcp://friend.test:5432"
      db-too: "tcp://friend.test:5432"
      db-three: { url: "http://friend.test:5432", answers: platform }
      echo: "udp://192.0.2.3:514"
      other: "udp://192.0.2.3:515"
rules:
  - { name: may, from: vm, to: ["friend/web", "friend/db*"], expect: allow }
  - { name: may not, from: vm, to: app/*, expect: deny }
otherwise: untested
"#;

#[test]
fn a_vantage_is_witnessed_at_each_port_where_it_must_meet_a_silence_and_at_no_other() {
    let called = |text: &str| {
        let scenario = scenario(text);
        let plan = expand(&scenario);
        let own = plan.witnesses.iter().filter(|witness| witness.vantage.0 == 0);
        own.map(|witness| format!("{} {}", witness_name(&scenario, witness), witness.expect))
            .collect::<Vec<_>>()
    };
    let at_443 = ["friend/web allow", "beacon https://one.test allow"];
    let at_5432 = ["friend/db allow", "friend/db-too allow"];
    let same: Vec<&str> = [&at_443[..], &at_5432, &["app/old deny", "friend/echo allow"]].concat();
    assert_eq!(
        called(PORTS),
        same,
        "an edge that may be crossed before a beacon, an agent before a platform"
    );
    let lonely = PORTS.replace("to: [\"friend/web\", \"friend/db*\"]", "to: friend/web");
    let alone: Vec<&str> = [&at_443[..], &["app/old deny", "friend/echo allow"]].concat();
    assert_eq!(called(&lonely), alone, "nothing shows the vantage at 5432");
    let beacons = PORTS.replace("to: [\"friend/web\", \"friend/db*\"]", "to: friend/db");
    let two = ["beacon https://one.test allow", "beacon https://two.test allow", "app/web deny"];
    let of_two: Vec<&str> = [&two[..], &["friend/db allow", "app/old deny", "friend/echo allow"]].concat();
    assert_eq!(called(&beacons), of_two, "two beacons where no edge may be crossed");
    let any = lonely.replace("to: app/*, expect: deny", "to: app/*, expect: deny, witness-port: any");
    assert_eq!(called(&any), alone, "at any port: those that are called anyway will do");
    let only =
        any.replace("to: app/*", "to: app/db").replace("[\"https://one.test\", \"https://two.test\", ", "[");
    assert_eq!(
        called(&only),
        ["friend/web allow", "beacon tcp://six.test:6000 allow"],
        "one edge and one beacon"
    );
}

#[test]
fn a_beacon_is_called_in_the_families_that_it_has_and_that_are_not_denied() {
    let text = r#"
name: families
families: [ipv4, ipv6]
agents:
  vm: { control: "https://192.0.2.1", beacons: [friend/site, "https://[2001:db8::7]"] }
  app: { control: "https://192.0.2.2", endpoints: { site: "https://app.test" } }
  friend: { control: "https://192.0.2.3", endpoints: { site: "https://friend.test" } }
rules:
  - { name: no, from: vm, to: app/site, expect: deny }
  - { name: four, from: vm, to: friend/site, expect: allow, families: [ipv4] }
  - { name: six, from: vm, to: friend/site, expect: deny, families: [ipv6] }
otherwise: untested
"#;
    let scenario = scenario(text);
    let plan = expand(&scenario);
    let own =
        plan.witnesses.iter().filter(|witness| witness.vantage.0 == 0 && witness.expect == Expect::Allow);
    let lines: Vec<String> =
        own.map(|witness| format!("{} {}", witness_name(&scenario, witness), witness.family)).collect();
    assert_eq!(lines, ["friend/site ipv4", "beacon https://[2001:db8::7] ipv6"]);
}

#[test]
fn a_target_that_nobody_may_reach_can_witness_itself() {
    let text = PAIR.replace(
        "self: only }",
        "self: only }\n  - { name: none, from: [vm, a, internet], to: b/site, expect: deny, witness: self }",
    );
    let text = text.replace(
        "  - { name: a calls b, from: a, to: b/site, expect: allow, attempts: 4, window: 1s }\n",
        "",
    );
    let scenario = scenario(&text.replace("\"*/site\"", "a/site"));
    let plan = expand(&scenario);
    assert!(witnesses(&scenario, &plan).contains(&"b > own b/site".to_owned()));
    let own = plan.witnesses.iter().find(|witness| matches!(witness.to, WitnessTarget::OwnListener(_)));
    let call = call_for_witness(&scenario, own.expect("found above"));
    assert!(matches!(call.to, Destination::OwnListener(_)));
    assert_eq!(call.expects.as_ref().map(ringfence_contract::name::AgentName::as_str), Some("b"));
}

#[test]
fn otherwise_untested_plans_only_what_rules_name() {
    let scenario = scenario(&format!("{PAIR}otherwise: untested\n"));
    let plan = expand(&scenario);
    assert_eq!((plan.edges.len(), plan.possible), (4, 10));
}

#[test]
fn a_part_of_a_plan_keeps_its_witnesses() {
    let scenario = scenario(PAIR);
    let plan = expand(&scenario);
    let part = |expression| select(&scenario, &plan, expression);
    let one = part("internet>a/site").unwrap();
    assert_eq!(grid(&scenario, &one), ["internet > a/site ipv4 deny (otherwise)"]);
    let called: Vec<String> =
        witnesses(&scenario, &one).into_iter().filter(|line| !line.contains("address")).collect();
    assert_eq!(called, ["vm > a/site", "internet > a/site", "internet > a/scm"]);
    assert_eq!(one.possible, plan.possible);
    assert_eq!(part("*>*").unwrap(), plan);
    assert_eq!(part(">").unwrap(), plan);
    assert_eq!(part("vm>, >a/scm").unwrap().edges.len(), 5);
    assert_eq!(part("rule:the vm*").unwrap().edges.len(), 2);
    assert_eq!(part("rule:the vm*").unwrap().witnesses, []);
    assert_eq!(part("a/site"), Err(SelectError::Term("a/site".to_owned())));
    assert_eq!(part("vm>*, c>*"), Err(SelectError::Nothing("c>*".to_owned())));
    assert_eq!(part(""), Err(SelectError::Term(String::new())));
}

#[test]
fn attempts_are_spread_over_the_window_and_take_the_addresses_in_turn() {
    let scenario = scenario(PAIR);
    let plan = expand(&scenario);
    let edge = |from: usize, to: usize| {
        let found = plan.edges.iter().find(|edge| edge.vantage.0 == from && edge.endpoint.0 == to);
        found.expect("the edge is planned")
    };
    let calls: Vec<_> = (0..4).map(|attempt| call_for_edge(&scenario, edge(1, 2), attempt)).collect();
    assert_eq!(calls.iter().map(|call| call.start_after_ms).collect::<Vec<_>>(), [0, 250, 500, 750]);
    assert_eq!(calls.iter().map(|call| call.nth).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(calls.iter().map(|call| call.id).collect::<HashSet<_>>().len(), 4);
    assert!(calls.iter().all(|call| call.certificates == Certificates::Require));
    assert_eq!(calls[0].expects.as_ref().map(ringfence_contract::name::AgentName::as_str), Some("b"));
    let denied = call_for_edge(&scenario, edge(0, 1), 0);
    assert_eq!((denied.certificates, denied.expects), (Certificates::Note, None));
}

#[test]
fn further_calls_say_that_they_come_from_admitted_zones_that_are_not_their_own() {
    let scenario = scenario(
        r#"
name: spoofed
zones: { east: [10.0.1.0/24, "fd01::/64"], west: ["10.0.2.9", 10.0.3.0/24], none: [10.9.0.0/16] }
agents:
  east: { zone: east, control: "https://192.0.2.1" }
  west: { zone: west, control: "https://192.0.2.2" }
  east-too: { zone: east, control: "https://192.0.2.3" }
  app: { zone: none, control: "https://192.0.2.4", endpoints: { site: { url: "https://app.test", families: [ipv4, ipv6] }, port: "tcp://192.0.2.4:1" } }
  out: { control: local }
rules:
  - { name: both, from: [east, west], to: app/*, expect: allow }
  - { name: self, from: app, to: app/site, expect: deny, self: only, spoof: false }
"#,
    );
    let plan = expand(&scenario);
    let spoofs: Vec<String> = plan
        .edges
        .iter()
        .filter(|edge| edge.expect == Expect::Deny)
        .map(|edge| {
            let sources = edge.spoofs.as_deref().unwrap_or_default();
            let call = |source: &IpAddr| further_call(&scenario, edge, Role::Forged(*source), 0);
            let calls: Vec<_> =
                sources.iter().filter_map(|source| call(source).spoofs).map(|spoof| spoof.source).collect();
            let (from, to) = (&scenario.agent(edge.vantage).name, &scenario.endpoint(edge.endpoint).name);
            format!("{from} > {to} {}: {calls:?}", edge.family)
        })
        .collect();
    assert_eq!(
        spoofs,
        [
            "east-too > app/site ipv4: [10.0.2.9, 127.0.0.1]",
            "east-too > app/site ipv6: [10.0.2.9, ::1, 127.0.0.1]",
            "east-too > app/port ipv4: []",
            "app > app/site ipv4: []",
            "app > app/site ipv6: []",
            "out > app/site ipv4: [10.0.1.4, 10.0.2.9, fd01::3, 127.0.0.1]",
            "out > app/site ipv6: [fd01::3, 10.0.1.4, 10.0.2.9, ::1, 127.0.0.1]",
            "out > app/port ipv4: []",
        ]
    );
}

#[test]
fn a_scenario_without_zones_forges_the_loopback_and_adds_its_own_headers() {
    let scenario = scenario(
        r#"
name: zoneless
spoof-headers: [{ name: X-Azure-FDID, value: 1111-22 }, { name: X-Our-Caller }]
agents:
  app: { control: "https://192.0.2.4", endpoints: { site: "https://app.test", port: "tcp://192.0.2.4:1" } }
  vm: { control: "https://192.0.2.1" }
  out: { control: local }
rules:
  - { name: one, from: vm, to: app/*, expect: allow }
"#,
    );
    let plan = expand(&scenario);
    let said = |number: usize| {
        let edge = &plan.edges[number];
        let sources = edge.spoofs.as_deref().unwrap_or_default().iter();
        let calls = sources.map(|source| further_call(&scenario, edge, Role::Forged(*source), 0));
        calls.filter_map(|call| call.spoofs).collect::<Vec<_>>()
    };
    let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let forged = Spoof {
        headers: vec![of("x-azure-fdid", "1111-22"), of("x-our-caller", "127.0.0.1")],
        ..Spoof::from(IpAddr::from([127, 0, 0, 1]))
    };
    let denied: Vec<usize> =
        (0..plan.edges.len()).filter(|edge| plan.edges[*edge].expect == Expect::Deny).collect();
    assert_eq!(denied.iter().map(|edge| said(*edge)).collect::<Vec<_>>(), [vec![forged], Vec::new()]);
}

#[test]
fn a_thousand_by_a_thousand_is_planned_in_seconds() {
    let mut text = "name: large\nagents:\n".to_owned();
    for agent in 0..1_000 {
        writeln!(
            text,
            "  a{agent}: {{ control: \"https://192.0.2.1\", endpoints: {{ e: \"https://a{agent}.test\" }} }}"
        )
        .unwrap();
    }
    text.push_str("rules:\n  - { name: r, from: \"a1*\", to: \"a*/e\", expect: allow }\n");
    let scenario = scenario(&text);
    let begun = Instant::now();
    let plan = expand(&scenario);
    assert_eq!((plan.edges.len(), plan.possible), (999_000, 999_000));
    // Half a second without optimisation on a slow machine; a quadratic scan would take hours.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn calls_that_should_get_through_start_behind_those_that_should_not() {
    let behind = |text: &str| {
        let scenario = scenario(text);
        behind_denied_ms(&scenario, &expand(&scenario))
    };
    let named = format!("{PAIR}otherwise: untested\n");
    assert_eq!(behind(&named), 100);
    assert_eq!(behind(&named.replace("self: only", "self: only, window: 50ms")), 50);
    assert_eq!(behind(&named.replace("self: only", "self: only, attempts: 10, window: 30s")), 100);
    let allowed = named.replace("expect: deny, self", "expect: allow, self");
    assert_eq!(behind(&allowed), 0, "nobody waits where nothing is denied");
}
