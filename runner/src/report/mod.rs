//! [`RunRecord`](crate::tally::RunRecord) in, reports out.
//!
//! Every form is a pure function of the record. JSON and `JUnit` have the edges in plan order; the terminal tells each cause
//! once, the worst first. What is not in the record is in no report. The command line draws plans on the same page, in the same
//! grid.

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
