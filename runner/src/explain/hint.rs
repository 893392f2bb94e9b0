//! What to look at next: from the evidence of a finding to the setting that most often explains it.

use ringfence_contract::outcome::{NotSentWhy, Outcome, TlsFailedWhy};

use super::hint_blocked::{blocked, silent_hint, tls_hint, unresolved_hint};
use super::hint_contact::{lost, unclear};
use super::hint_doubt::doubt;
use super::hint_open::open;
use crate::judge::{Case, Finding, is_private};
use crate::judge::{Reason, Verdict};
use crate::scenario::{Control, Expect, ServiceEndpoint, caller_in_its_network, is_service_endpoint};

/// Writes the hint. Every verdict but a pass has one.
pub(super) fn write(case: &Case<'_>, finding: &Finding) -> Option<String> {
    if finding.reason.verdict() == Verdict::Pass {
        return None;
    }
    let outcome = case.telling_sample(finding).map(|sample| &sample.outcome);
    let hint = match finding.reason {
        Reason::Leak | Reason::LeakOneWay | Reason::PathOpen | Reason::WrongAgent
            if case.edge.expect == Expect::Deny =>
        {
            open(case, finding)
        }
        Reason::NotInBook => doubt(case, finding.reason),
        Reason::Blocked | Reason::WrongAnswer | Reason::NameUnresolved | Reason::TlsFailed => {
            blocked(case, finding)
        }
        Reason::WrongSource => wrong_source(case, outcome),
        Reason::NotResolved => not_resolved(outcome),
        Reason::NotSent => not_sent(case, outcome),
        Reason::TlsUnclear => match outcome {
            Some(Outcome::TlsFailed(failed)) if failed.why == TlsFailedWhy::Unsupported => {
                tls_hint(failed).to_owned()
            }
            _ => doubt(case, finding.reason),
        },
        Reason::LostContact | Reason::ContactUnclear => match case.measurement {
            Some(measurement) if finding.reason == Reason::LostContact => lost(case, measurement),
            Some(measurement) => unclear(case, measurement),
            None => by_reason(case, finding.reason),
        },
        other => by_reason(case, other),
    };
    Some(hint)
}

/// An inconclusive edge, and what is left.
fn by_reason(case: &Case<'_>, reason: Reason) -> String {
    let vantage = &case.vantage.name;
    match reason {
        Reason::WrongAgent => {
            "the address leads to another agent: look at the name's records, at a stale private endpoint address, or at \
             which site the host name belongs to"
                .to_owned()
        }
        Reason::WrongMeans => {
            "something else refuses than the rule names: look which layer answers first, or widen the rule's `by`"
                .to_owned()
        }
        Reason::VantageNotAsked => {
            format!("look at the control route of `{vantage}`: `ringfence agents` tries it")
        }
        Reason::Interrupted => "run again and let it end".to_owned(),
        Reason::NoFamily => format!(
            "give `{vantage}` an {0} address, or leave {0} out of the rule's families",
            case.edge.family
        ),
        other => doubt(case, other),
    }
}

fn lists_service_endpoint(case: &Case<'_>) -> bool {
    case.vantage.zone.as_ref().is_some_and(|zone| zone.service_endpoint == ServiceEndpoint::Listed)
}

fn wrong_source(case: &Case<'_>, outcome: Option<&Outcome>) -> String {
    let seen = match outcome {
        Some(Outcome::Answered(answered)) => Some(answered.seen.address),
        _ => None,
    };
    match seen.map(|address| (address, caller_in_its_network(address))) {
        Some((_, Some(caller))) if lists_service_endpoint(case) => {
            return format!(
                "the call came through a service endpoint, from {caller}: look which subnet the vantage is integrated with; \
                 another's virtual network may have the same numbers"
            );
        }
        Some((address, _)) if is_service_endpoint(address) => "the call came through a service endpoint: if that is \
             meant, add `service-endpoint` to the zone",
        Some((address, _)) if !is_private(address) => "the call left by a public address: the service endpoint is not in \
             effect on the caller's subnet, or route-all is off, or a NAT stands in between",
        _ => "the call left from another subnet, or a NAT or proxy stands in between: look at the zone's networks",
    }
    .to_owned()
}

fn not_resolved(outcome: Option<&Outcome>) -> String {
    let what = match outcome {
        Some(Outcome::Unresolved(unresolved)) => unresolved_hint(unresolved),
        _ => "the resolver does not answer: look at the network's DNS servers and port 53",
    };
    format!("{what}; if a missing name is the means of denial, say `by: [unresolved]`")
}

fn not_sent(case: &Case<'_>, outcome: Option<&Outcome>) -> String {
    let Some(Outcome::NotSent(not_sent)) = outcome else { return silent_hint(&Outcome::Refused).to_owned() };
    match not_sent.why {
        NotSentWhy::NotAllowed if case.vantage.control == Control::Local => {
            "the runner calls guarded addresses only where `--local-allow` lists them: add the network to it"
        }
        NotSentWhy::NotAllowed => "the agent's own allow list refuses: add the address to it",
        NotSentWhy::NoResources => {
            "the vantage ran out of descriptors, ports or memory: lower its concurrency"
        }
        NotSentWhy::BadSource => {
            "the source address the agent was told to use is not its own: look at its settings"
        }
        NotSentWhy::NoListener => "the agent has no listener of this kind: look at its settings",
        NotSentWhy::OutOfTime => "the order ended before the call's turn: lower the attempts or their window",
        NotSentWhy::NoRoute | NotSentWhy::NotPermitted => {
            "the vantage's own network refuses: look at its routes and its local firewall"
        }
        NotSentWhy::NoFamily => {
            "the vantage has no address in this family for some calls: look at its interfaces"
        }
        NotSentWhy::LookedUp | NotSentWhy::Broken => "the agent broke: look at its log",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use ringfence_contract::outcome::Phase;

    use super::*;
    use crate::dispatch::{ReceiptBook, Unasked, UnaskedWhy};
    use crate::judge::sample_run::{APP, OUTSIDER_TO_SITE, SITE, Scene, VM_SEES_SITE, answered};

    const DROPPED: Outcome = Outcome::TimedOut(Phase::Connect);

    fn hint(scene: &Scene) -> String {
        scene.edge(OUTSIDER_TO_SITE).hint.unwrap_or_default()
    }

    fn dead(receipts: Result<ReceiptBook, Unasked>) -> Scene {
        let scene = Scene::sound().saw(OUTSIDER_TO_SITE, [DROPPED, DROPPED, DROPPED]);
        let scene = scene.witness(VM_SEES_SITE, DROPPED, DROPPED);
        scene.with(|scene| scene.observations.agents[APP.0].receipts = receipts)
    }

    #[test]
    fn where_the_targets_agent_is_lost_the_hint_names_it() {
        let unasked = |why| Err(Unasked { why, detail: "closed".into() });
        let first = "agent `app` could not be asked or restarted: look at it first";
        assert_eq!(hint(&dead(unasked(UnaskedWhy::NoRoute))), first);
        let restarted = hint(&dead(Ok(ReceiptBook { restarted: true, ..ReceiptBook::default() })));
        assert!(restarted.starts_with("find out why `app` restarted"), "{restarted}");
        for known in [Ok(ReceiptBook::default()), unasked(UnaskedWhy::Interrupted)] {
            assert!(hint(&dead(known)).starts_with("the endpoint may be down"));
        }
    }

    #[test]
    fn what_the_counter_counts_is_named_in_full() {
        let scene = Scene::sound().saw(OUTSIDER_TO_SITE, [DROPPED, DROPPED, DROPPED]);
        let scene = scene.with(|scene| {
            let book = ReceiptBook { wrapped: true, ..ReceiptBook::default() };
            scene.observations.agents[APP.0].receipts = Ok(book);
        });
        let hint = hint(&scene);
        assert!(
            hint.starts_with("`app` lost receipts or turned connections away: raise its connection limit")
        );
        let sentence = scene.edge(OUTSIDER_TO_SITE).sentence;
        assert!(sentence.ends_with("but `app` dropped receipts or turned connections away in the run"));
    }

    #[test]
    fn a_leak_past_no_site_is_not_blamed_on_the_settings_of_one() {
        let leak = || [(); 3].map(|()| answered("198.51.100.7"));
        for (address, site) in [
            ("https://app.test", true),
            ("http://app.test", true),
            ("https://192.0.2.9", false),
            ("tcp://app.test:5432", false),
            ("udp://192.0.2.9:53", false),
        ] {
            let mut scene = Scene::sound().saw(OUTSIDER_TO_SITE, leak());
            scene.scenario.endpoints[SITE.0].route.address = address.parse().expect("an address");
            let hint = hint(&scene);
            assert_eq!(hint.contains("ipSecurityRestrictionsDefaultAction"), site, "{address}: {hint}");
            assert_eq!(hint.starts_with("nothing refuses on the way"), !site, "{address}: {hint}");
        }
    }
}
