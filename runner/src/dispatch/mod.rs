//! [`Plan`](crate::plan::Plan) in, [`Observations`] out: the one room that touches the network.
//!
//! It must not know what an outcome means for a verdict: it asks, collects, and says what it could not learn.
//!
//! The phases: hello (every agent at once), witnesses, reach (every attempt at every edge in flight at once, as far as
//! each agent allows), witnesses again, receipts, and then latency and throughput, of the edges that were reached and are to be
//! measured. A dropped edge costs one timeout, and so do a thousand: of the three in the middle, each begins for an edge
//! when the one before is over for its endpoint and its vantage.

mod board;
mod correspond;
mod further;
mod hello;
mod latency;
mod measurement;
mod observe;
mod obstacle;
mod opening;
mod pending;
mod phases;
mod place;
mod progress;
mod reach;
mod receipts;
mod route;
mod second_look;
mod signet;
mod throughput;
mod witnesses;

pub use measurement::Measurement;
pub use observe::{
    AgentObservation, Attempt, FurtherWitness, Greeting, Observations, ReceiptBook, Unasked, UnaskedWhy,
};
pub use phases::{Settings, greet, observe};
pub use progress::{FirstSight, Progress, Stage};
pub use route::{LocalSettings, LocalVantage};
pub use second_look::ADDRESSES_MAX;
