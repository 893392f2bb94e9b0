//! Real networks: agents in network namespaces, links that delay and lose, and what the runner makes of them.

mod flows;
mod link;

use ringfence_tests::programs::Programs;

/// The programs that these tests run.
pub(crate) const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};
