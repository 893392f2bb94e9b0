//! Why a command could not do what it was asked: everything that is not a verdict.

use std::io;
use std::path::PathBuf;

use ringfence_contract::order::KeyError;

use crate::plan::SelectError;
use crate::report::WriteError;
use crate::scenario::{LoadError, SetError};
use crate::tally::{ReadError, exit};

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The reader of our output went away.
    #[error("standard output was closed")]
    ClosedPipe,
    /// Output could not be written.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// The scenario is wrong, in as many ways as its text says.
    #[error(transparent)]
    Scenario(Box<LoadError>),
    /// The inputs are wrong.
    #[error(transparent)]
    Inputs(#[from] SetError),
    /// The `--only` expression is wrong.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// There is no key, and some agent needs signed orders.
    #[error(
        "no key to sign orders with: make one with `ringfence keygen`, give agents its public half as RINGFENCE_TRUST, \
         and set RINGFENCE_KEY or `--key-file`"
    )]
    NoKey,
    /// The key is wrong.
    #[error("the key in {from} cannot be used")]
    Key {
        /// Where it came from.
        from: String,
        /// Why.
        source: KeyError,
    },
    /// Others may read the key.
    #[error("the key file `{0}` can be read by others than its owner: run `chmod 600 {0}`")]
    OpenKey(PathBuf),
    /// A report will not be written: it is better known before the run.
    #[error(transparent)]
    Report(#[from] WriteError),
    /// A file could not be read or written.
    #[error("cannot {verb} `{path}`")]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds no run record.
    #[error("cannot compare with `{path}`")]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A file is in the way.
    #[error(
        "`{0}` exists and is left alone: give `--out` another name, or remove it if its key is not in use"
    )]
    Exists(PathBuf),
    /// A setting is wrong.
    #[error("{setting}: {wrong}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is wrong, and the next step.
        wrong: String,
    },
    /// What a scenario runs against could not be raised.
    #[error(transparent)]
    Raise(Box<dyn std::error::Error + Send + Sync>),
    /// The runtime could not be started.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl Failure {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Output(_) => exit::REPORT_NOT_WRITTEN,
            Self::ClosedPipe => exit::PASSED,
            Self::Select(SelectError::Nothing(_)) => exit::NOTHING_SELECTED,
            _ => exit::USAGE,
        }
    }

    /// What is wrong with a text, to be drawn with it.
    pub(super) fn in_a_text(&self) -> Option<&LoadError> {
        match self {
            Self::Scenario(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Scenario(Box::new(error))
    }
}
