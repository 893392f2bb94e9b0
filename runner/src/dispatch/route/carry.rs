//! What every route does: signed text there, sealed text back. It must not know what either says.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ringfence_contract::id::OrderId;

use crate::dispatch::observe::Unasked;

/// Whether a reply came to its end, or why not.
pub(in crate::dispatch) type Delivery<'a> = Pin<Box<dyn Future<Output = Result<(), Unasked>> + Send + 'a>>;

/// A way to one agent.
pub(in crate::dispatch) trait ControlRoute: Send + Sync {
    /// Carries one signed order there, and the reply back into the letter, as much of it as comes within a time.
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a>;

    /// The way in words, for reports.
    fn describe(&self) -> String;
}

/// A signed order under way, and what has come back for it.
#[derive(Debug)]
pub(in crate::dispatch) struct Letter {
    /// Which order it is.
    pub(in crate::dispatch) id: OrderId,
    /// The signed text.
    pub(in crate::dispatch) text: String,
    reply: Mutex<String>,
}

impl Letter {
    pub(in crate::dispatch) fn new(id: OrderId, text: String) -> Self {
        Self { id, text, reply: Mutex::default() }
    }

    /// More of the reply has come.
    pub(super) fn hear(&self, text: &str) {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    }

    /// What has come of the reply so far.
    pub(in crate::dispatch) fn heard(&self) -> String {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
