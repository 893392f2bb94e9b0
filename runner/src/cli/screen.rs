//! Everything that is printed, and whether in colour. Nothing else in the runner writes to standard output or error.

use std::error::Error;
use std::io::{self, BufWriter, IsTerminal, Write};

use super::failure::Failure;
use crate::report::{Marks, Page, Style, Tone};

/// The width of a line where neither a terminal nor COLUMNS says another.
const WIDTH: usize = 100;

/// The narrowest line: nothing can be read in less.
const WIDTH_MIN: usize = 40;

/// Standard output and error.
pub struct Screen {
    out: Style,
    err: Style,
}

#[expect(
    clippy::unused_self,
    reason = "whoever prints must hold the screen, so that one look shows who does"
)]
impl Screen {
    /// Colour on terminals only, and as NO_COLOR, CLICOLOR and CLICOLOR_FORCE say (no-color.org, bixense.com/clicolors).
    pub(super) fn new() -> Self {
        let color = |choice| !matches!(choice, anstream::ColorChoice::Never);
        let style = |choice, width| Style { color: color(choice), width, marks: marks(), ..Style::default() };
        let (out, err) = (io::stdout(), io::stderr());
        Self {
            out: style(anstream::AutoStream::choice(&out), width(terminal_size::terminal_size_of(&out))),
            err: style(anstream::AutoStream::choice(&err), width(terminal_size::terminal_size_of(&err))),
        }
    }

    /// How a report for standard output is drawn.
    pub(super) fn style(&self) -> Style {
        self.out
    }

    /// How a report for standard error is drawn.
    pub(super) fn side_style(&self) -> Style {
        self.err
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
        match failure.in_a_text() {
            Some(error) => self.say(error.draw(self.err.width, self.err.color).trim_end()),
            None => self.explain(failure),
        }
    }

    /// Says something on the side that may have words of others in it: they move no cursor. Lines are wrapped on a terminal
    /// alone, so that a program finds them whole.
    pub(super) fn note(&self, text: &str) {
        let width = if self.is_watched() { self.err.width } else { usize::MAX };
        let mut page = Page::new(Style { width, ..self.err });
        text.lines().for_each(|line| page.line(Tone::Plain, line));
        self.say(page.finish().trim_end());
    }

    /// Says what went wrong, and why, cause by cause.
    pub(super) fn explain(&self, error: &dyn Error) {
        let mut text = format!("error: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        self.note(&text);
    }
}

/// How wide lines are: as wide as the terminal, or else as COLUMNS says.
#[expect(clippy::disallowed_methods, reason = "it belongs to the environment, and is no argument of ours")]
fn width(terminal: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    let terminal = terminal.map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0);
    terminal.or_else(said).unwrap_or(WIDTH).max(WIDTH_MIN)
}

/// What distributions are drawn with: block elements where the locale's encoding has them (the first of `LC_ALL`, `LC_CTYPE`
/// and `LANG` that is set, as POSIX has it in "Environment Variables"), and the terminal is not a dumb one.
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
