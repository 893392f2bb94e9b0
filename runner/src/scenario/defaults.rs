//! What a scenario means where it says nothing, and the bounds of what it may say. The one place for both:
//! `scenarios/README.md` quotes it, and a test compares the two.

use ringfence_contract::address::Family;
use ringfence_contract::download::Portion;
use ringfence_contract::measure::Connection;

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
pub const WINDOW_MS: u32 = 100;

/// The longest such time, in milliseconds: half of an order's 60 s.
pub const WINDOW_MAX_MS: u32 = 30_000;

/// How often a failed allow edge is tried again.
pub const RETRIES: u32 = 0;

/// The most such retries.
pub const RETRIES_MAX: u32 = 5;

/// Whether denied callers also try to pass for admitted ones.
pub const SPOOFING: Spoofing = Spoofing::Tried;

/// How many calls are measured on one edge: as many as p99 takes.
pub const SAMPLES: u32 = 100;

/// The most calls measured on one edge: 1,000 beyond p99.9.
pub const SAMPLES_MAX: u32 = 1_000_000;

/// How many measured calls start in a second: 100 of them take 2 s.
pub const RATE_PER_SECOND: u32 = 50;

/// The most measured calls that start in a second, as many as an agent starts by default.
pub const RATE_MAX_PER_SECOND: u32 = 20_000;

/// The longest time from one measured call to the next, in seconds: an order has room for some of them.
pub const INTERVAL_MAX_S: u32 = 5;

/// How many calls are placed before those that are measured, and shown apart.
pub const COLD: u32 = 3;

/// The most such calls.
pub const COLD_MAX: u32 = 1_000;

/// The longest that one edge is measured, in seconds.
pub const MEASURED_MAX_S: u32 = 3_600;

/// The largest budget for the time of a call, in seconds: longer than any call takes.
pub const BUDGET_MAX_S: u32 = 60;

/// For how long the bytes of one edge are counted, in milliseconds: long enough for TCP to have found its rate.
pub const THROUGHPUT_MS: u32 = 5_000;

/// The shortest such time, in milliseconds.
pub const THROUGHPUT_MIN_MS: u32 = 1_000;

/// The longest such time, in milliseconds.
pub const THROUGHPUT_MAX_MS: u32 = Portion::LASTS_MAX_MS;

/// The lowest rate that can be asked for, in bits a second: 1 kB/s.
pub const THROUGHPUT_MIN_BITS: u64 = 8_000;

/// The highest, in bits a second: 2 GB/s, which for the longest time is less than the most that an agent gives.
pub const THROUGHPUT_MAX_BITS: u64 = 16_000_000_000;

/// What becomes of a measured call's connection.
pub const CONNECTION: Connection = Connection::New;

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
