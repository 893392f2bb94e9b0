//! `ringfence compare`: what changed from one run to another.

use std::path::Path;

use super::arguments::Compare;
use super::failure::Failure;
use super::screen::Screen;
use crate::report;
use crate::tally::{self, Direction, Extent, RunRecord, exit};

pub(super) fn compare(screen: &Screen, arguments: &Compare) -> Result<u8, Failure> {
    let (old, new) = (read(&arguments.old)?, read(&arguments.new)?);
    let comparison = tally::compare(&old, &new, Extent::Whole, arguments.tolerance.unwrap_or_default());
    let text = if arguments.json {
        let text = serde_json::to_string_pretty(&comparison).expect("a comparison is made of plain values");
        format!("{text}\n")
    } else {
        report::comparison(&comparison, screen.style())
    };
    screen.result(&text)?;
    Ok(if comparison.count(Direction::Worse) > 0 { exit::FAILED } else { exit::PASSED })
}

/// Reads the run record in a file.
pub(super) fn read(path: &Path) -> Result<RunRecord, Failure> {
    let unreadable = |source| Failure::File { verb: "read", path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    tally::read(&text).map_err(|source| Failure::Record { path: path.to_owned(), source })
}
