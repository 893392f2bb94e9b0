//! What a file says about answers and forged calls: the tables of fingerprints, and further headers that say where a call comes
//! from.

use ringfence_contract::fingerprint::{self, Basis, Fingerprint, Says};
use ringfence_contract::spoof::{self, Spoof, SpoofError};

use super::understand::Meaning;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::SpoofHeader;
use crate::scenario::shape::ScenarioFile;
use crate::scenario::shape_rules::{FingerprintShape, SpoofHeaderShape};
use crate::scenario::text::{Known, Scalar};

/// The most rows that a scenario may have of its own: an agent takes 256 in all, and some 100 are known by heart.
const ROWS_MAX: usize = 128;

impl Meaning<'_> {
    /// The scenario's own rows first, then those known by heart.
    pub(super) fn fingerprints(&mut self, file: &ScenarioFile) -> Vec<Fingerprint> {
        let mut rows = Vec::new();
        for (shapes, says) in [
            (&file.fingerprints, Says::Refused),
            (&file.callers_side, Says::CallersSide),
            (&file.not_denials, Says::NotADenial),
        ] {
            rows.extend(shapes.iter().filter_map(|shape| self.fingerprint(shape, says)));
        }
        let all = file.fingerprints.iter().chain(&file.callers_side).chain(&file.not_denials);
        if let Some(one_more) = all.clone().nth(ROWS_MAX) {
            let mistake = Mistake::TooMany { what: "rows about answers", limit: ROWS_MAX };
            let help = "keep those that this network needs: each travels in every order";
            self.fault(Fault::at(one_more.name.span.clone(), mistake).help(help));
        }
        rows.into_iter().chain(fingerprint::known()).collect()
    }

    fn fingerprint(&mut self, shape: &FingerprintShape, says: Says) -> Option<Fingerprint> {
        let name = self.title(&shape.name);
        let written = shape.status.as_deref().unwrap_or_default();
        let statuses: Vec<_> = written.iter().map(|status| self.number("status", status, 100, 599)).collect();
        let statuses: Option<Vec<u16>> =
            statuses.into_iter().map(|status| u16::try_from(status?).ok()).collect();
        self.is_telling(shape, says);
        let text = |scalar: &Option<Scalar>| scalar.as_ref().map(|scalar| scalar.text.clone());
        Some(Fingerprint {
            name: name?,
            says,
            by: Basis::Scenario,
            statuses: statuses?,
            header: text(&shape.header).map(|header| header.to_ascii_lowercase()),
            header_contains: text(&shape.header_contains),
            body_contains: text(&shape.body_contains),
        })
    }

    /// Whether a row tells one kind of answer from others.
    fn is_telling(&mut self, shape: &FingerprintShape, says: Says) {
        match (&shape.header, &shape.header_contains, &shape.body_contains) {
            (None, Some(contains), _) => {
                let fault = Fault::at(contains.span.clone(), Mistake::HeaderContains);
                self.fault(fault.help("add `header:` with the name of the header that must contain this"));
            }
            (None, None, None) => {
                let at = shape.status.as_ref().and_then(|status| status.first()).unwrap_or(&shape.name);
                let help = "add `header:` or `body-contains:`: a stopped app or the app's own door may send the same status";
                self.fault(Fault::at(at.span.clone(), Mistake::FingerprintTooWide).help(help));
            }
            (Some(_), _, _) | (None, None, Some(_)) => {}
        }
        if says == Says::Refused && shape.status.is_none() {
            let mistake = Mistake::MissingKey { key: "status", what: "a fingerprint".to_owned() };
            let fault = Fault::at(shape.name.span.clone(), mistake);
            self.fault(fault.help("add `status:`, for example 403"));
        }
    }

    /// The headers that forged calls have as well, each once.
    pub(super) fn spoof_headers(&mut self, shapes: &[SpoofHeaderShape]) -> Vec<SpoofHeader> {
        let mut headers: Vec<(SpoofHeader, &Scalar)> = Vec::new();
        for shape in shapes {
            let Some(header) = self.spoof_header(shape) else { continue };
            if let Some((_, first)) = headers.iter().find(|(known, _)| known.name == header.name) {
                let mistake = Mistake::RepeatedKey { key: header.name };
                let fault = Fault::at(shape.name.span.clone(), mistake).label("again here");
                self.fault(fault.and(first.span.clone(), "first here").help("remove one of the two"));
                continue;
            }
            headers.push((header, &shape.name));
        }
        if let Some((_, one_more)) = headers.get(Spoof::HEADERS_MAX) {
            let mistake = Mistake::TooMany { what: "forged headers", limit: Spoof::HEADERS_MAX };
            let help =
                "keep those that a front end of this network believes: many more are sent by themselves";
            self.fault(Fault::at(one_more.span.clone(), mistake).help(help));
        }
        headers.into_iter().map(|(header, _)| header).collect()
    }

    fn spoof_header(&mut self, shape: &SpoofHeaderShape) -> Option<SpoofHeader> {
        let known = |scalar: &Scalar| scalar.known == Known::Yes;
        if !known(&shape.name) || !shape.value.as_ref().is_none_or(known) {
            return None;
        }
        let name = shape.name.text.to_ascii_lowercase();
        let value = shape.value.as_ref().map(|value| value.text.clone());
        let error = match spoof::validate(&name, value.as_deref().unwrap_or("192.0.2.1")) {
            Ok(()) => return Some(SpoofHeader { name, value }),
            Err(error) => error,
        };
        let (at, help) = match error {
            SpoofError::Name => (&shape.name, "write the header's name alone, without a colon"),
            SpoofError::Own => (&shape.name, "choose another: a call with this one forged is another call"),
            SpoofError::Value => {
                let at = shape.value.as_ref().unwrap_or(&shape.name);
                (at, "write visible ASCII characters, or leave `value` out for the forged address")
            }
        };
        let mistake = Mistake::SpoofHeader { text: at.text.clone(), reason: error };
        self.fault(Fault::at(at.written.clone(), mistake).help(help));
        None
    }
}
