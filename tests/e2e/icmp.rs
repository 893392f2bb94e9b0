//! What routers say to a call, and what the caller's own routing table says before anything is sent.

use ringfence_contract::address::Family;
use ringfence_contract::call::{Call, Timeouts};
use ringfence_contract::outcome::{NotSentWhy, Outcome, Phase, Unreachable};
use ringfence_tests::calls::{BRIEF_MS, PATIENT, call_to, place_freely, route, run};
use ringfence_tests::refusing_router::{Network, Place};

/// A row: from where, to where, in which family, and what comes of it.
type Row = (Place, &'static str, Family, Outcome);

fn check(network: &Network, rows: Vec<Row>) {
    for (place, address, family, expected) in rows {
        let run = run();
        let call = Call { family, ..call_to(route(address)) };
        let sample = network.at(place).run(|| place_freely(&run, &call));
        assert_eq!(sample.outcome, expected, "{address} from {place:?}: {sample:?}");
    }
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn what_a_router_says_is_told_by_its_own_code() {
    let network = Network::set_up();
    let (v4, v6) = (Family::Ipv4, Family::Ipv6);
    check(
        &network,
        vec![
            (Place::Caller, "tcp://10.9.1.1:80", v4, Outcome::Unreachable(Unreachable::Host)),
            (Place::Caller, "tcp://10.9.2.1:80", v4, Outcome::Unreachable(Unreachable::AdminProhibited)),
            (Place::Caller, "tcp://10.9.4.1:80", v4, Outcome::Unreachable(Unreachable::Net)),
            (Place::Caller, "http://[fd09:2::1]", v6, Outcome::Unreachable(Unreachable::AdminProhibited)),
            (Place::Caller, "http://[fd09:4::1]", v6, Outcome::Unreachable(Unreachable::Net)),
            (Place::Caller, "tcp://10.9.0.1:9", v4, Outcome::Refused),
            // Nobody has this address: its neighbours' questions stay without an answer.
            (Place::Caller, "tcp://10.9.0.99:80", v4, Outcome::Unreachable(Unreachable::Host)),
        ],
    );
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_datagram_hears_of_routers_too() {
    let network = Network::set_up();
    let (v4, v6) = (Family::Ipv4, Family::Ipv6);
    check(
        &network,
        vec![
            (Place::Caller, "udp://10.9.1.1:53", v4, Outcome::Unreachable(Unreachable::Host)),
            (Place::Caller, "udp://10.9.2.1:53", v4, Outcome::Unreachable(Unreachable::AdminProhibited)),
            (Place::Caller, "udp://10.9.4.1:53", v4, Outcome::Unreachable(Unreachable::Net)),
            (Place::Caller, "udp://[fd09:2::1]:53", v6, Outcome::Unreachable(Unreachable::AdminProhibited)),
            (Place::Caller, "udp://10.9.0.1:9", v4, Outcome::Refused),
        ],
    );
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn a_datagram_hears_of_a_router_before_it_is_sent_again() {
    let network = Network::set_up();
    let run = run();
    let like = call_to(route("udp://10.9.2.1:53"));
    // It would be sent again after a second.
    let call = Call { timeouts: Timeouts { first_byte_ms: BRIEF_MS, ..PATIENT }, ..like };
    let sample = network.at(Place::Caller).run(|| place_freely(&run, &call));
    assert_eq!(sample.outcome, Outcome::Unreachable(Unreachable::AdminProhibited), "{sample:?}");
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn what_the_callers_own_routes_refuse_is_not_sent() {
    let network = Network::set_up();
    for (place, address, family, why) in [
        (Place::Caller, "tcp://10.9.11.1:80", Family::Ipv4, NotSentWhy::NoRoute),
        (Place::Caller, "tcp://10.9.12.1:80", Family::Ipv4, NotSentWhy::NotPermitted),
        (Place::Caller, "tcp://10.9.13.1:80", Family::Ipv4, NotSentWhy::NoRoute),
        (Place::Caller, "udp://10.9.11.1:53", Family::Ipv4, NotSentWhy::NoRoute),
        (Place::Router, "tcp://198.51.100.1:80", Family::Ipv4, NotSentWhy::NoRoute),
        (Place::Router, "http://[2001:db8::1]", Family::Ipv6, NotSentWhy::NoRoute),
        (Place::Nowhere, "tcp://198.51.100.1:80", Family::Ipv4, NotSentWhy::NoRoute),
        (Place::Nowhere, "http://[2001:db8::1]", Family::Ipv6, NotSentWhy::NoFamily),
    ] {
        let run = run();
        let call = Call { family, ..call_to(route(address)) };
        let sample = network.at(place).run(|| place_freely(&run, &call));
        let Outcome::NotSent(not_sent) = &sample.outcome else { panic!("{address}: {sample:?}") };
        assert_eq!(not_sent.why, why, "{address} from {place:?}: {sample:?}");
    }
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn what_a_router_drops_without_a_word_times_out() {
    let network = Network::set_up();
    let timeouts = Timeouts { connect_ms: BRIEF_MS, first_byte_ms: BRIEF_MS, ..PATIENT };
    for (address, phase) in [("tcp://10.9.3.1:80", Phase::Connect), ("udp://10.9.3.1:53", Phase::FirstByte)] {
        let run = run();
        let call = Call { timeouts, ..call_to(route(address)) };
        let sample = network.at(Place::Caller).run(|| place_freely(&run, &call));
        assert_eq!(sample.outcome, Outcome::TimedOut(phase), "{sample:?}");
    }
}
