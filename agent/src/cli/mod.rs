//! The command line and the environment in, settings out, and the exit code of the program.
//!
//! Standard output carries the one result asked for, standard error everything else. This room must not know how
//! anything is done.

mod args;
mod call;
mod exit;
mod healthcheck;
mod listen;
mod mistake;
mod run;
mod setting;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use args::{Command, Program};
use exit::{refuse, usage};
use mistake::Mistake;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(error) => return usage(&error),
    };
    let log = setting::given(Some(&program.log)).unwrap_or("info");
    let filter = match EnvFilter::try_new(log) {
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
