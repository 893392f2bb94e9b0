//! Lines for a terminal, in colour if that is asked for.
//!
//! Everything that is put on a page is made printable first: what a probed server said never reaches the terminal as
//! anything but text. This file must not know what it shows.

use owo_colors::OwoColorize;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use super::text::printable;
use crate::tally::Flaky;

/// How a terminal report is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour. Nothing is said by colour alone.
    pub color: bool,
    /// How wide the terminal is, in columns.
    pub width: usize,
    /// What distributions are drawn with.
    pub marks: Marks,
    /// Whether to say how sure a denial is.
    pub certainty: Certainty,
    /// What a pass that took a retry counts as: the report's first word depends on it.
    pub flaky: Flaky,
}

/// Whether a report says how sure its denials are. The JSON report always does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Certainty {
    /// It does not.
    #[default]
    Untold,
    /// It does, in one line.
    Told,
}

/// What distributions are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// Block elements of Unicode.
    Blocks,
    /// ASCII, where the terminal has no others.
    Plain,
}

impl Default for Style {
    /// No colour, 100 columns and ASCII: what fits most CI logs.
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            marks: Marks::Plain,
            certainty: Certainty::Untold,
            flaky: Flaky::Passes,
        }
    }
}

impl Style {
    /// For text inside another file, whose reader wraps lines itself.
    pub(super) fn unwrapped() -> Self {
        Self { width: usize::MAX, ..Self::default() }
    }
}

/// A space at which no line is broken; it is drawn as any other.
pub(super) const TIE: char = '\u{A0}';

/// How much further in the later lines of a wrapped text stand than its first.
const HANGING: usize = 2;

/// What a piece of text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Text as it is.
    Plain,
    /// What to look at first.
    Strong,
    /// What is there for whoever asks.
    Faint,
    /// As expected.
    Good,
    /// Wrong.
    Bad,
    /// Not known, or worth a second look.
    Doubt,
}

/// Text of one tone, a part of a line.
pub type Piece = (Tone, String);

/// Lines for a terminal.
#[derive(Debug)]
pub struct Page {
    color: bool,
    width: usize,
    text: String,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { color: style.color, width: style.width, text: String::new() }
    }

    /// A text of one tone, wrapped at words where it is wider than the page.
    pub fn line(&mut self, tone: Tone, text: &str) {
        self.pieces(&[(tone, text.to_owned())]);
    }

    /// A text of several pieces, wrapped at words where it is wider than the page.
    pub fn pieces(&mut self, pieces: &[Piece]) {
        let whole = self.painted(pieces);
        let text = whole.trim_start_matches(' ');
        let first = " ".repeat(whole.len() - text.len());
        let later = " ".repeat(first.len() + HANGING);
        let options = Options::new(self.width)
            .initial_indent(&first)
            .subsequent_indent(&later)
            // A setting, a path or an address that is cut in two can neither be read nor copied.
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for line in textwrap::wrap(text, options) {
            self.end(&line);
        }
    }

    /// A row of a table, which is as wide as it is.
    pub fn row(&mut self, pieces: &[Piece]) {
        let row = self.painted(pieces);
        self.end(&row);
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// How many lines there are so far.
    pub(super) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// All lines.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    fn end(&mut self, line: &str) {
        self.text.push_str(&line.trim_end().replace(TIE, " "));
        self.text.push('\n');
    }

    fn painted(&self, pieces: &[Piece]) -> String {
        pieces.iter().map(|(tone, text)| self.paint(*tone, &printable(text))).collect()
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        // A space needs no colour, and a line's beginning and end none either.
        let word = text.trim_matches(' ');
        if !self.color || word.is_empty() {
            return text.to_owned();
        }
        text.replacen(word, &Self::colored(tone, word), 1)
    }

    fn colored(tone: Tone, text: &str) -> String {
        match tone {
            Tone::Plain => text.to_owned(),
            Tone::Strong => text.bold().to_string(),
            Tone::Faint => text.dimmed().to_string(),
            Tone::Good => text.green().to_string(),
            Tone::Bad => text.red().bold().to_string(),
            Tone::Doubt => text.yellow().to_string(),
        }
    }
}
