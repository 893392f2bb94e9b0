//! What is asked further, case by case.

use super::Role::ForgedAlone;
use super::*;

const HERE: &str = "192.0.2.4:443";

fn glance(role: Option<Role>, nth: u32, heard: Heard) -> Glance {
    let is_connected = !matches!(heard, Heard::Obstacle | Heard::Unknown);
    let remote = HERE.parse().ok();
    Glance { role, nth, heard, is_connected, is_slow: false, is_http2: false, remote, addresses: 1 }
}

fn three(heard: Heard) -> Vec<Glance> {
    (0..3).map(|nth| glance(None, nth, heard)).collect()
}

fn denied() -> Facts {
    Facts {
        expect: Expect::Deny,
        is_http: true,
        attempts: 3,
        is_witnessed: false,
        asks_made_up: false,
        asks_other_family: false,
        sources: vec![[10, 0, 0, 4].into(), [127, 0, 0, 1].into()],
        elsewhere: Vec::new(),
    }
}

/// A forged call in each header alone.
fn alone(source: [u8; 4]) -> Vec<Role> {
    Known::ALONE.map(|header| ForgedAlone(source.into(), header)).to_vec()
}

fn forged(last: u8, first: u8) -> Role {
    Role::Forged([first, 0, 0, last].into())
}

/// Asks until nothing more is wanted; whatever is asked further comes to this.
fn all_further(facts: &Facts, mut seen: Vec<Glance>, heard: impl Fn(Role) -> Heard) -> Vec<Role> {
    let mut asked = Vec::new();
    for _ in 0..10 {
        let wanted = wanted(facts, &seen);
        if wanted.is_empty() {
            return asked;
        }
        asked.extend(wanted.iter().map(|(role, _)| *role));
        seen.extend(wanted.into_iter().map(|(role, nth)| glance(Some(role), nth, heard(role))));
    }
    panic!("it goes on for ever: {asked:?}");
}

#[test]
fn what_the_first_calls_saw_says_what_is_asked_further() {
    let http = denied();
    let tcp = Facts { is_http: false, ..denied() };
    let allowed = Facts { expect: Expect::Allow, asks_made_up: true, ..denied() };
    let platform = Facts { asks_made_up: true, ..denied() };
    let both = [forged(4, 10), forged(1, 127)];
    let alone = [alone([10, 0, 0, 4]), alone([127, 0, 0, 1])].concat();
    let with = |more: &[Role]| [&both[..], more].concat();
    for (sentence, facts, heard, asked) in [
        ("a refusal: forged", &http, Heard::Refusal, with(&[])),
        (
            "a bare 403: forged, as a browser, and forged in one header alone",
            &http,
            Heard::BareDenial,
            [&both[..], &[Role::Browser], &alone[..]].concat(),
        ),
        ("no connection: nothing", &http, Heard::Obstacle, vec![]),
        ("not asked: nothing", &http, Heard::Unknown, vec![]),
        (
            "the end of the connection: forged, and twice as a browser",
            &http,
            Heard::Lost,
            with(&[Role::Browser, Role::Browser]),
        ),
        ("no HTTP: nothing", &tcp, Heard::Lost, vec![]),
        (
            "a platform's 404: a made-up site as well",
            &platform,
            Heard::NotFound,
            [&[Role::MadeUpHost], &both[..]].concat(),
        ),
        ("an allowed 404: a made-up site", &allowed, Heard::NotFound, vec![Role::MadeUpHost]),
        ("an allowed answer: nothing", &allowed, Heard::Answer, vec![]),
    ] {
        assert_eq!(all_further(facts, three(heard), |_| heard), asked, "{sentence}");
    }
}

#[test]
fn a_forged_call_that_alone_gets_in_has_unforged_ones_beside_it() {
    let in_by_forging = |role: Role| match role {
        Role::Forged(_) => Heard::Answer,
        _ => Heard::Refusal,
    };
    let asked = all_further(&denied(), three(Heard::Refusal), in_by_forging);
    let alone = [alone([10, 0, 0, 4]), alone([127, 0, 0, 1])].concat();
    let beside = [Role::Beside, Role::Beside];
    assert_eq!(asked, [&[forged(4, 10), forged(1, 127)], &alone[..], &beside[..]].concat());
    let open = all_further(&denied(), three(Heard::Answer), |_| Heard::Answer);
    assert_eq!(open, [forged(4, 10), forged(1, 127)], "everybody gets in");
}

#[test]
fn a_forged_call_that_is_turned_away_for_what_it_looks_like_is_placed_with_one_header() {
    let source = IpAddr::from([10, 0, 0, 4]);
    let facts = Facts { sources: vec![source], ..denied() };
    let alone = || alone([10, 0, 0, 4]);
    for (forged, asked) in [(Heard::Refusal, vec![]), (Heard::BareDenial, alone()), (Heard::Lost, alone())] {
        let heard = |role: Role| if role == Role::Forged(source) { forged } else { Heard::Refusal };
        let all = [vec![Role::Forged(source)], asked].concat();
        assert_eq!(all_further(&facts, three(Heard::Refusal), heard), all, "{forged:?}");
    }
}

#[test]
fn what_http2_lets_nobody_in_by_is_asked_over_http1() {
    let facts = Facts { sources: Vec::new(), ..denied() };
    let over = |heard: Heard| {
        let http2 = |glance: Glance| Glance { is_http2: true, ..glance };
        three(heard).into_iter().map(http2).collect::<Vec<_>>()
    };
    for (heard, then, asked) in [
        (Heard::Refusal, Heard::Refusal, vec![Role::Http1]),
        (Heard::Lost, Heard::Refusal, vec![Role::Browser, Role::Http1]),
        (Heard::Refusal, Heard::Lost, vec![Role::Http1; 2]),
        (Heard::Answer, Heard::Answer, vec![]),
    ] {
        assert_eq!(all_further(&facts, over(heard), |_| then), asked, "{heard:?}, then {then:?}");
    }
    assert_eq!(all_further(&facts, three(Heard::Refusal), |_| Heard::Refusal), [], "HTTP/1.1 it was");
}

#[test]
fn a_browsers_call_that_is_lost_is_placed_once_more() {
    let facts = Facts { sources: Vec::new(), ..denied() };
    assert_eq!(all_further(&facts, three(Heard::BareDenial), |_| Heard::Lost), [Role::Browser; 2]);
}

#[test]
fn a_call_that_is_lost_beside_answered_ones_is_placed_once_more() {
    let facts = Facts { sources: Vec::new(), ..denied() };
    let mut seen = three(Heard::Refusal);
    seen[1].heard = Heard::Lost;
    assert_eq!(all_further(&facts, seen.clone(), |_| Heard::Lost), [Role::Again(1)]);
    seen[1].remote = "192.0.2.5:443".parse().ok();
    let browser = |_| Heard::Refusal;
    assert_eq!(all_further(&facts, seen, browser), [], "another address may be another server");
    assert_eq!(all_further(&facts, three(Heard::Lost), browser), [Role::Browser], "silence everywhere");
    let allowed = Facts { expect: Expect::Allow, is_witnessed: true, attempts: 1, ..facts };
    let lost = vec![glance(None, 0, Heard::Lost)];
    assert_eq!(all_further(&allowed, lost.clone(), |_| Heard::Lost), [Role::Again(0)], "others got through");
    let alone = Facts { is_witnessed: false, ..allowed };
    assert_eq!(all_further(&alone, lost, |_| Heard::Lost), [], "nobody got through");
}

#[test]
fn whoever_took_the_connection_and_said_nothing_is_given_more_time_once() {
    let facts = Facts { sources: Vec::new(), is_http: false, ..denied() };
    let slow = |glance: Glance| Glance { is_slow: true, ..glance };
    let seen: Vec<Glance> = three(Heard::Lost).into_iter().map(slow).collect();
    assert_eq!(all_further(&facts, seen, |_| Heard::Lost), [Role::Again(0)]);
}

#[test]
fn where_others_reached_the_endpoint_a_denied_vantage_is_sent_too() {
    let [there, here] = ["10.0.3.4", "192.0.2.4"].map(|address| address.parse().expect("an address"));
    let facts = Facts { sources: Vec::new(), elsewhere: vec![here, there], ..denied() };
    assert_eq!(all_further(&facts, three(Heard::Refusal), |_| Heard::Obstacle), [Role::AtAddress(there)]);
    assert_eq!(all_further(&facts, three(Heard::Answer), |_| Heard::Obstacle), [], "it is open anyhow");
}

#[test]
fn every_address_of_a_name_is_called_and_the_other_family_looked_up() {
    let facts = Facts { sources: Vec::new(), asks_other_family: true, ..denied() };
    let seen: Vec<Glance> =
        three(Heard::Refusal).into_iter().map(|glance| Glance { addresses: 6, ..glance }).collect();
    let asked = all_further(&facts, seen.clone(), |_| Heard::Refusal);
    assert_eq!(asked, [Role::Further, Role::Further, Role::Further, Role::OtherFamily]);
    let nth: Vec<u32> = wanted(&facts, &seen).into_iter().map(|(_, nth)| nth).take(3).collect();
    assert_eq!(nth, [3, 4, 5]);
    let many: Vec<Glance> = seen.into_iter().map(|glance| Glance { addresses: 900, ..glance }).collect();
    let further = wanted(&facts, &many).into_iter().filter(|(role, _)| *role == Role::Further).count();
    assert_eq!(further, ADDRESSES_MAX as usize - 3);
}
