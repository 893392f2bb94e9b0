//! 81 edges: nine agents, each with one endpoint, all allowed to reach all, on loopback. From the start of the process
//! until its reports are written.

use ringfence_tests::programs::{AgentProcess, Bench};

use super::{PROGRAMS, median, say, usage};

const AGENTS: usize = 9;
const RUNS: usize = 5;

pub(crate) fn measure() {
    let bench = Bench::new(PROGRAMS);
    let agents: Vec<AgentProcess> = (1..=AGENTS)
        .map(|number| {
            let (name, at) = (format!("app-{number}"), format!("127.41.{number}.4"));
            bench.agent(&name, &at, &["--listen"])
        })
        .collect();
    let lines = agents.iter().zip(1..).map(|(agent, number)| {
        let at = agent.address("http");
        format!("  app-{number}: {{ zone: zone-{number}, control: \"http://{at}\", endpoints: {{ site: \"http://{at}\" }} }}\n")
    });
    let lines: String = lines.collect();
    let zones = (1..=AGENTS).map(|number| format!("zone-{number}: [127.41.{number}.0/24]"));
    let zones = zones.collect::<Vec<_>>().join(", ");
    bench.write(
        "s.yaml",
        &format!("name: grid\nzones: {{ {zones} }}\nagents:\n{lines}rules: [{{ name: all, from: '*', to: '*', expect: allow, self: true }}]\n"),
    );
    let arguments = ["verify", "s.yaml", "--progress", "none", "--json", "r.json", "--junit", "r.xml"];
    let walls = (0..RUNS).map(|_| {
        let (output, took) = usage::run(&mut bench.command(&arguments));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("PASSED 81 of 81 edges in "), "{said}");
        took.wall.as_secs_f64()
    });
    say(&format!(
        "\n81 allowed edges between 9 agents, start to reports: {:.3} s (median of {RUNS}); goal 2 s",
        median(walls.collect())
    ));
}
