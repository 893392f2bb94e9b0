//! What to look at next where an allowed call did not get through.

use ringfence_contract::outcome::{
    Forbidden, Outcome, Phase, SealFlaw, TlsFailed, TlsFailedWhy, Unresolved, UnresolvedWhy, Unsealed,
};
use ringfence_contract::sample::Sample;
use ringfence_contract::transport::Transport;

use super::hint::ATTEMPTS;
use super::hint_control::ask;
use super::seen::begins_as_http;
use super::settings::settings;
use crate::judge::platform::{BARE_DENIAL, TOO_MANY, UNAVAILABLE, is_down};
use crate::judge::{Case, Finding, is_private};
use crate::plan::{Claim, claims};
use crate::scenario::is_service_endpoint;

/// What to do about an old answer to another call.
pub(super) const CACHED: &str = "an old sealed answer came again: something in front answers out of a cache: exclude the agent's path from it";

/// An allowed call that did not get through.
pub(super) fn blocked(case: &Case<'_>, finding: &Finding) -> String {
    let Some(attempt) = case.telling(finding) else {
        return ATTEMPTS.to_owned();
    };
    let sample = match &attempt.sample {
        Ok(sample) => sample,
        Err(unasked) => return ask(&case.vantage.name, Some(unasked)),
    };
    if is_cached(case, &sample.outcome) {
        return CACHED.to_owned();
    }
    if case.receipt(attempt.call).is_some() {
        return arrived(&sample.outcome).to_owned();
    }
    let transport = case.endpoint.route.address.transport;
    match &sample.outcome {
        _ if led_elsewhere(case, sample) => {
            "the name does not lead where `resolves` says: look at DNS first, as the hint of its claim says".to_owned()
        }
        Outcome::Forbidden(_) | Outcome::Unsealed(Unsealed { status: Some(BARE_DENIAL), .. })
            if resolved_publicly(sample) && case.private_for_others =>
        {
            let setting = settings(case).public_name;
            format!("the name resolves to a public address here and to a private one elsewhere: {setting}")
        }
        Outcome::Forbidden(forbidden) => forbidden_hint(case, forbidden),
        Outcome::Unsealed(unsealed) => wrong_answer(transport, unsealed).to_owned(),
        Outcome::Unresolved(unresolved) => unresolved_hint(unresolved).to_owned(),
        Outcome::TlsFailed(failed) => tls_hint(failed).to_owned(),
        // No connection was made, and neither a filter nor a dead listener has to say so.
        Outcome::TimedOut(_) if !transport.connects() => {
            "no answer came: a filter drops the datagrams on either way, or nothing that knows this run listens there"
                .to_owned()
        }
        outcome => silent_hint(outcome).to_owned(),
    }
}

/// Whether an answer to another call came out of a cache. Only HTTP has any.
pub(super) fn is_cached(case: &Case<'_>, outcome: &Outcome) -> bool {
    let replayed =
        matches!(outcome, Outcome::Unsealed(unsealed) if unsealed.flaw == Some(SealFlaw::Replayed));
    replayed && case.endpoint.route.address.transport.is_http()
}

/// The target wrote the request down, and yet its caller did not get the answer.
fn arrived(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Unsealed(Unsealed { flaw: Some(_), .. }) => {
            "the request arrived and its answer was cut or changed: look for a proxy that limits or rewrites bodies"
        }
        Outcome::Unsealed(Unsealed { status: Some(status), .. }) if is_down(*status) => {
            "the request arrived and what stands in front did not pass its answer on: a slow or stopped app, a timeout of \
             the front end, or a retry to another upstream"
        }
        Outcome::Forbidden(_) | Outcome::Unsealed(_) => {
            "the request, or a copy of it, reached the target, and something else answered its caller: look for mirroring \
             and for retries to another upstream in what stands in front"
        }
        Outcome::TimedOut(Phase::FirstByte | Phase::Transfer) => {
            "the request arrived; its answer did not come in time: a slow or stopped app, or an asymmetric path (return \
             route, a stateful filter that sees one direction only)"
        }
        _ => {
            "the request arrived and its answer was lost: look for an asymmetric path (return route, a stateful \
             filter that sees one direction only)"
        }
    }
}

/// Whether the call went to an address that the edge claims its name does not lead to.
fn led_elsewhere(case: &Case<'_>, sample: &Sample) -> bool {
    let addresses = sample.resolution.as_ref().map_or(&[][..], |found| &found.addresses);
    let admitted = |claim: Claim<'_>| match claim {
        Claim::Resolves(name) => addresses.iter().all(|address| name.resolves.admits(*address)),
        Claim::Keeps(_) | Claim::Flows(_) => true,
    };
    !claims(case.scenario, case.edge).into_iter().all(admitted)
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
            settings(case).no_rule.to_owned()
        }
        (false, true, _) => {
            "the caller comes from where it should: the rule list of the site does not admit this subnet"
                .to_owned()
        }
        (false, false, Some(zone)) => format!(
            "the call left from zone {zone}: look which subnet the vantage is integrated with, and which the \
             target's rules name"
        ),
        (false, false, None) if !case.callers.others_at(case.edge.vantage, saw).is_empty() => {
            "the refusal names the address of another caller of this run: look for a cache, or a shared NAT or proxy, between \
             this vantage and the target"
                .to_owned()
        }
        (false, false, None) => {
            settings(case).refused_publicly.to_owned()
        }
    }
}

fn wrong_answer(transport: Transport, unsealed: &Unsealed) -> &'static str {
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
        Some(UNAVAILABLE) => {
            "the front end is up, the app behind it is down or starting; or a rate or connection limit turns calls away"
        }
        Some(status) if is_down(status) => "the front end is up, the app behind it is down or starting",
        Some(404) => {
            "the host answers, but no agent of this run does: look whether the agent runs there and trusts the runner's key, \
             and whether a front end removes the header `ringfence-call`"
        }
        Some(200..=299) => {
            "another app or a portal answers: look whether the agent is what runs behind this name"
        }
        Some(_) => "something else than the agent answers: look what runs behind this name",
        None if transport.is_http() => "what answers does not speak HTTP: look at the port and the scheme",
        None if begins_as_http(unsealed) => {
            "an HTTP server answers there: look at the port, or call it by `http://` or `https://`"
        }
        None => "something else than the agent answers: look what listens on that port",
    }
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
        _ => ATTEMPTS,
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

pub(super) fn tls_hint(failed: &TlsFailed) -> &'static str {
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
        TlsFailedWhy::Unsupported => {
            "a limit of Ringfence's TLS, and no denial: call the port by `tcp://`, or give the peer a certificate, a version \
             and a curve of the ones it offers; some servers say the same to a name they do not know"
        }
    }
}
