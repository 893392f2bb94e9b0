//! A text and the places in it: what every mistake and every failed verdict points at. It must not know what the text
//! means.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A text, and where it came from: what every mistake and every failed verdict points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file's path as it was given, or a name for an embedded text.
    pub path: String,
    /// The whole text.
    pub text: Arc<str>,
}

/// A place in a source: bytes from the start of its text.
pub type Span = Range<usize>;

impl Source {
    /// A text under a name: for texts that are not files.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The line a place begins on: its number, counted from 1, and its text without surrounding space. A place outside
    /// the text counts as its end.
    #[must_use]
    pub fn line_of(&self, span: &Span) -> (usize, &str) {
        let at = boundary(&self.text, span.start);
        let (before, after) = self.text.split_at(at);
        let number = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = after.find('\n').map_or(self.text.len(), |newline| at + newline);
        (number, self.text.get(start..end).unwrap_or_default().trim())
    }
}

/// The lines of a source, each place looked up once: every edge may point at the same one.
#[derive(Debug)]
pub struct Lines<'s> {
    source: &'s Source,
    known: HashMap<usize, (usize, &'s str)>,
}

impl<'s> Lines<'s> {
    /// The lines of this source.
    #[must_use]
    pub fn of(source: &'s Source) -> Self {
        Self { source, known: HashMap::new() }
    }

    /// The line a place begins on, as [`Source::line_of`] has it.
    pub fn line_of(&mut self, span: &Span) -> (usize, &'s str) {
        let source = self.source;
        *self.known.entry(span.start).or_insert_with(|| source.line_of(span))
    }
}

/// The last place at or before this one that does not cut a character in two.
pub(super) fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_on_the_line_it_begins_on() {
        let source = Source::new("s.yaml", "one\n  twö three\nfour");
        assert_eq!(source.line_of(&(0..3)), (1, "one"));
        assert_eq!(source.line_of(&(3..4)), (1, "one"));
        assert_eq!(source.line_of(&(4..5)), (2, "twö three"));
        assert_eq!(source.line_of(&(9..9)), (2, "twö three"));
        assert_eq!(source.line_of(&(900..901)), (3, "four"));
        let mut lines = Lines::of(&source);
        for _ in 0..2 {
            assert_eq!(lines.line_of(&(9..9)), (2, "twö three"));
            assert_eq!(lines.line_of(&(0..3)), (1, "one"));
        }
    }
}
