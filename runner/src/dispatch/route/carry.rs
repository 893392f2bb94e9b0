//! What every route does: signed text there, sealed text back. It must not know what either says.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use ringfence_contract::id::OrderId;

use crate::dispatch::observe::Unasked;

/// The text of a reply, or why there is none.
pub(in crate::dispatch) type Delivery<'a> =
    Pin<Box<dyn Future<Output = Result<String, Unasked>> + Send + 'a>>;

/// A way to one agent.
pub(in crate::dispatch) trait ControlRoute: Send + Sync {
    /// Carries one signed order there, and the whole reply back, within a time.
    fn deliver<'a>(&'a self, order: &'a Letter, within: Duration) -> Delivery<'a>;

    /// The way in words, for reports.
    fn describe(&self) -> String;
}

/// A signed order, under way.
#[derive(Debug, Clone)]
pub(in crate::dispatch) struct Letter {
    /// Which order it is.
    pub(in crate::dispatch) id: OrderId,
    /// The signed text.
    pub(in crate::dispatch) text: String,
}
