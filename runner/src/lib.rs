//! Ringfence's runner: a scenario text in, a judged run record out, and the reports drawn from it.
//!
//! One way, each room handing one value to the next:
//!
//! ```text
//! text -> scenario::Scenario -> plan::Plan -> dispatch::Observations -> judge::Judged -> explain::Judgement ->
//! tally::RunRecord -> report
//! ```
//!
//! A room imports only rooms upstream of it. Only [`dispatch`] is async and touches the network; every other room is a
//! pure function from one value to the next.

pub mod cli;
pub mod dispatch;
pub mod explain;
pub mod judge;
pub mod plan;
pub mod report;
pub mod scenario;
pub mod tally;
