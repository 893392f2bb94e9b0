//! Named cases, one row a case: what was seen, what is concluded, and what the reader is told.

use ringfence_contract::address::Family;
use ringfence_contract::outcome::{
    NotSent, NotSentWhy, Outcome, OutcomeKind, Phase, TlsFailed, TlsFailedWhy, Unresolved, UnresolvedWhy,
    Unsealed,
};
use ringfence_contract::sample::Resolution;

use super::Reason;
use super::sample_run::{
    APP_SEES_ITSELF, OUTSIDER, OUTSIDER_SEES_BEACON, OUTSIDER_TO_SCM, OUTSIDER_TO_SITE, Scene, VM_SEES_SITE,
    VM_TO_SCM, VM_TO_SITE, answered, attempt, forbidden, misanswered, status, unasked,
};
use crate::dispatch::UnaskedWhy;
use crate::plan::{Edge, Witness, WitnessTarget};
use crate::scenario::{Answers, Expect, RuleIndex, WitnessBy};

const DROPPED: Outcome = Outcome::TimedOut(Phase::Connect);

/// A case: its name, the run, the edge looked at, the reason expected, words the sentence has and words the hint has.
type Case = (&'static str, Scene, usize, Reason, &'static str, &'static str);

fn check(cases: Vec<Case>) {
    for (name, scene, edge, reason, sentence, hint) in cases {
        let judged = scene.edge(edge);
        assert_eq!(judged.reason, reason, "{name}: {}", judged.sentence);
        assert!(judged.sentence.contains(sentence), "{name}: {}", judged.sentence);
        let said = judged.hint.unwrap_or_default();
        assert!(said.contains(hint), "{name}: {said}");
    }
}

fn open(outcome: Outcome) -> Scene {
    Scene::sound().saw(VM_TO_SITE, [outcome])
}

fn closed(outcomes: [Outcome; 3]) -> Scene {
    Scene::sound().saw(OUTSIDER_TO_SITE, outcomes)
}

fn dropped() -> Scene {
    closed([DROPPED, DROPPED, DROPPED])
}

fn unresolved(why: UnresolvedWhy) -> Outcome {
    Outcome::Unresolved(Unresolved {
        why,
        rcode: Some("NXDOMAIN".to_owned()),
        resolver: "10.0.0.53:53".to_owned(),
    })
}

fn not_sent(why: NotSentWhy) -> Outcome {
    Outcome::NotSent(NotSent { why, detail: "no such device".to_owned() })
}

fn body(status: u16, location: Option<&str>) -> Outcome {
    let location = location.map(str::to_owned);
    Outcome::Unsealed(Unsealed {
        status: Some(status),
        server: None,
        location,
        body: String::new(),
        flaw: None,
    })
}

#[test]
fn a_sound_run_passes_and_says_on_what() {
    use Reason::{DeniedAttributed, DeniedWitnessed, Reached};
    let judged = Scene::sound().judge();
    let reasons: Vec<Reason> = judged.iter().map(|edge| edge.reason).collect();
    assert_eq!(reasons, [Reached, Reached, DeniedAttributed, DeniedWitnessed]);
    assert_eq!(judged[VM_TO_SITE].sentence, "reached: `answered` from 203.0.113.9 in 12 ms");
    let denied = "denied: `forbidden` (azure-app-service, which saw 198.51.100.7) in 12 ms";
    assert_eq!(judged[OUTSIDER_TO_SITE].sentence, denied);
    assert_eq!(
        judged[OUTSIDER_TO_SCM].evidence,
        ["`app/scm` was reached by `vm` before and after", "`outsider` reached something before and after"]
    );
    assert!(judged.iter().all(|edge| edge.hint.is_none() && edge.decided_by == Some(0)));
}

#[test]
fn an_open_edge_that_is_not_open() {
    let expired = Outcome::TlsFailed(TlsFailed { why: TlsFailedWhy::Expired, detail: "expired".to_owned() });
    check(vec![
        (
            "from outside the zone",
            open(answered("52.1.2.3")),
            VM_TO_SITE,
            Reason::WrongSource,
            "arrived from 52.1.2.3, not from zone default",
            "route-all",
        ),
        (
            "from another subnet",
            open(answered("10.9.0.1")),
            VM_TO_SITE,
            Reason::WrongSource,
            "10.9.0.1",
            "another subnet",
        ),
        (
            "through a service endpoint",
            open(answered("fd00::1")),
            VM_TO_SITE,
            Reason::WrongSource,
            "fd00::1",
            "`service-endpoint`",
        ),
        (
            "another agent answers",
            open(misanswered()),
            VM_TO_SITE,
            Reason::WrongAgent,
            "`misanswered` by `vm`",
            "another agent",
        ),
        (
            "refused by the platform, public",
            open(forbidden("52.1.2.3")),
            VM_TO_SITE,
            Reason::Blocked,
            "(azure-app-service, which saw 52.1.2.3)",
            "service endpoint is not in effect",
        ),
        (
            "refused by the platform, ULA",
            open(forbidden("fd00::1")),
            VM_TO_SITE,
            Reason::Blocked,
            "fd00::1",
            "no rule of the target matches this subnet",
        ),
        (
            "refused by the platform, own zone",
            open(forbidden("10.0.0.4")),
            VM_TO_SITE,
            Reason::Blocked,
            "10.0.0.4",
            "does not admit this subnet",
        ),
        (
            "refused by the platform, other zone",
            open(forbidden("10.0.1.4")),
            VM_TO_SITE,
            Reason::Blocked,
            "10.0.1.4",
            "left from zone app",
        ),
        (
            "dropped",
            open(DROPPED),
            VM_TO_SITE,
            Reason::Blocked,
            "expected allow, got `timed-out` (connect)",
            "network security group",
        ),
        ("refused", open(Outcome::Refused), VM_TO_SITE, Reason::Blocked, "`refused`", "nothing listens"),
        (
            "the answer was lost",
            open(DROPPED).receipt(VM_TO_SITE, 0),
            VM_TO_SITE,
            Reason::Blocked,
            "the request arrived, its answer was lost",
            "asymmetric",
        ),
        (
            "a portal answers",
            open(status(200)),
            VM_TO_SITE,
            Reason::WrongAnswer,
            "status 200, server `nginx`",
            "portal",
        ),
        (
            "a login answers",
            open(body(302, Some("https://login.test/"))),
            VM_TO_SITE,
            Reason::WrongAnswer,
            "location `https://login.test/`",
            "login",
        ),
        (
            "the app is down",
            open(status(503)),
            VM_TO_SITE,
            Reason::WrongAnswer,
            "status 503",
            "app behind it is down",
        ),
        (
            "no such name",
            open(unresolved(UnresolvedWhy::NoSuchName)),
            VM_TO_SITE,
            Reason::NameUnresolved,
            "(no-such-name, NXDOMAIN)",
            "private DNS zone",
        ),
        (
            "an expired certificate",
            open(expired),
            VM_TO_SITE,
            Reason::TlsFailed,
            "`tls-failed` (expired)",
            "renew",
        ),
        (
            "no route",
            open(not_sent(NotSentWhy::NoRoute)),
            VM_TO_SITE,
            Reason::Blocked,
            "no-route",
            "own network refuses",
        ),
        (
            "not on the allow list",
            open(not_sent(NotSentWhy::NotAllowed)),
            VM_TO_SITE,
            Reason::NotSent,
            "could not send",
            "allow list",
        ),
        (
            "no address in the family",
            open(not_sent(NotSentWhy::NoFamily)),
            VM_TO_SITE,
            Reason::NoFamily,
            "has no ipv4 address",
            "families",
        ),
        (
            "a platform's bare 403",
            Scene::sound().saw(VM_TO_SCM, [status(403)]),
            VM_TO_SCM,
            Reason::Blocked,
            "without the platform's fingerprint",
            "does not sign",
        ),
    ]);
}

#[test]
fn a_closed_edge_that_is_not_closed() {
    let scm = |outcome: Outcome| Scene::sound().saw(OUTSIDER_TO_SCM, [outcome, DROPPED, DROPPED]);
    let a = || answered("198.51.100.7");
    check(vec![
        (
            "all get in",
            closed([a(), a(), a()]),
            OUTSIDER_TO_SITE,
            Reason::Leak,
            "expected deny, got `answered` from 203.0.113.9 in 12 ms (3 of 3 attempts)",
            "default action is Allow",
        ),
        (
            "one gets in",
            closed([DROPPED, a(), DROPPED]),
            OUTSIDER_TO_SITE,
            Reason::Leak,
            "(1 of 3 attempts)",
            "instances differ",
        ),
        (
            "one gets in, the answer is lost",
            dropped().receipt(OUTSIDER_TO_SITE, 2),
            OUTSIDER_TO_SITE,
            Reason::LeakOneWay,
            "but the call reached `app`",
            "close the way in",
        ),
        (
            "the platform says no, the target says yes",
            Scene::sound().receipt(OUTSIDER_TO_SITE, 1),
            OUTSIDER_TO_SITE,
            Reason::LeakOneWay,
            "but the call reached `app`",
            "close the way in",
        ),
        (
            "nobody asked, the target says yes",
            unanswered().receipt(OUTSIDER_TO_SITE, 0),
            OUTSIDER_TO_SITE,
            Reason::LeakOneWay,
            "the call reached `app`",
            "close the way in",
        ),
        (
            "a missing key",
            closed([status(401), DROPPED, DROPPED]),
            OUTSIDER_TO_SITE,
            Reason::PathOpen,
            "status 401",
            "only a key is missing",
        ),
        (
            "a dead app",
            closed([status(503), DROPPED, DROPPED]),
            OUTSIDER_TO_SITE,
            Reason::PathOpen,
            "status 503",
            "found the app behind it down",
        ),
        (
            "another agent",
            closed([misanswered(), DROPPED, DROPPED]),
            OUTSIDER_TO_SITE,
            Reason::WrongAgent,
            "`misanswered` by `vm`",
            "an agent answers",
        ),
        (
            "an agent at the SCM site",
            scm(misanswered()),
            OUTSIDER_TO_SCM,
            Reason::WrongAgent,
            "`misanswered`",
            "scmIpSecurityRestrictions",
        ),
        (
            "a witness call got in",
            crossing(answered("198.51.100.7")),
            OUTSIDER_TO_SITE,
            Reason::Leak,
            "a witness call over this edge got in",
            "instances differ",
        ),
    ]);
}

fn unanswered() -> Scene {
    Scene::sound().with(|scene| {
        scene.observations.reach[OUTSIDER_TO_SITE] = (0..3).map(|_| unasked(UnaskedWhy::CutOff)).collect();
    })
}

/// The outsider's own witness goes over the closed edge itself.
fn crossing(outcome: Outcome) -> Scene {
    dropped().with(|scene| {
        let to = WitnessTarget::Endpoint(scene.plan.edges[OUTSIDER_TO_SITE].endpoint);
        scene.plan.witnesses.push(Witness { vantage: OUTSIDER, to, family: Family::Ipv4 });
        scene.observations.before.push(attempt(outcome));
        scene.observations.after.push(attempt(DROPPED));
    })
}

#[test]
fn a_silence_that_is_not_proved() {
    let listener =
        |scene: Scene| scene.with(|scene| scene.scenario.rules[1].witness = WitnessBy::TargetItself);
    let nobody = |scene: Scene| {
        let scene = scene.witness(VM_SEES_SITE, DROPPED, DROPPED);
        scene.with(|scene| scene.plan.edges[VM_TO_SITE].expect = Expect::Deny)
    };
    let dead = dropped().witness(VM_SEES_SITE, DROPPED, DROPPED);
    let died = dropped().witness(VM_SEES_SITE, answered("10.0.0.4"), DROPPED);
    let lonely = dropped().witness(OUTSIDER_SEES_BEACON, DROPPED, DROPPED);
    let deaf = listener(nobody(dropped())).witness(APP_SEES_ITSELF, DROPPED, DROPPED);
    let book = |change: fn(&mut crate::dispatch::ReceiptBook)| {
        dropped().with(|scene| change(scene.observations.agents[1].receipts.as_mut().expect("a book")))
    };
    let mut silent = Scene::sound();
    silent.observations.reach[OUTSIDER_TO_SCM] = (0..3).map(|_| attempt(status(403))).collect();
    check(vec![
        (
            "the target is dead",
            dead,
            OUTSIDER_TO_SITE,
            Reason::NoTargetWitness,
            "no allowed vantage reached `app/site` before or after",
            "may be down",
        ),
        (
            "the target died in the run",
            died,
            OUTSIDER_TO_SITE,
            Reason::NoTargetWitness,
            "reached `app/site` after",
            "may be down",
        ),
        (
            "nobody is admitted",
            nobody(dropped()),
            OUTSIDER_TO_SITE,
            Reason::NoTargetWitness,
            "no allowed vantage",
            "`witness: self`",
        ),
        (
            "the target's listener is dead",
            deaf,
            OUTSIDER_TO_SITE,
            Reason::NoTargetWitness,
            "no allowed vantage",
            "still listens",
        ),
        (
            "the vantage is cut off",
            lonely,
            OUTSIDER_TO_SITE,
            Reason::NoVantageWitness,
            "`outsider` reached nothing before or after",
            "`beacon`",
        ),
        (
            "the target restarted",
            book(|book| book.restarted = true),
            OUTSIDER_TO_SITE,
            Reason::TargetRestarted,
            "`app` restarted",
            "why `app` restarted",
        ),
        (
            "the target's ring wrapped",
            book(|book| book.wrapped = true),
            OUTSIDER_TO_SITE,
            Reason::ReceiptsWrapped,
            "dropped receipts",
            "larger ring",
        ),
        (
            "a bare 403 where nobody keeps receipts",
            silent,
            OUTSIDER_TO_SCM,
            Reason::NoReceipts,
            "nobody at `app/scm` writes down",
            "own words",
        ),
    ]);
}

#[test]
fn everything_that_is_missing_is_listed() {
    let scene =
        dropped().witness(VM_SEES_SITE, DROPPED, DROPPED).witness(OUTSIDER_SEES_BEACON, DROPPED, DROPPED);
    let judged =
        scene.with(|scene| scene.observations.agents[1].receipts.as_mut().expect("a book").wrapped = true);
    let judged = judged.edge(OUTSIDER_TO_SITE);
    assert_eq!(judged.reason, Reason::NoTargetWitness);
    let missing: Vec<&String> =
        judged.evidence.iter().filter(|line| line.starts_with("also missing")).collect();
    assert_eq!(missing, ["also missing: no-vantage-witness", "also missing: receipts-wrapped"]);
}

#[test]
fn the_targets_own_listener_stands_in_where_the_rule_says_so_and_is_shown_as_weaker() {
    let scene = dropped().witness(VM_SEES_SITE, DROPPED, DROPPED);
    let scene = scene.with(|scene| scene.scenario.rules[1].witness = WitnessBy::TargetItself);
    let judged = scene.edge(OUTSIDER_TO_SITE);
    assert_eq!(judged.reason, Reason::DeniedWitnessed);
    assert!(judged.self_witnessed);
    assert!(judged.sentence.contains("only the target itself"), "{}", judged.sentence);
    assert!(!dropped().edge(OUTSIDER_TO_SITE).self_witnessed);
}

#[test]
fn a_target_that_may_call_itself_is_no_outside_witness() {
    let scene = dropped().with(|scene| {
        let (app, site) = (super::sample_run::APP, super::sample_run::SITE);
        let (family, expect, rule) = (Family::Ipv4, Expect::Allow, RuleIndex(0));
        scene.plan.edges.push(Edge { vantage: app, endpoint: site, family, expect, rule });
        scene.plan.witnesses[VM_SEES_SITE].vantage = app;
    });
    let judged = scene.edge(OUTSIDER_TO_SITE);
    assert_eq!((judged.reason, judged.self_witnessed), (Reason::DeniedWitnessed, true));
}

#[test]
fn the_means_of_a_denial_are_the_rules_to_name() {
    let by =
        |scene: Scene, kinds: &[OutcomeKind]| scene.with(|scene| scene.scenario.rules[1].by = kinds.to_vec());
    let unnamed = || closed([(); 3].map(|()| unresolved(UnresolvedWhy::NoSuchName)));
    let silent = || closed([(); 3].map(|()| unresolved(UnresolvedWhy::ResolverSilent)));
    let alone = by(unnamed(), &[OutcomeKind::Unresolved]).witness(OUTSIDER_SEES_BEACON, DROPPED, DROPPED);
    check(vec![
        (
            "a missing name is no denial",
            unnamed(),
            OUTSIDER_TO_SITE,
            Reason::NotResolved,
            "no denial",
            "`by: [unresolved]`",
        ),
        (
            "unless the rule says so",
            by(unnamed(), &[OutcomeKind::Unresolved]),
            OUTSIDER_TO_SITE,
            Reason::DeniedWitnessed,
            "denied: `unresolved`",
            "",
        ),
        (
            "and the vantage can send",
            alone,
            OUTSIDER_TO_SITE,
            Reason::NoVantageWitness,
            "reached nothing",
            "`beacon`",
        ),
        (
            "a silent resolver never is",
            by(silent(), &[OutcomeKind::Unresolved]),
            OUTSIDER_TO_SITE,
            Reason::NotResolved,
            "no denial",
            "port 53",
        ),
        (
            "dropped, as named",
            by(dropped(), &[OutcomeKind::TimedOut]),
            OUTSIDER_TO_SITE,
            Reason::DeniedWitnessed,
            "denied",
            "",
        ),
        (
            "dropped, not as named",
            by(dropped(), &[OutcomeKind::Forbidden]),
            OUTSIDER_TO_SITE,
            Reason::WrongMeans,
            "expected deny by `forbidden`, got `timed-out`",
            "which layer",
        ),
    ]);
}

#[test]
fn an_edge_that_nobody_tried() {
    let cut = |why: UnaskedWhy| {
        Scene::sound().with(|scene| scene.observations.reach[OUTSIDER_TO_SITE] = vec![unasked(why)])
    };
    let ended = |scene: &mut Scene| {
        scene.observations.reach[OUTSIDER_TO_SITE].clear();
        scene.observations.interrupted = true;
    };
    let partly = |scene: &mut Scene| {
        scene.observations.reach[OUTSIDER_TO_SITE].truncate(2);
        scene.observations.interrupted = true;
    };
    check(vec![
        (
            "the vantage was not asked",
            cut(UnaskedWhy::NoRoute),
            OUTSIDER_TO_SITE,
            Reason::VantageNotAsked,
            "`outsider` could not be asked: the control route is closed",
            "ringfence agents",
        ),
        (
            "the reply was cut off",
            cut(UnaskedWhy::CutOff),
            OUTSIDER_TO_SITE,
            Reason::VantageNotAsked,
            "could not be asked",
            "control route",
        ),
        (
            "the run was ended",
            cut(UnaskedWhy::Interrupted),
            OUTSIDER_TO_SITE,
            Reason::Interrupted,
            "the run was ended",
            "run again",
        ),
        (
            "the run was ended before it",
            Scene::sound().with(ended),
            OUTSIDER_TO_SITE,
            Reason::Interrupted,
            "the run was ended",
            "run again",
        ),
        (
            "the run was ended in its midst",
            Scene::sound().with(partly),
            OUTSIDER_TO_SITE,
            Reason::Interrupted,
            "the run was ended",
            "run again",
        ),
    ]);
    let leaked = closed([answered("198.51.100.7"), DROPPED, DROPPED]).with(partly);
    assert_eq!(leaked.edge(OUTSIDER_TO_SITE).reason, Reason::Leak, "a leak already seen still fails");
}

#[test]
fn a_retry_overrules_only_where_the_rule_has_one_and_is_marked() {
    let tried = |retries: u32| {
        let scene = Scene::sound().saw(VM_TO_SITE, [DROPPED, answered("10.0.0.4")]);
        scene.with(|scene| scene.scenario.rules[0].retries = retries).edge(VM_TO_SITE)
    };
    assert_eq!((tried(0).reason, tried(0).flaky), (Reason::Blocked, false));
    assert_eq!((tried(1).reason, tried(1).flaky, tried(1).decided_by), (Reason::Reached, true, Some(1)));
}

#[test]
fn a_name_that_leads_elsewhere_for_some_is_told() {
    let resolved = |scene: &mut Scene, edge: usize, address: &str| {
        let sample = scene.observations.reach[edge][0].sample.as_mut().expect("a sample");
        sample.resolution = Some(Resolution {
            resolver: "10.0.0.53:53".to_owned(),
            name: "app.test".to_owned(),
            addresses: vec![address.parse().expect("an address")],
            cnames: vec!["app.privatelink.test".to_owned()],
            rcode: Some("NOERROR".to_owned()),
            took_us: 100,
        });
    };
    let scene = open(forbidden("52.1.2.3")).with(|scene| {
        resolved(scene, VM_TO_SITE, "52.9.9.9");
        resolved(scene, OUTSIDER_TO_SITE, "10.0.1.9");
    });
    let judged = scene.edge(VM_TO_SITE);
    assert!(judged.hint.expect("a hint").contains("private DNS zone"));
    let resolved = "`app.test` resolved to 52.9.9.9, by way of app.privatelink.test, by 10.0.0.53:53";
    assert_eq!(judged.evidence[0], resolved);
}

#[test]
fn a_plain_tcp_target_is_reached_when_it_accepts() {
    let tcp = |outcome: Outcome| {
        let scene = Scene::sound().saw(VM_TO_SCM, [outcome]);
        let scene = scene.with(|scene| {
            scene.scenario.endpoints[1].route.address = "tcp://db.test:5432".parse().expect("an address");
            scene.scenario.endpoints[1].answers = Answers::Platform { statuses: Vec::new() };
        });
        scene.edge(VM_TO_SCM).reason
    };
    assert_eq!(tcp(Outcome::TimedOut(Phase::FirstByte)), Reason::Reached);
    assert_eq!(tcp(DROPPED), Reason::Blocked);
}

#[test]
fn listed_statuses_are_the_only_ones_that_count() {
    let listed = |code: u16| {
        let scene = Scene::sound().saw(VM_TO_SCM, [status(code)]);
        let answers = Answers::Platform { statuses: vec![401] };
        scene.with(|scene| scene.scenario.endpoints[1].answers = answers).edge(VM_TO_SCM).reason
    };
    assert_eq!(
        [listed(401), listed(200), listed(403)],
        [Reason::Reached, Reason::WrongAnswer, Reason::Blocked]
    );
}
