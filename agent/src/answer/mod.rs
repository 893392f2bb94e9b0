//! A call in, a sealed answer out, and a receipt written down; or, for a sealed call that asks for one, a payload to count.
//!
//! What is no well sealed call of a run that a trusted runner announced is a stranger: a stranger gets what any server
//! gives (`404`, a closed connection, silence) and leaves nothing behind. This room must not know who orders calls, or
//! what is expected of one.

mod answerer;
mod called;
mod connection;
mod download;
mod http;
mod receipts;
mod runs;
mod source;
mod stream;
mod turned_away;
mod unfinished;

pub use answerer::{Answerer, Given};
pub use connection::Connection;
pub use download::{AnswerBody, DOWNLOADS_AT_ONCE, Payload};
pub use http::{answer_http, not_found};
pub use receipts::{RECEIPTS_HELD, Ring};
pub use runs::{Hold, Moment, RUN_LIFE, RUNS_HELD, Runs};
pub use source::{Proxies, seen_source};
pub use stream::{answer_datagrams, answer_lines};
