//! Scenario text in, [`Scenario`] out, or every mistake in it at once.
//!
//! Two stages of three live here: the shape (what YAML says) and the meaning (what it refers to). The third, the matrix,
//! is the plan's. This room must not know how a call is made or judged.

mod cells;
pub mod defaults;
mod fault;
mod file;
mod glob;
mod inputs;
mod latency;
mod meaning;
mod mistake;
mod model;
mod named;
mod optional;
mod port;
mod reader;
mod resolves;
mod schema;
mod shape;
mod shape_macro;
mod shape_reader;
mod shape_rules;
mod source;
mod suggest;
mod text;
mod throughput;
mod words;
mod zone;

use std::path::Path;

pub use cells::{Cell, Grid};
pub use fault::{LoadError, Mistakes};
pub use glob::glob_matches;
pub use inputs::{Inputs, SetError, Stray};
pub use latency::{Budget, Latency, Limit, Sampling, Statistic};
pub use model::{
    Agent, AgentIndex, Answers, Beacon, BeaconTarget, Control, Endpoint, EndpointIndex, Expect, Rule,
    RuleIndex, Scenario, SelfCalls, SpoofHeader, Spoofing, WitnessBy, WitnessPort,
};
pub use named::name_of;
pub use optional::LeftOut;
pub use port::Port;
pub use resolves::{NameClaim, Resolves, Scope};
pub use schema::schema;
pub use source::{Lines, Source, Span};
pub use throughput::{Rate, RateUnit, Throughput};
pub use zone::{Place, ServiceEndpoint, Zone, caller_in_its_network, is_service_endpoint};

/// Loads a scenario from a file.
///
/// # Errors
///
/// [`LoadError`], when the file cannot be read or has mistakes: all of them are in it.
pub fn load(path: &Path, inputs: &Inputs) -> Result<Scenario, LoadError> {
    let source = file::read(path)?;
    read(source, path.parent().unwrap_or(Path::new("")), inputs)
}

/// Reads a scenario from a text. Its relative paths start at `base`.
///
/// # Errors
///
/// [`LoadError::Mistakes`], with every mistake of the text. A text whose shape is wrong is not looked into any further.
pub fn read(source: Source, base: &Path, inputs: &Inputs) -> Result<Scenario, LoadError> {
    let mut root = match text::read(&source) {
        Ok(root) => root,
        Err(fault) => return Err(LoadError::mistakes(source, vec![fault])),
    };
    let mut faults = Vec::new();
    let (left_out, strays) = inputs::put_in(&mut root, inputs, &mut faults);
    let shape = shape_reader::read(root, &mut faults);
    let scenario =
        shape.and_then(|shape| meaning::understand((&shape, left_out), &source, base, &mut faults));
    match scenario {
        Some(scenario) if faults.is_empty() => Ok(Scenario { strays, ..scenario }),
        _ => Err(LoadError::mistakes(source, faults)),
    }
}

#[cfg(test)]
mod tests;
