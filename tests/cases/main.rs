//! Every kind of fault that a network can have, and how a run on it must end: tables of cases, each run end to end by the
//! real programs on a small stage of its own (`support/stage`). Beside the faults stand sound networks, which must stay
//! green. What an entry expects is what is true of the stage it sets up, not what the program says today.
//!
//! `RINGFENCE_CASE` names entries by a part of their names; `RINGFENCE_SHOW` shows what the runner says.

mod entry;
mod kinds;
mod score;

use ringfence_tests::programs::Programs;

/// The programs that these cases run.
pub(crate) const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};
