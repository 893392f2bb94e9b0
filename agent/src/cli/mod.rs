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
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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
    let filter = match log.parse::<Targets>() {
        Ok(filter) => filter,
        Err(error) => {
            let next = "write a level such as `info`, or `ringfence_agent=debug`";
            return refuse(&[Mistake::new("--log", "RINGFENCE_LOG", error).next(next)]);
        }
    };
    let ansi = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(ansi);
    tracing_subscriber::registry().with(lines).with(filter).init();
    match program.command {
        Command::Serve(args) => run::serve(&args),
        Command::Stdio(args) => run::stdio(&args),
        Command::Call(args) => call::call(&args),
        Command::Healthcheck(args) => healthcheck::healthcheck(&args),
    }
}
