//! How true the times are: those of Ringfence and of what else people measure with, each held against a capture of the
//! very packets they are about. A measurement.
//!
//! ```text
//! cargo bench -p ringfence-tests --bench fidelity --locked [-- PART OF A ROW'S NAME]...
//! ```
//!
//! A row is a path, a load and a tool: `10 ms, busy, fping`; only rows with all the given parts in their names are
//! measured. Needs root, `ip`, `tcpdump`, and the tools themselves; one that is not installed has a row that says so. See
//! `tests/MEASUREMENTS.md` for the method and for what came of it.

mod agent;
mod blackbox;
mod busy;
mod curl;
mod error;
mod fping;
mod ground;
mod load;
mod runner;

use std::io::Write;

use ringfence_tests::programs::Programs;

use busy::Busy;
use error::Row;
use ground::{Ground, PATHS, Path, has};

const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};

/// What measures, and what of it there has to be.
struct Tool {
    name: &'static str,
    program: Option<&'static str>,
    measure: fn(&Ground) -> Vec<Row>,
}

const fn own(name: &'static str, measure: fn(&Ground) -> Vec<Row>) -> Tool {
    Tool { name, program: None, measure }
}

const fn other(name: &'static str, measure: fn(&Ground) -> Vec<Row>) -> Tool {
    Tool { name, program: Some(name), measure }
}

const TOOLS: [Tool; 10] = [
    own("ringfence-agent call", agent::measure),
    own("ringfence verify", runner::calls),
    own("ringfence latency new", runner::measured_new),
    own("ringfence latency reuse", runner::measured_kept),
    own("ringfence latency 1000/s", runner::measured_fast),
    other("curl", curl::measure),
    other("oha", load::oha),
    other("wrk", load::wrk),
    other("fping", fping::measure),
    other("prometheus-blackbox-exporter", blackbox::measure),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|part| !part.starts_with("--")).collect();
    say(&error::head());
    for path in PATHS {
        for load in ["idle", "busy"] {
            part(&path, load, &wanted);
        }
    }
    say(&error::goals());
}

/// Every wanted tool on a path under a load.
fn part(path: &Path, load: &str, wanted: &[String]) {
    let is_wanted = |tool: &&Tool| {
        let name = format!("{}, {load}, {}", path.name, tool.name);
        wanted.iter().all(|part| name.contains(part)) && (!path.is_rough || !wanted.is_empty())
    };
    let tools: Vec<&Tool> = TOOLS.iter().filter(is_wanted).collect();
    if tools.is_empty() {
        return;
    }
    say(&format!("\n{}, {load}", path.name));
    let ground = Ground::new(path);
    let _busy = (load == "busy").then(Busy::begin);
    for tool in tools {
        for row in rows(&ground, tool) {
            say(&row.line(tool.name));
        }
    }
}

fn rows(ground: &Ground, tool: &Tool) -> Vec<Row> {
    match tool.program {
        Some(program) if !has(program) => vec![Row::absent()],
        _ => (tool.measure)(ground),
    }
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("standard output takes text");
}
