//! What to look at next where a control call is missing: the endpoint may be down, or the vantage cut off.

use ringfence_contract::transport::Transport;

use super::seen::{quote_detail, saw};
use crate::dispatch::{AgentObservation, Attempt, UnaskedWhy};
use crate::judge::{Case, is_admitted};
use crate::plan::outside;
use crate::scenario::WitnessBy;

/// Nobody who may reach the endpoint did.
pub(super) fn no_target_witness(case: &Case<'_>) -> String {
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
            let own = match case.endpoint.owner {
                Some(_) => ", or let the target's own call to itself stand in: `witness: self`",
                None => "",
            };
            format!("no rule allows anybody to reach this endpoint: allow one vantage{own}")
        }
        (false, WitnessBy::TargetItself) => {
            "the target's own listener did not answer its own agent: look whether it still listens".to_owned()
        }
    }
}

/// The vantage reached nothing at all at that port.
pub(super) fn no_vantage_witness(case: &Case<'_>) -> String {
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
    let (transport, port) = (address.transport, address.port);
    if !transport.connects() {
        return format!("`beacons: [AGENT/ENDPOINT]` with an agent's endpoint over {transport}");
    }
    // Only a certificate tells more than that something took the connection.
    let scheme = if transport.is_tls() { transport } else { Transport::Tcp };
    match scheme.default_port() {
        Some(own) if own == port => format!("`beacons: [{scheme}://HOST]`"),
        _ => format!("`beacons: [{scheme}://HOST:{port}]`"),
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
