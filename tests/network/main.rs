//! Real networks: agents in network namespaces, links that delay and lose, routers, front ends and resolvers, and what the
//! runner makes of them. `topology` is a whole private network, `catalogue` what can be wrong with it; both are parts of
//! the tests' library, so that other programs can be held against them too.

mod broken;
mod flows;
mod link;
mod score;
mod sound;

use ringfence_tests::programs::Programs;

/// The programs that these tests run.
pub(crate) const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};
