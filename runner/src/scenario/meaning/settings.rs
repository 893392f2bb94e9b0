//! What a file says beside its agents and rules: its name, zones, timeouts and fingerprints. This file must not know what
//! they are used for.

use indexmap::IndexMap;
use ringfence_contract::call::Timeouts;
use ringfence_contract::fingerprint::{self, Fingerprint};

use super::super::fault::Fault;
use super::super::mistake::Mistake;
use super::super::model::Zone;
use super::super::shape::Named;
use super::super::shape_rules::{FingerprintShape, TimeoutsShape};
use super::super::text::Scalar;
use super::Meaning;

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
            let networks = networks.iter().filter_map(|network| self.network(network)).collect();
            known.insert(name.text.clone(), Zone { name: name.text.clone(), networks });
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

    /// The scenario's own rows first, then those known by heart.
    pub(super) fn fingerprints(&mut self, shapes: &[FingerprintShape]) -> Vec<Fingerprint> {
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
