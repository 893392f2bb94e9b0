//! The second stage: a [`ScenarioFile`] in, a [`Scenario`] out, or every mistake in what it refers to.
//!
//! Each file here gives meaning to one part: single values, ways in, control routes, rules, and the rules together.
//! This folder must not know what YAML is or what becomes of the edges.

mod agents;
mod control;
mod overlap;
mod rules;
mod settings;
mod values;
mod ways;

use std::path::Path;

use ringfence_contract::address::Family;

use super::defaults;
use super::fault::Fault;
use super::model::Scenario;
use super::shape::ScenarioFile;
use super::source::Source;
use super::words::FAMILIES;

/// The most edges a scenario may have: two families of 1,000 agents by 2,000 endpoints.
const EDGES_MAX: usize = 4_000_000;

/// What the parts share while they are given meaning.
struct Meaning<'a> {
    /// Where the file's relative paths start.
    base: &'a Path,
    /// The families an endpoint is called in where nothing says.
    families: Vec<Family>,
    faults: &'a mut Vec<Fault>,
}

/// Gives meaning to a scenario's shape. `None` only where faults say why.
pub(super) fn understand(
    file: &ScenarioFile,
    source: &Source,
    base: &Path,
    faults: &mut Vec<Fault>,
) -> Option<Scenario> {
    let mut meaning = Meaning { base, families: defaults::FAMILIES.to_vec(), faults };
    if let Some(families) = &file.families {
        meaning.families = meaning.words("families", families, FAMILIES);
    }
    let name = meaning.title(&file.name);
    let zones = meaning.zones(&file.zones);
    let timeouts = meaning.timeouts(file.timeouts.as_ref());
    let fingerprints = meaning.fingerprints(&file.fingerprints);
    let endpoints = meaning.endpoints(file);
    let agents = meaning.agents(file, &zones, &endpoints);
    let rules = meaning.rules(file, &agents, &endpoints);
    Some(Scenario {
        name: name?,
        source: source.clone(),
        agents: agents.into_iter().collect::<Option<_>>()?,
        endpoints: endpoints.into_iter().collect::<Option<_>>()?,
        rules: rules?,
        fingerprints,
        timeouts,
    })
}

impl Meaning<'_> {
    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }
}
