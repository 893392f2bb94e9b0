//! What is shown of a plan that nobody can read edge by edge.

use ringfence_tests::programs::Bench;

use crate::PROGRAMS;

/// So many agents that each call all others.
const AGENTS: usize = 60;

#[test]
fn a_plan_too_long_to_list_is_a_line_a_rule_and_whole_in_json() {
    let bench = Bench::new(PROGRAMS);
    let agent = |number| {
        format!(
            "  vm-{number}: {{ control: 'https://vm-{number}.test', endpoints: {{ in: 'https://vm-{number}.test' }} }}\n"
        )
    };
    let agents: String = (0..AGENTS).map(agent).collect();
    let rules = "rules: [{ name: one is open, from: '*', to: vm-0/in, expect: allow }]\n";
    bench.write("s.yaml", &format!("name: large\nagents:\n{agents}{rules}"));
    let run = bench.run(&["plan", "s.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines: Vec<&str> = run.stdout.lines().skip(2).collect();
    let expected = [
        "one is open: allow, 59 edges, 59 vantages to 1 endpoints",
        "otherwise: deny, 3481 edges, 60 vantages to 59 endpoints",
        "",
        "too many edges to list: `--only` shows a part of them, `--json` all",
    ];
    assert_eq!(lines, expected, "{}", run.stdout);
    let part = bench.run(&["plan", "s.yaml", "--only", "vm-1>"]);
    assert_eq!(part.stdout.lines().filter(|line| line.starts_with("vm-1 -> ")).count(), AGENTS - 1);
    let json = bench.run(&["plan", "s.yaml", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(document["edges"].as_array().map(Vec::len), Some(AGENTS * (AGENTS - 1)));
    assert_eq!(document["edges"][0]["vantage"], "vm-0");
    assert_eq!(document["edges"][0]["rule"], "otherwise");
}
