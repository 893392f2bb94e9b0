//! What to look at next: from the evidence of a finding to the setting that most often explains it.

use ringfence_contract::outcome::{Answered, NotSentWhy, Outcome, TlsFailedWhy};
use ringfence_contract::receipt::SeenBy;

use super::hint_blocked::{blocked, silent_hint, tls_hint, unresolved_hint};
use super::hint_contact::{lost, unclear};
use super::hint_control::{AGAIN, ask, restarted};
use super::hint_open::open;
use super::hint_witness::{no_target_witness, no_vantage_witness};
use super::settings::settings;
use crate::judge::{Case, Finding, Reason, is_private};
use crate::scenario::{Control, Expect, ServiceEndpoint, caller_in_its_network, is_service_endpoint};

/// Where to look when nothing better is known.
pub(super) const ATTEMPTS: &str = "look at the attempts in the JSON report";

/// Writes the hint. Every verdict but a pass has one.
#[expect(clippy::too_many_lines, reason = "a table: an arm a reason, and none is left out")]
pub(super) fn write(case: &Case<'_>, finding: &Finding) -> Option<String> {
    let outcome = case.telling_sample(finding).map(|sample| &sample.outcome);
    let (vantage, target) = (&case.vantage.name, case.owner_name());
    let is_deny = case.edge.expect == Expect::Deny;
    Some(match finding.reason {
        Reason::Reached | Reason::DeniedAttributed | Reason::DeniedWitnessed => return None,
        Reason::Leak | Reason::LeakOneWay | Reason::PathOpen => open(case, finding),
        Reason::WrongAgent if is_deny => open(case, finding),
        Reason::WrongAgent => {
            "the address leads to another agent: look at the name's records, at a stale private endpoint address, or at \
             which site the host name belongs to"
                .to_owned()
        }
        Reason::Blocked | Reason::WrongAnswer | Reason::NameUnresolved | Reason::TlsFailed => {
            blocked(case, finding)
        }
        Reason::WrongSource => wrong_source(case, outcome),
        Reason::WrongMeans => {
            "something else refuses than the rule names: look which layer answers first, or widen the rule's `by`"
                .to_owned()
        }
        Reason::NotInBook => format!(
            "somebody else answers in the name of `{target}`: look where the name leads, what stands in front, and whether \
             another member of this run was taken over"
        ),
        Reason::LostContact => {
            case.measurement.map_or_else(|| ATTEMPTS.to_owned(), |measurement| lost(case, measurement))
        }
        Reason::ContactUnclear => {
            case.measurement.map_or_else(|| ATTEMPTS.to_owned(), |measurement| unclear(case, measurement))
        }
        Reason::NotResolved => not_resolved(outcome),
        Reason::NotSent => not_sent(case, outcome),
        Reason::TlsUnclear => match outcome {
            Some(Outcome::TlsFailed(failed)) if failed.why == TlsFailedWhy::Unsupported => tls_hint(failed),
            _ => "look at who ended the handshake: a proxy on the way, or the endpoint itself",
        }
        .to_owned(),
        Reason::VantageNotAsked => {
            ask(vantage, case.telling(finding).and_then(|attempt| attempt.sample.as_ref().err()))
        }
        Reason::TargetNotAsked => ask(&target, case.owner.and_then(|owner| owner.receipts.as_ref().err())),
        Reason::TargetRestarted => restarted(&target),
        Reason::Interrupted => AGAIN.to_owned(),
        Reason::NoFamily => format!(
            "give `{vantage}` an {0} address, or leave {0} out of the rule's families",
            case.edge.family
        ),
        Reason::NoTargetWitness => no_target_witness(case),
        Reason::NoVantageWitness => no_vantage_witness(case),
        Reason::OtherInstance => format!(
            "`{target}` runs in more than one process, and each keeps its own receipts: run it with one instance while you \
             test, or pin its sessions"
        ),
        Reason::ReceiptsWrapped => format!(
            "`{target}` lost receipts or turned connections away: raise its connection limit, give it a larger ring, or run \
             fewer edges at once"
        ),
        Reason::HandshakeUnclear => format!(
            "the first packets of a call may get in and its answers be lost (a path that drops large packets, a one-way \
             rule): call `{target}` from this vantage without TLS, or look for a path-MTU problem"
        ),
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
        Reason::ServerUnclear => {
            "look whose server answers there; if its certificate is the endpoint's, name its `ca` or `pin`".to_owned()
        }
        Reason::NotAskedAgain => {
            "let the server speak HTTP/1.1 to this vantage, or answer the request over HTTP/2: what became of it is unknown"
                .to_owned()
        }
        Reason::Unreadable => {
            "let the server heed `Accept-Encoding: identity`, or name the refusal by its status and a header in `fingerprints`"
                .to_owned()
        }
        Reason::SourceUnclear => {
            "a header that the front end does not overwrite may be the caller's own: start the agent with `--source-header` and \
             the one header that its front end writes"
                .to_owned()
        }
        Reason::TooBusy => {
            "a rate limit stands before the access rules: spread the attempts over a longer `window`, or leave this vantage \
             out of the limit while you test"
                .to_owned()
        }
        Reason::NotADenial => {
            "whoever solves the challenge, signs in or shows a certificate may get in from any network: let the test pass \
             it, or restrict the network in front of it; if a cache kept the answer, exclude this path from the cache"
                .to_owned()
        }
        Reason::ForgedUnclear => {
            "look who answered the forged call, and what he gave: a filter's own page, or the door behind it; a row under \
             `not-denials` names a page that turns callers away"
                .to_owned()
        }
        Reason::NotAskedAsBrowser => {
            "run again: the call that would tell was not placed, or got no answer".to_owned()
        }
        Reason::OthersAddress => {
            "the refusal may be that of another call, out of a cache, or the caller goes another way than the scenario says: \
             look at what stands in front, and at where this vantage leaves its network; where several share one address, give \
             each a zone with that address as a /32"
                .to_owned()
        }
        Reason::NoSuchSite => {
            "look whether the host name belongs to a site there; if this 404 is the site's own, list it: `statuses: [404]`"
                .to_owned()
        }
        Reason::NoReceipts => {
            "the request may have got in unseen: only the platform's own words prove a refusal here; add its fingerprint to \
             the scenario, or test an endpoint that an agent answers"
                .to_owned()
        }
    })
}

fn lists_service_endpoint(case: &Case<'_>) -> bool {
    case.vantage.zone.as_ref().is_some_and(|zone| zone.service_endpoint == ServiceEndpoint::Listed)
}

fn wrong_source(case: &Case<'_>, outcome: Option<&Outcome>) -> String {
    let Some(Outcome::Answered(Answered { seen, .. })) = outcome else { return ATTEMPTS.to_owned() };
    let (address, target) = (seen.address, case.owner_name());
    match caller_in_its_network(address) {
        Some(caller) if lists_service_endpoint(case) => format!(
            "the call came through a service endpoint, from {caller}: look which subnet the vantage is integrated with; \
             another's virtual network may have the same numbers"
        ),
        _ if is_service_endpoint(address) => {
            "the call came through a service endpoint: if that is meant, add \
             `service-endpoint` to the zone"
                .to_owned()
        }
        _ if seen.by == SeenBy::Peer && case.endpoint.route.address.transport.is_http() => format!(
            "if {address} is a front end or proxy before `{target}`, start that agent with `--trusted-proxies {address}`, so that \
             it reads who called from `X-Forwarded-For`; else {}",
            if is_private(address) { ANOTHER_SUBNET } else { settings(case).left_publicly }
        ),
        _ if is_private(address) => ANOTHER_SUBNET.to_owned(),
        _ => format!("the call left by a public address: {}", settings(case).left_publicly),
    }
}

const ANOTHER_SUBNET: &str =
    "the call left from another subnet, or by a NAT or proxy: look at the networks of the caller's zone";

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
