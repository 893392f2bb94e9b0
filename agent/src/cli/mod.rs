//! The command line and the environment in, settings out, and the exit code of the program.
//!
//! Standard output carries the one result asked for, standard error everything else. This room must not know how
//! anything is done.

mod args;
mod call;
mod healthcheck;
mod listen;
mod mistake;
mod run;
mod setting;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use args::{Command, Program};
use mistake::Mistake;

/// A setting is wrong, or the command line is.
const USAGE: u8 = 2;

/// What was asked for could not be done.
const FAILED: u8 = 1;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(error) => return usage(&error),
    };
    let filter = match EnvFilter::try_new(&program.log) {
        Ok(filter) => filter,
        Err(error) => {
            let next = "write a level such as `info`, or `ringfence_agent=debug`";
            return refuse(&[Mistake::new("--log", "RINGFENCE_LOG", error).next(next)]);
        }
    };
    let ansi = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(ansi).init();
    match program.command {
        Command::Serve(args) => run::serve(&args),
        Command::Stdio(args) => run::stdio(&args),
        Command::Call(args) => call::call(&args),
        Command::Healthcheck(args) => healthcheck::healthcheck(&args),
    }
}

/// Help and version are results; everything else clap says is a mistake.
fn usage(error: &clap::Error) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(USAGE);
    match error.print() {
        Ok(()) => ExitCode::from(code),
        Err(error) => closed_pipe(&error),
    }
}

/// Says every mistake, and that nothing was started.
fn refuse(mistakes: &[Mistake]) -> ExitCode {
    for mistake in mistakes {
        say(&format_args!("error: {mistake}\n"));
    }
    ExitCode::from(USAGE)
}

/// Says what went wrong, with its causes.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    say(&format!("error: {}\n", chain(error)));
    ExitCode::from(FAILED)
}

/// An error and its sources, one a line.
fn chain(error: &dyn std::error::Error) -> String {
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
fn say(text: &dyn Display) {
    let written = write!(io::stderr().lock(), "{text}");
    drop(written);
}

/// Writes the one result to standard output.
fn print(text: &str, code: ExitCode) -> ExitCode {
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
