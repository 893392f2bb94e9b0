//! What names resolve to, judged: the reason, the sentence and the hint of what each kind of answer shows.

use ringfence_contract::address::Family;
use ringfence_contract::outcome::{
    NotSent, NotSentWhy, Outcome, Phase, TlsFailed, TlsFailedWhy, Unresolved, UnresolvedWhy,
};
use ringfence_contract::sample::Resolution;

use super::JudgedClaim;
use crate::dispatch::UnaskedWhy;
use crate::judge::ClaimReason;
use crate::judge::Verdict;
use crate::judge::sample_run::{
    OUTSIDER_TO_SITE, SITE, Scene, VM_TO_SCM, VM_TO_SITE, answered, status, unasked,
};
use crate::plan::Role;
use crate::scenario::{NameClaim, Resolves};

const RESOLVER: &str = "10.0.0.53:53";

fn claim(text: &str) -> NameClaim {
    let resolves = match text {
        "private" => Resolves::Private,
        "public" => Resolves::Public,
        list => {
            Resolves::Networks(list.split(' ').map(|network| network.parse().expect("a network")).collect())
        }
    };
    NameClaim { resolves, span: 0..4 }
}

/// What a resolver says: addresses, or a code, or nothing.
fn said(resolver: &str, words: &str) -> Resolution {
    let addresses: Vec<_> = words.split(' ').filter_map(|word| word.parse().ok()).collect();
    let rcode = match (addresses.is_empty(), words) {
        (false, _) => Some("NOERROR".to_owned()),
        (true, "") => None,
        (true, code) => Some(code.to_owned()),
    };
    Resolution {
        resolver: resolver.to_owned(),
        name: "app.test".to_owned(),
        addresses,
        cnames: vec!["app.privatelink.test".to_owned()],
        rcode,
        took_us: 3_000,
    }
}

fn unresolved(why: UnresolvedWhy, rcode: Option<&str>) -> Outcome {
    let rcode = rcode.map(str::to_owned);
    Outcome::Unresolved(Unresolved { why, rcode, resolver: RESOLVER.to_owned() })
}

fn not_sent(why: NotSentWhy) -> Outcome {
    Outcome::NotSent(NotSent { why, detail: "detail".to_owned() })
}

/// The VM's call to the site, claimed to resolve like this, with what its attempts saw.
fn scene(claimed: &str, family: Family, attempts: &[(Outcome, Option<Resolution>)]) -> Scene {
    Scene::sound().saw(VM_TO_SITE, attempts.iter().map(|(outcome, _)| outcome.clone())).with(|scene| {
        scene.scenario.endpoints[SITE.0].resolves = Some(claim(claimed));
        scene.plan.edges[VM_TO_SITE].family = family;
        for (attempt, (_, resolution)) in scene.observations.reach[VM_TO_SITE].iter_mut().zip(attempts) {
            attempt.sample.as_mut().expect("a sample").resolution = resolution.clone().map(Box::new);
        }
    })
}

fn only(scene: &Scene) -> JudgedClaim {
    let mut claims = scene.claims(VM_TO_SITE);
    assert_eq!(claims.len(), 1);
    claims.remove(0)
}

fn check(what: &str, scene: &Scene, reason: ClaimReason, sentence: &str, hint: &str) {
    let judged = only(scene);
    assert_eq!(judged.reason, reason, "{what}: {judged:?}");
    assert_eq!(judged.sentence, sentence, "{what}");
    assert_eq!(judged.hint.is_none(), reason.verdict() == Verdict::Pass, "{what}");
    assert!(judged.hint.as_deref().unwrap_or_default().contains(hint), "{what}: {:?}", judged.hint);
}

/// What was found under which claim: the reason, the sentence, and words of the hint.
const FOUND: &[(&str, &str, &str, ClaimReason, &str, &str)] = &[
    (
        "in the network",
        "10.0.3.0/24",
        "10.0.3.4",
        ClaimReason::Resolved,
        "resolved within 10.0.3.0/24: 10.0.3.4 by 10.0.0.53:53 in 3.00 ms",
        "",
    ),
    (
        "in one of two",
        "10.0.3.0/24 10.0.4.4/32",
        "10.0.3.4 10.0.4.4",
        ClaimReason::Resolved,
        "resolved within 10.0.3.0/24, 10.0.4.4: 10.0.3.4, 10.0.4.4 by 10.0.0.53:53 in 3.00 ms",
        "",
    ),
    (
        "at the public front door",
        "10.0.3.0/24",
        "203.0.113.7",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve within 10.0.3.0/24, got 203.0.113.7 by 10.0.0.53:53 in 3.00 ms",
        "link the private DNS zone to the network of `vm`",
    ),
    (
        "at a stale private address",
        "10.0.3.0/24",
        "10.0.9.4",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve within 10.0.3.0/24, got 10.0.9.4 by 10.0.0.53:53 in 3.00 ms",
        "stale A record",
    ),
    (
        "one of two elsewhere",
        "10.0.3.0/24",
        "10.0.3.4 203.0.113.7",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve within 10.0.3.0/24, got 203.0.113.7 beside 10.0.3.4 by 10.0.0.53:53 in 3.00 ms",
        "stale record",
    ),
    (
        "private, as claimed",
        "private",
        "10.0.3.4",
        ClaimReason::Resolved,
        "resolved to private addresses: 10.0.3.4 by 10.0.0.53:53 in 3.00 ms",
        "",
    ),
    (
        "public, claimed private",
        "private",
        "203.0.113.7",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve to private addresses, got 203.0.113.7 (public) by 10.0.0.53:53 in 3.00 ms",
        "168.63.129.16",
    ),
    (
        "loopback, claimed private",
        "private",
        "127.0.0.1",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve to private addresses, got 127.0.0.1 (loopback, link-local or reserved) by \
             10.0.0.53:53 in 3.00 ms",
        "DNS filter",
    ),
    (
        "loopback, claimed public",
        "public",
        "127.0.0.1",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve to public addresses, got 127.0.0.1 (loopback, link-local or reserved) by \
             10.0.0.53:53 in 3.00 ms",
        "DNS filter",
    ),
    (
        "public, as claimed",
        "public",
        "203.0.113.7",
        ClaimReason::Resolved,
        "resolved to public addresses: 203.0.113.7 by 10.0.0.53:53 in 3.00 ms",
        "",
    ),
    (
        "private, claimed public",
        "public",
        "10.0.3.4",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve to public addresses, got 10.0.3.4 (private) by 10.0.0.53:53 in 3.00 ms",
        "shadows the public name",
    ),
    (
        "another public address",
        "203.0.113.0/24",
        "198.51.100.7",
        ClaimReason::ResolvedElsewhere,
        "expected to resolve within 203.0.113.0/24, got 198.51.100.7 by 10.0.0.53:53 in 3.00 ms",
        "others than expected",
    ),
];

#[test]
fn addresses_are_where_the_claim_says_or_are_not() {
    for (what, claimed, found, reason, sentence, hint) in FOUND {
        let attempt = (answered("10.0.0.4"), Some(said(RESOLVER, found)));
        check(what, &scene(claimed, Family::Ipv4, &[attempt]), *reason, sentence, hint);
    }
}

#[test]
fn a_hosts_file_is_a_resolver_like_any_other_and_is_named() {
    let from_hosts = |found: &str| {
        let resolution = Resolution { rcode: None, cnames: Vec::new(), ..said("hosts file", found) };
        scene("private", Family::Ipv4, &[(answered("10.0.0.4"), Some(resolution))])
    };
    let good = "resolved to private addresses: 10.0.3.4 from its hosts file";
    check("as claimed", &from_hosts("10.0.3.4"), ClaimReason::Resolved, good, "");
    let evidence = only(&from_hosts("10.0.3.4")).evidence;
    assert_eq!(evidence, ["`app.test` resolved to 10.0.3.4", "from the hosts file of the vantage"]);
    let bad = "expected to resolve to private addresses, got 203.0.113.7 (public) from its hosts file";
    let hint = "the hosts file of `vm` has the name";
    check("elsewhere", &from_hosts("203.0.113.7"), ClaimReason::ResolvedElsewhere, bad, hint);
}

/// What a resolver said that gave no address: the reason, what the sentence ends on, and words of the hint.
const UNHEARD: &[(UnresolvedWhy, Option<&str>, ClaimReason, &str, &str)] = &[
    (
        UnresolvedWhy::NoSuchName,
        Some("NXDOMAIN"),
        ClaimReason::NameUnresolved,
        ", got NXDOMAIN by 10.0.0.53:53 in 3.00 ms",
        "lacks the record",
    ),
    (
        UnresolvedWhy::NoRecords,
        Some("NOERROR"),
        ClaimReason::NameUnresolved,
        ", got no ipv4 address (NOERROR) by 10.0.0.53:53 in 3.00 ms",
        "without an ipv4 address",
    ),
    (
        UnresolvedWhy::ResolverFailed,
        Some("SERVFAIL"),
        ClaimReason::ResolverSilent,
        ", but 10.0.0.53:53 answered SERVFAIL in 3.00 ms",
        "forwarders",
    ),
    (
        UnresolvedWhy::ResolverFailed,
        Some("REFUSED"),
        ClaimReason::ResolverSilent,
        ", but 10.0.0.53:53 answered REFUSED in 3.00 ms",
        "forwarders",
    ),
    (
        UnresolvedWhy::ResolverFailed,
        None,
        ClaimReason::ResolverSilent,
        ", but no sense could be made of what 10.0.0.53:53 answered in 3.00 ms",
        "forwarders",
    ),
    (
        UnresolvedWhy::ResolverSilent,
        None,
        ClaimReason::ResolverSilent,
        ", but no answer came from 10.0.0.53:53 in 3.00 ms",
        "port 53",
    ),
    (
        UnresolvedWhy::NoResolver,
        None,
        ClaimReason::ResolverSilent,
        ", but `vm` has no resolver",
        "DNS settings",
    ),
];

#[test]
fn a_resolver_that_gives_no_address_fails_the_claim_or_proves_nothing() {
    for (why, rcode, reason, ends, hint) in UNHEARD {
        let asked = *why != UnresolvedWhy::NoResolver;
        let resolution = asked.then(|| said(RESOLVER, rcode.unwrap_or_default()));
        let scene = scene("private", Family::Ipv4, &[(unresolved(*why, *rcode), resolution)]);
        let sentence = format!("expected to resolve to private addresses{ends}");
        check(why.as_str(), &scene, *reason, &sentence, hint);
    }
}

#[test]
fn a_call_that_did_not_come_to_its_name_proves_nothing() {
    let unasked = "expected to resolve to private addresses, but `vm` did not come to ask for the name";
    let silent = "expected to resolve to private addresses, but no answer came";
    for (outcome, reason, sentence, hint) in [
        (Outcome::TimedOut(Phase::Resolve), ClaimReason::ResolverSilent, silent, "port 53"),
        (not_sent(NotSentWhy::NoResources), ClaimReason::NameNotAsked, unasked, "the edge itself"),
        (answered("10.0.0.4"), ClaimReason::NameNotAsked, unasked, "the edge itself"),
        (
            not_sent(NotSentWhy::NoFamily),
            ClaimReason::NoFamily,
            "`vm` has no ipv4 address",
            "give `vm` an ipv4 address",
        ),
    ] {
        let what = format!("{outcome:?}");
        check(&what, &scene("private", Family::Ipv4, &[(outcome, None)]), reason, sentence, hint);
    }
}

#[test]
fn what_a_name_resolves_to_has_nothing_to_do_with_what_became_of_the_call() {
    let expired = Outcome::TlsFailed(TlsFailed { why: TlsFailedWhy::Expired, detail: String::new() });
    let outcomes = [
        status(403),
        expired,
        Outcome::Refused,
        Outcome::TimedOut(Phase::Connect),
        not_sent(NotSentWhy::NotAllowed),
        not_sent(NotSentWhy::NoFamily),
    ];
    for outcome in outcomes {
        let judged = |found| {
            let scene = scene("private", Family::Ipv4, &[(outcome.clone(), Some(said(RESOLVER, found)))]);
            only(&scene).reason
        };
        assert_eq!(judged("10.0.3.4"), ClaimReason::Resolved, "{outcome:?}");
        assert_eq!(judged("203.0.113.7"), ClaimReason::ResolvedElsewhere, "{outcome:?}");
    }
}

#[test]
fn a_list_of_one_family_claims_no_address_of_the_other_and_admits_none_elsewhere() {
    use ClaimReason::{FamilyNotClaimed, NameUnresolved, Resolved, ResolvedElsewhere, ResolverSilent};
    let none = || unresolved(UnresolvedWhy::NoRecords, Some("NOERROR"));
    let silent = || unresolved(UnresolvedWhy::ResolverSilent, None);
    for (what, claimed, outcome, found, reason) in [
        ("nothing there", "10.0.3.0/24", none(), "NOERROR", FamilyNotClaimed),
        ("an address there", "10.0.3.0/24", answered("fd00::4"), "2603:1020::7", ResolvedElsewhere),
        ("the listed one by NAT64", "10.0.3.0/24", answered("fd00::4"), "64:ff9b::a00:304", Resolved),
        ("another by NAT64", "10.0.3.0/24", answered("fd00::4"), "64:ff9b::a00:404", ResolvedElsewhere),
        ("nobody says", "10.0.3.0/24", silent(), "", ResolverSilent),
        ("nothing, though listed", "10.0.3.0/24 fd00::/8", none(), "NOERROR", NameUnresolved),
        ("nothing private", "private", none(), "NOERROR", NameUnresolved),
    ] {
        let scene = scene(claimed, Family::Ipv6, &[(outcome, Some(said(RESOLVER, found)))]);
        assert_eq!(only(&scene).reason, reason, "{what}");
    }
}

#[test]
fn every_attempt_has_to_agree() {
    use ClaimReason::{
        FamilyNotClaimed, NameNotAsked, NameUnresolved, NoFamily, Resolved, ResolvedElsewhere,
        ResolverSilent, VantageNotAsked,
    };
    let good = || (answered("10.0.0.4"), Some(said(RESOLVER, "10.0.3.4")));
    let bad = || (answered("10.0.0.4"), Some(said(RESOLVER, "203.0.113.7")));
    let none = || (unresolved(UnresolvedWhy::NoSuchName, Some("NXDOMAIN")), Some(said(RESOLVER, "NXDOMAIN")));
    let silent = || (unresolved(UnresolvedWhy::ResolverSilent, None), Some(said(RESOLVER, "")));
    let no_family = || (not_sent(NotSentWhy::NoFamily), None);
    for (what, family, attempts, reason, decided_by) in [
        ("all agree", Family::Ipv4, [good(), good(), good()], Resolved, Some(0)),
        ("the last leads elsewhere", Family::Ipv4, [good(), good(), bad()], ResolvedElsewhere, Some(2)),
        ("one finds nothing", Family::Ipv4, [good(), none(), bad()], NameUnresolved, Some(1)),
        ("one hears nothing", Family::Ipv4, [good(), silent(), good()], ResolverSilent, Some(1)),
        ("an answer outranks a silence", Family::Ipv4, [silent(), good(), bad()], ResolvedElsewhere, Some(2)),
        ("a family missing once", Family::Ipv4, [good(), no_family(), good()], NameNotAsked, Some(1)),
        ("a family missing", Family::Ipv4, [no_family(), no_family(), no_family()], NoFamily, Some(0)),
        (
            "nothing of a family not claimed",
            Family::Ipv6,
            [none(), none(), none()],
            FamilyNotClaimed,
            Some(0),
        ),
    ] {
        let scene = scene("10.0.3.0/24", family, &attempts);
        let judged = only(&scene.with(|scene| scene.scenario.rules[0].attempts = 3));
        assert_eq!((judged.reason, judged.decided_by), (reason, decided_by), "{what}");
    }
    let elsewhere = scene("private", Family::Ipv4, &[good(), none()]).with(|scene| {
        let role = Role::AtAddress([10, 0, 3, 9].into());
        scene.observations.reach[VM_TO_SITE][1].role = Some(Box::new(role));
    });
    assert_eq!(only(&elsewhere).reason, Resolved, "a call at an address asks for no name");
    let few = scene("private", Family::Ipv4, &[good()]).with(|scene| scene.scenario.rules[0].attempts = 2);
    assert_eq!(only(&few).reason, VantageNotAsked);
    let told = only(&scene("private", Family::Ipv4, &[good(), bad(), bad()]));
    assert!(told.sentence.ends_with("(2 of 3 attempts)"), "{}", told.sentence);
    assert_eq!(
        told.evidence,
        [
            "`app.test` resolved to 203.0.113.7",
            "an alias of app.privatelink.test",
            "answered NOERROR by 10.0.0.53:53 in 3.00 ms",
            "attempts: 10.0.3.4; 203.0.113.7; 203.0.113.7"
        ]
    );
}

#[test]
fn a_vantage_that_was_not_asked_and_a_run_that_was_ended_prove_nothing() {
    let good = (answered("10.0.0.4"), Some(said(RESOLVER, "10.0.3.4")));
    let sound = scene("private", Family::Ipv4, &[good]);
    for (why, reason) in [
        (UnaskedWhy::NoRoute, ClaimReason::VantageNotAsked),
        (UnaskedWhy::Restarted, ClaimReason::VantageNotAsked),
        (UnaskedWhy::Interrupted, ClaimReason::Interrupted),
    ] {
        let lost = sound.clone().with(|scene| scene.observations.reach[VM_TO_SITE] = vec![unasked(why)]);
        assert_eq!(only(&lost).reason, reason, "{why:?}");
    }
    for (interrupted, reason) in [(false, ClaimReason::VantageNotAsked), (true, ClaimReason::Interrupted)] {
        let unseen = sound.clone().with(|scene| {
            scene.observations.reach.clear();
            scene.observations.interrupted = interrupted;
        });
        assert_eq!(only(&unseen).reason, reason);
    }
}

#[test]
fn a_rule_outranks_an_endpoint_and_an_endpoint_claims_of_all_who_call_it() {
    let scene = Scene::sound().with(|scene| {
        scene.scenario.endpoints[SITE.0].resolves = Some(claim("private"));
        scene.scenario.rules[1].resolves = Some(claim("public"));
        for attempt in scene.observations.reach.iter_mut().flatten() {
            attempt.sample.as_mut().expect("a sample").resolution =
                Some(Box::new(said(RESOLVER, "203.0.113.7")));
        }
    });
    let reasons = |edge: usize| scene.claims(edge).iter().map(|claim| claim.reason).collect::<Vec<_>>();
    assert_eq!(reasons(VM_TO_SITE), [ClaimReason::ResolvedElsewhere]);
    assert_eq!(reasons(VM_TO_SCM), [], "neither its rule nor its endpoint says anything");
    assert_eq!(reasons(OUTSIDER_TO_SITE), [ClaimReason::Resolved], "denied, and claimed all the same");
    let without = Scene::sound();
    assert_eq!(scene.edge(VM_TO_SITE), without.edge(VM_TO_SITE).clone(), "the edge is judged as it was");
}

#[test]
fn a_denied_vantage_that_sees_the_public_address_may_be_meant_to() {
    let denied = |by_rule: Option<&str>| {
        let scene = Scene::sound().with(|scene| {
            scene.scenario.endpoints[SITE.0].resolves = Some(claim("private"));
            scene.scenario.rules[1].resolves = by_rule.map(claim);
            for attempt in &mut scene.observations.reach[OUTSIDER_TO_SITE] {
                attempt.sample.as_mut().expect("a sample").resolution =
                    Some(Box::new(said(RESOLVER, "203.0.113.7")));
            }
        });
        scene.claims(OUTSIDER_TO_SITE).remove(0).hint.unwrap_or_default()
    };
    let meant = "; if `outsider` is to see the public address, say `resolves: public` in a rule about it";
    assert!(denied(None).ends_with(meant), "{}", denied(None));
    assert!(!denied(Some("private")).contains("if `outsider`"), "its rule said what it means");
    assert_eq!(denied(Some("public")), "", "it holds");
}
