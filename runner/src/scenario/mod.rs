//! Scenario text in, [`Scenario`] out, or every mistake in it at once.
//!
//! Two stages of three live here: the shape (what YAML says) and the meaning (what it refers to). The third, the matrix,
//! is the plan's. This room must not know how a call is made or judged.

mod model;

pub use model::{
    Agent, AgentIndex, Answers, Beacon, Control, Endpoint, EndpointIndex, Expect, Rule, RuleIndex, Scenario,
    Source, Span, WitnessBy, Zone,
};
