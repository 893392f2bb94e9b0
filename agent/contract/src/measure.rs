//! A call placed again and again at a fixed rate, and what all of them together saw: how long each phase took, how many
//! were lost, how punctual the vantage was.
//!
//! This file must not know how anything is timed or judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::block::Block;
use crate::call::{Call, Timeouts};
use crate::fingerprint::Fingerprint;
use crate::histogram::Histogram;
use crate::id::CallId;
use crate::outcome::OutcomeKind;
use crate::sample::{Clock, Sample};
use crate::words;

/// A call to place again and again, each time with an id of its own.
///
/// The calls are placed in an open loop: each has its intended start, one interval after the one before it, whatever
/// became of that. First come the cold ones, then the samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The call, to an endpoint. Its id names the measurement; those of the calls placed are derived from it
    /// ([`CallId::numbered`], from 1). Its `start_after_ms` is when the first of them is intended to start.
    pub call: Call,
    /// What becomes of a connection after its first call.
    pub connection: Connection,
    /// From one intended start to the next, in microseconds, [`Measure::INTERVAL_MIN_US`] or more.
    pub interval_us: u32,
    /// How many calls are placed first and shown apart: caches, routes and certificates are cold for them.
    pub cold: u32,
    /// How many calls are placed after them; 1 or more.
    pub samples: u32,
    /// How platforms say no, most telling first.
    pub fingerprints: Vec<Fingerprint>,
    /// Which statuses count as an answer where no agent is expected.
    pub statuses: Statuses,
}

/// Which statuses of an answer without a seal count as an answer of the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Statuses {
    /// These.
    Only(Vec<u16>),
    /// All but these.
    AllBut(Vec<u16>),
}

impl Default for Statuses {
    fn default() -> Self {
        Self::AllBut(Vec::new())
    }
}

impl Statuses {
    /// Whether this status counts.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        match self {
            Self::Only(these) => these.contains(&status),
            Self::AllBut(these) => !these.contains(&status),
        }
    }
}

words! {
    /// What becomes of a connection after its first call.
    Connection {
        /// Every call has one of its own. Calls overlap when one takes longer than the interval.
        New = "new",
        /// It is kept for the next call, which waits until the one before it has ended; the wait is part of its total. A
        /// new one is opened only where the kept one has ended, so all but the first call have no resolve, connect
        /// and TLS phases.
        Reuse = "reuse",
    }
}

impl Measure {
    /// The shortest interval, in microseconds: 20,000 calls a second, as many as an agent starts by default.
    pub const INTERVAL_MIN_US: u32 = 50;

    /// The most calls in one measurement, cold ones among them.
    pub const CALLS_MAX: u32 = 100_000;

    /// The longest a measurement may last in one order, in milliseconds: orders end well inside 60 s.
    pub const LASTS_MAX_MS: u64 = 50_000;

    /// How many calls are placed in all.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.cold.saturating_add(self.samples)
    }

    /// The longest the measurement lasts, in milliseconds: until the last call's intended start, and then that call's own
    /// timeouts.
    #[must_use]
    pub fn lasts_ms(&self) -> u64 {
        let paced_us = u64::from(self.calls()) * u64::from(self.interval_us);
        u64::from(self.call.start_after_ms)
            + paced_us.div_ceil(1_000)
            + u64::from(self.call.timeouts.total_ms())
    }

    /// How many calls at this interval, 1 µs or more, fit one order if each may take these timeouts; cold ones among
    /// them. Whoever wants more splits them and adds the figures up: nothing is lost by that.
    #[must_use]
    pub fn calls_that_fit(interval_us: u32, timeouts: &Timeouts) -> u32 {
        let left_ms = Self::LASTS_MAX_MS.saturating_sub(timeouts.total_ms().into());
        let fit = left_ms * 1_000 / u64::from(interval_us.max(1));
        u32::try_from(fit).unwrap_or(u32::MAX).min(Self::CALLS_MAX)
    }
}

/// What all calls of one measurement saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Which measurement: the id of the call it was ordered with.
    pub call: CallId,
    /// When the first call was intended to start, by the vantage's clock, in milliseconds since the Unix epoch.
    pub began_ms: u64,
    /// What the cold calls saw.
    pub cold: Figures,
    /// What the calls after them saw.
    pub warm: Figures,
    /// How many connections were opened, successfully or not; for UDP, sockets.
    pub connections: u32,
    /// The earliest call that was answered, whole: whom it reached, and how. Later ones may have been answered before it.
    pub first: Option<Box<Sample>>,
    /// The first [`Measured::FAILED_MAX`] calls that were not, whole, as evidence.
    pub failed: Vec<Sample>,
    /// The calls at the end that were all lost; none where the last call that ended was answered.
    pub silence: Option<Silence>,
    /// The calls after the cold ones once more, by when they were intended to start: [`Measured::BLOCKS_MAX`] at most.
    pub blocks: Vec<Block>,
}

impl Measured {
    /// How many calls that were not answered are shown whole.
    pub const FAILED_MAX: usize = 5;

    /// The most blocks of one order.
    pub const BLOCKS_MAX: u32 = 32;

    /// The shortest block, in milliseconds. Waits for a processor last some milliseconds, so that those of two blocks have
    /// little to do with each other.
    pub const BLOCK_MIN_MS: u32 = 100;
}

/// Calls that were lost one after the other, to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// When the first of them was intended to start, by the vantage's clock, in milliseconds since the Unix epoch.
    pub from_ms: u64,
    /// How many they are. Calls that were never placed, or had not ended, are not among them.
    pub calls: u32,
}

/// Figures over a number of calls. Those of two orders of one measurement add up without loss.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How many calls were to be placed.
    pub intended: u32,
    /// How many were: fewer, if the order ended or the agent shut down before their turn.
    pub placed: u32,
    /// How many were answered by the right agent; where none is expected, by a whole answer that is no platform's refusal.
    pub answered: u32,
    /// How many were not, by what became of them. With those answered they are all that were intended: a call whose turn
    /// did not come counts as not sent.
    pub lost: BTreeMap<OutcomeKind, u32>,
    /// How late the calls started, from the intended start to the actual one: the vantage's own lag, and in a kept
    /// connection's queue, or above the number of calls that may overlap, the wait for the calls before.
    pub lag: Histogram,
    /// How long the phases of the answered calls took.
    pub phases: PhaseTimes,
    /// By how much the first-byte times of two consecutive calls, both answered, differ: the delay variation of RFC 3393
    /// with consecutive packets selected (RFC 5481 section 4.1), its sign dropped. Its mean is the jitter. The running
    /// estimate of RFC 3550 section 6.4.1 smooths the same differences, and does not add up over orders.
    pub jitter: Histogram,
}

/// How long each phase took. The histogram of a phase that never took place is empty.
///
/// The phases of one call do not add up to its total: the kernel's clock leaves out what happens in between, and the
/// total begins at the intended start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTimes {
    /// Asking the resolver.
    pub resolve: Times,
    /// SYN to SYN-ACK.
    pub connect: Times,
    /// The TLS handshake.
    pub tls: Times,
    /// From the request to the first byte of the answer.
    pub first_byte: Times,
    /// From the first byte of the answer to the last.
    pub transfer: Times,
    /// From the *intended* start to the end: what a call that had to wait behind a stalled one really took. A load that
    /// waits for answers would leave those calls out ("coordinated omission").
    pub total: Times,
}

/// How long one phase took, over many calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The times, in nanoseconds.
    pub ns: Histogram,
    /// How many of them the kernel told; the program did the others.
    pub by_kernel: u64,
}

impl Times {
    /// Counts one.
    pub fn record(&mut self, ns: u64, clock: Clock) {
        self.ns.record(ns);
        self.by_kernel += u64::from(clock == Clock::Kernel);
    }

    /// The one clock that all of them were told by; none where there are none, or both told some.
    #[must_use]
    pub fn clock(&self) -> Option<Clock> {
        match (self.ns.count(), self.by_kernel) {
            (0, _) => None,
            (_, 0) => Some(Clock::Program),
            (all, kernel) => (all == kernel).then_some(Clock::Kernel),
        }
    }

    /// Counts all that another counted.
    pub fn add(&mut self, other: &Self) {
        self.ns.add(&other.ns);
        self.by_kernel = self.by_kernel.saturating_add(other.by_kernel);
    }
}

impl PhaseTimes {
    /// Every phase with its name, in the order they happen.
    #[must_use]
    pub fn each(&self) -> [(&'static str, &Times); 6] {
        let Self { resolve, connect, tls, first_byte, transfer, total } = self;
        [
            ("resolve", resolve),
            ("connect", connect),
            ("tls", tls),
            ("first-byte", first_byte),
            ("transfer", transfer),
            ("total", total),
        ]
    }

    /// Counts all that another counted.
    pub fn add(&mut self, other: &Self) {
        self.resolve.add(&other.resolve);
        self.connect.add(&other.connect);
        self.tls.add(&other.tls);
        self.first_byte.add(&other.first_byte);
        self.transfer.add(&other.transfer);
        self.total.add(&other.total);
    }
}

impl Figures {
    /// How many calls were lost, whatever became of them.
    #[must_use]
    pub fn lost_in_all(&self) -> u32 {
        self.lost.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many were not sent: the vantage could not, or their turn did not come.
    #[must_use]
    pub fn unsent(&self) -> u32 {
        self.lost.get(&OutcomeKind::NotSent).copied().unwrap_or_default()
    }

    /// Adds the figures of another order of the same measurement.
    pub fn add(&mut self, other: &Self) {
        self.intended = self.intended.saturating_add(other.intended);
        self.placed = self.placed.saturating_add(other.placed);
        self.answered = self.answered.saturating_add(other.answered);
        for (kind, count) in &other.lost {
            let held = self.lost.entry(*kind).or_default();
            *held = held.saturating_add(*count);
        }
        self.lag.add(&other.lag);
        self.phases.add(&other.phases);
        self.jitter.add(&other.jitter);
    }
}
