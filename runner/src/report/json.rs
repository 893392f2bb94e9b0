//! The report for programs: the run record itself.

use crate::tally::RunRecord;

/// Writes the record as JSON, with a newline at its end. [`read`](crate::tally::read) reads it back.
///
/// # Panics
///
/// Never: a record is made of plain values.
#[must_use]
pub fn json(record: &RunRecord) -> String {
    let mut text = serde_json::to_string_pretty(record).expect("a record is made of plain values");
    text.push('\n');
    text
}
