//! [`RunRecord`](crate::tally::RunRecord) in, reports out.
//!
//! Every form is a pure function of the record, edges in plan order. This room must not know how a run was made: what is
//! not in the record is in no report.

mod causes;
mod comparison;
mod counts;
mod grid;
mod headline;
mod json;
mod junit;
mod junit_case;
mod latency;
mod mark;
mod matrix;
mod notices;
mod page;
mod stories;
mod story;
mod terminal;
mod text;
mod throughput;
mod write;

#[cfg(test)]
mod forgery;
#[cfg(test)]
mod tests;

pub use comparison::comparison;
pub use grid::{Grid, Sides};
pub use json::json;
pub use junit::junit;
pub use page::{Certainty, Marks, Page, Piece, Style, Tone};
pub use terminal::terminal;
pub use write::{Form, Wanted, WriteError, try_out, write};
