//! Control routes: the ways an order gets to its agent and the reply gets back. One trait, one file each.

mod carry;
mod direct;
mod exec;
mod local;
mod open;
mod relay;

pub use local::{LocalSettings, LocalVantage};

pub(super) use carry::{ControlRoute, Delivery, Letter};
pub(super) use open::open;
