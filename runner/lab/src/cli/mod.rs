//! Runs the lab's program: arguments in, an exit code out. It prints by way of the runner's own screen.

mod arguments;
mod prove;
mod subject;
mod verify;

use std::process::ExitCode;

use arguments::Arguments;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    ringfence::cli::conduct(|screen, arguments: Arguments| {
        if arguments.list_breaks { prove::list(screen) } else { verify::verify(screen, &arguments) }
    })
}
