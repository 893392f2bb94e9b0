//! What to look at next where something got in that must not.

use ringfence_contract::STRANGER_PAGE;
use ringfence_contract::address::Host;
use ringfence_contract::outcome::{Outcome, Unsealed};
use ringfence_contract::sample::Sample;

use super::hint_blocked::{CACHED, is_cached};
use super::settings::settings;
use crate::judge::Reason;
use crate::judge::got_in;
use crate::judge::platform::{BARE_DENIAL, UNAVAILABLE, is_down};
use crate::judge::{Case, Finding};

/// Something got in that must not.
pub(super) fn open(case: &Case<'_>, finding: &Finding) -> String {
    if finding.decided_by.is_some_and(|place| case.spoofed(place).is_some()) {
        return "the front end believes what callers say of themselves: let it take a caller's address from the connection, \
                or from `X-Forwarded-For` only where a proxy of its own has written it"
            .to_owned();
    }
    let sample = finding.decided_by.and_then(|_| case.telling_sample(finding));
    if let Some(hint) = sample.and_then(|sample| answered_beside(case, finding.reason, sample)) {
        return hint;
    }
    if is_scm(case) {
        return settings(case).deployment_open.to_owned();
    }
    if let Some((sample, unsealed)) = sample.and_then(without_seal) {
        return open_door(sample, unsealed).to_owned();
    }
    match finding.reason {
        Reason::LeakOneWay if sample.is_some_and(|sample| got_in(case, sample)) => {
            "the way in is open, and what is lost are the answers, the large packets or what a filter looks into: close \
             the way in; whether small answers pass (a call without TLS, from this vantage) tells path MTU from a one-way \
             filter"
        }
        Reason::LeakOneWay => {
            "the request got in and only its answer was lost: close the way in, not the way \
             back (network security group of the target's subnet, return route)"
        }
        Reason::WrongAgent => {
            "an agent answers, if another than expected: look at the name's records and at what \
             listens on that address"
        }
        _ if case.outcomes().iter().any(|(outcome, _)| !is_let_in(outcome)) => {
            "only some attempts got in: the instances differ; look whether each has taken up the rules \
             and the network integration, and at every address of the name"
        }
        _ if !may_be_site(case) => {
            "nothing refuses on the way: look at the firewall, the security group of the \
             target's subnet, and what listens there"
        }
        _ => settings(case).site_open,
    }
    .to_owned()
}

/// What the caller was answered was not what the target answered to this call.
fn answered_beside(case: &Case<'_>, reason: Reason, sample: &Sample) -> Option<String> {
    if is_cached(case, &sample.outcome) {
        return Some(format!("{CACHED}: it gives out what this caller must not reach"));
    }
    let copied = match &sample.outcome {
        Outcome::Forbidden(_) => true,
        Outcome::Unsealed(unsealed) => unsealed.flaw.is_none() && !says_down(unsealed),
        _ => false,
    };
    (copied && reason == Reason::LeakOneWay).then(|| {
        "the request, or a copy of it, reached the target although its caller was answered otherwise: look for mirroring \
         and for retries to another upstream in what stands in front, and let it refuse before it does either"
            .to_owned()
    })
}

fn without_seal(sample: &Sample) -> Option<(&Sample, &Unsealed)> {
    match &sample.outcome {
        Outcome::Unsealed(unsealed) => Some((sample, unsealed)),
        _ => None,
    }
}

/// Whether an endpoint may be a site of a platform, which has access restrictions of its own: those go by name.
fn may_be_site(case: &Case<'_>) -> bool {
    let address = &case.endpoint.route.address;
    address.transport.is_http() && matches!(address.host, Host::Name(_))
}

/// Whether an outcome is an answer, of whomever, other than a refusal that nobody signed for.
fn is_let_in(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Answered(_) | Outcome::Misanswered(_) => true,
        Outcome::Unsealed(unsealed) => unsealed.status != Some(BARE_DENIAL) || unsealed.flaw.is_some(),
        _ => false,
    }
}

fn says_down(unsealed: &Unsealed) -> bool {
    unsealed.status.is_some_and(is_down)
}

/// A door without a seal that must not be reachable.
fn open_door(sample: &Sample, unsealed: &Unsealed) -> &'static str {
    match unsealed.status {
        Some(401) => {
            "the path is open, only a key is missing: a 401 is said by the app or its host, behind every \
             network rule"
        }
        Some(301..=303 | 307 | 308) => {
            "the path is open: a login or a redirect stands in front, not the network"
        }
        Some(UNAVAILABLE) => {
            "the front end let the call in and found the app behind it down: the network does not refuse; or a rate or \
             connection limit turned the call away, which is no rule about who may call"
        }
        _ if says_down(unsealed) => {
            "the front end let the call in and found the app behind it down: the network does not refuse"
        }
        Some(404) => not_found(sample, unsealed),
        _ => {
            "the path is open and something else answers: look what listens there, and at the access restrictions \
             in front of it"
        }
    }
}

/// A 404 of the platform's is a denial that wants a fingerprint; with any other, a fingerprint would hide a leak.
fn not_found(sample: &Sample, unsealed: &Unsealed) -> &'static str {
    let certificate_error = sample.tls.as_ref().and_then(|tls| tls.certificate_error.as_ref());
    match certificate_error {
        _ if unsealed.body == STRANGER_PAGE => {
            "the path is open: this 404 is what an agent tells a stranger; the call got there without its header, or to an \
             agent that knows nothing of this run; add no fingerprint for it: that would hide the leak"
        }
        Some(_) => {
            "the path is open: a 404 comes from an app or an ingress, and under this certificate from anybody; find out \
             who says it before you add a fingerprint, which would hide a leak"
        }
        None => {
            "the path is open: a 404 comes from an app or an ingress; if your platform denies this way, \
             add its fingerprint to the scenario"
        }
    }
}

fn is_scm(case: &Case<'_>) -> bool {
    let named = case.endpoint.name.rsplit('/').next().is_some_and(|name| name.contains("scm"));
    let hosted = matches!(&case.endpoint.route.address.host, Host::Name(name) if name.contains(".scm."));
    named || hosted
}
