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
mod lab;
mod plan;
mod plan_page;
mod reports;
mod run;
mod schema;
mod screen;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use failure::Failure;
use screen::Screen;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return arguments::explain(&error),
    };
    let screen = Screen::new();
    let done = match arguments.command {
        Command::Verify(arguments) => verify::verify(&screen, &arguments),
        Command::Plan(arguments) => plan::plan(&screen, &arguments),
        Command::Lab(arguments) => lab::lab(&screen, &arguments),
        Command::Agents(arguments) => agents::agents(&screen, &arguments),
        Command::Compare(arguments) => compare::compare(&screen, &arguments),
        Command::Keygen(arguments) => keygen::keygen(&screen, &arguments),
        Command::Schema => schema::schema(&screen),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        // Whoever read our output has enough of it: `ringfence plan … | head` is no failure.
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(failure) => {
            screen.explain_failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
