//! Everything that is printed, and whether in colour. Nothing else in the runner writes to standard output or error.

use std::error::Error;
use std::io::{self, BufWriter, IsTerminal, Write};

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::failure::Failure;
use crate::report::{Marks, Style};

/// The width of a line where no terminal says another.
const WIDTH: usize = 100;

/// Standard output and error.
pub struct Screen {
    color_out: bool,
    color_err: bool,
    width: usize,
    marks: Marks,
}

#[expect(
    clippy::unused_self,
    reason = "whoever prints must hold the screen, so that one look shows who does"
)]
impl Screen {
    /// Colour on terminals only, and as NO_COLOR, CLICOLOR and CLICOLOR_FORCE say (no-color.org, bixense.com/clicolors).
    pub(super) fn new() -> Self {
        let color = |choice| !matches!(choice, anstream::ColorChoice::Never);
        Self {
            color_out: color(anstream::AutoStream::choice(&io::stdout())),
            color_err: color(anstream::AutoStream::choice(&io::stderr())),
            width: terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0).max(40)),
            marks: marks(),
        }
    }

    /// How a report for standard output is drawn.
    pub(super) fn style(&self) -> Style {
        Style { color: self.color_out, width: self.width, marks: self.marks }
    }

    /// Whether standard error is a terminal.
    pub(super) fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Prints the result asked for.
    ///
    /// # Errors
    ///
    /// [`Failure`], when standard output does not take it.
    pub fn result(&self, text: &str) -> Result<(), Failure> {
        self.write_result(|out| out.write_all(text.as_bytes()))
    }

    /// Prints the result asked for as it is made, for one that may be large.
    pub(super) fn write_result(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = write(&mut out).and_then(|()| out.flush());
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Output(error),
        })
    }

    /// Says something on the side.
    pub fn say(&self, text: &str) {
        // Nobody can be told that standard error does not work.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// Says why a command could not do what it was asked, pointing at the text where there is one.
    pub(super) fn explain_failure(&self, failure: &Failure) {
        let Some(diagnostic) = failure.diagnostic() else { return self.explain(failure) };
        let theme =
            if self.color_err { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let mut text = String::new();
        let handler = GraphicalReportHandler::new_themed(theme).with_width(self.width).with_links(false);
        match handler.render_report(&mut text, diagnostic) {
            Ok(()) => self.say(text.trim_end()),
            Err(_) => self.explain(failure),
        }
    }

    /// Says what went wrong, and why, cause by cause.
    pub(super) fn explain(&self, error: &dyn Error) {
        let mut text = format!("error: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        self.say(&text);
    }
}

/// What distributions are drawn with: block elements where the locale's encoding has them (the first of `LC_ALL`, `LC_CTYPE` and
/// `LANG` that is set, as POSIX has it in "Environment Variables"), and the terminal is not a dumb one.
#[expect(
    clippy::disallowed_methods,
    reason = "these belong to the environment, and are no arguments of ours"
)]
fn marks() -> Marks {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default().to_ascii_lowercase();
    let is_dumb = set(&"TERM").is_some_and(|terminal| terminal == "dumb");
    if !is_dumb && (locale.contains("utf-8") || locale.contains("utf8")) {
        Marks::Blocks
    } else {
        Marks::Plain
    }
}
