//! Where the private key comes from: the file that is named, else `RINGFENCE_KEY`, else the file that `RINGFENCE_KEY_FILE`
//! names. Never an argument.

use std::path::{Path, PathBuf};

use ringfence_contract::order::PrivateKey;
use zeroize::Zeroizing;

use super::arguments::KeyArguments;
use super::failure::Failure;
use crate::scenario::{Control, Scenario};

const KEY: &str = "RINGFENCE_KEY";

const KEY_FILE: &str = "RINGFENCE_KEY_FILE";

/// The key to sign a scenario's orders with. A scenario whose only agent is the runner itself needs none: it gets one
/// for this run alone.
pub(super) fn key(arguments: &KeyArguments, scenario: &Scenario) -> Result<PrivateKey, Failure> {
    let all_local = scenario.agents.iter().all(|agent| agent.control == Control::Local);
    match given(arguments)? {
        Some(key) => Ok(key),
        None if all_local => Ok(PrivateKey::random()),
        None => Err(Failure::NoKey),
    }
}

/// The key that was given. What a command line says outranks the environment.
pub(super) fn given(arguments: &KeyArguments) -> Result<Option<PrivateKey>, Failure> {
    if let Some(path) = &arguments.key_file {
        return read(path).map(Some);
    }
    if let Some(text) = variable(KEY) {
        let key = text.parse().map_err(|source| Failure::Key { from: KEY.to_owned(), source });
        return key.map(Some);
    }
    variable(KEY_FILE).map(|path| read(&PathBuf::from(path.as_str()))).transpose()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the runner reads the environment by hand: \
    through clap the key would become an argument, and its file could not be told from one that is named"
)]
fn variable(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(Zeroizing::new)
}

fn read(path: &Path) -> Result<PrivateKey, Failure> {
    let unreadable = |source| Failure::File { verb: "read", path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    // What is no file (a pipe of the shell) is nobody else's to read.
    if metadata.is_file() && is_open(&metadata) {
        return Err(Failure::OpenKey(path.to_owned()));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
    text.parse().map_err(|source| Failure::Key { from: format!("`{}`", path.display()), source })
}

/// Whether others than its owner may read a file, by its mode.
#[cfg(unix)]
fn is_open(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o044 != 0
}

/// Elsewhere a mode says nothing.
#[cfg(not(unix))]
fn is_open(_: &std::fs::Metadata) -> bool {
    false
}
