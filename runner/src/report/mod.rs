//! [`RunRecord`](crate::tally::RunRecord) in, reports out.
//!
//! Every form is a pure function of the record, edges in plan order. This room must not know how a run was made: what is
//! not in the record is in no report.

mod closing;
mod comparison;
mod counts;
mod grid;
mod json;
mod junit;
mod junit_case;
mod latency;
mod mark;
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
pub use json::json;
pub use junit::junit;
pub use page::{Marks, Style};
pub use terminal::terminal;
pub use write::{Form, Wanted, WriteError, write};
