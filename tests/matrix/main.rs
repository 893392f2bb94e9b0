//! How fast Ringfence is, as ratios to what else does such work in the same run: a measurement.
//!
//! ```text
//! cargo bench -p ringfence-tests --bench matrix --locked [-- dropped | https | grid | calls | agent]
//! ```
//!
//! Machines differ and are noisy, so nothing here is a bare number of seconds that could only be believed: a figure stands
//! beside a timeout, or beside other programs that take turns with ours. See `tests/MEASUREMENTS.md` for the method and for
//! what came of it. Needs root, `ip`, `nft`, `taskset` and `curl`; `oha`, `nginx` and `prometheus-blackbox-exporter` stand
//! beside ours, too, and are named as missing where they are.

mod agent;
mod calls;
mod dropped;
mod grid;
mod https;
mod orders;
mod usage;

use std::io::Write;

use ringfence_tests::programs::Programs;

/// The programs that are measured: built as they are shipped.
pub(crate) const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};

/// A part of the measurement: its name, and what does it.
type Part = (&'static str, fn());

const PARTS: [Part; 5] = [
    ("dropped", dropped::measure),
    ("https", https::measure),
    ("grid", grid::measure),
    ("calls", calls::measure),
    ("agent", agent::measure),
];

fn main() {
    // Cargo passes `--bench` before what the user asks for.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure();
        }
    }
}

/// Prints one line of what was measured.
pub(crate) fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("standard output takes text");
}

/// The middle one of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
