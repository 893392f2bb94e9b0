//! What the calls of a measurement came to, written down one by one and added up.
//!
//! This file must not know how calls are placed or paced.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_contract::measure::{Clock, Figures, Measure, Measured, PhaseTimes};
use ringfence_contract::outcome::{Outcome, OutcomeKind};

use crate::call::{Seen, Timed};

/// The figures of one measurement as they grow.
#[derive(Debug)]
pub(super) struct Ledger {
    measured: Measured,
    /// How many calls are cold.
    cold: u32,
    expects_agent: bool,
    /// The first-byte time of each answered call, by its number.
    first_bytes: Vec<Option<u64>>,
}

impl Ledger {
    /// The ledger of a measurement whose first call is intended to start now.
    pub(super) fn open(measure: &Measure) -> Self {
        let of = |intended| Figures { intended, ..Figures::default() };
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let measured = Measured {
            call: measure.call.id,
            began_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
            cold: of(measure.cold),
            warm: of(measure.samples),
            connections: 0,
            first: None,
            failed: Vec::new(),
        };
        let first_bytes = vec![None; measure.calls() as usize];
        let expects_agent = measure.call.expects.is_some();
        Self { measured, cold: measure.cold, expects_agent, first_bytes }
    }

    /// Call `number`, counted from 0, has started this late.
    pub(super) fn start(&mut self, number: u32, lag: Duration) {
        let figures = self.figures(number);
        figures.placed += 1;
        figures.lag.record(nanos(lag));
    }

    /// Call `number` has ended, `total` after its intended start.
    pub(super) fn end(&mut self, number: u32, seen: Seen, total: Duration) {
        let Seen { sample, took, is_opened } = seen;
        self.measured.connections += u32::from(is_opened);
        if !self.is_answer(&sample.outcome) {
            *self.figures(number).lost.entry(sample.outcome.kind()).or_default() += 1;
            if self.measured.failed.len() < Measured::FAILED_MAX {
                self.measured.failed.push(sample);
            }
            return;
        }
        if let Some(place) = self.first_bytes.get_mut(number as usize) {
            *place = took.first_byte.map(|timed| nanos(timed.took));
        }
        let figures = self.figures(number);
        figures.answered += 1;
        let PhaseTimes { resolve, connect, tls, first_byte, transfer, total: totals } = &mut figures.phases;
        let ended = Some(Timed { took: total, clock: Clock::Program });
        for (times, timed) in [
            (resolve, took.resolve),
            (connect, took.connect),
            (tls, took.tls),
            (first_byte, took.first_byte),
            (transfer, took.transfer),
            (totals, ended),
        ] {
            if let Some(timed) = timed {
                times.record(nanos(timed.took), timed.clock);
            }
        }
        if self.measured.first.is_none() {
            self.measured.first = Some(Box::new(sample));
        }
    }

    /// The figures as they stand. Calls that have not ended, or whose turn did not come, were not sent.
    pub(super) fn close(&self) -> Measured {
        let mut measured = self.measured.clone();
        let (before, after) = self.first_bytes.split_at(self.cold as usize);
        for (figures, first_bytes) in [(&mut measured.cold, before), (&mut measured.warm, after)] {
            for pair in first_bytes.windows(2) {
                if let [Some(one), Some(next)] = pair {
                    figures.jitter.record(one.abs_diff(*next));
                }
            }
            let ended = figures.answered + figures.lost.values().sum::<u32>();
            let unsent = figures.intended.saturating_sub(ended);
            if unsent > 0 {
                *figures.lost.entry(OutcomeKind::NotSent).or_default() += unsent;
            }
        }
        measured
    }

    /// Whether a call to this endpoint has an answer: the expected agent's, or any whole one where none is expected.
    fn is_answer(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Answered(_) => true,
            Outcome::Misanswered(_) => !self.expects_agent,
            Outcome::Unsealed(unsealed) => !self.expects_agent && unsealed.status.is_some(),
            _ => false,
        }
    }

    fn figures(&mut self, number: u32) -> &mut Figures {
        if number < self.cold { &mut self.measured.cold } else { &mut self.measured.warm }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
