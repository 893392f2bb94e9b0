//! The report for programs: the run record itself, an edge a line, so that line tools can search it and a reader can take it
//! piece by piece however large it is.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::tally::RunRecord;

/// Writes the record as JSON, with a newline at its end. [`read`](crate::tally::read) reads it back.
///
/// # Errors
///
/// Those of the writer: a record is made of plain values.
pub fn json(record: &RunRecord, mut writer: impl Write) -> io::Result<()> {
    record.serialize(&mut Serializer::with_formatter(&mut writer, ElementALine::default()))?;
    writer.write_all(b"\n")
}

/// The fields of the outermost object, and the elements of those that hold several, have a line each. What is inside of
/// these is not broken up.
#[derive(Default)]
struct ElementALine {
    depth: usize,
    is_empty: bool,
}

/// How deep lines are broken: the object itself, and what is in its fields.
const BROKEN_DEPTH: usize = 2;

impl ElementALine {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_empty = true;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        let is_broken = self.depth <= BROKEN_DEPTH && !self.is_empty;
        self.depth -= 1;
        self.is_empty = false;
        if is_broken {
            self.break_line(writer)?;
        }
        writer.write_all(bracket)
    }

    fn begin_element<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.is_empty = false;
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth <= BROKEN_DEPTH { self.break_line(writer) } else { Ok(()) }
    }

    fn break_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for ElementALine {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.begin_element(writer, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.begin_element(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.depth <= BROKEN_DEPTH { b": " } else { b":" })
    }
}
