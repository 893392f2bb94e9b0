//! D dropped edges: what a run costs, in timeouts. A caller's packets to a target are dropped; a friend reaches all of the
//! target's endpoints, and the caller reaches the friend, so that every denial is proved. Three calls to each edge.

use std::time::Duration;

use ringfence_tests::ground::{Ground, HTTP};

use super::{PROGRAMS, median, say, usage};

const EDGES: [usize; 3] = [50, 500, 1_000];
const RUNS: usize = 3;
/// The one timeout that is met: that of the connect phase, as it is by default.
const TIMEOUT: Duration = Duration::from_millis(3_500);
/// How many of curl's own transfers are under way at once.
const CURLS: usize = 300;

pub(crate) fn measure() {
    say(
        "\ndropped edges: wall time of `ringfence verify`, start to reports, in connect timeouts of 3.5 s; goal 1.10",
    );
    for edges in EDGES {
        let (mut ground, friend) = (Ground::new(PROGRAMS, &["caller", "friend", "target"]), "10.99.1.2");
        ground.start(&[]);
        ground.drop_at("target", &format!("ip saddr 10.99.0.2 tcp dport {HTTP}"));
        let site = |number| format!("site-{number}: \"http://10.99.2.2:{HTTP}/{number}\"");
        let sites: Vec<String> = (0..edges).map(site).collect();
        let door = format!("door: \"http://{friend}:{HTTP}\"");
        ground.write(
            &[("target", sites.join(", ")), ("friend", door)],
            "rules:
  - { name: the caller may not, from: caller, to: 'target/*', expect: deny }
  - { name: the friend may, from: friend, to: 'target/*', expect: allow }
  - { name: the caller can call, from: caller, to: friend/door, expect: allow }
otherwise: untested
",
        );
        let walls = (0..RUNS).map(|_| ringfence(&ground, edges)).collect();
        let curls = (0..RUNS).map(|_| curl(&ground, edges)).collect();
        let (ours, curls) = (median(walls), median(curls));
        say(&format!(
            "  D = {edges:>5}: ringfence {ours:.3}; curl --parallel, {edges} calls without any proof, {curls:.3}"
        ));
    }
}

fn ringfence(ground: &Ground, edges: usize) -> f64 {
    let arguments = ["verify", "s.yaml", "--progress", "none", "--json", "r.json", "--junit", "r.xml"];
    let (output, took) = usage::run(&mut ground.bench.command_in(&ground.hub, &arguments));
    let said = String::from_utf8_lossy(&output.stdout);
    let all = 2 * edges + 1;
    assert!(said.contains(&format!("PASSED {all} of {all} edges in ")), "{said}");
    took.wall.as_secs_f64() / TIMEOUT.as_secs_f64()
}

/// As many transfers that are dropped, once each.
fn curl(ground: &Ground, edges: usize) -> f64 {
    let url = |number| format!("url = http://10.99.2.2:{HTTP}/{number}\noutput = /dev/null\n");
    ground.bench.write("curl.txt", &(0..edges).map(url).collect::<String>());
    let mut command = ground.at("caller").command("curl");
    let (at_once, timeout) = (CURLS.to_string(), TIMEOUT.as_secs_f64().to_string());
    command.args(["--silent", "--parallel", "--parallel-immediate", "--parallel-max", &at_once]);
    command.args(["--connect-timeout", &timeout, "--config"]).arg(ground.bench.path("curl.txt"));
    let (_, took) = usage::run(&mut command);
    took.wall.as_secs_f64() / TIMEOUT.as_secs_f64()
}
