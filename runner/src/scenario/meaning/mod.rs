//! The second stage: a [`ScenarioFile`] in, a [`Scenario`] out, or every mistake in what it refers to.
//!
//! Each file here gives meaning to one part: single values, ways in, control routes, rules, and the rules together.
//! This folder must not know what YAML is or what becomes of the edges.

mod agents;
mod control;
mod overlap;
mod rules;
mod values;
mod ways;

use std::path::Path;

use indexmap::IndexMap;
use ringfence_contract::address::Family;
use ringfence_contract::call::Timeouts;
use ringfence_contract::fingerprint::{self, Fingerprint};

use super::defaults;
use super::fault::Fault;
use super::mistake::Mistake;
use super::model::{Scenario, Zone};
use super::shape::{Named, ScenarioFile};
use super::shape_rules::{FingerprintShape, TimeoutsShape};
use super::source::Source;
use super::text::Scalar;
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

    /// A name for people: anything that is not blank.
    fn title(&mut self, scalar: &Scalar) -> Option<String> {
        self.value(scalar, |text| match text.trim() {
            "" => {
                Err(Fault::at(scalar.span.clone(), Mistake::EmptyText)
                    .help("write a name that reports can show"))
            }
            text => Ok(text.to_owned()),
        })
    }

    fn zones(&mut self, zones: &Named<Vec<Scalar>>) -> IndexMap<String, Zone> {
        let mut known = IndexMap::new();
        for (name, networks) in &zones.0 {
            self.name(name);
            let networks = networks.iter().filter_map(|network| self.network(network)).collect();
            known.insert(name.text.clone(), Zone { name: name.text.clone(), networks });
        }
        known
    }

    fn timeouts(&mut self, shape: Option<&TimeoutsShape>) -> Timeouts {
        let mut timeouts = Timeouts::default();
        let Some(shape) = shape else { return timeouts };
        for (key, written, phase_ms) in [
            ("resolve", &shape.resolve, &mut timeouts.resolve_ms),
            ("connect", &shape.connect, &mut timeouts.connect_ms),
            ("tls", &shape.tls, &mut timeouts.tls_ms),
            ("first-byte", &shape.first_byte, &mut timeouts.first_byte_ms),
            ("transfer", &shape.transfer, &mut timeouts.transfer_ms),
        ] {
            let written = written.as_ref();
            let ms = written.and_then(|scalar| self.duration_ms(key, scalar, 1, Timeouts::PHASE_MAX_MS));
            *phase_ms = ms.unwrap_or(*phase_ms);
        }
        timeouts
    }

    /// The scenario's own rows first, then those known by heart.
    fn fingerprints(&mut self, shapes: &[FingerprintShape]) -> Vec<Fingerprint> {
        let own: Vec<_> = shapes.iter().filter_map(|shape| self.fingerprint(shape)).collect();
        own.into_iter().chain(fingerprint::known()).collect()
    }

    fn fingerprint(&mut self, shape: &FingerprintShape) -> Option<Fingerprint> {
        let name = self.title(&shape.name);
        let status = self.number("status", &shape.status, 100, 599);
        match (&shape.header, &shape.header_contains, &shape.body_contains) {
            (None, Some(contains), _) => {
                let fault = Fault::at(contains.span.clone(), Mistake::HeaderContains);
                self.fault(fault.help("add `header:` with the name of the header that must contain this"));
            }
            (None, None, None) => {
                let help = "add `header:` or `body-contains:`: a stopped app or the app's own door may send the same status";
                self.fault(Fault::at(shape.status.span.clone(), Mistake::FingerprintTooWide).help(help));
            }
            (Some(_), _, _) | (None, None, Some(_)) => {}
        }
        let text = |scalar: &Option<Scalar>| scalar.as_ref().map(|scalar| scalar.text.clone());
        Some(Fingerprint {
            name: name?,
            status: u16::try_from(status?).ok()?,
            header: text(&shape.header).map(|header| header.to_ascii_lowercase()),
            header_contains: text(&shape.header_contains),
            body_contains: text(&shape.body_contains),
        })
    }
}
