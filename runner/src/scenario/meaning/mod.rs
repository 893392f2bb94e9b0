//! The second stage: a [`ScenarioFile`] in, a [`Scenario`] out, or every mistake in what it refers to.
//!
//! Each file here gives meaning to one part: single values, ways in, names, control routes, rules, and the rules together.
//! This folder must not know what YAML is or what becomes of the edges.

mod agents;
mod beacons;
mod control;
mod latency;
mod marks;
mod names;
mod overlap;
mod rules;
mod settings;
mod throughput;
mod understand;
mod values;
mod ways;

pub(super) use understand::understand;
