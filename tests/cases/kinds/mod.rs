//! The tables, one file a kind of fault, and a test each.

mod answers;
mod answers_begun;
mod attribution;
mod azure;
mod bystanders;
mod coverage;
mod forged;
mod heads;
mod hints;
mod late;
mod measured;
mod papers;
mod reading;
mod shipped;
mod statuses;
mod walled;

use ringfence_tests::stage::{Reply, Then};

use crate::entry::Verdict::{Fail, NoPass, Open, Pass};
use crate::entry::{Want, want};
use crate::score::play;

/// The internet got in: told as such, and nothing else is wrong.
const LEAK: Want = want(&[1], &[("vm", "app/site", Pass), ("internet", "app/site", Fail)]);
/// All is as it should be.
const GREEN: Want = want(&[0], &[("vm", "app/site", Pass), ("internet", "app/site", Pass)]);
/// Nothing is proved of the internet.
const UNPROVED: Want = want(&[3], &[("vm", "app/site", Pass), ("internet", "app/site", Open)]);
/// The internet's edge may be told as open or as unproved, but never as denied.
const NO_PASS: Want = want(&[1, 3], &[("vm", "app/site", Pass), ("internet", "app/site", NoPass)]);

/// Nothing is proved of the internet, whose beacon is no better off.
const BEACON_FAILS_ALIKE: Want = UNPROVED;

/// The refusal of App Service's front end, naming this address as its caller's.
fn refusal(caller: &str) -> Then {
    Then::Say(Reply::new("403 Forbidden", "<h1>Error 403 - Forbidden</h1>").with("x-ms-forbidden-ip", caller))
}

/// The refusal of App Service's front end, naming the caller as it is.
fn refuse() -> Then {
    refusal("{caller}")
}

/// A 403 that says nothing.
fn bare_403() -> Then {
    Then::Say(Reply::new("403 Forbidden", "<h1>403 Forbidden</h1>"))
}

/// The page of an app that anybody can open.
fn the_app() -> Then {
    Then::Say(Reply::new("200 OK", "<h1>the private app</h1>"))
}

#[test]
fn what_began_an_answer_is_no_silence() {
    play(&[answers_begun::FAULTS, answers_begun::OTHER_VERSION, answers_begun::SOUND]);
}

#[test]
fn a_status_has_a_context() {
    play(&[
        statuses::IN_FRONT,
        statuses::REACHED,
        statuses::NOT_FOUND,
        bystanders::CHALLENGES,
        bystanders::CALLERS_SIDE,
    ]);
}

#[test]
fn a_refusal_counts_from_whom_it_is_proved_to_come() {
    play(&[attribution::FAULTS, attribution::SOUND]);
}

#[test]
fn an_answer_counts_from_whom_it_is_proved_to_come() {
    play(&[answers::FAULTS, answers::SOUND]);
}

#[test]
fn a_forged_source_opens_no_door() {
    play(&[forged::BELIEVED, forged::ALIKE, forged::HIDDEN, forged::FAULTS, forged::SOUND]);
}

#[test]
fn what_is_lost_or_late_may_have_got_in() {
    play(&[late::LOST, late::SLOW, late::CUT_OFF]);
}

#[test]
fn what_was_not_tried_is_said() {
    play(&[coverage::ADDRESSES, coverage::FAMILIES, coverage::PORTS, coverage::PATHS, coverage::LINES]);
}

#[test]
fn a_platform_is_decided_by_the_head_of_its_answer() {
    play(&[heads::BODIES, heads::HEADS, heads::FAULTS]);
}

#[test]
fn answers_are_read_as_others_read_them() {
    play(&[reading::CODINGS, reading::REPEATED, reading::SOURCES]);
}

#[test]
fn names_and_certificates_are_read_as_others_read_them() {
    play(&[papers::NAMES, papers::CERTIFICATES]);
}

#[test]
fn what_is_measured_and_gone_is_no_pass() {
    play(&[measured::GONE, measured::SOUND, measured::ONE_LOST]);
}

#[test]
fn a_hint_follows_from_evidence() {
    play(&[hints::ENTRIES]);
}

#[test]
fn azure_is_as_it_is() {
    play(&[azure::SERVICE_ENDPOINTS, azure::DOORS]);
}

#[test]
fn the_shipped_scenarios_stay_green_on_sound_networks() {
    play(&[shipped::ENTRIES]);
}

#[test]
#[ignore = "needs network namespaces and nft: run as root with `-- --include-ignored`"]
fn what_only_a_network_of_its_own_shows() {
    play(&[walled::PORTS, walled::NAMES]);
}
