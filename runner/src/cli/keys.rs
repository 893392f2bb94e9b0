//! Where the private key comes from: RINGFENCE_KEY, else a file. Never an argument.

use std::path::Path;

use ringfence_contract::order::PrivateKey;

use super::arguments::KeyArguments;
use super::failure::Failure;
use crate::scenario::{Control, Scenario};

const VARIABLE: &str = "RINGFENCE_KEY";

/// The key to sign a scenario's orders with. A scenario whose only agent is the runner itself needs none: it gets one
/// for this run alone.
pub(super) fn key(arguments: &KeyArguments, scenario: &Scenario) -> Result<PrivateKey, Failure> {
    if let Some(text) = variable() {
        return text.parse().map_err(|source| Failure::Key { from: VARIABLE.to_owned(), source });
    }
    if let Some(path) = &arguments.key_file {
        return read(path);
    }
    let all_local = scenario.agents.iter().all(|agent| agent.control == Control::Local);
    if all_local { Ok(PrivateKey::random()) } else { Err(Failure::NoKey) }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the runner reads the environment by hand: \
    through clap the key would become an argument"
)]
fn variable() -> Option<zeroize::Zeroizing<String>> {
    std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()).map(zeroize::Zeroizing::new)
}

fn read(path: &Path) -> Result<PrivateKey, Failure> {
    let unreadable = |source| Failure::File { verb: "read", path: path.to_owned(), source };
    let text = zeroize::Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
    text.parse().map_err(|source| Failure::Key { from: format!("`{}`", path.display()), source })
}
