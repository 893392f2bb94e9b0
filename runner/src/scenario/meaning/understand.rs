//! A whole scenario given meaning, part after part, each with what the parts before it mean.

use std::path::Path;

use ringfence_contract::address::Family;
use ringfence_contract::call::Timeouts;

use crate::scenario::defaults;
use crate::scenario::fault::Fault;
use crate::scenario::model::Scenario;
use crate::scenario::optional::LeftOut;
use crate::scenario::shape::ScenarioFile;
use crate::scenario::source::Source;
use crate::scenario::words::FAMILIES;

/// The most edges a scenario may have: two families of 1,000 agents by 2,000 endpoints.
pub(super) const EDGES_MAX: usize = 4_000_000;

/// What the parts share while they are given meaning.
pub(super) struct Meaning<'a> {
    /// Where the file's relative paths start.
    pub(super) base: &'a Path,
    /// The families an endpoint is called in where nothing says.
    pub(super) families: Vec<Family>,
    /// How long each phase of a call may take.
    pub(super) timeouts: Timeouts,
    /// Endpoints that the file names and that are not called.
    pub(super) left_out: Vec<LeftOut>,
    pub(super) faults: &'a mut Vec<Fault>,
}

/// Gives meaning to a scenario's shape. `None` only where faults say why.
pub(in crate::scenario) fn understand(
    (file, left_out): (&ScenarioFile, Vec<LeftOut>),
    source: &Source,
    base: &Path,
    faults: &mut Vec<Fault>,
) -> Option<Scenario> {
    let families = defaults::FAMILIES.to_vec();
    let mut meaning = Meaning { base, families, timeouts: Timeouts::default(), left_out, faults };
    if let Some(families) = &file.families {
        meaning.families = meaning.words("families", families, FAMILIES);
    }
    let name = meaning.title(&file.name);
    let zones = meaning.zones(&file.zones);
    meaning.timeouts = meaning.timeouts(file.timeouts.as_ref());
    let fingerprints = meaning.fingerprints(file);
    let spoof_headers = meaning.spoof_headers(&file.spoof_headers);
    let endpoints = meaning.endpoints(file);
    let agents = meaning.agents(file, &zones, &endpoints);
    let rules = meaning.rules(file, &agents, &endpoints);
    let timeouts = meaning.timeouts;
    let agents = agents.into_iter().collect::<Option<Vec<_>>>()?;
    let endpoints = endpoints.into_iter().collect::<Option<Vec<_>>>()?;
    let rules = rules?;
    meaning.beacons_fit(&agents, &endpoints, &rules);
    Some(Scenario {
        name: name?,
        source: source.clone(),
        agents,
        endpoints,
        rules,
        left_out: meaning.left_out,
        strays: Vec::new(),
        fingerprints,
        spoof_headers,
        timeouts,
    })
}

impl Meaning<'_> {
    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }
}
