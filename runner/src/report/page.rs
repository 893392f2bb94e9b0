//! Lines for a terminal, in colour if that is asked for.
//!
//! Everything that is put on a page is made printable first: what a probed server said never reaches the terminal as
//! anything but text. This file must not know what it shows.

use owo_colors::OwoColorize;

use super::text::printable;

/// How a terminal report is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour. Nothing is said by colour alone.
    pub color: bool,
    /// How wide the terminal is, in columns.
    pub width: usize,
    /// What distributions are drawn with.
    pub marks: Marks,
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
        Self { color: false, width: 100, marks: Marks::Plain }
    }
}

/// What a piece of text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Doubt,
}

/// Lines for a terminal.
#[derive(Debug)]
pub(super) struct Page {
    color: bool,
    text: String,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { color: style.color, text: String::new() }
    }

    /// One line of one tone.
    pub(super) fn line(&mut self, tone: Tone, text: &str) {
        self.pieces(&[(tone, text.to_owned())]);
    }

    /// One line of several pieces.
    pub(super) fn pieces(&mut self, pieces: &[(Tone, String)]) {
        let mut line = String::new();
        for (tone, text) in pieces {
            line.push_str(&self.paint(*tone, &printable(text)));
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        // A space needs no colour, and a line's end none either.
        if !self.color || text.trim().is_empty() {
            return text.to_owned();
        }
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
