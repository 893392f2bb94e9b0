//! Named cases, one row a case: what was seen, what is concluded, and what the reader is told.

use std::sync::Arc;

use ringfence_contract::address::Address;
use ringfence_contract::address::Family;
use ringfence_contract::call::Pin;
use ringfence_contract::outcome::{
    NotSent, NotSentWhy, Outcome, OutcomeKind, Phase, SealFlaw, TlsFailed, TlsFailedWhy, Unresolved,
    UnresolvedWhy, Unsealed,
};
use ringfence_contract::sample::{Resolution, TlsFacts};

use super::JudgedEdge;
use crate::dispatch::UnaskedWhy;
use crate::judge::Reason;
use crate::judge::sample_run::{
    APP_SEES_ITSELF, OUTSIDER, OUTSIDER_SEES_BEACON, OUTSIDER_TO_SCM, OUTSIDER_TO_SITE, SITE, Scene, VM,
    VM_SEES_SCM, VM_SEES_SITE, VM_TO_SCM, VM_TO_SITE, answered, attempt, forbidden, misanswered, status,
    unasked,
};
use crate::plan::{Edge, Witness, WitnessTarget};
use crate::scenario::{
    Answers, BeaconTarget, Expect, NameClaim, Resolves, RuleIndex, ServiceEndpoint, WitnessBy, WitnessPort,
};

const DROPPED: Outcome = Outcome::TimedOut(Phase::Connect);

/// Cases, each with its name, the edge looked at, the run; the reason, words of the sentence, words of the hint.
macro_rules! judged {
    ($($name:literal, $edge:ident: $scene:expr => $reason:ident, $sentence:literal, $hint:literal;)+) => {
        $(check($name, &$scene.edge($edge), Reason::$reason, ($sentence, $hint));)+
    };
}

fn check(name: &str, judged: &JudgedEdge, reason: Reason, (sentence, hint): (&str, &str)) {
    assert_eq!(judged.reason, reason, "{name}: {}", judged.sentence);
    assert!(judged.sentence.contains(sentence), "{name}: {}", judged.sentence);
    let said = judged.hint.as_deref().unwrap_or_default();
    assert!(said.contains(hint), "{name}: {said}");
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

/// One call more than the rule's says that it comes from an admitted address.
fn spoofing(outcomes: impl IntoIterator<Item = Outcome>) -> Scene {
    let scene = Scene::sound().saw(OUTSIDER_TO_SITE, outcomes);
    scene.with(|scene| scene.plan.edges[OUTSIDER_TO_SITE].spoofs = Some([[10, 0, 0, 4].into()].into()))
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
        told: None,
    })
}

#[test]
fn a_sound_run_passes_and_says_on_what() {
    use Reason::{DeniedAttributed, DeniedWitnessed, Reached};
    let judged: Vec<_> = Scene::sound().judge().into_iter().map(|judged| judged.edge).collect();
    let reasons: Vec<Reason> = judged.iter().map(|edge| edge.reason).collect();
    assert_eq!(reasons, [Reached, Reached, DeniedAttributed, DeniedWitnessed]);
    assert_eq!(judged[VM_TO_SITE].sentence, "reached: `answered` from 203.0.113.9 in 12.3 ms");
    let denied = "denied: `forbidden` (azure-app-service, which saw 198.51.100.7) in 12.3 ms";
    assert_eq!(judged[OUTSIDER_TO_SITE].sentence, denied);
    assert_eq!(
        judged[OUTSIDER_TO_SCM].evidence,
        [
            "`app/scm` was reached by `vm` before and after",
            "`outsider` reached something at tcp port 443 before and after"
        ]
    );
    assert!(judged.iter().all(|edge| edge.hint.is_none() && edge.decided_by == Some(0)));
}

#[test]
fn an_open_edge_that_is_not_open() {
    let expired = Outcome::TlsFailed(TlsFailed { why: TlsFailedWhy::Expired, detail: "expired".to_owned() });
    judged! {
        "from outside the zone", VM_TO_SITE: open(answered("52.1.2.3"))
            => WrongSource, "arrived from 52.1.2.3, not from zone default", "route-all";
        "from another subnet", VM_TO_SITE: open(answered("10.9.0.1"))
            => WrongSource, "10.9.0.1", "another subnet";
        "through a service endpoint", VM_TO_SITE: open(answered("fd00::1"))
            => WrongSource, "fd00::1", "`service-endpoint`";
        "another agent answers", VM_TO_SITE: open(misanswered())
            => WrongAgent, "`misanswered` by `vm`", "another agent";
        "refused by the platform, public", VM_TO_SITE: open(forbidden("52.1.2.3"))
            => Blocked, "(azure-app-service, which saw 52.1.2.3)", "service endpoint is not in effect";
        "refused by the platform, ULA", VM_TO_SITE: open(forbidden("fd00::1"))
            => Blocked, "fd00::1", "no rule of the target matches this subnet";
        "refused by the platform, own zone", VM_TO_SITE: open(forbidden("10.0.0.4"))
            => Blocked, "10.0.0.4", "does not admit this subnet";
        "refused by the platform, other zone", VM_TO_SITE: open(forbidden("10.0.1.4"))
            => Blocked, "10.0.1.4", "left from zone app";
        "dropped", VM_TO_SITE: open(DROPPED)
            => Blocked, "expected allow, got `timed-out` (connect)", "network security group";
        "refused", VM_TO_SITE: open(Outcome::Refused)
            => Blocked, "`refused`", "nothing listens";
        "the answer was lost", VM_TO_SITE: open(DROPPED).receipt(VM_TO_SITE, 0)
            => Blocked, "the request arrived, its answer was lost", "asymmetric";
        "a portal answers", VM_TO_SITE: open(status(200))
            => WrongAnswer, "status 200, server `nginx`", "portal";
        "a login answers", VM_TO_SITE: open(body(302, Some("https://login.test/")))
            => WrongAnswer, "location `https://login.test/`", "login";
        "the app is down", VM_TO_SITE: open(status(503))
            => WrongAnswer, "status 503", "app behind it is down";
        "no such name", VM_TO_SITE: open(unresolved(UnresolvedWhy::NoSuchName))
            => NameUnresolved, "(no-such-name, NXDOMAIN)", "private DNS zone";
        "an expired certificate", VM_TO_SITE: open(expired)
            => TlsFailed, "`tls-failed` (expired)", "renew";
        "no route", VM_TO_SITE: open(not_sent(NotSentWhy::NoRoute))
            => Blocked, "no-route", "own network refuses";
        "not on the allow list", VM_TO_SITE: open(not_sent(NotSentWhy::NotAllowed))
            => NotSent, "could not send", "--local-allow";
        "no address in the family", VM_TO_SITE: open(not_sent(NotSentWhy::NoFamily))
            => NoFamily, "has no ipv4 address", "families";
        "a platform's bare 403", VM_TO_SCM: Scene::sound().saw(VM_TO_SCM, [status(403)])
            => Blocked, "without the platform's fingerprint", "does not sign";
    }
}

#[test]
fn a_closed_edge_that_is_not_closed() {
    let scm = |outcome: Outcome| Scene::sound().saw(OUTSIDER_TO_SCM, [outcome, DROPPED, DROPPED]);
    let a = || answered("198.51.100.7");
    judged! {
        "all get in", OUTSIDER_TO_SITE: closed([a(), a(), a()])
            => Leak, "expected deny, got `answered` from 203.0.113.9 in 12.3 ms (3 of 3 attempts)", "default action is Allow";
        "one gets in", OUTSIDER_TO_SITE: closed([DROPPED, a(), DROPPED])
            => Leak, "(1 of 3 attempts)", "instances differ";
        "refused twice, and once too busy to say", OUTSIDER_TO_SITE:
            closed([forbidden("198.51.100.7"), status(503), forbidden("198.51.100.7")])
            => TooBusy, "too busy to say whether it lets `outsider` in", "rate limit";
        "let in to an app that is down", OUTSIDER_TO_SITE: closed([status(503), status(503), status(503)])
            => PathOpen, "status 503", "found the app behind it down";
        "only the one that lies about its source gets in", OUTSIDER_TO_SITE: spoofing([DROPPED, DROPPED, DROPPED, a()])
            => Leak, "(only the call that said that it comes from 10.0.0.4)", "believes what callers say of themselves";
        "the one that lies gets in like all others", OUTSIDER_TO_SITE: spoofing([a(), a(), a(), a()])
            => Leak, "(3 of 3 attempts)", "default action is Allow";
        "the one that lies was not heard of", OUTSIDER_TO_SITE:
            spoofing([DROPPED, DROPPED, DROPPED])
                .with(|scene| scene.observations.reach[OUTSIDER_TO_SITE].push(unasked(UnaskedWhy::NoRoute)))
            => VantageNotAsked, "could not be asked", "listens where its `control` says";
        "one gets in, the answer is lost", OUTSIDER_TO_SITE: dropped().receipt(OUTSIDER_TO_SITE, 2)
            => LeakOneWay, "but the call reached `app`", "close the way in";
        "the platform says no, the target says yes", OUTSIDER_TO_SITE: Scene::sound().receipt(OUTSIDER_TO_SITE, 1)
            => LeakOneWay, "but the call reached `app`", "look for mirroring";
        "nobody asked, the target says yes", OUTSIDER_TO_SITE: unanswered().receipt(OUTSIDER_TO_SITE, 0)
            => LeakOneWay, "the call reached `app`", "close the way in";
        "a missing key", OUTSIDER_TO_SITE: closed([status(401), DROPPED, DROPPED])
            => PathOpen, "status 401", "only a key is missing";
        "a dead app", OUTSIDER_TO_SITE: closed([status(503), DROPPED, DROPPED])
            => PathOpen, "status 503", "found the app behind it down";
        "another agent", OUTSIDER_TO_SITE: closed([misanswered(), DROPPED, DROPPED])
            => WrongAgent, "`misanswered` by `vm`", "an agent answers";
        "an agent at the SCM site", OUTSIDER_TO_SCM: scm(misanswered())
            => WrongAgent, "`misanswered`", "scmIpSecurityRestrictions";
        "a witness call got in", OUTSIDER_TO_SITE: crossing(answered("198.51.100.7"))
            => Leak, "a witness call over this edge got in", "instances differ";
    }
}

/// An endpoint of the app at this address, which the VM and the outsider see as told.
fn over(address: &str, edge: usize, outcomes: impl IntoIterator<Item = Outcome>) -> Scene {
    let scene = Scene::sound().saw(edge, outcomes);
    scene.with(|scene| scene.scenario.endpoints[SITE.0].route.address = address.parse().expect("an address"))
}

/// What came, as one text without a seal.
fn page(status: Option<u16>, body: &str, flaw: Option<SealFlaw>) -> Outcome {
    let body = body.to_owned();
    Outcome::Unsealed(Unsealed { status, server: None, location: None, body, flaw, told: None })
}

#[test]
fn an_answer_that_is_not_to_this_call() {
    let (old, cut) =
        (|| page(Some(200), "", Some(SealFlaw::Replayed)), || page(Some(200), "", Some(SealFlaw::Truncated)));
    let arrived = |outcome| open(outcome).receipt(VM_TO_SITE, 0);
    judged! {
        "an old answer", VM_TO_SITE: open(old())
            => WrongAnswer, "its seal replayed", "out of a cache: exclude the agent's path";
        "an old answer to a request that arrived", VM_TO_SITE: arrived(old())
            => WrongAnswer, "its seal replayed", "out of a cache: exclude the agent's path";
        "an old datagram", VM_TO_SITE: over("udp://192.0.2.9:53", VM_TO_SITE, [page(None, "", Some(SealFlaw::Replayed))])
            => WrongAnswer, "its seal replayed", "look what listens on that port";
        "an old answer to a denied caller", OUTSIDER_TO_SITE: closed([old(), old(), old()])
            => PathOpen, "its seal replayed", "out of a cache: exclude the agent's path";
        "a copy got in", VM_TO_SITE: arrived(status(200))
            => WrongAnswer, "yet the request, or a copy of it, reached `app`", "look for mirroring and for retries to another upstream";
        "a copy got in, the caller was refused", VM_TO_SITE: arrived(forbidden("10.0.0.4"))
            => Blocked, "yet the request, or a copy of it, reached `app`", "look for mirroring and for retries to another upstream";
        "a copy of a denied call got in", OUTSIDER_TO_SITE: closed([status(401), DROPPED, DROPPED]).receipt(OUTSIDER_TO_SITE, 0)
            => LeakOneWay, "but the call reached `app`", "look for mirroring and for retries to another upstream";
        "the front end gave up", VM_TO_SITE: arrived(status(504))
            => WrongAnswer, "reached `app`", "a timeout of the front end";
        "the answer was cut", VM_TO_SITE: arrived(cut())
            => WrongAnswer, "its seal truncated", "limits or rewrites bodies";
        "the answer was late", VM_TO_SITE: arrived(Outcome::TimedOut(Phase::FirstByte))
            => Blocked, "the request arrived, its answer did not come in time", "a slow or stopped app, or an asymmetric path";
    }
}

#[test]
fn what_answers_is_named_for_what_it_is() {
    let http = || page(None, "HTTP/1.1 400 Bad Request\r\n", None);
    let silent = || Outcome::TimedOut(Phase::FirstByte);
    let stranger = || page(Some(404), "not found\n", None);
    let unproven = closed([status(404), DROPPED, DROPPED]).with(|scene| {
        show(&mut scene.observations.reach[OUTSIDER_TO_SITE][0], 1, Some("for other names"));
    });
    judged! {
        "HTTP on a TCP port", VM_TO_SITE: over("tcp://192.0.2.9:80", VM_TO_SITE, [http()])
            => WrongAnswer, "bytes that begin as HTTP does", "an HTTP server answers there";
        "another protocol on a TCP port", VM_TO_SITE: over("tcp://192.0.2.9:22", VM_TO_SITE, [page(None, "SSH-2.0", None)])
            => WrongAnswer, "bytes that are not HTTP", "look what listens on that port";
        "no HTTP where it should be", VM_TO_SITE: open(page(None, "SSH-2.0", None))
            => WrongAnswer, "bytes that are not HTTP", "does not speak HTTP";
        "unavailable", VM_TO_SITE: open(status(503))
            => WrongAnswer, "status 503", "or a rate or connection limit";
        "unavailable to a denied caller", OUTSIDER_TO_SITE: closed([status(503), status(503), status(503)])
            => PathOpen, "status 503", "or a rate or connection limit";
        "no datagram came", VM_TO_SITE: over("udp://192.0.2.9:53", VM_TO_SITE, [silent()])
            => Blocked, "`timed-out` (first-byte)", "a filter drops the datagrams on either way, or nothing";
        "no byte came", VM_TO_SITE: open(silent())
            => Blocked, "`timed-out` (first-byte)", "connected, but no answer came";
        "an agent's page for strangers", OUTSIDER_TO_SITE: closed([stranger(), DROPPED, DROPPED])
            => PathOpen, "status 404", "add no fingerprint for it: that would hide the leak";
        "a 404 that anybody may say", OUTSIDER_TO_SITE: unproven
            => PathOpen, "status 404", "before you add a fingerprint, which would hide a leak";
        "another 404", OUTSIDER_TO_SITE: closed([status(404), DROPPED, DROPPED])
            => PathOpen, "status 404", "if your platform denies this way, add its fingerprint";
    }
}

#[test]
fn attempts_that_fared_differently_are_told_apart() {
    let a = || answered("198.51.100.7");
    let mixed = || closed([status(403), a(), status(403)]);
    let door = closed([status(403), status(200), status(403)]);
    judged! {
        "one gets in past a bare 403", OUTSIDER_TO_SITE: mixed()
            => Leak, "(1 of 3 attempts)", "only some attempts got in";
        "one gets another answer than a bare 403", OUTSIDER_TO_SITE: door
            => PathOpen, "status 200, server `nginx` in 12.3 ms (1 of 3 attempts)", "the path is open";
    }
    let told = door.edge(OUTSIDER_TO_SITE).evidence;
    assert!(told.iter().any(|line| line.starts_with("attempts: `unsealed` status 403")), "{told:?}");
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
        scene.plan.witnesses.push(Witness {
            vantage: OUTSIDER,
            to,
            family: Family::Ipv4,
            nth: 0,
            expect: Expect::Deny,
        });
        scene.observations.before.push(attempt(outcome));
        scene.observations.after.push(attempt(DROPPED));
    })
}

#[test]
fn a_service_endpoints_address_is_held_against_the_subnet_that_it_shows() {
    let from = |address: &str| {
        open(answered(address)).with(|scene| {
            let zone = scene.scenario.agents[VM.0].zone.as_mut().expect("a zone");
            zone.service_endpoint = ServiceEndpoint::Listed;
        })
    };
    judged! {
        "from the subnet", VM_TO_SITE: from("fde4:8dba:2300:5457:6f23:200:a00:4")
            => Reached, "reached", "";
        "from another subnet", VM_TO_SITE: from("fde4:8dba:1200:98db:6a12:300:a02:126")
            => WrongSource, "not from zone default", "from 10.2.1.38";
        "which subnet, it does not show", VM_TO_SITE: from("fd00::1002:fc01:3000:2000:1000")
            => Reached, "reached", "";
    }
    let evidence = |address| from(address).edge(VM_TO_SITE).evidence.join("; ");
    let shown = evidence("fde4:8dba:2300:5457:6f23:200:a00:4");
    assert!(shown.contains("for 10.0.0.4 in some virtual network (whose, it does not show)"), "{shown}");
    let hidden = evidence("fd00::1002:fc01:3000:2000:1000");
    assert!(hidden.contains("does not show the caller's own"), "{hidden}");
}

#[test]
fn a_weaker_witness_is_shown_as_such() {
    let plain = dropped().with(|scene| {
        let route = "http://beacon.test:443".parse::<Address>().expect("an address").into();
        scene.scenario.agents[OUTSIDER.0].beacons[0].to = BeaconTarget::Outside(route);
    });
    let elsewhere = dropped().with(|scene| {
        let route = "https://beacon.test:8443".parse::<Address>().expect("an address").into();
        scene.scenario.agents[OUTSIDER.0].beacons[0].to = BeaconTarget::Outside(route);
        scene.scenario.rules[1].witness_port = WitnessPort::Any;
    });
    judged! {
        "by anybody's word", OUTSIDER_TO_SITE: plain
            => DeniedWitnessed, "; that this vantage can send is on a word that may be anybody's", "";
        "at another port", OUTSIDER_TO_SITE: elsewhere
            => DeniedWitnessed, "; this vantage showed only at another port that it can send", "";
    }
}

#[test]
fn a_silence_that_is_not_proved() {
    let listener =
        |scene: Scene| scene.with(|scene| scene.scenario.rules[1].witness = WitnessBy::TargetItself);
    let nobody = |scene: Scene| {
        let scene = scene.witness(VM_SEES_SITE, DROPPED, DROPPED);
        scene.with(|scene| {
            scene.plan.edges[VM_TO_SITE].expect = Expect::Deny;
            scene.scenario.rules[0].to.retain(|endpoint| *endpoint != SITE);
        })
    };
    let dead = dropped().witness(VM_SEES_SITE, DROPPED, DROPPED);
    let died = dropped().witness(VM_SEES_SITE, answered("10.0.0.4"), DROPPED);
    let lonely = dropped().witness(OUTSIDER_SEES_BEACON, DROPPED, DROPPED);
    let beaconless = dropped().with(|scene| {
        scene.scenario.agents[OUTSIDER.0].beacons.clear();
        scene.plan.witnesses.remove(OUTSIDER_SEES_BEACON);
        scene.observations.before.remove(OUTSIDER_SEES_BEACON);
        scene.observations.after.remove(OUTSIDER_SEES_BEACON);
    });
    let unheard = listener(nobody(dropped())).witness(APP_SEES_ITSELF, DROPPED, DROPPED);
    let book = |change: fn(&mut crate::dispatch::ReceiptBook)| {
        dropped().with(|scene| change(scene.observations.agents[1].receipts.as_mut().expect("a book")))
    };
    let mut silent = Scene::sound();
    silent.observations.reach[OUTSIDER_TO_SCM] = (0..3).map(|_| attempt(status(403))).collect();
    judged! {
        "the target is dead", OUTSIDER_TO_SITE: dead
            => NoTargetWitness, "no allowed vantage reached `app/site` before or after", "may be down";
        "the target died in the run", OUTSIDER_TO_SITE: died
            => NoTargetWitness, "reached `app/site` after", "may be down";
        "nobody is admitted", OUTSIDER_TO_SITE: nobody(dropped())
            => NoTargetWitness, "no allowed vantage", "`witness: self`";
        "the target's listener is dead", OUTSIDER_TO_SITE: unheard
            => NoTargetWitness, "no allowed vantage", "still listens";
        "the vantage is cut off", OUTSIDER_TO_SITE: lonely
            => NoVantageWitness, "`outsider` reached nothing at tcp port 443 before or after",
               "the beacon of `outsider` (`https://beacon.test`) was not reached in ipv4, `timed-out` (connect) in 12.3 ms";
        "the vantage has no beacon", OUTSIDER_TO_SITE: beaconless
            => NoVantageWitness, "`outsider` reached nothing at tcp port 443 before or after", "give `outsider` a beacon that it can always reach at tcp port 443 in ipv4, `beacons: [https://HOST]`";
        "the target restarted", OUTSIDER_TO_SITE: book(|book| book.restarted = true)
            => TargetRestarted, "`app` restarted", "why `app` restarted";
        "the target's ring wrapped", OUTSIDER_TO_SITE: book(|book| book.wrapped = true)
            => ReceiptsWrapped, "dropped receipts", "larger ring";
        "a bare 403 where nobody keeps receipts", OUTSIDER_TO_SCM: silent
            => NoReceipts, "nobody at `app/scm` writes down", "own words";
    }
}

/// The outsider gets a bare 403 at an endpoint over TLS, and reaches nothing else; an admitted vantage reached that
/// endpoint. The certificate each of them saw, and whether all was well with the outsider's.
fn turned_away(edge: usize, witness: usize, (saw, admitted): (u8, u8), error: Option<&str>) -> Scene {
    let scene = Scene::sound().saw(edge, [status(403), status(403), status(403)]);
    scene.witness(OUTSIDER_SEES_BEACON, DROPPED, DROPPED).with(|scene| {
        for attempt in &mut scene.observations.reach[edge] {
            show(attempt, saw, error);
        }
        show(&mut scene.observations.before[witness], admitted, None);
    })
}

fn show(attempt: &mut crate::dispatch::Attempt, certificate: u8, error: Option<&str>) {
    attempt.sample.as_mut().expect("a sample").tls = Some(Arc::new(TlsFacts {
        version: Some("TLSv1_3".to_owned()),
        alpn: None,
        pin: Some(Pin::new([certificate; 32])),
        certificate_error: error.map(str::to_owned),
    }));
}

#[test]
fn a_bare_403_of_the_server_that_answers_others() {
    let (site, scm) = ((OUTSIDER_TO_SITE, VM_SEES_SITE), (OUTSIDER_TO_SCM, VM_SEES_SCM));
    let at = |(edge, witness): (usize, usize), pins, error| turned_away(edge, witness, pins, error);
    let dead = at(site, (1, 1), None).with(|scene| scene.observations.after[VM_SEES_SITE] = attempt(DROPPED));
    let unread = at(site, (1, 1), None).with(|scene| {
        scene.observations.agents[1].receipts.as_mut().expect("a book").restarted = true;
    });
    let stranger = |remote: &str, error| {
        closed([status(200), status(200), status(200)]).with(|scene| {
            for attempt in &mut scene.observations.reach[OUTSIDER_TO_SITE] {
                show(attempt, 3, error);
                attempt.sample.as_mut().expect("a sample").remote = remote.parse().ok();
            }
            scene.scenario.endpoints[crate::judge::sample_run::SITE.0].route.connect = None;
        })
    };
    let fixed = stranger("203.0.113.77:443", Some("not valid for the name")).with(|scene| {
        scene.scenario.endpoints[crate::judge::sample_run::SITE.0].route.connect =
            "203.0.113.77".parse().ok();
    });
    judged! {
        "it shows that the vantage can send", OUTSIDER_TO_SITE: at(site, (1, 1), None)
            => DeniedWitnessed, "denied: `unsealed` status 403", "";
        "a platform's site needs no receipts then", OUTSIDER_TO_SCM: at(scm, (1, 1), None)
            => DeniedWitnessed, "denied: `unsealed` status 403", "";
        "another server shows nothing", OUTSIDER_TO_SITE: at(site, (2, 1), None)
            => NoVantageWitness, "reached nothing", "the beacon";
        "another server shows nothing of a platform", OUTSIDER_TO_SCM: at(scm, (2, 1), None)
            => NoVantageWitness, "reached nothing", "the beacon";
        "a certificate whose key was not shown shows nothing", OUTSIDER_TO_SITE: at(site, (1, 1), Some("bad signature"))
            => NoVantageWitness, "reached nothing", "the beacon";
        "the name leads to a stranger elsewhere", OUTSIDER_TO_SITE: stranger("203.0.113.77:443", Some("not valid for the name"))
            => OtherAddress, "at 203.0.113.77:443, where no allowed vantage reached `app/site`", "leads `outsider` to another address";
        "the name leads everybody to a stranger", OUTSIDER_TO_SITE:
            stranger("203.0.113.77:443", Some("not valid for the name")).witness(VM_SEES_SITE, DROPPED, DROPPED)
            => NoTargetWitness, "no allowed vantage reached `app/site` before or after", "may be down";
        "a stranger in the target's own place", OUTSIDER_TO_SITE: stranger("203.0.113.9:443", Some("not valid for the name"))
            => PathOpen, "status 200", "something else answers";
        "whatever answers where the scenario says the target is", OUTSIDER_TO_SITE: fixed
            => PathOpen, "status 200", "something else answers";
        "another door of the target", OUTSIDER_TO_SITE: stranger("203.0.113.77:443", None)
            => PathOpen, "status 200", "something else answers";
        "the target died in the run", OUTSIDER_TO_SITE: dead
            => NoTargetWitness, "reached `app/site` after", "may be down";
        "the target restarted", OUTSIDER_TO_SITE: unread
            => TargetRestarted, "`app` restarted", "why `app` restarted";
    }
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
    assert_eq!(
        missing,
        [
            "also missing: a call of `outsider` that got through at tcp port 443",
            "also missing: room for all receipts of `app`"
        ]
    );
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
fn a_witness_counts_though_its_edge_was_not_selected() {
    let selected = |scene: &mut Scene| {
        scene.plan.edges.drain(..OUTSIDER_TO_SITE);
        scene.observations.reach.drain(..OUTSIDER_TO_SITE);
    };
    let scene = dropped().with(selected);
    assert_eq!(scene.edge(0).reason, Reason::DeniedWitnessed);
    let dead = scene.witness(VM_SEES_SITE, DROPPED, DROPPED);
    assert_eq!(dead.edge(0).reason, Reason::NoTargetWitness);
    // The same call by a vantage that no rule allows is no witness for the endpoint.
    let stranger =
        dropped().with(selected).with(|scene| scene.plan.witnesses[VM_SEES_SITE].expect = Expect::Deny);
    assert_eq!(stranger.edge(0).reason, Reason::NoTargetWitness);
}

#[test]
fn a_target_that_may_call_itself_is_no_outside_witness() {
    let scene = dropped().with(|scene| {
        let (app, site) = (crate::judge::sample_run::APP, SITE);
        let (family, expect, rule) = (Family::Ipv4, Expect::Allow, RuleIndex(0));
        scene.plan.edges.push(Edge { vantage: app, endpoint: site, family, expect, rule, spoofs: None });
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
    judged! {
        "a missing name is no denial", OUTSIDER_TO_SITE: unnamed()
            => NotResolved, "no denial", "`by: [unresolved]`";
        "unless the rule says so", OUTSIDER_TO_SITE: by(unnamed(), &[OutcomeKind::Unresolved])
            => DeniedWitnessed, "denied: `unresolved`", "";
        "and the vantage can send", OUTSIDER_TO_SITE: alone
            => NoVantageWitness, "reached nothing", "the beacon";
        "a silent resolver never is", OUTSIDER_TO_SITE: by(silent(), &[OutcomeKind::Unresolved])
            => NotResolved, "no denial", "port 53";
        "dropped, as named", OUTSIDER_TO_SITE: by(dropped(), &[OutcomeKind::TimedOut])
            => DeniedWitnessed, "denied", "";
        "dropped, not as named", OUTSIDER_TO_SITE: by(dropped(), &[OutcomeKind::Forbidden])
            => WrongMeans, "expected deny by `forbidden`, got `timed-out`", "which layer";
    }
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
    judged! {
        "the vantage was not asked", OUTSIDER_TO_SITE: cut(UnaskedWhy::NoRoute)
            => VantageNotAsked, "`outsider` could not be asked: the control route is closed", "listens where its `control` says";
        "the reply was cut off", OUTSIDER_TO_SITE: cut(UnaskedWhy::CutOff)
            => VantageNotAsked, "could not be asked", "limits on time or size";
        "the run was ended", OUTSIDER_TO_SITE: cut(UnaskedWhy::Interrupted)
            => Interrupted, "the run was ended", "run again";
        "the run was ended before it", OUTSIDER_TO_SITE: Scene::sound().with(ended)
            => Interrupted, "the run was ended", "run again";
        "the run was ended in its midst", OUTSIDER_TO_SITE: Scene::sound().with(partly)
            => Interrupted, "the run was ended", "run again";
    }
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

fn resolved(scene: &mut Scene, edge: usize, address: &str) {
    let sample = scene.observations.reach[edge][0].sample.as_mut().expect("a sample");
    sample.resolution = Some(Box::new(Resolution {
        resolver: "10.0.0.53:53".to_owned(),
        name: "app.test".to_owned(),
        addresses: vec![address.parse().expect("an address")],
        cnames: vec!["app.privatelink.test".to_owned()],
        rcode: Some("NOERROR".to_owned()),
        took_us: 100,
    }));
}

#[test]
fn where_a_name_leads_elsewhere_than_claimed_its_edge_points_at_the_name() {
    let led = |address: &str, outcome: Outcome| {
        open(outcome).with(|scene| {
            resolved(scene, VM_TO_SITE, address);
            let span = scene.scenario.endpoints[SITE.0].span.clone();
            scene.scenario.endpoints[SITE.0].resolves = Some(NameClaim { resolves: Resolves::Private, span });
        })
    };
    judged! {
        "refused at the public door", VM_TO_SITE: led("52.9.9.9", forbidden("10.0.0.4"))
            => Blocked, "`forbidden`", "look at DNS first";
        "dropped at the public door", VM_TO_SITE: led("52.9.9.9", DROPPED)
            => Blocked, "`timed-out`", "look at DNS first";
        "refused at the private one", VM_TO_SITE: led("10.0.3.4", forbidden("10.0.0.4"))
            => Blocked, "`forbidden`", "does not admit this subnet";
    }
}

#[test]
fn a_name_that_leads_elsewhere_for_some_is_told() {
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
