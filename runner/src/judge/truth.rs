//! The truth table, whole: every outcome, at either kind of endpoint, under either expectation, with every state of
//! receipts and witnesses, against the rules stated a second time, as a table and a few sentences.

use proptest::prelude::any;
use proptest::strategy::Strategy;
use ringfence_contract::outcome::{
    NotSent, NotSentWhy, Outcome, Phase, Reset, SealFlaw, TlsFailed, TlsFailedWhy, Unreachable, Unresolved,
    UnresolvedWhy, Unsealed,
};

use super::Reason;
use super::sample_run::{
    APP, APP_SEES_ITSELF, OUTSIDER_SEES_BEACON, OUTSIDER_TO_SCM, OUTSIDER_TO_SITE, Scene, VM_SEES_SCM,
    VM_SEES_SITE, VM_TO_SCM, VM_TO_SITE, answered, forbidden, misanswered, misanswered_by, receipt, status,
};
use crate::dispatch::{Unasked, UnaskedWhy};
use crate::scenario::WitnessBy;

/// What one attempt is worth over a closed edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It got in.
    In(Reason),
    /// The platform said no.
    Said,
    /// Silence before a request could have got in, or the end of the connection in the place of its answer.
    Early,
    /// Silence after it could have.
    Late,
    /// A 404, which of a platform is what its door says of any site.
    Site,
    /// The resolver said that there is no address.
    NoName,
    /// Nothing can be said.
    Open(Reason),
}

/// One outcome, and what it means where.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    /// The HTTP status of a head that came before the call ended otherwise.
    pub(crate) head: Option<u16>,
    pub(crate) allow_agent: Reason,
    pub(crate) allow_platform: Reason,
    pub(crate) deny: Worth,
}

fn row(name: &'static str, outcome: Outcome, allow: (Reason, Reason), deny: Worth) -> Row {
    Row { name, outcome, head: None, allow_agent: allow.0, allow_platform: allow.1, deny }
}

/// The same over an open edge, whoever answers there.
fn both(name: &'static str, outcome: Outcome, allow: Reason, deny: Worth) -> Row {
    row(name, outcome, (allow, allow), deny)
}

fn bytes() -> Outcome {
    Outcome::Unsealed(Unsealed {
        status: None,
        server: None,
        location: None,
        body: "SSH-2.0".to_owned(),
        flaw: None,
        told: None,
    })
}

fn flawed(code: u16) -> Outcome {
    match status(code) {
        Outcome::Unsealed(unsealed) => {
            Outcome::Unsealed(Unsealed { flaw: Some(SealFlaw::Forged), ..unsealed })
        }
        other => other,
    }
}

fn unresolved(why: UnresolvedWhy) -> Outcome {
    Outcome::Unresolved(Unresolved { why, rcode: None, resolver: "192.0.2.53:53".to_owned() })
}

fn not_sent(why: NotSentWhy) -> Outcome {
    Outcome::NotSent(NotSent { why, detail: "detail".to_owned() })
}

fn tls(why: TlsFailedWhy) -> Outcome {
    Outcome::TlsFailed(TlsFailed { why, detail: "detail".to_owned() })
}

/// What every outcome means. The caller of the open edge is the VM, whose zone is 10.0.0.0/24.
#[expect(clippy::too_many_lines, reason = "a table: a row an outcome")]
pub(crate) fn rows() -> Vec<Row> {
    use Reason as R;
    use Worth::{Early, In, Late, NoName, Open, Said};
    let cut = || Outcome::TimedOut(Phase::Transfer);
    let mut rows = vec![
        row("answered, from the zone", answered("10.0.0.4"), (R::Reached, R::WrongAgent), In(R::Leak)),
        row("answered, from elsewhere", answered("52.1.2.3"), (R::WrongSource, R::WrongAgent), In(R::Leak)),
        both("misanswered", misanswered(), R::WrongAgent, In(R::WrongAgent)),
        // Where the platform should answer, the endpoint's own agent is in the wrong place, and yet got in to.
        both("misanswered by the owner", misanswered_by("app"), R::WrongAgent, In(R::Leak)),
        both("forbidden", forbidden("52.1.2.3"), R::Blocked, Said),
        row("a portal", status(200), (R::WrongAnswer, R::Reached), In(R::PathOpen)),
        row("a login", status(302), (R::WrongAnswer, R::Reached), In(R::PathOpen)),
        row("a missing key", status(401), (R::WrongAnswer, R::Reached), In(R::PathOpen)),
        row("not found", status(404), (R::WrongAnswer, R::NoSuchSite), Worth::Site),
        both("too many requests", status(429), R::WrongAnswer, Open(R::TooBusy)),
        row("not served here", status(421), (R::WrongAnswer, R::NoSuchSite), Worth::Site),
        both("an origin that is down", status(522), R::WrongAnswer, In(R::PathOpen)),
        row("a server error", status(500), (R::WrongAnswer, R::Reached), In(R::PathOpen)),
        both("a bad gateway", status(502), R::WrongAnswer, In(R::PathOpen)),
        both("unavailable", status(503), R::WrongAnswer, In(R::PathOpen)),
        both("a gateway timeout", status(504), R::WrongAnswer, In(R::PathOpen)),
        row("a bare 403", status(403), (R::WrongAnswer, R::Blocked), Late),
        row("a 403 with a forged seal", flawed(403), (R::WrongAnswer, R::Blocked), In(R::PathOpen)),
        row("a 200 with a forged seal", flawed(200), (R::WrongAnswer, R::Reached), In(R::PathOpen)),
        both("bytes that are not HTTP", bytes(), R::WrongAnswer, In(R::PathOpen)),
        both("refused", Outcome::Refused, R::Blocked, Early),
        both("unresolved, silent", Outcome::TimedOut(Phase::Resolve), R::Blocked, Open(R::NotResolved)),
        both("dropped", Outcome::TimedOut(Phase::Connect), R::Blocked, Early),
        both("silent in TLS", Outcome::TimedOut(Phase::Tls), R::Blocked, Early),
        both("silent after the request", Outcome::TimedOut(Phase::FirstByte), R::Blocked, Late),
        both("cut in the answer", Outcome::TimedOut(Phase::Transfer), R::Blocked, In(R::PathOpen)),
        Row { head: Some(200), ..row("200, cut", cut(), (R::Blocked, R::Reached), In(R::PathOpen)) },
        Row { head: Some(403), ..both("403, cut", cut(), R::Blocked, Late) },
        both("reset in TLS", Outcome::Reset(Reset::DuringTls), R::Blocked, Early),
        both("closed in TLS", Outcome::Reset(Reset::ClosedDuringTls), R::Blocked, Early),
        both("reset after the request", Outcome::Reset(Reset::BeforeAnswer), R::Blocked, Early),
        both("closed after the request", Outcome::Reset(Reset::ClosedBeforeAnswer), R::Blocked, Early),
        both("taken back", Outcome::Reset(Reset::TakenBack), R::Blocked, Open(R::NotAskedAgain)),
        both("reset in the answer", Outcome::Reset(Reset::MidAnswer), R::Blocked, In(R::PathOpen)),
        Row { head: Some(403), ..both("403, reset", Outcome::Reset(Reset::MidAnswer), R::Blocked, Late) },
        both("closed in the answer", Outcome::Reset(Reset::ClosedMidAnswer), R::Blocked, In(R::PathOpen)),
        both("no such name", unresolved(UnresolvedWhy::NoSuchName), R::NameUnresolved, NoName),
        both("no records", unresolved(UnresolvedWhy::NoRecords), R::NameUnresolved, NoName),
    ];
    for why in [UnresolvedWhy::ResolverFailed, UnresolvedWhy::ResolverSilent, UnresolvedWhy::NoResolver] {
        rows.push(both(why.as_str(), unresolved(why), R::NameUnresolved, Open(R::NotResolved)));
    }
    for what in Unreachable::ALL {
        rows.push(both(what.as_str(), Outcome::Unreachable(*what), R::Blocked, Early));
    }
    for why in TlsFailedWhy::ALL {
        rows.push(both(why.as_str(), tls(*why), R::TlsFailed, Open(R::TlsUnclear)));
    }
    for why in NotSentWhy::ALL {
        let (allow, deny) = match why.as_str() {
            "no-family" => (R::NoFamily, R::NoFamily),
            "no-route" | "not-permitted" => (R::Blocked, R::NotSent),
            _ => (R::NotSent, R::NotSent),
        };
        rows.push(both(why.as_str(), not_sent(*why), allow, Open(deny)));
    }
    rows
}

/// Everything around an attempt that a denial may hang on.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "the axes of a truth table are independent of one another")]
pub(crate) struct Around {
    pub(crate) platform: bool,
    pub(crate) receipt: bool,
    /// Before and after.
    pub(crate) target: (bool, bool),
    pub(crate) vantage: (bool, bool),
    pub(crate) listener: (bool, bool),
    pub(crate) book: Book,
    /// The rule says `witness: self`.
    pub(crate) by_itself: bool,
    /// The rule says `by: [unresolved]`.
    pub(crate) by_name: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Book {
    Whole,
    Restarted,
    Wrapped,
    NotAsked,
}

const TWICE: [bool; 2] = [false, true];
const SIDES: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

fn every_around() -> Vec<Around> {
    let mut all = Vec::new();
    for (place, target) in (0..4 * 4 * 4).flat_map(|place| SIDES.map(|target| (place, target))) {
        let (vantage, book) =
            (SIDES[place % 4], [Book::Whole, Book::Restarted, Book::Wrapped, Book::NotAsked][place / 4 % 4]);
        let listener = SIDES[place / 16];
        for bits in 0..16 {
            let bit = |at: u32| TWICE[bits >> at & 1];
            let (platform, receipt, by_itself, by_name) = (bit(0), bit(1), bit(2), bit(3));
            // A book that was not shown shows no receipt; a listener that nobody looks at need not vary.
            let unread = !by_itself && listener != (true, true);
            if unread || (receipt && book == Book::NotAsked) {
                continue;
            }
            all.push(Around { platform, receipt, target, vantage, listener, book, by_itself, by_name });
        }
    }
    all
}

/// Every way in which the run around an edge may stand.
pub(crate) fn around() -> impl Strategy<Value = Around> {
    let sides = || (any::<bool>(), any::<bool>());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (flags, sides(), sides(), sides(), 0..4_usize).prop_map(|(flags, target, vantage, listener, book)| {
        let (platform, receipt, by_itself, by_name) = flags;
        let book = [Book::Whole, Book::Restarted, Book::Wrapped, Book::NotAsked][book];
        let receipt = receipt && book != Book::NotAsked;
        Around { platform, receipt, target, vantage, listener, book, by_itself, by_name }
    })
}

/// The rules for one attempt at a closed edge, stated a second time.
pub(crate) fn stated(row: &Row, around: Around) -> Reason {
    let worth = match row.deny {
        Worth::Site if around.platform => Worth::Open(Reason::NoSuchSite),
        Worth::Site => Worth::In(Reason::PathOpen),
        other => other,
    };
    // What is inside is inside, whatever the caller saw; only the answer itself says more.
    if around.receipt && worth != Worth::In(Reason::Leak) {
        return Reason::LeakOneWay;
    }
    let (early, late) = (worth == Worth::Early, worth == Worth::Late);
    // A closed port or a missing host looks like a filter's rejection: a listener's word for itself is not enough there.
    let absence = matches!(
        row.outcome,
        Outcome::Refused | Outcome::Unreachable(Unreachable::Net | Unreachable::Host | Unreachable::Port)
    );
    let stands_in = around.by_itself && around.listener == (true, true) && !absence;
    let lives = around.target == (true, true) || stands_in;
    let sends = around.vantage == (true, true);
    let asked = !around.platform;
    // In this order: the first that holds is the reason.
    let sentences = [
        (worth == Worth::NoName && !around.by_name, Reason::NotResolved),
        ((early || late) && asked && around.book == Book::Restarted, Reason::TargetRestarted),
        ((early || late) && !lives, Reason::NoTargetWitness),
        ((early || late || worth == Worth::NoName) && !sends, Reason::NoVantageWitness),
        ((early || late) && asked && around.book == Book::NotAsked, Reason::TargetNotAsked),
        ((early || late) && asked && around.book == Book::Wrapped, Reason::ReceiptsWrapped),
        (late && !asked, Reason::NoReceipts),
        ((early || late || worth == Worth::Said) && around.by_name, Reason::WrongMeans),
        (early || late || worth == Worth::NoName, Reason::DeniedWitnessed),
        (worth == Worth::Said, Reason::DeniedAttributed),
    ];
    match worth {
        Worth::In(reason) | Worth::Open(reason) => reason,
        _ => sentences.into_iter().find(|(holds, _)| *holds).expect("one of them holds").1,
    }
}

/// A run in which everything but the attempts is as `around` says.
pub(crate) fn scene(around: Around) -> (Scene, usize) {
    let (edge, witness, seen) = if around.platform {
        (OUTSIDER_TO_SCM, VM_SEES_SCM, status(401))
    } else {
        (OUTSIDER_TO_SITE, VM_SEES_SITE, answered("10.0.0.4"))
    };
    let side = |(before, after): (bool, bool), good: &Outcome| {
        let pick = |good_one: bool| if good_one { good.clone() } else { Outcome::TimedOut(Phase::Connect) };
        (pick(before), pick(after))
    };
    let (target, vantage) = (side(around.target, &seen), side(around.vantage, &status(200)));
    let listener = side(around.listener, &answered("127.0.0.1"));
    let scene = Scene::sound()
        .witness(witness, target.0, target.1)
        .witness(OUTSIDER_SEES_BEACON, vantage.0, vantage.1)
        .witness(APP_SEES_ITSELF, listener.0, listener.1)
        .with(|scene| {
            // The application's own listener stands behind either endpoint.
            let endpoint = scene.plan.edges[edge].endpoint;
            scene.plan.witnesses[APP_SEES_ITSELF].to = crate::plan::WitnessTarget::OwnListener(endpoint);
            let rule = &mut scene.scenario.rules[1];
            rule.witness = if around.by_itself { WitnessBy::TargetItself } else { WitnessBy::Allowed };
            if around.by_name {
                rule.by = vec![ringfence_contract::outcome::OutcomeKind::Unresolved];
            }
        });
    (scene, edge)
}

/// Lets the target's book be as it is, and hold a receipt for one attempt or none.
pub(crate) fn shelve(scene: &mut Scene, edge: usize, around: Around, at: usize) {
    let call = scene.observations.reach[edge][at].call;
    let receipts = &mut scene.observations.agents[APP.0].receipts;
    if around.book == Book::NotAsked {
        *receipts = Err(Unasked { why: UnaskedWhy::NoRoute, detail: "closed".into() });
        return;
    }
    let book = receipts.as_mut().expect("a book");
    book.restarted = around.book == Book::Restarted;
    book.wrapped = around.book == Book::Wrapped;
    if around.receipt {
        book.found.insert(call, Box::new(receipt(call)));
    }
}

#[test]
fn every_cell_of_a_closed_edge_is_judged_as_stated() {
    let rows = rows();
    let mut cells = 0;
    for around in every_around() {
        let (scene, edge) = scene(around);
        let mut scene = scene.with(|scene| scene.scenario.rules[1].attempts = 1);
        for row in &rows {
            scene = scene.saw(edge, [row.outcome.clone()]);
            scene.observations.reach[edge][0].sample.as_mut().expect("a sample").status = row.head;
            scene.observations.agents[APP.0].receipts = Ok(crate::dispatch::ReceiptBook::default());
            shelve(&mut scene, edge, around, 0);
            let judged = scene.found(edge);
            assert_eq!(judged.reason, stated(row, around), "{} {around:?}", row.name);
            let witnessed = judged.reason == Reason::DeniedWitnessed && row.deny != Worth::NoName;
            assert_eq!(
                judged.self_witnessed,
                witnessed && around.target != (true, true),
                "{} {around:?}",
                row.name
            );
            cells += 1;
        }
    }
    // Sides of target and vantage; a listener read on four sides or not at all; books by receipts; two flags.
    assert_eq!(cells, rows.len() * (4 * 4) * (4 + 1) * (4 * 2 - 1) * (2 * 2));
}

#[test]
fn every_cell_of_an_open_edge_is_judged_as_stated_whatever_stands_around_it() {
    for row in rows() {
        for (edge, expected) in [(VM_TO_SITE, row.allow_agent), (VM_TO_SCM, row.allow_platform)] {
            let mut bare = Scene::sound().saw(edge, [row.outcome.clone()]);
            bare.observations.reach[edge][0].sample.as_mut().expect("a sample").status = row.head;
            let written = bare.clone().receipt(edge, 0);
            for scene in [bare, written] {
                assert_eq!(scene.found(edge).reason, expected, "{} {edge}", row.name);
            }
        }
    }
}
