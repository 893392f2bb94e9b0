//! The programs as a user runs them: exit code, standard output and standard error.

mod agents_by_hand;
mod bad_agents;
mod ends;
mod lab;
mod large;
mod latency;
mod names;
mod readme;
mod reports;
mod screen;
mod throughput;
mod usage;

use ringfence_tests::programs::Programs;

/// The programs that these tests run.
pub(crate) const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};

/// The same with the lab's program in the runner's place: it makes the same reports, and ends in the same ways.
pub(crate) const LAB: Programs =
    Programs { runner: env!("CARGO_BIN_EXE_ringfence-lab-under-test"), ..PROGRAMS };
