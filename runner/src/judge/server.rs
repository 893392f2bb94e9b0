//! Whose server an answer came from: a claim counts only from whom it is proved to come.

use std::net::IpAddr;

use ringfence_contract::address::{Family, Host};
use ringfence_contract::fingerprint::Basis;
use ringfence_contract::outcome::{Forbidden, Outcome};
use ringfence_contract::sample::Sample;

use super::case::{Case, are_alike};
use super::verdict::Reason;
use crate::dispatch::Attempt;
use crate::scenario::{ServiceEndpoint, Zone, is_service_endpoint};

/// Whose server it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The endpoint's.
    Endpoint,
    /// Anybody's: why that is not known.
    Unproved(Reason),
}

/// Who says a 403 that nobody signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refuser {
    /// The very server that answers admitted callers, known by its certificate.
    Server,
    /// Whatever answers at that address.
    Address,
    /// Somebody who showed a certificate that is not good, and that no admitted caller was shown.
    Unproved(Reason),
}

/// Who says a bare 403. Only the server that admitted callers met denies anything.
pub(super) fn refuses(case: &Case<'_>, sample: &Sample) -> Refuser {
    let (witnesses, endpoint) = (case.witnesses, case.edge.endpoint);
    let Some(tls) = &sample.tls else { return Refuser::Address };
    if witnesses.is_server(endpoint, sample) {
        return Refuser::Server;
    }
    let is_good = tls.certificate_error.is_none();
    let is_shown_to_admitted = tls.pin.is_some_and(|pin| witnesses.showed(endpoint, pin));
    if is_good || is_shown_to_admitted {
        return Refuser::Address;
    }
    let good = |remote| witnesses.showed_good_certificate(endpoint, remote);
    if sample.remote.is_some_and(good) || answers_everything(case, sample) {
        Refuser::Unproved(Reason::Intercepted)
    } else {
        Refuser::Unproved(Reason::ServerUnclear)
    }
}

/// Whose server gave this answer.
///
/// A good certificate proves it. Without TLS, whatever is at the address answers: that is the endpoint's where the scenario
/// itself gives the address, or where admitted callers reached the endpoint there; unless this vantage's beacon was answered in
/// the same way, as by a portal that answers everything. A bad certificate hides no open path; but where admitted callers were
/// shown a good one, somebody on the way shows his own.
pub(super) fn whose(case: &Case<'_>, sample: &Sample) -> Whose {
    if is_certified(sample) {
        return Whose::Endpoint;
    }
    let bad = sample.tls.is_some();
    let (witnesses, endpoint) = (case.witnesses, case.edge.endpoint);
    let there = |remote| witnesses.address(endpoint, remote).holds();
    if bad && sample.remote.is_some_and(|remote| witnesses.showed_good_certificate(endpoint, remote)) {
        return Whose::Unproved(Reason::Intercepted);
    }
    if answers_everything(case, sample) {
        return Whose::Unproved(if bad { Reason::Intercepted } else { Reason::CallersSide });
    }
    if is_behind_address(case) || sample.remote.is_some_and(there) {
        return Whose::Endpoint;
    }
    let lives = witnesses.target(endpoint, case.edge.family).holds();
    Whose::Unproved(if lives { Reason::OtherAddress } else { Reason::NoTargetWitness })
}

/// Whether this vantage's beacon was answered in the same way: then it is not the endpoint that answers.
fn answers_everything(case: &Case<'_>, sample: &Sample) -> bool {
    let beacons = case.witnesses.beacons(case.edge.vantage, case.edge.family);
    beacons.iter().any(|beacon| are_same(beacon, sample))
}

/// Whether two calls were answered by the same page of the same server, or under certificates that are both not good.
fn are_same(one: &Sample, other: &Sample) -> bool {
    let bad = |sample: &Sample| sample.tls.as_ref().is_some_and(|tls| tls.certificate_error.is_some());
    let same_page = match (&one.outcome, &other.outcome) {
        (Outcome::Unsealed(one), Outcome::Unsealed(other)) => {
            let said = !other.body.is_empty() || other.location.is_some();
            said && (one.status, &one.server, &one.location, &one.body)
                == (other.status, &other.server, &other.location, &other.body)
        }
        _ => false,
    };
    same_page || (bad(one) && bad(other) && are_alike(&one.outcome, &other.outcome))
}

/// Whether the scenario itself says at which address the endpoint is. A name may lead a vantage anywhere, and only one
/// that gets through can show that it led to the target.
pub(super) fn is_behind_address(case: &Case<'_>) -> bool {
    let route = &case.endpoint.route;
    route.connect.is_some() || matches!(route.address.host, Host::Ip(_))
}

/// Whether a refusal in a platform's words is proved to be the endpoint's: its server has shown a certificate that is good for
/// the endpoint's name, or its pin. Over plain http anything on the way may say it.
pub(super) fn attributes(sample: &Sample, forbidden: &Forbidden) -> bool {
    // A page that an application shows may quote what stands in a body alone.
    forbidden.by != Basis::BodyAlone && is_certified(sample)
}

/// Whether the server showed a good certificate, and that it holds its key.
pub(super) fn is_certified(sample: &Sample) -> bool {
    sample.tls.as_ref().is_some_and(|tls| tls.certificate_error.is_none() && tls.version.is_some())
}

/// Whether the address that the platform says it saw is somebody else's: one known solely as another vantage's, or one outside
/// this caller's declared zone. A forged call may be told its own lie.
pub(super) fn contradicts(case: &Case<'_>, attempt: &Attempt, forbidden: &Forbidden) -> bool {
    let is_forged = attempt.role.as_deref().is_some_and(|role| role.forged().is_some());
    let Some(saw) = forbidden.saw.filter(|_| !is_forged) else { return false };
    let zone = case.vantage.zone.as_ref();
    let outside = zone.is_some_and(|zone| says_of(zone, saw) && !zone.contains(saw));
    outside
        || (!zone.is_some_and(|zone| names(zone, saw))
            && case.callers.is_solely_anothers(case.edge.vantage, saw))
}

/// Whether a zone names this one address as its callers': they may share it with others, behind one NAT.
fn names(zone: &Zone, address: IpAddr) -> bool {
    let alone = |network: &ipnet::IpNet| network.prefix_len() == network.max_prefix_len();
    zone.networks.iter().any(|network| alone(network) && network.addr() == address)
}

/// Whether a zone says where addresses of this one's family lie.
fn says_of(zone: &Zone, address: IpAddr) -> bool {
    let family = Family::of(address.to_canonical());
    let listed = zone.service_endpoint == ServiceEndpoint::Listed && is_service_endpoint(address);
    listed || zone.networks.iter().any(|network| Family::of(network.addr()) == family)
}
