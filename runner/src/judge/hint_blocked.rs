//! What to look at next where an allowed call did not get through.
//!
//! Facts about App Service come from its public documentation ("Azure App Service access restrictions", "Troubleshoot
//! virtual network integration", "Using private endpoints for App Service apps").

use std::net::IpAddr;

use ringfence_contract::outcome::{
    Forbidden, Outcome, Phase, TlsFailed, TlsFailedWhy, Unresolved, UnresolvedWhy, Unsealed,
};
use ringfence_contract::sample::Sample;

use super::case::{Case, Finding, is_private};
use super::platform::{BARE_DENIAL, DOWN, TOO_MANY};

/// An allowed call that did not get through.
pub(super) fn blocked(case: &Case<'_>, finding: &Finding) -> String {
    let Some(attempt) = case.telling(finding) else {
        return "look at the attempts in the JSON report".to_owned();
    };
    let Ok(sample) = &attempt.sample else { return "look at the control route of the vantage".to_owned() };
    if case.receipt(attempt.call).is_some() {
        return "the request arrived and its answer was lost: look for an asymmetric path (return route, a stateful \
             filter that sees one direction only)"
            .to_owned();
    }
    match &sample.outcome {
        Outcome::Forbidden(_) | Outcome::Unsealed(Unsealed { status: Some(BARE_DENIAL), .. })
            if resolved_publicly(sample) && case.private_for_others =>
        {
            "the name resolves to a public address here and to a private one elsewhere: link the private DNS zone \
             to this vantage's network, or forward to 168.63.129.16"
                .to_owned()
        }
        Outcome::Forbidden(forbidden) => forbidden_hint(case, forbidden),
        Outcome::Unsealed(unsealed) => wrong_answer(unsealed),
        Outcome::Unresolved(unresolved) => unresolved_hint(unresolved).to_owned(),
        Outcome::TlsFailed(failed) => tls_hint(failed).to_owned(),
        outcome => silent_hint(outcome).to_owned(),
    }
}

fn resolved_publicly(sample: &Sample) -> bool {
    let resolution = sample.resolution.as_ref();
    resolution
        .is_some_and(|found| !found.addresses.is_empty() && !found.addresses.iter().copied().any(is_private))
}

/// The platform refused an allowed caller, and may have said whom it saw.
fn forbidden_hint(case: &Case<'_>, forbidden: &Forbidden) -> String {
    let Some(saw) = forbidden.saw else {
        return "the platform's own rules refuse this caller: look at its access rules and at who it takes the \
             caller for"
            .to_owned();
    };
    let home = case.vantage.zone.as_ref();
    let zones = case.scenario.agents.iter().filter_map(|agent| agent.zone.as_ref());
    let known = zones.filter(|zone| zone.contains(saw)).map(|zone| zone.name.as_str()).next();
    match (is_service_endpoint(saw), home.is_some_and(|zone| zone.contains(saw)), known) {
        (true, _, _) => {
            "the service endpoint works, but no rule of the target matches this subnet: look which \
             subnet its rules name"
                .to_owned()
        }
        (false, true, _) => {
            "the caller comes from where it should: the rule list of the site does not admit this subnet"
                .to_owned()
        }
        (false, false, Some(zone)) => format!(
            "the call left from zone {zone}: look which subnet the vantage is integrated with, and which the \
             target's rules name"
        ),
        (false, false, None) => {
            "the address is in no zone: the service endpoint is not in effect on the caller's \
             subnet, or route-all is off or the VNet integration is missing"
                .to_owned()
        }
    }
}

/// What App Service's front end shows for a caller that comes through a service endpoint: `fd00::/8`.
pub(super) fn is_service_endpoint(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.octets()[0] == 0xfd)
}

fn wrong_answer(unsealed: &Unsealed) -> String {
    match unsealed.status {
        Some(BARE_DENIAL) => {
            "a 403 that the platform does not sign: the app is stopped, or it refuses by itself \
             (client certificate, web.config, a firewall in front)"
        }
        Some(401) => {
            "the path is open, a key or login is missing: put the agent where no login stands in front"
        }
        Some(301..=303 | 307 | 308) => {
            "a login or redirect stands in front of the agent: exclude its path from \
             authentication, and call the address it redirects to"
        }
        Some(TOO_MANY) => {
            "a rate limit stands in front: raise it for this caller, or spread the attempts over a longer `window`"
        }
        Some(status) if DOWN.contains(&status) => {
            "the front end is up, the app behind it is down or starting"
        }
        Some(404) => {
            "the host answers, but no agent of this run does: look whether the agent runs there, trusts \
             the runner's key and was asked for its hello"
        }
        Some(200..=299) => {
            "another app or a portal answers: look whether the agent is what runs behind this name"
        }
        Some(_) => "something else than the agent answers: look what runs behind this name",
        None => "what answers does not speak HTTP: look at the port and the scheme",
    }
    .to_owned()
}

pub(super) fn silent_hint(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused => "nothing listens on that port, or a filter refuses: look at the listener first",
        Outcome::TimedOut(Phase::Connect) => {
            "something drops the packets: network security group, firewall or route, on either side"
        }
        Outcome::TimedOut(Phase::Tls) => {
            "connected, but the TLS handshake did not end: look at the app's load, at a filter that inspects, and at \
             whether large packets pass (path MTU)"
        }
        Outcome::TimedOut(_) => {
            "connected, but no answer came: look at the app's load, or at a filter in between"
        }
        Outcome::Reset(_) => "connected, then cut off: a filter that inspects, a proxy, or the app itself",
        Outcome::Unreachable(_) => {
            "the network has no way there: look at routes, peerings and rejecting filters"
        }
        Outcome::NotSent(_) => "the vantage's own network refuses: look at its routes and its local firewall",
        _ => "look at the attempts in the JSON report",
    }
}

pub(super) fn unresolved_hint(unresolved: &Unresolved) -> &'static str {
    match unresolved.why {
        UnresolvedWhy::NoSuchName => {
            "the name does not exist for this resolver: look for a missing record in a linked private DNS zone"
        }
        UnresolvedWhy::NoRecords => {
            "the name has no address in this family: look at its records, or the families"
        }
        UnresolvedWhy::ResolverFailed => "the resolver fails: look at its forwarders and at the zone",
        UnresolvedWhy::ResolverSilent => {
            "the resolver does not answer: look at the network's DNS servers and port 53"
        }
        UnresolvedWhy::NoResolver => "the vantage has no resolver: look at its DNS settings",
    }
}

fn tls_hint(failed: &TlsFailed) -> &'static str {
    match failed.why {
        TlsFailedWhy::Expired => "the certificate has expired: renew it",
        TlsFailedWhy::NotYetValid => "the certificate is not valid yet: look at the clocks",
        TlsFailedWhy::WrongName => "the certificate is for other names: the address may lead to another host",
        TlsFailedWhy::Untrusted => {
            "nobody this vantage trusts issued the certificate: name its `ca` or `pin`, or look for a proxy that inspects"
        }
        TlsFailedWhy::BadCertificate => "the certificate cannot be used: look at how it was issued",
        TlsFailedWhy::Alert => {
            "the peer ended the handshake: look at its TLS version, ciphers and client certificates"
        }
        TlsFailedWhy::Handshake => "what answers does not speak TLS: look at the port and the scheme",
    }
}
