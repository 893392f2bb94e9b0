//! What a scenario means where it says nothing, and the bounds of what it may say. The one place for both:
//! `scenarios/README.md` quotes it, and a test compares the two.

use ringfence_contract::address::Family;

use super::model::{Expect, Spoofing};

/// The families an endpoint is called in where neither it nor its address nor the file says.
pub const FAMILIES: &[Family] = &[Family::Ipv4];

/// How many calls one edge that must be denied takes: a leak that lets one call in three through shows.
pub const DENY_ATTEMPTS: u32 = 3;

/// How many calls one edge that must be allowed takes.
pub const ALLOW_ATTEMPTS: u32 = 1;

/// The most calls one edge may take.
pub const ATTEMPTS_MAX: u32 = 1_000;

/// Over how long the calls of one edge are spread, in milliseconds.
pub const WINDOW_MS: u32 = 200;

/// The longest such time, in milliseconds: half of an order's 60 s.
pub const WINDOW_MAX_MS: u32 = 30_000;

/// How often a failed allow edge is tried again.
pub const RETRIES: u32 = 0;

/// The most such retries.
pub const RETRIES_MAX: u32 = 5;

/// Whether denied callers also try to pass for admitted ones.
pub const SPOOFING: Spoofing = Spoofing::Tried;

/// What is expected of an edge that no rule names.
pub const OTHERWISE: Option<Expect> = Some(Expect::Deny);

/// The name of the rule that `otherwise: deny` stands for.
pub const OTHERWISE_RULE: &str = "otherwise";

/// How many calls one edge takes where its rule does not say.
#[must_use]
pub fn attempts(expect: Expect) -> u32 {
    match expect {
        Expect::Allow => ALLOW_ATTEMPTS,
        Expect::Deny => DENY_ATTEMPTS,
    }
}
