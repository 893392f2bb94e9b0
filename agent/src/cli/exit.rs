//! How the program ends, and the two streams it speaks on: the one result on standard output, everything else on
//! standard error.
//!
//! This file must not know what the result is.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use super::mistake::Mistake;

/// A setting is wrong, or the command line is.
const USAGE: u8 = 2;

/// What was asked for could not be done.
pub(super) const FAILED: u8 = 1;

/// Help and version are results; everything else clap says is a mistake.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(USAGE);
    match error.print() {
        Ok(()) => ExitCode::from(code),
        Err(error) => closed_pipe(&error),
    }
}

/// Says every mistake, and that nothing was started.
pub(super) fn refuse(mistakes: &[Mistake]) -> ExitCode {
    for mistake in mistakes {
        say(&format_args!("error: {mistake}\n"));
    }
    ExitCode::from(USAGE)
}

/// Says what went wrong, with its causes.
pub(super) fn fail(error: &dyn std::error::Error) -> ExitCode {
    say(&format!("error: {}\n", chain(error)));
    ExitCode::from(FAILED)
}

/// An error and its sources, one a line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str("\n  caused by: ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Writes to standard error. There is nobody left to tell when that fails.
pub(super) fn say(text: &dyn Display) {
    let written = write!(io::stderr().lock(), "{text}");
    drop(written);
}

/// Writes the one result to standard output.
pub(super) fn print(text: &str, code: ExitCode) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => code,
        Err(error) => closed_pipe(&error),
    }
}

/// A reader that has seen enough is no failure.
fn closed_pipe(error: &io::Error) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe { ExitCode::SUCCESS } else { fail(error) }
}
