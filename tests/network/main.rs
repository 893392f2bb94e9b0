//! Real networks: agents in network namespaces, links that delay and lose, routers, front ends and resolvers, and what the
//! runner makes of them. `topology` is a whole private network, `catalogue` what can be wrong with it; both are parts of
//! the tests' library, so that other programs can be held against them too.

mod broken;
mod flows;
mod link;
mod score;
mod sound;

use std::sync::{Mutex, MutexGuard, PoisonError};

use ringfence_tests::programs::Programs;

/// The programs that these tests run.
pub(crate) const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};

static MACHINE: Mutex<()> = Mutex::new(());

/// The machine to itself, as far as the heavy tests here go: networks that compete for two cores time out, and a call that
/// timed out is a blocked one.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    // A test that failed has left nothing behind that the next could trip over.
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}
