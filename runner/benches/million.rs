//! A million edges, from the scenario's text to the reports on disk: how long each room takes on one core, how much memory
//! all of them need, and whether an edge costs the same among a million as among ten thousand.
//!
//! `cargo bench -p ringfence --bench million` runs each size in a process of its own, so that each has its own peak. What a
//! run saw is made up; everything else is done by the rooms themselves, as `ringfence verify` does it.

mod fleet;

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::Command;
use std::time::Instant;

use ringfence::explain::explain;
use ringfence::judge::{Grounds, judge};
use ringfence::plan::expand;
use ringfence::report::{Form, Style, Wanted, terminal, write};
use ringfence::tally::{RunRecord, tally};

/// How many agents there are; as many edges as their square.
const SIZES: [usize; 3] = [100, 320, 1_000];

/// How a process of this program is told to measure one size.
const ONE: &str = "--agents";

/// The row that says what an edge costs.
const AN_EDGE: &str = "us an edge";

/// One line of the table: what was measured, and in what.
type Row = (String, f64);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == ONE) {
        let agents = arguments.get(place + 1).ok_or("how many agents?")?.parse()?;
        return measure(agents);
    }
    // `cargo test --benches` starts this as well, and wants no measurement.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let columns: Vec<Vec<Row>> =
        SIZES.iter().map(|agents| in_a_process(*agents)).collect::<Result<_, _>>()?;
    Ok(io::stdout().write_all(table(&columns).as_bytes())?)
}

/// Measures one size, and prints a row a line.
#[expect(clippy::cast_precision_loss, reason = "sizes of files and numbers of edges are far below 2^52")]
fn measure(agents: usize) -> Result<(), Box<dyn Error>> {
    let text = fleet::text(agents);
    let mut rows: Vec<Row> = Vec::new();
    let scenario = timed(&mut rows, "read", || fleet::read_text(text));
    let plan = timed(&mut rows, "expand", || expand(&scenario));
    let observations = fleet::observe(&scenario, &plan);
    let seen_mib = peak_mib()?;
    let judged = timed(&mut rows, "judge", || {
        let grounds = Grounds::gather(&scenario, &plan, &observations);
        explain(&grounds, judge(&grounds))
    });
    let facts = fleet::facts();
    let record =
        timed(&mut rows, "tally", || tally(&scenario, &plan, observations, (judged, Vec::new()), facts));
    let folder = tempfile::tempdir()?;
    for form in [Form::Json, Form::Junit] {
        let wanted = Wanted { form, path: folder.path().join(form.as_str()) };
        let failed = timed(&mut rows, form.as_str(), || write(&record, &[wanted]));
        if let Some(error) = failed.into_iter().next() {
            return Err(error.into());
        }
    }
    let drawn = timed(&mut rows, "terminal", || terminal(&record, Style::default()));
    look_at(&record);
    let total_s: f64 = rows.iter().map(|(_, seconds)| seconds).sum();
    rows.push(("total".to_owned(), total_s));
    rows.push((AN_EDGE.to_owned(), total_s * 1e6 / record.edges.len() as f64));
    rows.push(("MiB with what was seen".to_owned(), seen_mib));
    rows.push(("MiB at the peak".to_owned(), peak_mib()?));
    for form in [Form::Json, Form::Junit] {
        let bytes = fs::metadata(folder.path().join(form.as_str()))?.len();
        rows.push((format!("MB of {}", form.as_str()), bytes as f64 / 1e6));
    }
    rows.push(("lines of terminal".to_owned(), drawn.lines().count() as f64));
    rows.push(("edges".to_owned(), record.edges.len() as f64));
    let mut out = io::stdout().lock();
    rows.iter().try_for_each(|(name, value)| writeln!(out, "{name}\t{value}"))?;
    Ok(())
}

fn timed<T>(rows: &mut Vec<Row>, name: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let made = work();
    rows.push((name.to_owned(), began.elapsed().as_secs_f64()));
    made
}

/// What is measured must be what is meant: of a hundred edges one fails and one is inconclusive.
fn look_at(record: &RunRecord) {
    let summary = record.summary;
    let hundredth = record.edges.len().div_ceil(100);
    assert_eq!((summary.failed, summary.inconclusive), (hundredth, hundredth), "{summary:?}");
}

/// The most memory this process has held, in MiB: `VmHWM` of proc(5).
fn peak_mib() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1_024.0)
}

/// One size, measured on one core by a process of its own.
fn in_a_process(agents: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    let itself = env::current_exe()?;
    let agents = agents.to_string();
    let child = Command::new("taskset").args(["-c", "0"]).arg(itself).args([ONE, &agents]).output()?;
    if !child.status.success() {
        return Err(String::from_utf8_lossy(&child.stderr).into());
    }
    let text = String::from_utf8(child.stdout)?;
    let row = |line: &str| -> Result<Row, Box<dyn Error>> {
        let (name, value) = line.split_once('\t').ok_or("no row")?;
        Ok((name.to_owned(), value.parse()?))
    };
    text.lines().map(row).collect()
}

/// A row a measure, a column a size; last, what an edge of the largest costs for one of each size.
fn table(columns: &[Vec<Row>]) -> String {
    let rows = columns.last().map_or(&[][..], Vec::as_slice);
    let line = |name: &str, values: &mut dyn Iterator<Item = f64>| {
        let values: Vec<String> = values.map(|value| format!("{value:>14.3}")).collect();
        format!("{name:26}{}\n", values.concat())
    };
    let mut text = String::new();
    for (place, (name, _)) in rows.iter().enumerate() {
        text.push_str(&line(name, &mut columns.iter().map(|column| column[place].1)));
    }
    let an_edge = |column: &[Row]| column.iter().find(|(name, _)| name == AN_EDGE).map(|(_, value)| *value);
    if let Some(most) = an_edge(rows) {
        let own = columns.iter().filter_map(|column| an_edge(column));
        text.push_str(&line("an edge of the largest / own", &mut own.map(|own| most / own)));
    }
    text
}
