//! How fast bytes have to come over a rule's edges, and which edges that can be asked of. This file must not know how
//! anything is measured, only what fits.

use super::understand::Meaning;
use crate::scenario::cells::cells;
use crate::scenario::defaults;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{Answers, Endpoint, Rule};
use crate::scenario::shape_rules::ThroughputShape;
use crate::scenario::suggest;
use crate::scenario::text::Scalar;
use crate::scenario::throughput::{Rate, RateUnit, Throughput};
use ringfence_contract::quantity::read_thousandths;

impl Meaning<'_> {
    /// What a rule's `throughput:` means. `None` only where faults say why.
    pub(super) fn throughput(&mut self, shape: &ThroughputShape) -> Option<Throughput> {
        let at_least = self.value(&shape.at_least, |_| read_rate(&shape.at_least));
        let lasts_ms = match &shape.lasts {
            None => Some(defaults::THROUGHPUT_MS),
            Some(scalar) => {
                let least_ns = u64::from(defaults::THROUGHPUT_MIN_MS) * 1_000_000;
                let ns = self.time_ns("for", scalar, (least_ns, "1s"), defaults::THROUGHPUT_MAX_MS / 1_000);
                ns.and_then(|ns| u32::try_from(ns / 1_000_000).ok())
            }
        };
        let (at_least, lasts_ms) = (at_least?, lasts_ms?);
        let throughput = Throughput { at_least, lasts_ms, span: shape.at_least.span.clone() };
        if !throughput.fits_beside(&self.timeouts) {
            let at = shape.lasts.as_ref().unwrap_or(&shape.at_least).span.clone();
            let mistake = Mistake::NoRoomToDownload { lasts_ms };
            self.fault(Fault::at(at, mistake).help("shorten `for` or `timeouts:`"));
            return None;
        }
        Some(throughput)
    }

    /// Bytes come from an agent over HTTP, and from nobody else.
    pub(super) fn rules_download(&mut self, rules: &[Rule], endpoints: &[&Endpoint]) {
        for rule in rules {
            let Some(throughput) = &rule.throughput else { continue };
            let mut called: Vec<_> = cells(rule, endpoints).map(|cell| cell.endpoint).collect();
            called.sort_unstable();
            let mut called = called.into_iter().filter_map(|place| endpoints.get(place.0));
            let unfit = called.find_map(|endpoint| Some((endpoint, cannot_give(endpoint)?)));
            if let Some((endpoint, why)) = unfit {
                let mistake = Mistake::NoDownload { endpoint: endpoint.name.clone(), why };
                let fault = Fault::at(throughput.span.clone(), mistake);
                let fault = fault.label("this needs an agent that answers over http or https");
                let help = "take the endpoint out of this rule, and give it a rule without `throughput`";
                self.fault(fault.and(endpoint.span.clone(), "called here").help(help));
            }
        }
    }
}

/// Why nobody gives bytes at an endpoint, where that is so.
fn cannot_give(endpoint: &Endpoint) -> Option<&'static str> {
    match (&endpoint.answers, endpoint.owner) {
        (Answers::Platform { .. }, _) => Some("the platform answers there, and no agent"),
        (Answers::Agent, None) => Some("no agent owns it"),
        (Answers::Agent, Some(_)) if !endpoint.route.address.transport.is_http() => {
            Some("a download is asked for over http or https")
        }
        (Answers::Agent, Some(_)) => None,
    }
}

/// A rate from 1kB/s to 2GB/s, in any unit.
fn read_rate(scalar: &Scalar) -> Result<Rate, Fault> {
    let text = &scalar.text;
    let fault = |mistake| Fault::at(scalar.span.clone(), mistake);
    let Some((thousandths, unit)) = read_unit(text) else {
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim_start();
        let number = text.strip_suffix(unit).unwrap_or(text).trim_end();
        let names = RateUnit::ALL.map(|unit| unit.name);
        let help = match suggest::closest(unit, names) {
            _ if unit.is_empty() => format!("add the unit: `{text}MB/s` or `{text}Mbit/s`"),
            _ if ["Mb/s", "Mbps", "Gb/s", "Gbps", "kb/s", "kbps", "MBps"].contains(&unit) => {
                format!("is that bytes (`{number}MB/s`) or bits (`{number}Mbit/s`)?")
            }
            Some(name) if read_thousandths(number).is_some() => format!("did you mean `{number}{name}`?"),
            _ => format!("write a number and one of {}", suggest::listed(names)),
        };
        return Err(fault(Mistake::Throughput { text: text.clone() }).help(help));
    };
    let rate = Rate { thousandths, unit };
    let fits = (defaults::THROUGHPUT_MIN_BITS..=defaults::THROUGHPUT_MAX_BITS).contains(&rate.bits());
    fits.then_some(rate).ok_or_else(|| {
        fault(Mistake::ThroughputRange { text: text.clone() }).help("write a rate from 1kB/s to 2GB/s")
    })
}

fn read_unit(text: &str) -> Option<(u64, RateUnit)> {
    RateUnit::ALL.into_iter().find_map(|unit| {
        let number = text.strip_suffix(unit.name)?.trim_end();
        Some((read_thousandths(number)?, unit))
    })
}
