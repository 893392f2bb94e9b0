//! What names have to resolve to, as endpoints and rules say it. This file must not know what a resolver says.

use std::collections::HashSet;

use super::understand::Meaning;
use super::values::read_network;
use super::ways::literal;
use crate::scenario::cells::cells;
use crate::scenario::fault::Fault;
use crate::scenario::mistake::Mistake;
use crate::scenario::model::{Endpoint, Rule};
use crate::scenario::resolves::{NameClaim, Resolves};
use crate::scenario::shape::WayMap;
use crate::scenario::text::{Known, Scalar};
use crate::scenario::words::{self, RESOLVES, SERVICE_ENDPOINT};

impl Meaning<'_> {
    /// What `resolves:` says: one word, or networks.
    pub(super) fn resolves(&mut self, scalars: &[Scalar]) -> Option<NameClaim> {
        let span = scalars.first()?.span.clone();
        if let [Scalar { text, known: Known::Yes, .. }] = scalars
            && let Some((_, meaning)) = RESOLVES.iter().find(|(word, _)| word == text)
        {
            return Some(NameClaim { resolves: meaning.clone(), span });
        }
        let networks: Vec<_> = scalars.iter().map(|scalar| self.value(scalar, |_| network(scalar))).collect();
        let networks = networks.into_iter().collect::<Option<_>>()?;
        Some(NameClaim { resolves: Resolves::Networks(networks), span })
    }

    /// What an endpoint's name has to resolve to has an effect only where there is a name, and a family listed.
    pub(super) fn endpoint_resolves(&mut self, way: &WayMap, endpoint: &Endpoint) {
        let Some(claim) = &endpoint.resolves else { return };
        let name = format!("`{}`", endpoint.name);
        if literal(&endpoint.route).is_some() {
            let at = way.connect.as_ref().unwrap_or(&way.url).span.clone();
            let fault = Fault::at(claim.span.clone(), Mistake::ResolvesNothing { endpoint: name });
            let fault = fault.label("this needs a name").and(at, "this is an address");
            self.fault(fault.help("remove `resolves`, or call the endpoint by its name, without `connect`"));
        } else if !endpoint.families.iter().any(|family| claim.resolves.covers(*family)) {
            let mistake = Mistake::ResolvesOtherFamily { endpoint: name };
            let fault = Fault::at(claim.span.clone(), mistake);
            self.fault(fault.help("list a network of the family too, or set the endpoint's `families`"));
        }
    }

    /// The same of a rule: it must not count on the name of an endpoint that has none.
    pub(super) fn rules_resolve(&mut self, rules: &[Rule], endpoints: &[&Endpoint]) {
        for rule in rules {
            let Some(claim) = &rule.resolves else { continue };
            let ways: HashSet<_> = cells(rule, endpoints).map(|cell| (cell.endpoint, cell.family)).collect();
            let mut called: Vec<_> = ways.iter().map(|(endpoint, _)| *endpoint).collect();
            called.sort_unstable();
            let mut called = called.into_iter().filter_map(|place| endpoints.get(place.0));
            let first = called.clone().next();
            let covered = ways.iter().any(|(_, family)| claim.resolves.covers(*family));
            let fault = |mistake| Fault::at(claim.span.clone(), mistake);
            if let Some(endpoint) = called.find(|endpoint| literal(&endpoint.route).is_some()) {
                let fault = fault(Mistake::ResolvesNothing { endpoint: format!("`{}`", endpoint.name) });
                let fault =
                    fault.label("this needs names").and(endpoint.span.clone(), "called by an address");
                self.fault(
                    fault.help("take the endpoint out of this rule, and give it a rule without `resolves`"),
                );
            } else if let (Some(endpoint), false) = (first, covered) {
                let fault = fault(Mistake::ResolvesOtherFamily { endpoint: format!("`{}`", endpoint.name) });
                self.fault(fault.help("list a network of the family too, or set the rule's `families`"));
            }
        }
    }
}

fn network(scalar: &Scalar) -> Result<ipnet::IpNet, Fault> {
    let fault = |mistake| Fault::at(scalar.span.clone(), mistake);
    let known = words::texts(RESOLVES);
    if scalar.text == SERVICE_ENDPOINT {
        let help = "write the networks of the endpoint's own addresses, `private` or `public`";
        return Err(fault(Mistake::ResolvesToCaller { word: SERVICE_ENDPOINT }).help(help));
    }
    if known.clone().any(|word| word == scalar.text) {
        let mistake = Mistake::ResolvesWordInList { word: scalar.text.clone() };
        return Err(
            fault(mistake).help(format!("write `resolves: {}` alone, or networks alone", scalar.text))
        );
    }
    read_network(scalar, known)
}
