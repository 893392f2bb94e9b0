//! What was not tried, or rests on less: a reader has to know it, though it changes no verdict.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;

use indexmap::IndexMap;
use ringfence_contract::address::Family;
use ringfence_contract::outcome::{NotSentWhy, Outcome};
use ringfence_contract::sample::Sample;

use super::case::Case;
use super::grounds::Grounds;
use super::seen::is_answered;
use crate::dispatch::{ADDRESSES_MAX, Attempt};
use crate::plan::Role;
use crate::scenario::{AgentIndex, EndpointIndex, Expect, Place, Spoofing};

/// Something that a reader has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Endpoints that need an input which was not given.
    LeftOut {
        /// The input.
        input: String,
        /// The endpoints.
        endpoints: Vec<String>,
    },
    /// An endpoint's name has addresses in a family in which nobody calls it.
    OtherFamily {
        /// The endpoint.
        endpoint: EndpointIndex,
        /// The family.
        family: Family,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// An endpoint's name has more addresses than are called.
    Uncalled {
        /// The endpoint.
        endpoint: EndpointIndex,
        /// How many were not called.
        addresses: usize,
    },
    /// Allowed vantages reached an endpoint at addresses that a denied one was not led to, and so did not call.
    Untried {
        /// The denied vantage.
        vantage: AgentIndex,
        /// The endpoint.
        endpoint: EndpointIndex,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// No call said that it comes from elsewhere and was answered, though there are edges that must be denied.
    NothingForged(Unforged),
    /// A platform saw one vantage at several addresses.
    SeveralAddresses {
        /// The vantage.
        vantage: AgentIndex,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// A caller's address comes through a service endpoint, and does not show from which subnet.
    Undecoded {
        /// The vantage.
        vantage: AgentIndex,
        /// The address.
        address: IpAddr,
    },
}

/// Why no forged call was made, or none tells anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unforged {
    /// No denied endpoint speaks HTTP.
    NoHttp,
    /// The rules leave it.
    ByRule,
    /// No denied call got as far as sending a request.
    NoRequest,
    /// None of those that were made was answered: they may have been lost before anything looked at them.
    NoAnswer,
}

/// What a reader has to know of a run: in the order of the variants above, each once.
#[must_use]
pub fn notices(grounds: &Grounds<'_>) -> Vec<Notice> {
    let mut left_out: IndexMap<&str, Vec<String>> = IndexMap::new();
    for left in &grounds.scenario().left_out {
        left_out.entry(&left.input).or_default().push(left.endpoint.clone());
    }
    let left_out = left_out.into_iter();
    let left_out = left_out.map(|(input, endpoints)| Notice::LeftOut { input: input.to_owned(), endpoints });
    let mut all: Vec<Notice> = left_out.collect();
    let mut gathered = Gathered::default();
    for case in grounds.cases() {
        gathered.note(&case);
    }
    all.extend(gathered.notices());
    all
}

/// What the edges of a run show beside their verdicts.
#[derive(Default)]
struct Gathered {
    other_family: BTreeMap<(EndpointIndex, Family), BTreeSet<IpAddr>>,
    uncalled: BTreeMap<EndpointIndex, usize>,
    untried: BTreeMap<(AgentIndex, EndpointIndex), BTreeSet<IpAddr>>,
    saw: BTreeMap<(AgentIndex, Family), BTreeSet<IpAddr>>,
    undecoded: BTreeSet<(AgentIndex, IpAddr)>,
    denied: usize,
    http: HashSet<bool>,
    left: HashSet<bool>,
    forged: usize,
    heard_forged: bool,
}

impl Gathered {
    fn note(&mut self, case: &Case<'_>) {
        if case.edge.expect == Expect::Deny && !case.attempts.is_empty() {
            self.denied += 1;
            self.http.insert(case.endpoint.route.address.transport.is_http());
            self.left.insert(case.rule.spoofing == Spoofing::Left);
            self.note_untried(case);
        }
        for attempt in case.attempts {
            let Ok(sample) = &attempt.sample else { continue };
            match attempt.role.as_deref() {
                Some(Role::OtherFamily) => self.note_other_family(case, sample),
                Some(role) if role.forged().is_some() => {
                    self.forged += 1;
                    self.heard_forged |= is_answered(sample);
                }
                _ => self.note_call(case, sample),
            }
        }
    }

    /// Addresses at which others reached the endpoint, and that this edge's calls did not go to. A vantage whose network has no
    /// route there has tried.
    fn note_untried(&mut self, case: &Case<'_>) {
        let place = |attempt: &Attempt| {
            let sample = attempt.sample.as_ref().ok()?;
            match (&sample.outcome, attempt.role.as_deref()) {
                (Outcome::NotSent(not_sent), _) if not_sent.why != NotSentWhy::NoRoute => None,
                (_, Some(Role::AtAddress(address))) => Some(*address),
                _ => sample.remote.map(|remote| remote.ip()),
            }
        };
        let tried: BTreeSet<IpAddr> = case.attempts.iter().filter_map(place).collect();
        let is_untried =
            |address: &IpAddr| Family::of(*address) == case.edge.family && !tried.contains(address);
        let untried: BTreeSet<IpAddr> =
            case.witnesses.addresses(case.edge.endpoint).filter(is_untried).collect();
        if !untried.is_empty() {
            self.untried.insert((case.edge.vantage, case.edge.endpoint), untried);
        }
    }

    fn note_other_family(&mut self, case: &Case<'_>, sample: &Sample) {
        let found = sample.resolution.iter().flat_map(|found| &found.addresses);
        for address in found {
            let key = (case.edge.endpoint, Family::of(*address));
            self.other_family.entry(key).or_default().insert(*address);
        }
    }

    fn note_call(&mut self, case: &Case<'_>, sample: &Sample) {
        let vantage = case.edge.vantage;
        let all = sample.resolution.as_ref().map_or(0, |found| found.addresses.len());
        if let Some(uncalled) = all.checked_sub(ADDRESSES_MAX as usize).filter(|uncalled| *uncalled > 0) {
            self.uncalled.insert(case.edge.endpoint, uncalled);
        }
        match &sample.outcome {
            Outcome::Forbidden(forbidden) => {
                if let Some(saw) = forbidden.saw {
                    self.saw.entry((vantage, Family::of(saw))).or_default().insert(saw);
                }
            }
            Outcome::Answered(answered) => {
                let address = answered.seen.address;
                let place = case.vantage.zone.as_ref().map(|zone| zone.place(address));
                if matches!(place, Some(Place::Undecoded | Place::Unlisted)) {
                    self.undecoded.insert((vantage, address));
                }
            }
            _ => {}
        }
    }

    fn notices(self) -> Vec<Notice> {
        let unforged = self.unforged();
        let list = |addresses: BTreeSet<IpAddr>| addresses.into_iter().collect::<Vec<_>>();
        let other = self.other_family.into_iter().map(|((endpoint, family), addresses)| {
            Notice::OtherFamily { endpoint, family, addresses: list(addresses) }
        });
        let uncalled = self.uncalled.into_iter();
        let uncalled = uncalled.map(|(endpoint, addresses)| Notice::Uncalled { endpoint, addresses });
        let untried = self.untried.into_iter().map(|((vantage, endpoint), addresses)| Notice::Untried {
            vantage,
            endpoint,
            addresses: list(addresses),
        });
        let several = self.saw.into_iter().filter(|(_, addresses)| addresses.len() > 1);
        let several = several.map(|((vantage, _), addresses)| Notice::SeveralAddresses {
            vantage,
            addresses: list(addresses),
        });
        let undecoded = self.undecoded.into_iter();
        let undecoded = undecoded.map(|(vantage, address)| Notice::Undecoded { vantage, address });
        let unforged = unforged.map(Notice::NothingForged).into_iter();
        other.chain(uncalled).chain(untried).chain(unforged).chain(several).chain(undecoded).collect()
    }

    /// Why no forged call was made, where there was something to deny.
    fn unforged(&self) -> Option<Unforged> {
        if self.denied == 0 || self.heard_forged {
            return None;
        }
        if self.forged > 0 {
            return Some(Unforged::NoAnswer);
        }
        Some(match (self.http.contains(&true), self.left.contains(&false)) {
            (false, _) => Unforged::NoHttp,
            (true, false) => Unforged::ByRule,
            (true, true) => Unforged::NoRequest,
        })
    }
}
