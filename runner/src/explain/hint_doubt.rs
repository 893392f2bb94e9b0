//! What to look at next where nothing is proved: what is missing, and how to get it.

use ringfence_contract::address::Transport;

use super::sentence::{quote_detail, saw};
use crate::dispatch::{AgentObservation, Attempt, UnaskedWhy};
use crate::judge::is_admitted;
use crate::judge::{Case, Reason};
use crate::plan::outside;
use crate::scenario::WitnessBy;

/// An edge of which nothing is proved.
pub(super) fn doubt(case: &Case<'_>, reason: Reason) -> String {
    let target = case.owner_name();
    match reason {
        Reason::NoTargetWitness => no_target_witness(case),
        Reason::NoVantageWitness => no_vantage_witness(case),
        Reason::TargetNotAsked => {
            format!("look at the control route of `{target}`: `ringfence agents` tries it")
        }
        Reason::TargetRestarted => {
            format!("find out why `{target}` restarted (a deployment, a health check, memory), and run again")
        }
        Reason::OtherInstance => format!(
            "`{target}` runs in more than one process, and each keeps its own receipts: run it with one instance while you \
             test, or pin its sessions"
        ),
        Reason::ReceiptsWrapped => format!(
            "`{target}` lost receipts or turned connections away: raise its connection limit, give it a larger ring, or run \
             fewer edges at once"
        ),
        Reason::NotInBook => format!(
            "somebody else answers in the name of `{target}`: look where the name leads, what stands in front, and whether \
             another member of this run was taken over"
        ),
        Reason::HandshakeUnclear => format!(
            "the first packets of a call may get in and its answers be lost (a path that drops large packets, a one-way \
             rule): call `{target}` from this vantage without TLS, or look for a path-MTU problem"
        ),
        other => answered(case, other),
    }
}

/// An answer came, and it proves nothing.
fn answered(case: &Case<'_>, reason: Reason) -> String {
    let vantage = &case.vantage.name;
    match reason {
        Reason::OtherAddress => format!(
            "the name leads `{vantage}` to another address than those who may reach it: look at its resolver, its hosts \
             file, and at stale or split records of the name"
        ),
        Reason::CallersSide => format!(
            "look at what `{vantage}` calls through: a sidecar, a proxy, an egress firewall or a captive portal; let it pass \
             calls to this endpoint on, or take `{vantage}` out of it while you test"
        ),
        Reason::Intercepted => format!(
            "something on the way from `{vantage}` opens TLS: exempt this endpoint from it, or call from where nothing does"
        ),
        other => unread(other).unwrap_or_else(|| said(other)).to_owned(),
    }
}

/// An answer that could not be told for what it is.
fn unread(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::ServerUnclear => {
            "look whose server answers there; if its certificate is the endpoint's, name its `ca` or `pin`"
        }
        Reason::NotAskedAgain => {
            "let the server speak HTTP/1.1 to this vantage, or answer the request over HTTP/2: what became of it is unknown"
        }
        Reason::Unreadable => {
            "let the server heed `Accept-Encoding: identity`, or name the refusal by its status and a header in `fingerprints`"
        }
        Reason::SourceUnclear => {
            "a header that the front end does not overwrite may be the caller's own: start the agent with `--source-header` and \
             the one header that its front end writes"
        }
        _ => return None,
    })
}

/// What is told whoever calls.
fn said(reason: Reason) -> &'static str {
    match reason {
        Reason::TooBusy => {
            "a rate limit stands before the access rules: spread the attempts over a longer `window`, or leave this vantage \
             out of the limit while you test"
        }
        Reason::NotADenial => {
            "whoever solves the challenge, signs in or shows a certificate may get in from any network: let the test pass \
             it, or restrict the network in front of it; if a cache kept the answer, exclude this path from the cache"
        }
        Reason::NotAskedAsBrowser => "run again: the call that would tell was not placed",
        Reason::OthersAddress => {
            "the refusal may be that of another call, out of a cache, or the caller goes another way than the scenario says: \
             look at what stands in front, and at where this vantage leaves its network"
        }
        Reason::NoSuchSite => {
            "look whether the host name belongs to a site there; if this 404 is the site's own, list it: `statuses: [404]`"
        }
        Reason::NoReceipts => {
            "the request may have got in unseen: only the platform's own words prove a refusal here; add its fingerprint to \
             the scenario, or test an endpoint that an agent answers"
        }
        Reason::TlsUnclear => "look at who ended the handshake: a proxy on the way, or the endpoint itself",
        // These have hints of their own, or need none.
        Reason::Reached
        | Reason::DeniedAttributed
        | Reason::DeniedWitnessed
        | Reason::Leak
        | Reason::LeakOneWay
        | Reason::PathOpen
        | Reason::WrongAgent
        | Reason::WrongSource
        | Reason::Blocked
        | Reason::WrongAnswer
        | Reason::NameUnresolved
        | Reason::TlsFailed
        | Reason::WrongMeans
        | Reason::NotInBook
        | Reason::LostContact
        | Reason::ContactUnclear
        | Reason::OtherInstance
        | Reason::NoTargetWitness
        | Reason::NoVantageWitness
        | Reason::OtherAddress
        | Reason::TargetNotAsked
        | Reason::TargetRestarted
        | Reason::ReceiptsWrapped
        | Reason::HandshakeUnclear
        | Reason::CallersSide
        | Reason::Intercepted
        | Reason::ServerUnclear
        | Reason::NotAskedAgain
        | Reason::Unreadable
        | Reason::SourceUnclear
        | Reason::NotResolved
        | Reason::NotSent
        | Reason::VantageNotAsked
        | Reason::Interrupted
        | Reason::NoFamily => "look at the attempts in the JSON report",
    }
}

fn no_target_witness(case: &Case<'_>) -> String {
    let admitted = is_admitted(case.scenario, case.edge.endpoint, case.edge.family);
    let unasked = case.owner.is_some_and(is_lost);
    match (admitted, case.rule.witness) {
        (true, _) | (false, WitnessBy::TargetItself) if unasked => {
            format!("agent `{}` could not be asked or restarted: look at it first", case.owner_name())
        }
        (true, _) => {
            "the endpoint may be down: look why the vantages that are allowed do not reach it".to_owned()
        }
        (false, WitnessBy::Allowed) => {
            "no rule admits anybody to this endpoint: add an allowed vantage, or let the \
             target's agent stand in with `witness: self`"
                .to_owned()
        }
        (false, WitnessBy::TargetItself) => {
            "the target's own listener did not answer its own agent: look whether it still listens".to_owned()
        }
    }
}

fn no_vantage_witness(case: &Case<'_>) -> String {
    let (vantage, family, sender) = (&case.vantage.name, case.edge.family, case.sender());
    let missed = case.witnesses.missed_beacon(sender);
    let missed = missed.and_then(|(place, attempt)| Some((outside(case.vantage, *place)?, attempt)));
    let Some((beacon, attempt)) = missed else {
        return format!(
            "a network may let some ports out and not others: give `{vantage}` a beacon that it can always reach at {} in \
             {family}, {}, or a rule that allows it an endpoint there; `witness-port: any` takes another port, as weaker \
             evidence",
            sender.port,
            beacon_line(case),
        );
    };
    let came_to = match &attempt.sample {
        Ok(sample) => saw(sample),
        Err(unasked) => format!("not asked: {}", quote_detail(&unasked.detail)),
    };
    format!(
        "the beacon of `{vantage}` (`{}`) was not reached in {family}, {came_to}{}: look at the way there, and whether \
         this vantage can always reach it; a rule that allows it an endpoint at {} would do as well",
        beacon.address,
        bad_certificate(attempt),
        sender.port,
    )
}

/// The line that adds a beacon where an edge needs one.
fn beacon_line(case: &Case<'_>) -> String {
    let address = &case.endpoint.route.address;
    match (address.transport, address.port) {
        (Transport::Https, 443) => "`beacons: [https://HOST]`".to_owned(),
        (Transport::Https, port) => format!("`beacons: [https://HOST:{port}]`"),
        (Transport::Http | Transport::Tcp, port) => format!("`beacons: [tcp://HOST:{port}]`"),
        (Transport::Udp, _) => "`beacons: [AGENT/ENDPOINT]` with an agent's endpoint over udp".to_owned(),
    }
}

/// That a beacon's certificate was not good, where it was not: then whoever answered may be anybody.
fn bad_certificate(attempt: &Attempt) -> String {
    let tls = attempt.sample.as_ref().ok().and_then(|sample| sample.tls.as_ref());
    let error = tls.and_then(|tls| tls.certificate_error.as_deref());
    error.map_or_else(String::new, |error| {
        format!(", with a certificate that is not good ({})", quote_detail(error))
    })
}

/// Whether an agent may be the reason why nobody reaches its endpoints. The end of a run is no fault of an agent's.
fn is_lost(owner: &AgentObservation) -> bool {
    match &owner.receipts {
        Ok(book) => book.restarted,
        Err(unasked) => unasked.why != UnaskedWhy::Interrupted,
    }
}
