//! The catalogue of what can be wrong with a private network, put to Ringfence and to what else people use: a measurement.
//!
//! ```text
//! cargo test -p ringfence-tests --bench compare --locked [-- PART OF AN ENTRY'S NAME]
//! ```
//!
//! Every tool gets each network freshly raised, since limits, caches and counters remember. What happens in the middle
//! of Ringfence's run happens between two passes of the others, and an alarm in either counts. Needs root, what
//! `tests/network` needs, `curl` and `prometheus-blackbox-exporter`. See `tests/MEASUREMENTS.md` for what came of it.

mod blackbox;
mod cells;
mod curl;
mod pool;
mod standing;
mod table;
mod vantage;

use std::io::Write;

use ringfence::judge::Verdict;
use ringfence::tally::EdgeRecord;
use ringfence_tests::catalogue::{Entry, entries};
use ringfence_tests::programs::Programs;
use ringfence_tests::topology::Topology;

use blackbox::Exporters;
use cells::Cell;
use standing::{Standing, Who, stand};
use table::{Row, table};

const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};

/// How many networks are up at once.
const AT_ONCE: usize = 3;

/// The network with nothing wrong.
const SOUND: Entry = Entry { name: "(sound)", what: "", does: |_| (), turns: &[], names: &[], chance: &[] };

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut all = vec![SOUND];
    all.extend(entries().into_iter().filter(|entry| entry.name.contains(&wanted)));
    let cells: Vec<Cell> = verify(&SOUND).into_iter().map(Cell::of).collect();
    let rows = pool::each(&all, AT_ONCE, |entry| {
        let row = row(entry, &cells);
        say(&row.line());
        row
    });
    say(&table(&rows));
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("standard output takes text");
}

fn row(entry: &Entry, cells: &[Cell]) -> Row {
    let judged: Vec<bool> = verify(entry).iter().map(alarms_on).collect();
    let seen = passes(entry, |topology| curl::look(topology, cells));
    let read = |reads: fn(&Cell, &curl::Seen) -> bool| {
        let is_bad = |(cell, seen): (&Cell, &Vec<curl::Seen>)| !seen.iter().all(|seen| reads(cell, seen));
        any(seen.iter().map(|pass| cells.iter().zip(pass).map(is_bad).collect()))
    };
    let mut exporters = None;
    let probed = passes(entry, |topology| {
        exporters.get_or_insert_with(|| Exporters::start(topology, cells));
        blackbox::look(topology, cells)
    });
    let probed = any(probed.iter().map(|pass| pass.iter().map(|probes| probes.contains(&false)).collect()));
    let other = |alarms: Vec<bool>| stand(Who::Other, entry, cells, &alarms);
    let others = [read(curl::codes), read(curl::everything), probed].map(other);
    let [codes, everything, blackbox]: [Standing; 3] = others;
    let ringfence = stand(Who::Ringfence, entry, cells, &judged);
    Row { name: entry.name, tools: [ringfence, codes, everything, blackbox] }
}

/// Whether Ringfence does not pass an edge, or a claim about its name.
fn alarms_on(edge: &EdgeRecord) -> bool {
    edge.verdict != Verdict::Pass || edge.claims.iter().any(|claim| claim.verdict != Verdict::Pass)
}

/// Ringfence's run over an entry's network.
fn verify(entry: &Entry) -> Vec<EdgeRecord> {
    let run = Topology::raise(PROGRAMS, &entry.does).verify(&[]);
    run.record.unwrap_or_else(|| panic!("{}: no record: {}", entry.name, run.said)).edges
}

/// Looks at an entry's network, and again after each thing that happens meanwhile.
fn passes<T>(entry: &Entry, mut look: impl FnMut(&Topology) -> T) -> Vec<T> {
    let mut topology = Topology::raise(PROGRAMS, &entry.does);
    vantage::settle(&topology);
    vantage::write_resolvers(&topology);
    let mut passes = vec![look(&topology)];
    for stage in topology.stages() {
        topology.meanwhile(stage);
        passes.push(look(&topology));
    }
    passes
}

/// The edges on which any pass alarms.
fn any(passes: impl Iterator<Item = Vec<bool>>) -> Vec<bool> {
    let either =
        |one: Vec<bool>, other: Vec<bool>| one.iter().zip(&other).map(|(one, other)| one | other).collect();
    passes.reduce(either).unwrap_or_default()
}
