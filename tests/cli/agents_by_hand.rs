//! Agents started by hand on several addresses, verified over every kind of control route.

use ringfence_tests::programs::{AgentProcess, Bench};

use crate::PROGRAMS;

/// Three agents in three subnets: `a` straight, `b` by way of `a`, `c` over standard input and output.
struct Three {
    bench: Bench,
    a: AgentProcess,
    b: AgentProcess,
}

impl Three {
    fn start() -> Self {
        let bench = Bench::new(PROGRAMS);
        let agent =
            |name: &str, at: &str| bench.agent(name, at, &["--listen", "--tcp-listen", "--udp-listen"]);
        let (a, b) = (agent("a", "127.31.1.4"), agent("b", "127.31.2.4"));
        Self { bench, a, b }
    }

    /// A scenario of the three with these rules.
    fn scenario(&self, rules: &str) -> String {
        let endpoints = |agent: &AgentProcess| {
            format!(
                "{{ http: \"http://{}/some/path\", tcp: \"tcp://{}\", udp: \"udp://{}\" }}",
                agent.address("http"),
                agent.address("tcp"),
                agent.address("udp")
            )
        };
        format!(
            "name: three by hand\n\
             zones: {{ a: [127.31.1.0/24], b: [127.31.2.0/24], c: [127.31.3.0/24] }}\n\
             agents:\n\
             \x20 a: {{ zone: a, control: \"http://{}\", endpoints: {} }}\n\
             \x20 b: {{ zone: b, control: {{ relay: a, url: \"http://{}\" }}, endpoints: {} }}\n\
             \x20 c:\n\
             \x20   zone: c\n\
             \x20   control:\n\
             \x20     exec: [{:?}, stdio, --name, c, --trust, \"{}\", --allow, 127.0.0.0/8, --source, 127.31.3.4]\n\
             rules:\n{rules}",
            self.a.address("http"),
            endpoints(&self.a),
            self.b.address("http"),
            endpoints(&self.b),
            PROGRAMS.agent,
            self.bench.public(),
        )
    }
}

const ALL_REACH_ALL: &str = "  - { name: all reach all, from: '*', to: '*', expect: allow, self: true }\n";

#[test]
fn direct_relayed_and_exec_agents_reach_each_other_over_http_tcp_and_udp() {
    let three = Three::start();
    three.bench.write("s.yaml", &three.scenario(ALL_REACH_ALL));
    let run = three.bench.run(&["verify", "s.yaml", "--progress", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("PASSED 18 of 18 edges in "), "{}", run.stdout);

    let agents = three.bench.run(&["agents", "s.yaml"]);
    assert_eq!(agents.code, 0, "{}{}", agents.stdout, agents.stderr);
    for expected in ["direct http://127.31.1.4", "relay by a to http://127.31.2.4", "exec "] {
        assert!(agents.stdout.contains(expected), "{expected} is not in {}", agents.stdout);
    }
}

#[test]
fn a_leak_is_a_leak_over_every_transport() {
    let three = Three::start();
    let rules = "  - { name: c may not, from: c, to: '*', expect: deny }\n  - { name: the others may, from: [a, b], to: '*', expect: allow }\n";
    three.bench.write("s.yaml", &three.scenario(rules));
    let run = three.bench.run(&["verify", "s.yaml", "--progress", "none", "--json", "r.json"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let record: serde_json::Value = serde_json::from_str(&three.bench.read("r.json")).expect("JSON");
    let reasons = record["edges"].as_array().expect("edges").iter().filter(|edge| edge["vantage"] == "c");
    let reasons: Vec<&str> = reasons.filter_map(|edge| edge["judged"]["reason"].as_str()).collect();
    assert_eq!(reasons, ["leak"; 6]);
}

#[test]
fn a_dead_target_passes_no_deny() {
    let mut three = Three::start();
    let rules = "  - { name: a and c may not, from: [a, c], to: 'b/*', expect: deny }\n  - { name: b is there, from: b, to: 'a/*', expect: allow }\notherwise: untested\n";
    three.bench.write("s.yaml", &three.scenario(rules));
    three.b.kill();
    let run =
        three.bench.run(&["verify", "s.yaml", "--progress", "none", "--only", "*>b/*", "--json", "r.json"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    let record: serde_json::Value = serde_json::from_str(&three.bench.read("r.json")).expect("JSON");
    for edge in record["edges"].as_array().expect("edges") {
        assert_eq!(
            (&edge["verdict"], &edge["judged"]["reason"]),
            (&"inconclusive".into(), &"no-target-witness".into())
        );
    }
}

#[test]
fn an_agent_that_trusts_another_key_is_not_asked_and_nothing_is_concluded() {
    let three = Three::start();
    let other = Bench::new(PROGRAMS);
    other.write("s.yaml", &three.scenario(ALL_REACH_ALL));
    let run = other.run(&["verify", "s.yaml", "--progress", "none"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("does not trust"), "{}", run.stdout);
    assert!(run.stdout.contains("INCONCLUSIVE 18 of 18 edges in "), "{}", run.stdout);
}

#[test]
fn an_agent_under_another_name_is_told_apart() {
    let three = Three::start();
    let swapped =
        three.scenario(ALL_REACH_ALL).replacen("  a: {", "  z: {", 1).replace("relay: a", "relay: z");
    three.bench.write("s.yaml", &swapped);
    let run = three.bench.run(&["agents", "s.yaml"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("the order is for `z`, this agent is `a`"), "{}", run.stdout);
}
