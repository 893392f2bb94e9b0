//! What a file says beside its agents and rules: its name, zones and timeouts. This file must not know what they are used for.

use indexmap::IndexMap;
use ringfence_contract::call::Timeouts;

use super::understand::Meaning;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::shape::Named;
use crate::scenario::shape_rules::TimeoutsShape;
use crate::scenario::text::{Known, Scalar};
use crate::scenario::words;
use crate::scenario::zone::{ServiceEndpoint, Zone};

impl Meaning<'_> {
    /// A name for people: anything that is not blank.
    pub(super) fn title(&mut self, scalar: &Scalar) -> Option<String> {
        self.value(scalar, |text| match text.trim() {
            "" => {
                Err(Fault::at(scalar.span.clone(), Mistake::EmptyText)
                    .help("write a name that reports can show"))
            }
            text => Ok(text.to_owned()),
        })
    }

    pub(super) fn zones(&mut self, zones: &Named<Vec<Scalar>>) -> IndexMap<String, Zone> {
        let mut known = IndexMap::new();
        for (name, networks) in &zones.0 {
            self.name(name);
            let is_word =
                |scalar: &&Scalar| scalar.known == Known::Yes && scalar.text == words::SERVICE_ENDPOINT;
            let service_endpoint = match networks.iter().find(is_word) {
                Some(_) => ServiceEndpoint::Listed,
                None => ServiceEndpoint::Unlisted,
            };
            let networks = networks.iter().filter(|scalar| !is_word(scalar));
            let networks = networks.filter_map(|network| self.network(network)).collect();
            let name = name.text.clone();
            known.insert(name.clone(), Zone { name, networks, service_endpoint });
        }
        known
    }

    pub(super) fn timeouts(&mut self, shape: Option<&TimeoutsShape>) -> Timeouts {
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
}
