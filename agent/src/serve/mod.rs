//! [`Settings`] in, a running agent out: listeners, TLS, the routes of an HTTP listener, drain.
//!
//! This room must not know what is in an order or where settings come from.

mod accept;
mod drain;
mod http;
mod lines;
mod seldom;
mod settings;
mod start;

pub use drain::{GRACE, Running};
pub use lines::{LinesError, serve_lines};
pub use settings::{Listen, Settings, TlsListen};
pub use start::{StartError, start};
