//! The command line: arguments and environment in, an exit code out. The one room that prints.
//!
//! Standard output carries the one result asked for; everything else goes to standard error.

mod agents;
mod arguments;
mod compare;
mod course;
mod ending;
mod failure;
mod keygen;
mod keys;
mod plan;
mod plan_page;
mod reports;
mod run;
mod schema;
mod screen;
mod session;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

pub use arguments::{ReportArguments, RunArguments};
pub use failure::Failure;
pub use screen::Screen;
pub use session::{Session, Target};

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    conduct(|screen, arguments: Arguments| match arguments.command {
        Command::Verify(arguments) => verify::verify(screen, &arguments),
        Command::Plan(arguments) => plan::plan(screen, &arguments),
        Command::Agents(arguments) => agents::agents(screen, &arguments),
        Command::Compare(arguments) => compare::compare(screen, &arguments),
        Command::Keygen(arguments) => keygen::keygen(screen, &arguments),
        Command::Schema => schema::schema(screen),
    })
}

/// Runs a program: reads its arguments, does what they say, and explains what went wrong. The lab is such a program, too.
#[must_use]
pub fn conduct<A: Parser>(command: impl FnOnce(&Screen, A) -> Result<u8, Failure>) -> ExitCode {
    let arguments = match A::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return arguments::explain(&error),
    };
    let screen = Screen::new();
    match command(&screen, arguments) {
        Ok(code) => ExitCode::from(code),
        // Whoever read our output has enough of it: `ringfence plan … | head` is no failure.
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(failure) => {
            screen.explain_failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
